"""The service's windows, shared by all processes that use one login.

The service counts per login, so its windows must be counted per login too. Each process enters
the requests it sends into one small file in the user's state directory, under a lock of the
operating system that is held for the microseconds of one read and one write, never across an
await. Times are of the system-wide monotonic clock. A process that dies leaves only what it has
sent, which ages out of the window like everything else, and its lock ends with it.

When the file cannot be used, be it for a full disk, missing rights or a lock that somebody holds
on to, this process counts its own requests only, says so once in the log, and tries the file
again a minute later. The windows may then overrun by what the other processes send, and a 429 of
the service is waited out.

Invariants (``tests/client/test_lease.py``): two users of a file together never overrun a window;
a torn or foreign file counts as empty; a failing disk never fails a request.
"""

from __future__ import annotations

import hashlib
import logging
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from project_x_py.client._windows import BUDGETS, LONGEST_PAUSE_S, Bucket, LocalUsage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["STATE_VARIABLE", "SharedUsage", "lease_path", "state_directory"]

log = logging.getLogger(__name__)

NS = 1_000_000_000
STATE_VARIABLE = "PROJECTX_STATE_DIR"
BUSY_WAIT_NS = 2_000_000
"""How long to leave the file to whoever has it locked."""
BUSY_LIMIT = 500
"""After so many tries in a row, a second or more, the file counts as unusable."""
BUSY_LIMIT_URGENT = 10
"""After so many an urgent request goes without the file."""
RETRY_AFTER_NS = 60 * NS
LOCK_AT = 1 << 30
"""The byte that is locked on Windows, where locked bytes cannot be read by others."""


class _Book(msgspec.Struct):
    """What the file holds: times of requests and ends of pauses, monotonic ns."""

    rest: list[int] = []
    bars: list[int] = []
    paused: tuple[int, int] = (0, 0)


class SharedUsage:
    """Counts against the service's windows together with other processes.

    Args:
        path: The file; its folder is made when it is missing.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._local = LocalUsage()
        self._busy = 0
        self._alone_until_ns = 0

    def take(
        self,
        bucket: Bucket,
        ceiling: int,
        now_ns: int,
        *,
        heed: bool = True,
        urgent: bool = False,
    ) -> int:
        """Enter a request and return 0, or return the ns until it may fit."""
        if now_ns < self._alone_until_ns:
            return self._local.take(bucket, ceiling, now_ns, heed=heed)
        try:
            with _locked(self._path) as file:
                wait = self._take_from(file, bucket, ceiling, now_ns, heed)
        except BlockingIOError:
            self._busy += 1
            if self._busy < (BUSY_LIMIT_URGENT if urgent else BUSY_LIMIT):
                return BUSY_WAIT_NS
            if not urgent:
                self._go_alone("another process keeps it locked", now_ns)
        except OSError as error:
            self._go_alone(error.strerror or type(error).__name__, now_ns)
        else:
            self._busy = 0
            if not wait:
                self._local.take(bucket, ceiling, now_ns, heed=False)
            return wait
        return self._local.take(bucket, ceiling, now_ns, heed=heed)

    def pause(self, bucket: Bucket, until_ns: int, now_ns: int) -> None:
        """Hold a bucket for every process."""
        self._local.pause(bucket, until_ns, now_ns)
        try:
            with _locked(self._path) as file:
                book = _read(file, now_ns)
                paused = list(book.paused)
                paused[bucket] = max(paused[bucket], until_ns)
                book.paused = (paused[0], paused[1])
                _write(file, book)
        except OSError:
            # take() says so when the file stays unusable; this process pauses in any case.
            return

    def used(self, bucket: Bucket, now_ns: int) -> int:
        """Return how many requests of this process the window holds."""
        return self._local.used(bucket, now_ns)

    @staticmethod
    def _take_from(file: int, bucket: Bucket, ceiling: int, now_ns: int, heed: bool) -> int:
        book = _read(file, now_ns)
        if heed and book.paused[bucket] > now_ns:
            return book.paused[bucket] - now_ns
        times = book.bars if bucket is Bucket.BARS else book.rest
        over = len(times) - min(ceiling, BUDGETS[bucket][0])
        if over >= 0:
            return times[over] + _span_ns(bucket) - now_ns
        times.append(now_ns)
        _write(file, book)
        return 0

    def _go_alone(self, reason: str, now_ns: int) -> None:
        if not self._alone_until_ns:
            log.warning(
                "the request budget is not shared with other processes, since %s cannot be "
                "used: %s; this one keeps the limits for itself",
                self._path,
                reason,
            )
        self._busy = 0
        self._alone_until_ns = now_ns + RETRY_AFTER_NS


def state_directory(environment: Mapping[str, str]) -> Path:
    """Return where state of the user is kept on this system.

    ``PROJECTX_STATE_DIR`` decides; else ``%LOCALAPPDATA%`` on Windows, ``~/Library/Application
    Support`` on macOS, ``$XDG_STATE_HOME`` or ``~/.local/state`` elsewhere.
    """
    named = environment.get(STATE_VARIABLE)
    if named:
        return Path(named)
    home = Path(os.path.expanduser("~"))
    if sys.platform == "win32":
        base = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    else:
        base = Path(environment.get("XDG_STATE_HOME") or home / ".local" / "state")
    return base / "projectx"


def lease_path(folder: Path, origin: str, username: str) -> Path:
    """Return the file of one login at one gateway; the name tells neither."""
    key = hashlib.sha256(f"{origin}\n{username.casefold()}".encode()).hexdigest()[:24]
    return folder / f"requests-{key}.json"


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    """Open a file and lock it; BlockingIOError when another process has it."""
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    try:
        file = os.open(path, flags, 0o600)
    except FileNotFoundError:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = os.open(path, flags, 0o600)
    try:
        _lock(file)
        yield file
    finally:
        # Closing ends the lock.
        os.close(file)


def _read(file: int, now_ns: int) -> _Book:
    """Read the file and forget what is too old, or later than now, as after a restart."""
    os.lseek(file, 0, os.SEEK_SET)
    try:
        book = msgspec.json.decode(os.read(file, 1 << 20), type=_Book)
    except (msgspec.DecodeError, UnicodeDecodeError):
        book = _Book()
    book.rest = _recent(book.rest, Bucket.REST, now_ns)
    book.bars = _recent(book.bars, Bucket.BARS, now_ns)
    latest = now_ns + LONGEST_PAUSE_NS
    first, second = (until if until <= latest else 0 for until in book.paused)
    book.paused = (first, second)
    return book


def _write(file: int, book: _Book) -> None:
    data = msgspec.json.encode(book)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, data)
    os.ftruncate(file, len(data))


def _recent(times: list[int], bucket: Bucket, now_ns: int) -> list[int]:
    oldest = now_ns - _span_ns(bucket)
    return sorted(time for time in times if oldest < time <= now_ns + NS)


def _span_ns(bucket: Bucket) -> int:
    return round(BUDGETS[bucket][1] * NS)


LONGEST_PAUSE_NS = round(LONGEST_PAUSE_S * NS)
"""No pause is entered that ends later than this; the monotonic clock must have begun anew."""


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int) -> None:
        os.lseek(file, LOCK_AT, os.SEEK_SET)
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except PermissionError:
            raise BlockingIOError from None
else:
    import fcntl

    def _lock(file: int) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
