"""The data folder: the ledger's file, the admin token, and where the running platform is found.

Imported by every command, so nothing heavy is imported here.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from headway.net.token_file import as_token


@dataclass(frozen=True, slots=True)
class Running:
    """A platform that has announced itself in its data folder."""

    url: str
    pid: int


class DataFolder:
    """The files of one platform. Made, private to the account, by `create`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = path / "headway.db"
        self.token_file = path / "admin-token"
        self.log = path / "platform.log"
        self._address = path / "platform.json"

    def create(self) -> None:
        """Make the folder if it is missing, its files private to the account. Raises OSError where it cannot be used.

        SQLite gives the files beside the ledger the mode of the ledger itself.
        """
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        os.close(os.open(self.ledger, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        beside = [self.path / f"{self.ledger.name}{end}" for end in ("-wal", "-shm", ".lock")]
        for file in (self.ledger, *beside, self.token_file, self.log):
            if file.exists() and file.stat().st_mode & 0o077:
                file.chmod(0o600)

    def token(self) -> str | None:
        """The admin token, or None where the file is missing or holds nothing that a header can carry."""
        try:
            return as_token(self.token_file.read_bytes())
        except FileNotFoundError:
            return None

    def ensure_token(self, new_token: Callable[[], str]) -> str:
        """The admin token, made at the first start in a file that only this account can read."""
        if token := self.token():
            return token
        token = new_token()
        self.keep_token(token)
        return token

    def keep_token(self, token: str) -> None:
        """Make this the admin token, from the next start on."""
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write_private(self.token_file, token + "\n")

    def announce(self, running: Running) -> None:
        """Say where the platform listens."""
        _write_private(self._address, json.dumps(asdict(running)) + "\n")

    def retract(self) -> None:
        """Take back what `announce` said, unless another process has announced itself since."""
        running = self.running()
        if running is not None and running.pid == os.getpid():
            self._address.unlink(missing_ok=True)

    def running(self) -> Running | None:
        """The platform that announced itself here and whose process is alive, or None."""
        try:
            said = json.loads(self._address.read_text())
            running = Running(url=str(said["url"]), pid=int(said["pid"]))
        except (FileNotFoundError, IsADirectoryError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None
        return running if _alive(running.pid) else None


def _write_private(path: Path, text: str) -> None:
    """Write a 0600 file whole or not at all."""
    scratch = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    scratch.replace(path)


def _alive(pid: int) -> bool:
    # Zero and below are groups of processes to `kill`.
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True
