"""Executions at a level against what it displayed: where hidden size shows itself.

A burst is what prints at one level between two pictures of it. Contracts are conserved: what the
level displays after a burst is what it displayed before, less what was executed, plus what came in
meanwhile. So ``executed - (old - new)`` came in with the execution: an iceberg's next tranche, or
somebody who joined just then. Where the picture comes before the print that explains it, exchange
time tells that they belong together. A level that grows within 300 ms after a burst was refilled
late, as by an order that a program sends again.

Source: the two kinds, and the 300 ms, are those of Zotikov and Antonov, "CME Iceberg Order
Detection and Prediction" (2019): native and synthetic icebergs.

Invariants (``tests/orderbook/test_detection.py``): a burst's parts add up as above; a reset forgets
what was pending; neither the ring nor what is pending exceeds its bound.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from project_x_py.orderbook._rings import LevelRing, Ring

if TYPE_CHECKING:
    from project_x_py.orderbook._rings import Column

__all__ = ["AT_ONCE_NS", "REFILL_NS", "BurstColumns", "Bursts", "WatchedLevels"]

REFILL_NS = 300_000_000
"""How soon after a burst a growing level counts as refilled by it."""

DROPPED, RESET, PRINT = 2, 3, 5
"""Numbers of ``LevelKind``; those up to the first set a level."""

AT_ONCE_NS = 1_000_000_000
"""A level that shows no change for so long after a print is as large as before it."""

PENDING = 4096
"""So many things are pending at most, beside as many falls of levels."""
KEPT = PENDING // 8
"""Of each kind so many are kept at most, the newest, when that is reached."""


class BurstColumns(NamedTuple):
    """Bursts, oldest first; prices in ticks, sizes in contracts."""

    side: Column
    price: Column
    executed: Column
    shown: Column
    """What the level displayed before."""
    at_once: Column
    """What came in with the execution."""
    late: Column
    """What came in within 300 ms after it."""
    exch_ns: Column


class Bursts(Ring):
    """The newest bursts of a book.

    Args:
        capacity: Bursts kept, above zero.
    """

    __slots__ = ("_dropped", "_executed", "_fresh")

    def __init__(self, capacity: int) -> None:
        fields = BurstColumns._fields
        super().__init__(capacity, len(fields), fields.index("exch_ns"))
        self._executed: dict[int, list[int]] = {}
        self._fresh: dict[int, tuple[int, int]] = {}
        self._dropped: dict[int, tuple[int, int]] = {}

    def printed(self, side: int, price: int, size: int, shown: int, exch_ns: int) -> None:
        """Take note that contracts of a level were executed.

        Args:
            side: Whose level it is.
            price: Ticks.
            size: Contracts executed.
            shown: Contracts that the level displayed before.
            exch_ns: Exchange time.
        """
        key = price * 2 + side
        burst = self._executed.get(key)
        if burst is None:
            if self.pending >= PENDING:
                self._bound(exch_ns)
            dropped, dropped_ns = self._dropped.pop(key, (0, 0))
            if dropped and dropped_ns >= exch_ns:
                explained = min(size, dropped)
                self._append(side, price, explained, shown + dropped, 0, exch_ns)
                self._fresh[key] = (self.appended - 1, dropped_ns)
                size -= explained
            if size:
                self._executed[key] = [size, shown, exch_ns]
        elif exch_ns - burst[2] > REFILL_NS:
            # The level has shown no change since: what was executed has come in again.
            self._settle(side, price, 0, exch_ns)
            self._executed[key] = [size, shown, exch_ns]
        else:
            burst[0] += size
            burst[2] = exch_ns

    def moved(self, side: int, price: int, old: int, new: int, exch_ns: int) -> None:
        """Take note that a level displays ``new`` contracts where it displayed ``old``."""
        key = price * 2 + side
        if key in self._executed:
            self._settle(side, price, old - new, exch_ns)
        elif new < old:
            if len(self._dropped) >= PENDING:
                self._bound(exch_ns)
            self._dropped[key] = (old - new, exch_ns)
        elif key in self._fresh:
            row, ns = self._fresh.pop(key)
            if exch_ns - ns <= REFILL_NS:
                self._refill(row, new - old)

    def reset(self) -> None:
        """Forget what was pending: the picture is drawn anew."""
        self._executed.clear()
        self._fresh.clear()
        self._dropped.clear()

    def columns(self, since_ns: int | None = None, now_ns: int | None = None) -> BurstColumns:
        """Return the bursts at or after ``since_ns``, all of them for None.

        Args:
            since_ns: Exchange time.
            now_ns: Exchange time of the question: levels that have shown no change for a second
                since they were executed are told, too. None leaves them out.
        """
        found = BurstColumns(*self.views(since_ns))
        if now_ns is None:
            return found
        unchanged = [
            (key & 1, key >> 1, executed, shown, executed, 0, ns)
            for key, (executed, shown, ns) in self._executed.items()
            if now_ns - ns > AT_ONCE_NS and (since_ns is None or ns >= since_ns)
        ]
        if not unchanged:
            return found
        import numpy as np

        more = np.array(unchanged, dtype=np.int64).T
        return BurstColumns(*map(np.concatenate, zip(found, more, strict=True)))

    @property
    def pending(self) -> int:
        """Things that wait for what comes next at their level."""
        return len(self._executed) + len(self._dropped) + len(self._fresh)

    def _bound(self, now_ns: int) -> None:
        """Settle what has waited for more than a second, and all but the newest of each kind."""
        oldest = sorted(self._executed, key=lambda key: self._executed[key][2])
        for left, key in zip(range(len(oldest), 0, -1), oldest, strict=True):
            executed, _, printed_ns = self._executed[key]
            if now_ns - printed_ns > AT_ONCE_NS:
                self._settle(key & 1, key >> 1, 0, now_ns)
            elif left > KEPT:
                # Nothing is known to have come in meanwhile.
                self._settle(key & 1, key >> 1, executed, now_ns)
        for told in (self._dropped, self._fresh):
            newest = sorted(told.items(), key=lambda held: held[1][1])[-KEPT:]
            told.clear()
            told.update(held for held in newest if now_ns - held[1][1] <= AT_ONCE_NS)

    def _settle(self, side: int, price: int, fell: int, exch_ns: int) -> None:
        key = price * 2 + side
        executed, shown, printed_ns = self._executed.pop(key)
        came = executed if exch_ns - printed_ns > AT_ONCE_NS else max(executed - fell, 0)
        self._append(side, price, executed, shown, came, printed_ns)
        if came:
            self._fresh.pop(key, None)
        else:
            self._fresh[key] = (self.appended - 1, exch_ns)

    def _append(
        self, side: int, price: int, executed: int, shown: int, came: int, exch_ns: int
    ) -> None:
        at = self._next(exch_ns)
        sides, prices, executions, showns, at_onces, lates, times = self._columns
        sides[at], prices[at], executions[at], showns[at] = side, price, executed, shown
        at_onces[at], lates[at], times[at] = came, 0, exch_ns

    def _refill(self, row: int, size: int) -> None:
        at = self._to - (self.appended - row)
        if at >= self._from:
            self._columns[5][at] = size


class WatchedLevels(LevelRing):
    """The newest changes of levels, of which the bursts are told as they come.

    Args:
        capacity: Changes kept, above zero.
        bursts: Told of every change and print.
    """

    __slots__ = ("_bursts", "_tell")

    def __init__(self, capacity: int, bursts: Bursts) -> None:
        super().__init__(capacity)
        self._bursts, self._tell = bursts, bursts.moved

    def append(self, kind: int, side: int, price: int, old: int, new: int, exch_ns: int) -> None:
        """Keep one change."""
        super().append(kind, side, price, old, new, exch_ns)
        if kind <= DROPPED:
            self._tell(side, price, old, new, exch_ns)
        elif kind == PRINT:
            self._bursts.printed(side, price, new, old, exch_ns)
        elif kind == RESET:
            self._bursts.reset()
