"""The newest rows of a stream in integer columns, read as numpy views without a copy.

A ring starts small, grows to its bound and then lets the oldest rows go. Rows are contiguous, so a
column is one view; a view shows later writes and is good until the reader's next ``await``.

Invariants (``tests/orderbook/test_rings.py``): a ring holds the newest rows, at most ``capacity``;
``columns`` of a time are exactly the held rows at or after it, also when times ran backwards; the
best prices follow each other in time.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Column = NDArray[np.int64]

__all__ = [
    "UNKNOWN",
    "LevelColumns",
    "LevelRing",
    "QuoteColumns",
    "QuoteRing",
    "Ring",
    "TradeColumns",
    "TradeRing",
]

UNKNOWN = -(1 << 63)
"""What a column holds where a price or a size is not known; no price is that low."""

FIRST_ROWS = 1024
LONG_AGO = -(1 << 63)
HOUR_NS = 3_600_000_000_000


class TradeColumns(NamedTuple):
    """Prints, oldest first. ``bid`` and ``ask`` are the best prices before the print."""

    price: Column
    size: Column
    aggressor: Column
    """0 buyer, 1 seller, 2 neither: the numbers of ``_core.records.Aggressor``."""
    exch_ns: Column
    bid: Column
    ask: Column


class LevelColumns(NamedTuple):
    """What happened at levels, oldest first; ``kind`` is a ``LevelKind`` of ``_state``."""

    kind: Column
    side: Column
    price: Column
    old: Column
    new: Column
    exch_ns: Column


class QuoteColumns(NamedTuple):
    """Best prices and the sizes there, one row per change, oldest first."""

    bid: Column
    ask: Column
    bid_size: Column
    ask_size: Column
    exch_ns: Column


class Ring:
    """The newest rows, at most ``capacity`` of them.

    Rows beyond the bound are let go when somebody looks, or when there is no room left: a writer
    only writes.

    Args:
        capacity: Rows kept, above zero.
        width: Columns.
        time_column: Index of the column of exchange times.
    """

    __slots__ = (
        "_columns",
        "_from",
        "_in_order",
        "_lost_ns",
        "_newest_ns",
        "_room",
        "_shifted",
        "_time",
        "_to",
        "capacity",
    )

    def __init__(self, capacity: int, width: int, time_column: int) -> None:
        if capacity < 1:
            raise ValueError(f"a ring holds at least one row, not {capacity}")
        self.capacity = capacity
        self._room = min(capacity, FIRST_ROWS)
        self._columns = tuple(array("q", bytes(8 * self._room)) for _ in range(width))
        self._time = time_column
        self._from = self._to = self._shifted = 0
        self._in_order = True
        self._newest_ns = LONG_AGO
        self._lost_ns: int | None = None

    def __len__(self) -> int:
        self._trim()
        return self._to - self._from

    @property
    def appended(self) -> int:
        """Rows appended in all."""
        return self._shifted + self._to

    @property
    def oldest_lost_ns(self) -> int | None:
        """Newest time of a row that was let go; None while all are held."""
        self._trim()
        return self._lost_ns

    @property
    def nbytes(self) -> int:
        """Bytes reserved for the columns."""
        return sum(column.itemsize * len(column) for column in self._columns)

    def row(self, index: int) -> tuple[int, ...]:
        """Return a row; 0 is the oldest, -1 the newest.

        Raises:
            IndexError: There is no such row.
        """
        self._trim()
        at = index + (self._from if index >= 0 else self._to)
        if not self._from <= at < self._to:
            raise IndexError(f"no row {index} among {len(self)}")
        return tuple(column[at] for column in self._columns)

    def rows(self, count: int) -> list[tuple[int, ...]]:
        """Return the newest ``count`` rows, oldest first."""
        self._trim()
        first = max(self._from, self._to - max(count, 0))
        return list(zip(*(column[first : self._to] for column in self._columns), strict=True))

    def clear(self) -> None:
        """Let every row go."""
        self._let_go(self._to)
        self._in_order = True
        self._newest_ns = LONG_AGO

    def drop_before(self, ns: int) -> int:
        """Let the oldest rows go while they are before ``ns``; return how many."""
        self._trim()
        times, at = self._columns[self._time], self._from
        while at < self._to and times[at] < ns:
            at += 1
        dropped = at - self._from
        self._let_go(at)
        return dropped

    def views(self, since_ns: int | None) -> list[Any]:
        """Return the columns of all rows, or of those at or after ``since_ns``, as int64 arrays.

        No copy is made unless times ran backwards among the rows held.
        """
        import numpy as np

        self._trim()
        held = slice(self._from, self._to)
        found = [np.frombuffer(column, dtype=np.int64)[held] for column in self._columns]
        if since_ns is not None:
            times = found[self._time]
            if self._in_order:
                first = int(np.searchsorted(times, since_ns))
                found = [column[first:] for column in found]
            else:
                recent = times >= since_ns
                found = [column[recent] for column in found]
        for column in found:
            column.flags.writeable = False
        return found

    def _next(self, exch_ns: int) -> int:
        """Return where the next row goes, making room for it."""
        at = self._to
        if exch_ns < self._newest_ns:
            self._in_order = False
        else:
            self._newest_ns = exch_ns
        if at == self._room:
            at = self._make_room()
        self._to = at + 1
        return at

    def _make_room(self) -> int:
        """Grow while below the bound with its slack, else move the newest rows to the front."""
        self._trim()
        held = self._to - self._from
        if held == self.capacity:
            self._let_go(self._from + 1)
            held -= 1
        slack = self.capacity + max(self.capacity // 4, 1)
        if self._room < slack:
            self._room = min(2 * self._room, slack)
            grown = tuple(array("q", bytes(8 * self._room)) for _ in self._columns)
            for new, old in zip(grown, self._columns, strict=True):
                new[:held] = old[self._from : self._to]
            self._columns = grown
        else:
            for column in self._columns:
                column[:held] = column[self._from : self._to]
        self._shifted += self._from
        self._from, self._to = 0, held
        return held

    def _trim(self) -> None:
        """Let go what is beyond the bound."""
        first = self._to - self.capacity
        if first > self._from:
            self._let_go(first)

    def _let_go(self, first: int) -> None:
        if first > self._from:
            lost = max(self._columns[self._time][self._from : first])
            known = self._lost_ns
            self._lost_ns = lost if known is None else max(lost, known)
            self._from = first


class TradeRing(Ring):
    """The newest prints."""

    __slots__ = ()

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, len(TradeColumns._fields), TradeColumns._fields.index("exch_ns"))

    def append(
        self, price: int, size: int, aggressor: int, exch_ns: int, bid: int | None, ask: int | None
    ) -> None:
        """Keep a print, and the best prices before it."""
        at = self._next(exch_ns)
        prices, sizes, aggressors, times, bids, asks = self._columns
        prices[at], sizes[at], aggressors[at], times[at] = price, size, aggressor, exch_ns
        bids[at] = UNKNOWN if bid is None else bid
        asks[at] = UNKNOWN if ask is None else ask

    def set_aggressor(self, row: int, aggressor: int) -> bool:
        """Change who took liquidity, the row named as in ``set_kind``; False once it has left."""
        at = self._to - (self.appended - row)
        if at < self._from:
            return False
        self._columns[2][at] = aggressor
        return True

    def columns(self, since_ns: int | None = None) -> TradeColumns:
        """Return the prints at or after ``since_ns``, all of them for None."""
        return TradeColumns(*self.views(since_ns))


class LevelRing(Ring):
    """The newest changes of levels."""

    __slots__ = ()

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, len(LevelColumns._fields), LevelColumns._fields.index("exch_ns"))

    def append(self, kind: int, side: int, price: int, old: int, new: int, exch_ns: int) -> None:
        """Keep one change."""
        at = self._to
        # The most frequent write of all is not worth a call more.
        if at == self._room or exch_ns < self._newest_ns:
            at = self._next(exch_ns)
        else:
            self._newest_ns = exch_ns
            self._to = at + 1
        kinds, sides, prices, olds, news, times = self._columns
        kinds[at] = kind
        sides[at] = side
        prices[at] = price
        olds[at] = old
        news[at] = new
        times[at] = exch_ns

    def set_kind(self, row: int, kind: int) -> None:
        """Change the kind of a row, named by how many rows had been appended before it."""
        at = self._to - (self.appended - row)
        if at >= self._from:
            self._columns[0][at] = kind

    def columns(self, since_ns: int | None = None) -> LevelColumns:
        """Return the changes at or after ``since_ns``, all of them for None."""
        return LevelColumns(*self.views(since_ns))


class QuoteRing(Ring):
    """The newest best prices."""

    __slots__ = ()

    def __init__(self, capacity: int) -> None:
        super().__init__(capacity, len(QuoteColumns._fields), QuoteColumns._fields.index("exch_ns"))

    def append(
        self,
        bid: int | None,
        ask: int | None,
        bid_size: int | None,
        ask_size: int | None,
        exch_ns: int,
    ) -> None:
        """Keep the best prices as they are after a change; None where there is none.

        They do not stand before those that were told earlier, though entries of one message, or of
        a picture, may have been set in any order. An hour and more back is taken for a wrong time
        and kept as it is, lest one time in the future becomes that of all that follow.
        """
        if 0 < self._newest_ns - exch_ns < HOUR_NS:
            exch_ns = self._newest_ns
        at = self._next(exch_ns)
        bids, asks, bid_sizes, ask_sizes, times = self._columns
        bids[at] = UNKNOWN if bid is None else bid
        asks[at] = UNKNOWN if ask is None else ask
        bid_sizes[at] = UNKNOWN if bid_size is None else bid_size
        ask_sizes[at] = UNKNOWN if ask_size is None else ask_size
        times[at] = exch_ns

    def columns(self, since_ns: int | None = None) -> QuoteColumns:
        """Return the best prices at or after ``since_ns``, all of them for None."""
        return QuoteColumns(*self.views(since_ns))
