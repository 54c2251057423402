"""What a platform needs before it listens, and what it leaves on disk."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from support.platforms import Serve, platform, serve, start_serve
from support.processes import Cli

TOKEN = "t" * 40


async def refused(path: Path, *options: str) -> str:
    """What a platform says that does not start."""
    process = await start_serve(path, *options)
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    text = err.decode()
    assert process.returncode not in (0, None), text
    assert not out
    assert "Nothing was started" in text
    assert "Traceback" not in text
    assert TOKEN not in text
    return text


async def snapshot(served: Serve, token: str) -> int:
    async with httpx.AsyncClient(trust_env=False, headers={"Authorization": f"Bearer {token}"}) as http:
        url = served.url.replace("0.0.0.0", "127.0.0.1")
        return (await http.get(f"{url}/snapshot")).status_code


@pytest.mark.req("S1")
@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
async def test_another_address_without_a_token_is_refused(tmp_path: Path, host: str) -> None:
    said = await refused(tmp_path / "data", "--host", host)
    assert "no admin token yet" in said
    assert "--token-file" in said
    assert not (tmp_path / "data").exists()


@pytest.mark.req("S1")
async def test_another_address_with_a_token_is_served(tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text(TOKEN + "\n")
    file.chmod(0o600)
    async with serve(tmp_path / "data", "--host", "0.0.0.0", "--token-file", str(file)) as served:
        assert await snapshot(served, TOKEN) == 200
        assert await snapshot(served, "x" * 40) == 401
        assert served.folder.token() == TOKEN
    async with serve(tmp_path / "data", "--host", "0.0.0.0") as served:
        assert await snapshot(served, TOKEN) == 200


@pytest.mark.req("S1")
async def test_anonymous_callers_are_for_loopback_alone(tmp_path: Path) -> None:
    async with serve(tmp_path, "--allow-anonymous-loopback"):
        pass
    assert "loopback only" in await refused(tmp_path, "--host", "0.0.0.0", "--allow-anonymous-loopback")
    # Behind a proxy on this machine, everybody seems to be of this machine.
    through_a_proxy = ("--public-host", "board.example.org", "--allow-anonymous-loopback")
    assert "proxy" in await refused(tmp_path, *through_a_proxy)


@pytest.mark.req("S1")
@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        (TOKEN, 0o644, "others can read"),
        (TOKEN, 0o640, "others can read"),
        ("short", 0o600, "32 or more"),
        (TOKEN + "\n" + TOKEN, 0o600, "one line"),
        ("", 0o600, "one line"),
        (None, 0o600, "cannot be read"),
    ],
)
async def test_a_token_file_of_no_use(tmp_path: Path, content: str | None, mode: int, why: str) -> None:
    file = tmp_path / "token"
    if content is not None:
        file.write_text(content)
        file.chmod(mode)
    assert why in await refused(tmp_path / "data", "--token-file", str(file))
    assert not (tmp_path / "data").exists()


@pytest.mark.req("S1")
async def test_what_is_kept_is_private_to_the_account(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    (data / "admin-token").write_text(TOKEN)
    (data / "platform.log").write_text("")
    async with platform(data) as served:
        assert served.token == TOKEN
        modes = {file.name: file.stat().st_mode & 0o777 for file in data.iterdir()}
    assert {"headway.db", "headway.db-wal", "headway.db-shm", "admin-token", "platform.json"} <= modes.keys()
    assert set(modes.values()) == {0o600}, modes


async def test_an_address_that_cannot_be_left_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "platform.json").mkdir()
    assert "cannot be used" in await refused(tmp_path)


@pytest.mark.parametrize(
    "url", ["http://xn--/", "http://\u2488.example", "http://" + "a" * 70 + ".example", "http://[::g]"]
)
def test_an_announced_address_of_no_use_is_told_in_words(tmp_path: Path, url: str) -> None:
    ran = Cli(tmp_path, HEADWAY_URL=url)("ls")
    assert ran.code in (2, 3), ran
    assert "Traceback" not in ran.err
    assert ran.err.startswith("headway: ")
