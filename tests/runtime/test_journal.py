"""The order journal: durable, grouped, never read in part."""

from __future__ import annotations

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from project_x_py._runtime.journal import Entry, Journal, JournalError
from project_x_py._runtime.together import together

WRITER = """
import asyncio, sys
from pathlib import Path
from project_x_py._runtime.journal import Journal

async def main():
    journal = Journal(Path(sys.argv[1]))
    journal.open()
    for number in range(1_000_000):
        await journal.record(f"run-{number:07}", 1, b"body")
        print(number, flush=True)

asyncio.run(main())
"""


@pytest.fixture(params=[True, False], ids=["threaded", "inline"])
def threaded(request: pytest.FixtureRequest) -> bool:
    """Both ways to commit."""
    return bool(request.param)


async def test_a_record_is_there_for_the_next_run(tmp_path: Path, threaded: bool) -> None:
    """Intents and what was noted of them are read back as they were written."""
    path = tmp_path / "deep" / "intents.sqlite"
    journal = Journal(path, threaded=threaded)
    journal.open()
    journal.open()
    await journal.record("run-2", 1, b"two")
    await journal.record("run-1", 1, b"one")
    await journal.note("run-2", "confirmed", 3_000_000_001)
    await journal.note("run-2", "ended")
    journal.close()
    journal.close()
    again = Journal(path, threaded=threaded)
    again.open()
    assert again.entries() == [
        Entry("run-1", 1, b"one", "recorded", None),
        Entry("run-2", 1, b"two", "ended", 3_000_000_001),
    ]
    await again.forget_before(["run-1"])
    assert [entry.tag for entry in again.entries()] == ["run-2"]
    again.close()


async def test_what_waits_is_committed_at_once(tmp_path: Path) -> None:
    """A hundred intents of one moment take a few transactions, and each is durable."""
    journal = Journal(tmp_path / "intents.sqlite")
    journal.open()
    await together(journal.record(f"run-{number}", 1, b"") for number in range(100))
    assert len(journal.entries()) == journal.writes == 100
    assert journal.commits < 50
    journal.close()


async def test_a_tag_is_written_once(tmp_path: Path, threaded: bool) -> None:
    """The second is refused, and takes nothing of the same transaction with it."""
    journal = Journal(tmp_path / "intents.sqlite", threaded=threaded)
    journal.open()
    await journal.record("run-1", 1, b"first")
    results = []

    async def write(tag: str) -> None:
        try:
            await journal.record(tag, 1, b"later")
        except JournalError as exc:
            results.append(str(exc))

    await together(write(tag) for tag in ("run-2", "run-1", "run-3"))
    assert results == ["'run-1' is in the order journal already"]
    assert [(entry.tag, entry.body) for entry in journal.entries()] == [
        ("run-1", b"first"),
        ("run-2", b"later"),
        ("run-3", b"later"),
    ]
    journal.close()


async def test_a_full_disk_is_an_error_and_not_the_end(tmp_path: Path, threaded: bool) -> None:
    """The write raises; once there is room again the next one is written."""
    journal = Journal(tmp_path / "intents.sqlite", threaded=threaded)
    journal.open()
    database = journal._database
    assert database is not None
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(JournalError, match="full"):
        await journal.record("run-1", 1, b"x" * 100_000)
    database.execute("PRAGMA max_page_count = 1000000")
    await journal.record("run-1", 1, b"x" * 100_000)
    assert len(journal.entries()) == 1
    journal.close()


async def test_a_killed_writer_leaves_all_it_was_told_was_written(tmp_path: Path) -> None:
    """After SIGKILL in the middle of writing, every acknowledged intent is there."""
    path = tmp_path / "intents.sqlite"
    writer = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert writer.stdout is not None
    for _ in range(40):
        writer.stdout.readline()
    writer.send_signal(signal.SIGKILL if os.name != "nt" else signal.SIGTERM)
    told = 40 + len(writer.stdout.readlines())
    writer.stdout.close()
    writer.wait(10)
    journal = Journal(path)
    journal.open()
    tags = [entry.tag for entry in journal.entries()]
    assert tags[: told - 1] == [f"run-{number:07}" for number in range(told - 1)]
    assert journal.set_aside is None
    journal.close()


@pytest.mark.parametrize("damage", ["header", "entry"])
async def test_a_damaged_file_is_set_aside(tmp_path: Path, damage: str) -> None:
    """It is kept under another name, and a new one begins."""
    path = tmp_path / "intents.sqlite"
    for _ in range(2):
        journal = Journal(path)
        journal.open()
        await journal.record("run-1", 1, b"body")
        journal.close()
        if damage == "header":
            path.write_bytes(b"nonsense" * 1_000)
        else:
            database = sqlite3.connect(path)
            with database:
                database.execute("UPDATE intents SET body = x'00'")
            database.close()
    journal = Journal(path)
    journal.open()
    assert journal.entries() == []
    assert journal.set_aside == tmp_path / "intents-damaged-2.sqlite"
    assert (tmp_path / "intents-damaged-1.sqlite").exists()
    journal.close()


async def test_damage_that_comes_later_is_found_when_reading(tmp_path: Path) -> None:
    """An entry that does not match its checksum is never handed out."""
    journal = Journal(tmp_path / "intents.sqlite", threaded=False)
    journal.open()
    await journal.record("run-1", 1, b"body")
    database = journal._database
    assert database is not None
    database.execute("UPDATE intents SET body = x'00'")
    with pytest.raises(JournalError, match="damaged at 'run-1'"):
        journal.entries()
    database.execute("DROP TABLE intents")
    with pytest.raises(JournalError, match="cannot be read"):
        journal.entries()
    journal.close()


async def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    """The message names the file; writing to a journal that is not open names it, too."""
    (tmp_path / "plain").write_text("a file where a folder should be")
    journal = Journal(tmp_path / "plain" / "intents.sqlite")
    with pytest.raises(JournalError, match=r"intents\.sqlite cannot be opened"):
        journal.open()
    with pytest.raises(JournalError, match="is not open"):
        await journal.record("run-1", 1, b"")


async def test_a_cancelled_wait_does_not_undo_the_write(tmp_path: Path) -> None:
    """The intent is written although nobody waits any more."""
    journal = Journal(tmp_path / "intents.sqlite")
    journal.open()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await journal.record("run-1", 1, b"")
    await journal.record("run-2", 1, b"")
    assert [entry.tag for entry in journal.entries()] == ["run-1", "run-2"]
    journal.close()


def test_a_loop_that_is_gone_holds_nothing_up(tmp_path: Path) -> None:
    """A journal that outlives one loop goes on with the next."""
    journal = Journal(tmp_path / "intents.sqlite")
    journal.open()

    async def leave() -> None:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0):
                await journal.record("run-1", 1, b"")

    asyncio.run(leave())
    asyncio.run(journal.record("run-2", 1, b""))
    assert len(journal.entries()) == 2
    journal.close()


async def test_memos_are_kept_by_name(tmp_path: Path, threaded: bool) -> None:
    """Of one kind and account; the newest of a name is there, what is forgotten is not."""
    path = tmp_path / "intents.sqlite"
    journal = Journal(path, threaded=threaded)
    journal.open()
    await journal.remember("pair", "a", 1, b"old")
    await journal.remember("pair", "a", 1, b"young")
    await journal.remember("pair", "b", 1, b"gone")
    await journal.remember("other", "a", 1, b"kind")
    await journal.remember("pair", "a", 2, b"account")
    await journal.forget("pair", "b", 1)
    await journal.forget("pair", "never", 1)
    journal.close()
    again = Journal(path, threaded=threaded)
    again.open()
    assert again.memos("pair", 1) == {"a": b"young"}
    assert again.memos("pair", 2) == {"a": b"account"}
    assert again.memos("none", 1) == {}
    again.close()
    with pytest.raises(JournalError):
        again.memos("pair", 1)
