"""A platform that runs out of descriptors, as a person would run it."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from support import processes

FEW = 100


@contextmanager
def limited(soft: int) -> Iterator[None]:
    """What is started in the block begins with this many descriptors, and may raise that to what it was."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def limit_of(pid: int) -> tuple[int, int]:
    return resource.prlimit(pid, resource.RLIMIT_NOFILE)


def test_the_platform_takes_as_many_descriptors_as_it_is_let(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with ExitStack() as stack:
        with limited(256):
            served = stack.enter_context(processes.platform(tmp_path / "data"))
        assert limit_of(served.process.pid) == (min(hard, 65_536) if hard != -1 else 65_536, hard)


@pytest.mark.req("S1")
def test_out_of_descriptors_it_says_so_once_and_goes_on_when_there_are_some(tmp_path: Path) -> None:
    with processes.platform(tmp_path / "data") as served:
        log = tmp_path / "data" / "serve.log"
        resource.prlimit(served.process.pid, resource.RLIMIT_NOFILE, (FEW, FEW))
        where = urlsplit(served.url)
        assert where.hostname is not None
        assert where.port is not None
        with ExitStack() as stack:
            for _ in range(FEW + 20):
                stack.enter_context(socket.create_connection((where.hostname, where.port)))
            give_up_at = time.monotonic() + processes.WITHIN
            while "out of system resource" not in log.read_text():
                assert time.monotonic() < give_up_at, log.read_text()
        assert httpx.get(f"{served.url}/health", trust_env=False, timeout=processes.WITHIN).status_code == 200
        assert log.read_text().count("out of system resource") < 10
