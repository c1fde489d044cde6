"""Frames that a caller keeps under a name of his own, for as long as the cache's time to live.

The client puts nothing here by itself: a bar that is forming, or a limit that differs, would make
an answer stale or wrong.

Invariant (``tests/client/test_cache.py``): an entry is never handed out beyond its time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.time import NS

if TYPE_CHECKING:
    import polars as pl

    from project_x_py._ports import Clock

__all__ = ["FrameCache"]

CAPACITY = 1000


class FrameCache:
    """Keeps frames by name.

    Args:
        clock: Its monotonic time is what entries age in.

    Attributes:
        evictions: Entries that went for want of room.
        expirations: Entries that went because of their age.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, tuple[int, pl.DataFrame]] = {}
        self.evictions = 0
        self.expirations = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, key: str, ttl_s: float) -> pl.DataFrame | None:
        """Return a copy of the frame kept under ``key``; None when there is none or it is old."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        if self._clock.monotonic_ns() - entry[0] >= ttl_s * NS:
            del self._entries[key]
            self.expirations += 1
            return None
        return entry[1].clone()

    def put(self, key: str, frame: pl.DataFrame) -> None:
        """Keep a copy of a frame; the oldest go when there are too many."""
        self._entries.pop(key, None)
        self._entries[key] = (self._clock.monotonic_ns(), frame.clone())
        if len(self._entries) > CAPACITY:
            del self._entries[next(iter(self._entries))]
            self.evictions += 1

    def bytes_held(self) -> int:
        """Return roughly how much memory the frames take."""
        return sum(int(frame.estimated_size()) for _, frame in self._entries.values())

    def clear(self) -> None:
        """Forget everything."""
        self._entries.clear()
