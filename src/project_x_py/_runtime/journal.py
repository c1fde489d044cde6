"""What was asked for, on disk before its first byte leaves.

A journal is one sqlite file in WAL mode with full synchronisation: what :meth:`Journal.record`
has returned from survives the death of the process and of the machine. Writes go through one
thread, which commits everything that waits in one transaction, so that the loop never waits for
a disk. A program in virtual time has no other thread: there the loop commits by itself.

Invariants (``tests/runtime/test_journal.py``):

- a record is durable when its call returns, and readable by the next run, also after SIGKILL;
- a file that is damaged is set aside whole and named, never read in part, never overwritten;
- a write that fails raises, and the next one is tried afresh.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import queue
import sqlite3
import threading
import zlib
from typing import TYPE_CHECKING

import msgspec

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Entry", "Journal", "JournalError"]

logger = logging.getLogger(__name__)

SCHEMA = """
CREATE TABLE IF NOT EXISTS intents (
    tag TEXT PRIMARY KEY,
    account_id INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    state TEXT NOT NULL,
    order_id INTEGER
) WITHOUT ROWID
"""

MEMOS = """
CREATE TABLE IF NOT EXISTS memos (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (kind, name, account_id)
) WITHOUT ROWID
"""

BUSY_S = 5.0
"""Longest wait for another process that writes to the same file."""


class JournalError(ProjectXError):
    """The journal cannot be written or read; the message says where it is and why."""


class Entry(msgspec.Struct, frozen=True):
    """One intent as it was written down, and the last that was noted of it."""

    tag: str
    account_id: int
    body: bytes
    state: str
    order_id: int | None


_Write = tuple[str, tuple[object, ...]]
_Waiting = tuple[_Write, "asyncio.AbstractEventLoop", "asyncio.Future[None]"]

_RECORD = "INSERT INTO intents VALUES (?, ?, ?, ?, 'recorded', NULL)"
_NOTE = "UPDATE intents SET state = ?, order_id = coalesce(?, order_id) WHERE tag = ?"


class Journal:
    """The intents of one account on disk.

    Args:
        path: The file; its folder is made.
        threaded: Whether a thread of its own commits; without one the loop does.
    """

    def __init__(self, path: Path, *, threaded: bool = True) -> None:
        self.path = path
        self.set_aside: Path | None = None
        """Where a damaged file was moved when the journal was opened."""
        self.commits = 0
        self.writes = 0
        self._threaded = threaded
        self._database: sqlite3.Connection | None = None
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Open or make the file. Blocks for some milliseconds, before trading begins.

        Raises:
            JournalError: It can be neither read nor made.
        """
        if self._database is not None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._database = self._sound()
        except (OSError, sqlite3.Error) as exc:
            raise JournalError(f"the order journal {self.path} cannot be opened: {exc}") from exc
        if self._threaded:
            self._thread = threading.Thread(
                target=self._serve, name=f"journal-{self.path.stem}", daemon=True
            )
            self._thread.start()

    def entries(self) -> list[Entry]:
        """Return everything that is written down, in the order of the tags.

        Raises:
            JournalError: The file cannot be read, or an entry does not match its checksum.
        """
        try:
            rows = self._opened().execute("SELECT * FROM intents ORDER BY tag").fetchall()
        except sqlite3.Error as exc:
            raise JournalError(f"the order journal {self.path} cannot be read: {exc}") from exc
        found = []
        for tag, account_id, body, checksum, state, order_id in rows:
            if zlib.crc32(body) != checksum:
                raise JournalError(f"the order journal {self.path} is damaged at {tag!r}")
            found.append(Entry(tag, account_id, body, state, order_id))
        return found

    async def record(self, tag: str, account_id: int, body: bytes) -> None:
        """Write an intent down; it is durable when this returns.

        Cancelling the wait does not undo the write.

        Raises:
            JournalError: It was not written: the tag was used before, or the disk refuses.
        """
        await self._write((_RECORD, (tag, account_id, body, zlib.crc32(body))))

    async def note(self, tag: str, state: str, order_id: int | None = None) -> None:
        """Write down what became of an intent; durable when this returns.

        Raises:
            JournalError: The disk refuses.
        """
        await self._write((_NOTE, (state, order_id, tag)))

    async def forget_before(self, tags: list[str]) -> None:
        """Remove intents that ended and that nobody asks for again.

        Raises:
            JournalError: The disk refuses.
        """
        for tag in tags:
            await self._write(("DELETE FROM intents WHERE tag = ?", (tag,)))

    async def remember(self, kind: str, name: str, account_id: int, body: bytes) -> None:
        """Write down something else that the next run needs, in place of what had its name.

        Raises:
            JournalError: The disk refuses.
        """
        values = (kind, name, account_id, body, zlib.crc32(body))
        await self._write(("INSERT OR REPLACE INTO memos VALUES (?, ?, ?, ?, ?)", values))

    async def forget(self, kind: str, name: str, account_id: int) -> None:
        """Remove what :meth:`remember` has written; harmless when it has not.

        Raises:
            JournalError: The disk refuses.
        """
        statement = "DELETE FROM memos WHERE kind = ? AND name = ? AND account_id = ?"
        await self._write((statement, (kind, name, account_id)))

    def memos(self, kind: str, account_id: int) -> dict[str, bytes]:
        """Return what :meth:`remember` has written of one kind, by name.

        Raises:
            JournalError: The file cannot be read, or something does not match its checksum.
        """
        query = "SELECT name, body, checksum FROM memos WHERE kind = ? AND account_id = ?"
        try:
            rows = self._opened().execute(query, (kind, account_id)).fetchall()
        except sqlite3.Error as exc:
            raise JournalError(f"the order journal {self.path} cannot be read: {exc}") from exc
        for name, body, checksum in rows:
            if zlib.crc32(body) != checksum:
                raise JournalError(f"the order journal {self.path} is damaged at {name!r}")
        return {name: body for name, body, _ in rows}

    def close(self) -> None:
        """Commit what waits and close the file; harmless when not open."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._waiting.put(None)
            thread.join()
        database, self._database = self._database, None
        if database is not None:
            database.close()

    async def _write(self, write: _Write) -> None:
        self._opened()
        if self._thread is None:
            self._commit([write])
            return
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._waiting.put((write, loop, done))
        await asyncio.shield(done)

    def _serve(self) -> None:
        """Commit whatever waits, all of it at once, until there is nothing more to come."""
        while (first := self._waiting.get()) is not None:
            batch, last = [first], False
            while not last and not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    last = True
                else:
                    batch.append(more)
            self._commit_batch(batch)
            if last:
                return

    def _commit_batch(self, batch: list[_Waiting]) -> None:
        try:
            self._commit([write for write, _, _ in batch])
        except JournalError:
            # One that cannot be written must not take the others with it.
            for one in batch:
                self._commit_one(*one)
            return
        for _, loop, done in batch:
            _tell(loop, done, None)

    def _commit_one(
        self, write: _Write, loop: asyncio.AbstractEventLoop, done: asyncio.Future[None]
    ) -> None:
        failure: JournalError | None = None
        try:
            self._commit([write])
        except JournalError as exc:
            failure = exc
        _tell(loop, done, failure)

    def _commit(self, writes: list[_Write]) -> None:
        database = self._opened()
        try:
            with database:
                database.execute("BEGIN IMMEDIATE")
                for statement, values in writes:
                    database.execute(statement, values)
        except sqlite3.IntegrityError as exc:
            raise JournalError(f"{writes[0][1][0]!r} is in the order journal already") from exc
        except sqlite3.Error as exc:
            raise JournalError(f"the order journal {self.path} cannot be written: {exc}") from exc
        self.commits += 1
        self.writes += len(writes)

    def _opened(self) -> sqlite3.Connection:
        if self._database is None:
            raise JournalError(f"the order journal {self.path} is not open")
        return self._database

    def _sound(self) -> sqlite3.Connection:
        """Return the open file, after setting a damaged one aside."""
        try:
            return self._connect()
        except sqlite3.OperationalError:
            raise
        except sqlite3.DatabaseError as exc:
            self.set_aside = _free_name(self.path)
            for suffix in ("-wal", "-shm"):
                beside = self.path.with_name(self.path.name + suffix)
                if beside.exists():
                    beside.rename(self.set_aside.with_name(self.set_aside.name + suffix))
            self.path.rename(self.set_aside)
            logger.error(
                "the order journal %s is damaged (%s); it was set aside as %s, and what it held "
                "is found by reading the account's orders",
                self.path,
                exc,
                self.set_aside,
            )
            return self._connect()

    def _connect(self) -> sqlite3.Connection:
        database = sqlite3.connect(
            self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False
        )
        try:
            database.execute("PRAGMA journal_mode = WAL")
            database.execute("PRAGMA synchronous = FULL")
            database.execute(SCHEMA)
            database.execute(MEMOS)
            (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            rows = "SELECT body, checksum FROM intents UNION ALL SELECT body, checksum FROM memos"
            for body, checksum in database.execute(rows):
                if zlib.crc32(body) != checksum:
                    raise sqlite3.DatabaseError("an entry does not match its checksum")
        except BaseException:
            database.close()
            raise
        return database


def _tell(
    loop: asyncio.AbstractEventLoop, done: asyncio.Future[None], failure: JournalError | None
) -> None:
    """Wake the writer's loop, unless it is gone."""

    def wake() -> None:
        if done.done():
            return
        if failure is None:
            done.set_result(None)
        else:
            done.set_exception(failure)

    # A loop that was closed meanwhile has nobody left who waits.
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(wake)


def _free_name(path: Path) -> Path:
    number = 1
    while (found := path.with_name(f"{path.stem}-damaged-{number}{path.suffix}")).exists():
        number += 1
    return found
