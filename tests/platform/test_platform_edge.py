"""The edge of the platform: whose Host and Origin are taken, and what a fault or a slow body becomes."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from headway.platform.connection import NO_HTTP
from headway.platform.edge import Hosts, PublicHost
from headway.platform.platform import Platform
from support.platforms import Api, Json, platform, start_serve

PORT = 8765
PATHS = ["/health", "/workspaces", "/events/stream", "/openapi.json", "/metrics", "/nowhere"]


async def raw(served: Api, head: str, body: bytes = b"") -> tuple[int, bytes]:
    """One request, written by hand; the status and the body of its answer."""
    parts = urlsplit(served.url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    writer.write(head.replace("\n", "\r\n").encode("latin-1") + body)
    answer = await reader.read()
    writer.close()
    top, _, rest = answer.partition(b"\r\n\r\n")
    return int(top.split(b" ")[1]), rest


@pytest.mark.req("S1")
@pytest.mark.parametrize("path", PATHS)
async def test_a_host_that_is_not_ours_is_refused_on_every_path(tmp_path: Path, path: str) -> None:
    async with platform(tmp_path) as served:
        port = urlsplit(served.url).port
        elsewhere = ["evil.example", f"evil.example:{port}", f"127.0.0.1.evil.example:{port}", f"10.0.0.1:{port}"]
        wrong_port = ["127.0.0.1:1", "127.0.0.1"]
        for host in [*elsewhere, *wrong_port, f"x@127.0.0.1:{port}", f"localhost:{port}/", "[::1", "\xe9"]:
            status, body = await raw(served, f"GET {path} HTTP/1.1\nHost: {host}\nConnection: close\n\n")
            assert status in (400, 421), (host, body)
            if status == 421:
                assert b'{"error"' in body


@pytest.mark.req("S1")
async def test_our_own_hosts_are_taken(tmp_path: Path) -> None:
    async with platform(tmp_path, public_hosts=[PublicHost.parse("Board.Example")]) as served:
        port = urlsplit(served.url).port
        for host in (f"127.0.0.1:{port}", f"localhost:{port}", f"LOCALHOST.:{port}", f"[::1]:{port}",
                     f"127.9.9.9:{port}", "board.example", "board.example:443"):  # fmt: skip
            status, body = await raw(served, f"GET /health HTTP/1.1\nHost: {host}\nConnection: close\n\n")
            assert status == 200, (host, body)


@pytest.mark.req("S1")
async def test_a_request_without_a_host_or_with_two_is_refused(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        ours = urlsplit(served.url).netloc
        for head in ("GET /health HTTP/1.0\n\n", "GET /health HTTP/1.1\nConnection: close\n\n",
                     f"GET /health HTTP/1.1\nHost: {ours}\nHost: {ours}\nConnection: close\n\n"):  # fmt: skip
            status, _ = await raw(served, head)
            assert status in (400, 421)


@pytest.mark.req("S1")
@pytest.mark.parametrize("path", PATHS)
async def test_a_page_of_another_origin_is_refused(tmp_path: Path, path: str) -> None:
    async with platform(tmp_path) as served:
        here = urlsplit(served.url)
        for origin in ("https://evil.example", "null", "", f"http://127.0.0.1:{here.port}1", "http://localhost",
                       f"http://localhost:{here.port}", f"file://{here.netloc}", here.netloc, "http://"):  # fmt: skip
            answer = await served.http.get(path, headers={"Origin": origin})
            assert answer.status_code == 403, origin
            assert "another origin" in answer.json()["error"]


@pytest.mark.req("S1")
async def test_nothing_is_done_for_another_origin(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        before = await served.get("/workspaces")
        body: Json = {"name": "planted"}
        answer = await served.http.post("/workspaces", json=body, headers={"Origin": "https://evil.example"})
        assert answer.status_code == 403
        assert await served.get("/workspaces") == before
        answer = await served.http.post("/workspaces", json=body, headers={"Origin": served.url})
        assert answer.status_code == 201


@pytest.mark.parametrize(
    ("bound", "host", "ours"),
    [
        ("127.0.0.1", f"127.0.0.1:{PORT}", True), ("::1", f"[::1]:{PORT}", True), ("::1", f"localhost:{PORT}", True),
        ("192.168.1.5", f"192.168.1.5:{PORT}", True), ("192.168.1.5", f"192.168.1.6:{PORT}", False),
        ("192.168.1.5", f"localhost:{PORT}", False), ("192.168.1.5", f"127.0.0.1:{PORT}", False),
        ("0.0.0.0", f"192.168.1.5:{PORT}", True), ("0.0.0.0", f"evil.example:{PORT}", False),
        ("::", f"[fe80::1]:{PORT}", True), ("0.0.0.0", f"localhost:{PORT}", True), ("0.0.0.0", "192.168.1.5", False),
    ],
)  # fmt: skip
def test_which_hosts_an_address_stands_for(bound: str, host: str, ours: bool) -> None:
    assert Hosts(bound, PORT).include(host) is ours


def test_port_80_needs_no_port() -> None:
    assert Hosts("127.0.0.1", 80).include("127.0.0.1")


@pytest.mark.req("S1")
async def test_a_fault_of_ours_tells_nothing_and_is_logged_once(
    tmp_path: Path, opened: list[Platform], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fault(self: object) -> None:
        raise RuntimeError("inner secret")

    async with platform(tmp_path) as served:
        monkeypatch.setattr(type(opened[0].ledger), "workspaces", fault)
        with caplog.at_level(logging.ERROR):
            answer = await served.http.get("/workspaces")
        monkeypatch.undo()
        assert answer.status_code == 500
        assert list(answer.json()) == ["error"]
        assert "secret" not in answer.text
        assert "RuntimeError" not in answer.text
        faults = [record for record in caplog.records if record.levelno >= logging.ERROR]
        assert len(faults) == 1
        assert served.token not in caplog.text


@pytest.mark.req("S1")
async def test_a_body_that_trickles_is_given_up(tmp_path: Path) -> None:
    async with platform(tmp_path, body_timeout=0.05) as served:
        host = urlsplit(served.url).netloc
        head = f"POST /workspaces HTTP/1.1\nHost: {host}\nAuthorization: Bearer {served.token}\nContent-Length: 50\n\n"
        status, body = await raw(served, head, b'{"name":')
        assert status == 408, body
        assert b"nothing was changed" in body


@pytest.mark.req("S1")
@pytest.mark.parametrize("first", ["", "GET /health HTTP/1.1\r\nHost: {host}\r\n\r\n"])
async def test_a_head_that_trickles_is_given_up(tmp_path: Path, first: str) -> None:
    """Bytes that go on coming move nothing; one that has had its answer is waited for no longer either."""
    async with platform(tmp_path, head_timeout=0.2) as served:
        parts = urlsplit(served.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        if first:
            writer.write(first.format(host=parts.netloc).encode())
            assert b"200 OK" in await reader.readuntil(b"}")
        writer.write(b"GET /health HTTP/1.1\r\nX-Slow: ")

        async def trickle() -> None:
            while True:
                writer.write(b"a")
                await asyncio.sleep(0.02)

        trickling = asyncio.create_task(trickle())
        try:
            async with asyncio.timeout(10):
                with suppress(ConnectionError):
                    assert await reader.read() == b""
        finally:
            trickling.cancel()
            writer.close()
        assert (await served.http.get("/health")).status_code == 200


@pytest.mark.req("S1")
@pytest.mark.parametrize(
    "more",
    [
        "X-Long: " + "a" * 100_000,
        "\n".join(f"X-{number}: a" for number in range(300)),
        "Content-Length: 5\nTransfer-Encoding: chunked",
        "Content-Length: 5\nContent-Length: 6",
        "Content-Length: -5",
        "Transfer-Encoding: gzip",
        "Host : 127.0.0.1",
    ],
    ids=["long", "many", "two framings", "two lengths", "no length", "no framing", "no name"],
)
async def test_a_head_that_is_too_much_or_means_two_things_is_refused(tmp_path: Path, more: str) -> None:
    async with platform(tmp_path) as served:
        host = urlsplit(served.url).netloc
        # What comes behind it is no request of its own.
        status, body = await raw(
            served, f"POST /workspaces HTTP/1.1\nHost: {host}\n{more}\n\n", b"GET / HTTP/1.1\r\n\r\n"
        )
        assert (status, json.loads(body)) == (400, {"error": NO_HTTP})
        assert (await served.http.get("/health")).status_code == 200


@pytest.mark.req("S1")
async def test_a_head_that_never_ends_is_cut_off(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        parts = urlsplit(served.url)
        reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
        writer.write(b"GET /health HTTP/1.1\r\nX-Long: ")
        sent = 0
        async with asyncio.timeout(10):
            with suppress(ConnectionError):
                while not reader.at_eof() and sent < 100:
                    writer.write(b"a" * 4_096)
                    await writer.drain()
                    await asyncio.sleep(0)
                    sent += 1
            with suppress(ConnectionError):
                assert b" 400 " in await reader.read()
        writer.close()
        assert (await served.http.get("/health")).status_code == 200


@pytest.mark.parametrize("option", [("--public-host", "a/b"), ("--allow", "169.254.169.254"), ("--allow", "nope:0")])
async def test_an_option_that_cannot_be_read_starts_nothing(tmp_path: Path, option: tuple[str, str]) -> None:
    process = await start_serve(tmp_path / "data", *option)
    out, err = await process.communicate()
    assert process.returncode == 2
    assert option[0].encode() in err
    assert b"Nothing was started" in err
    assert b"Traceback" not in err
    assert not out
    assert not (tmp_path / "data").exists()


async def test_a_client_over_ipv6_is_served(tmp_path: Path) -> None:
    process = await start_serve(tmp_path, "--host", "::1", "--public-host", "board.example")
    assert process.stdout is not None
    url = (await process.stdout.readline()).decode().removeprefix("listening on ").strip()
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(f"{url}/health")).status_code == 200
        assert (await http.get(f"{url}/health", headers={"Host": "board.example"})).status_code == 200
    process.terminate()
    await process.wait()


@pytest.mark.parametrize("head", ["GARBAGE\n\n", "GET /health HTTP/1.1\n\n", "GET / HTTP/1.1\nHost: a\nHost: b\n\n"])
async def test_what_is_no_http_is_told_so_in_json(tmp_path: Path, head: str) -> None:
    async with platform(tmp_path) as served:
        status, body = await raw(served, head)
        assert (status, json.loads(body)) == (400, {"error": NO_HTTP})


@pytest.mark.req("A15")
async def test_the_gateway_refuses_in_json_rpc_before_any_route_too(tmp_path: Path) -> None:
    async with platform(tmp_path) as served:
        path = f"/workspaces/{served.source}/a2a"
        call = {"jsonrpc": "2.0", "id": 1, "method": "tasks/get", "params": {"id": "x"}}
        for status, answer in (
            (421, await served.http.post(path, json=call, headers={"Host": "evil.example"})),
            (403, await served.http.post(path, json=call, headers={"Origin": "http://evil.example"})),
            (405, await served.http.get(path)),
        ):
            said = answer.json()
            assert (answer.status_code, said["jsonrpc"], said["id"], said["error"]["code"]) == (
                status,
                "2.0",
                None,
                -32600,
            )
            assert said["error"]["message"]
        assert isinstance((await served.http.put("/workspaces")).json()["error"], str)
