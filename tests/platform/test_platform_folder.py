"""The data folder outlives whatever has been written into its files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from headway.platform.folder import DataFolder, Running
from support.platforms import platform


@pytest.mark.parametrize(
    "said",
    [
        b"\xff\xfe",
        b"[" * 100_000,
        b"[]",
        b"{}",
        b'{"url": "http://127.0.0.1:1", "pid": 1e999}',
        b'{"url": "http://127.0.0.1:1", "pid": 99999999999999999999}',
        b'{"url": "http://127.0.0.1:1", "pid": 0}',
        b'{"url": "http://127.0.0.1:1", "pid": -1}',
    ],
)
def test_an_announcement_that_cannot_be_read_announces_nobody(tmp_path: Path, said: bytes) -> None:
    (tmp_path / "platform.json").write_bytes(said)
    assert DataFolder(tmp_path).running() is None


def test_an_announcement_is_read_back(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path)
    running = Running("http://127.0.0.1:1", os.getpid())
    folder.announce(running)
    assert folder.running() == running
    folder.retract()
    assert folder.running() is None


@pytest.mark.parametrize("kept", [b"", b"\n", b"\xff\xfe\x00", "clé".encode(), b"two\nlines", b"x" * 10_000])
async def test_a_token_file_without_a_token_gets_a_new_one(tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "admin-token").write_bytes(kept)
    async with platform(tmp_path) as served:
        await served.get("/workspaces")
        assert served.folder.token_file.stat().st_mode & 0o777 == 0o600


@pytest.mark.req("S1")
def test_a_folder_and_a_ledger_that_are_new_are_private_to_the_account(tmp_path: Path) -> None:
    folder = DataFolder(tmp_path / "data")
    before = os.umask(0)
    try:
        folder.create()
    finally:
        os.umask(before)
    assert [one.stat().st_mode & 0o777 for one in (folder.path, folder.ledger)] == [0o700, 0o600]
