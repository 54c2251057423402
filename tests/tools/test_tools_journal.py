"""The journal's file: durable, one owner, steps in order, failures alone, nothing blocked."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from headway.tools.errors import JournalLocked, JournalUnavailable
from headway.tools.journal import Journal, journal_path

STEPS = (("CREATE TABLE fact (name TEXT PRIMARY KEY, size INTEGER)",),)


def put(name: str, size: int = 0) -> object:
    return lambda db: db.execute("INSERT INTO fact VALUES (?, ?)", (name, size)).rowcount


def names(db: sqlite3.Connection) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM fact ORDER BY rowid")]


async def test_what_was_answered_is_there_after_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "ws.db"
    program = f"""
import asyncio, os, signal
from pathlib import Path
from headway.tools.journal import Journal
async def main():
    journal = await Journal.open(Path({str(path)!r}), migrations={STEPS!r})
    await journal.run(lambda db: db.execute("INSERT INTO fact VALUES ('kept', 1)"))
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""
    ended = await asyncio.to_thread(subprocess.run, [sys.executable, "-c", program], timeout=60, check=False)
    assert ended.returncode == -9
    journal = await Journal.open(path, migrations=STEPS)
    assert await journal.run(names) == ["kept"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [pragma async for pragma in _pragmas(journal)] == ["wal", 2]
    await journal.aclose()


async def _pragmas(journal: Journal):
    for name in ("journal_mode", "synchronous"):
        yield await journal.run(lambda db, name=name: db.execute(f"PRAGMA {name}").fetchone()[0])


async def test_a_second_process_is_refused_and_told_whose_file_it_is(tmp_path: Path) -> None:
    path = tmp_path / "ws.db"
    journal = await Journal.open(path, migrations=STEPS)
    with pytest.raises(JournalLocked, match=f"open already in this process .pid {os.getpid()}.; nothing was changed"):
        await Journal.open(path, migrations=STEPS)
    await journal.run(put("mine"))
    await journal.aclose()
    again = await Journal.open(path, migrations=STEPS)
    assert await again.run(names) == ["mine"]
    await again.aclose()


async def test_steps_run_once_and_a_newer_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ws.db"
    more = (*STEPS, ("ALTER TABLE fact ADD COLUMN note TEXT", "INSERT INTO fact VALUES ('stepped', 0, '')"))
    for steps in (STEPS, more, more):
        journal = await Journal.open(path, migrations=steps)
        await journal.aclose()
    with pytest.raises(JournalUnavailable, match="written by a newer version"):
        await Journal.open(path, migrations=STEPS)
    journal = await Journal.open(path, migrations=more)
    assert await journal.run(names) == ["stepped"]
    await journal.aclose()


async def test_a_step_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "ws.db"
    await (await Journal.open(path, migrations=STEPS)).aclose()
    with pytest.raises(JournalUnavailable, match="nothing was changed"):
        await Journal.open(path, migrations=(*STEPS, ("CREATE TABLE half (x)", "no SQL at all")))
    journal = await Journal.open(path, migrations=(*STEPS, ("CREATE TABLE half (x)",)))
    await journal.aclose()


async def test_one_that_fails_hurts_no_other_of_its_commit(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path / "ws.db", migrations=STEPS)

    def half(db: sqlite3.Connection) -> None:
        db.execute("INSERT INTO fact VALUES ('half', 1)")
        raise LookupError("changed its mind")

    together = [put("a"), half, put("a"), put("b")]
    results = await asyncio.gather(*map(journal.run, together), return_exceptions=True)
    assert [type(result) for result in results] == [int, LookupError, sqlite3.IntegrityError, int]
    assert await journal.run(names) == ["a", "b"]
    await journal.aclose()


async def test_a_caller_that_goes_away_takes_nothing_back_and_close_waits_for_it(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path / "ws.db", migrations=STEPS)
    asked = [asyncio.ensure_future(journal.run(put(str(n)))) for n in range(600)]
    await asyncio.sleep(0)
    asked[7].cancel()
    await journal.aclose()
    await journal.aclose()
    assert sum(one.done() and not one.cancelled() for one in asked) == 599
    with pytest.raises(JournalUnavailable, match="is closed; nothing was written"):
        await journal.run(names)
    again = await Journal.open(tmp_path / "ws.db", migrations=STEPS)
    assert len(await again.run(names)) == 600
    await again.aclose()


async def test_the_loop_goes_on_while_the_file_is_busy(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path / "ws.db", migrations=STEPS)
    other = sqlite3.connect(tmp_path / "ws.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waiting = asyncio.ensure_future(journal.run(put("late")))
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert not waiting.done()
    other.execute("ROLLBACK")
    other.close()
    assert await waiting == 1
    await journal.aclose()


async def test_a_file_that_cannot_be_written_is_said_and_nothing_is_lost(tmp_path: Path) -> None:
    journal = await Journal.open(tmp_path / "ws.db", migrations=STEPS)
    await journal.run(lambda db: db.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(JournalUnavailable, match="nothing was changed"):
        await journal.run(lambda db: db.execute("INSERT INTO fact VALUES (hex(randomblob(100000)), 0)"))
    await journal.run(lambda db: db.execute("PRAGMA max_page_count = 100000").fetchone())
    await journal.run(put("after"))
    assert await journal.run(names) == ["after"]
    await journal.aclose()


@pytest.mark.parametrize("path", ["/proc/no/ws.db", "/dev/null/ws.db"])
async def test_a_place_that_cannot_be_used_is_named(path: str) -> None:
    with pytest.raises(JournalUnavailable, match="choose another place"):
        await Journal.open(Path(path))


async def test_what_is_no_database_is_refused_and_kept(tmp_path: Path) -> None:
    path = tmp_path / "ws.db"
    path.write_text("not a database, at all, in any way, whatever its name says\n" * 40)
    with pytest.raises(JournalUnavailable, match="cannot be used as a journal"):
        await Journal.open(path)
    assert path.read_text().startswith("not a database")


def test_each_workspace_has_a_file_of_its_own(tmp_path: Path) -> None:
    ids = [None, "ws-1", "../ws-1", "a/b", "A b", ".hidden", "x" * 300, "ws-\ud800"]
    paths = [journal_path(one, tmp_path) for one in ids]
    assert len(set(paths)) == len(ids)
    assert all(path.parent == tmp_path for path in paths)
    assert paths[:2] == [tmp_path / "local.db", tmp_path / "ws-1.db"]
