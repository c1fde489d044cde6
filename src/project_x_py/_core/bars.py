"""Bars from trades: how they are built and kept.

A bar is stamped at its start by exchange time and holds integer ticks. It is made of trades only;
an interval without trades has no bar. Where bars begin and end is told by
:mod:`project_x_py._core.timeframes`.

Invariants (``tests/core/test_bars.py``):

- however trades arrive, the bars held are those of the same trades in exchange order, as long as
  none of them is older than the oldest bar held; trades of one instant keep their order of arrival;
- a late trade is in its bar or in ``late_dropped``, never lost in silence;
- bars of five minutes are the aggregation of bars of one minute.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.records import Aggressor
from project_x_py._core.timeframes import (
    TIMEFRAMES,
    Timeframe,
    bar_end,
    bar_start,
    timeframe,
    timeframe_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = [
    "TIMEFRAMES",
    "Bar",
    "BarBuilder",
    "BarChange",
    "BarSeries",
    "Timeframe",
    "bar_end",
    "bar_start",
    "timeframe",
    "timeframe_of",
]

_BUY, _SELL = int(Aggressor.BUY), int(Aggressor.SELL)
_LONG_AGO, _NEVER = -(1 << 63), (1 << 63) - 1


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One bar; prices are ticks, volumes contracts. An auction's volume is on neither side."""

    start_ns: int
    open: int
    high: int
    low: int
    close: int
    volume: int
    trades: int
    buy_volume: int
    sell_volume: int


_COLUMNS = Bar.__struct_fields__
_WIDTH = len(_COLUMNS)


class BarChange(msgspec.Struct, frozen=True, gc=False):
    """What a trade did beyond moving the forming bar."""

    closed: Bar | None = None
    """The bar that this trade ended."""
    opened: Bar | None = None
    """The bar that this trade began."""
    amended: Bar | None = None
    """A bar of the series that a late trade changed, or put where there was none."""


class BarSeries:
    """The newest closed bars, in integer columns of fixed size.

    Args:
        capacity: How many bars are kept, above zero. The newest are, without a hole.

    Attributes:
        version: Differs after every change.
        rewrites: Differs after every change other than an append, so that a reader who kept a
            copy knows whether ``columns(first)`` of the appended bars completes it.
        appended: Bars appended in all.
    """

    __slots__ = ("_columns", "_head", "_size", "appended", "capacity", "rewrites", "version")

    def __init__(self, capacity: int) -> None:
        if capacity < 1:
            raise ValueError(f"a series holds at least one bar, not {capacity}")
        self.capacity = capacity
        self._columns = tuple(array("q", [0]) * capacity for _ in range(_WIDTH + 2))
        self._head = 0
        self._size = 0
        self.version = 0
        self.rewrites = 0
        self.appended = 0

    def __len__(self) -> int:
        return self._size

    def append(self, bar: Bar, first_ns: int | None = None, last_ns: int | None = None) -> None:
        """Add the newest bar; the oldest leaves when the series is full.

        Args:
            bar: Starts after the last one.
            first_ns: When its first trade was; unknown means no late trade can be its open.
            last_ns: When its last trade was; unknown means no late trade can be its close.
        """
        start = bar.start_ns
        row = (
            start, bar.open, bar.high, bar.low, bar.close, bar.volume, bar.trades, bar.buy_volume,
            bar.sell_volume, start if first_ns is None else first_ns,
            _NEVER if last_ns is None else last_ns,
        )  # fmt: skip
        self._put(row)
        self.version += 1
        self.appended += 1

    def bar(self, index: int) -> Bar:
        """Return a bar; 0 is the oldest, -1 the newest.

        Raises:
            IndexError: There is no such bar.
        """
        at = self._position(index)
        return Bar(*[column[at] for column in self._columns[:_WIDTH]])

    def columns(self, first: int = 0) -> dict[str, array[int]]:
        """Return copies of the columns of :class:`Bar`, oldest first, from row ``first`` on."""
        return dict(zip(_COLUMNS, self._rows(first)[:_WIDTH], strict=True))

    def clear(self) -> None:
        """Remove all bars."""
        self._head = self._size = 0
        self.version += 1
        self.rewrites += 1

    def start_of(self, index: int) -> int:
        """Return the start of a bar in ns; indices as in :meth:`bar`."""
        return self._columns[0][self._position(index)]

    def find(self, start_ns: int) -> tuple[int, bool]:
        """Return the index of the first bar at or after ``start_ns``, and whether it is at it."""
        low, high = 0, self._size
        starts, head, capacity = self._columns[0], self._head, self.capacity
        while low < high:
            middle = (low + high) // 2
            if starts[(head + middle) % capacity] < start_ns:
                low = middle + 1
            else:
                high = middle
        return low, low < self._size and starts[(head + low) % capacity] == start_ns

    def amend(self, index: int, price: int, size: int, aggressor: int, exch_ns: int) -> Bar:
        """Count one more trade in a bar, and return the bar as it is then."""
        at = self._position(index)
        _, opens, highs, lows, closes, volumes, trades, buys, sells, firsts, lasts = self._columns
        highs[at] = max(highs[at], price)
        lows[at] = min(lows[at], price)
        if exch_ns < firsts[at]:
            opens[at], firsts[at] = price, exch_ns
        if exch_ns >= lasts[at]:
            closes[at], lasts[at] = price, exch_ns
        volumes[at] += size
        trades[at] += 1
        if aggressor == _BUY:
            buys[at] += size
        elif aggressor == _SELL:
            sells[at] += size
        self.version += 1
        self.rewrites += 1
        return self.bar(index)

    def insert(self, index: int, bar: Bar, exch_ns: int) -> None:
        """Put a bar made of one trade before the bar at ``index``, as if it had come in order."""
        full = self._size == self.capacity
        row = (*msgspec.structs.astuple(bar), exch_ns, exch_ns)
        for column, kept, value in zip(self._columns, self._rows(0), row, strict=True):
            kept.insert(index, value)
            if full:
                del kept[0]
            column[: len(kept)] = kept
        self._head = 0
        self._size += not full
        self.version += 1
        self.rewrites += 1

    def _put(self, row: tuple[int, ...]) -> None:
        at = (self._head + self._size) % self.capacity
        if self._size == self.capacity:
            self._head = (self._head + 1) % self.capacity
        else:
            self._size += 1
        for column, value in zip(self._columns, row, strict=True):
            column[at] = value

    def _position(self, index: int) -> int:
        at = index + self._size if index < 0 else index
        if not 0 <= at < self._size:
            raise IndexError(f"bar {index} of {self._size}")
        return (self._head + at) % self.capacity

    def _rows(self, first: int) -> list[array[int]]:
        begin = min(max(first, 0), self._size) + self._head
        end = self._head + self._size
        if end <= self.capacity:
            return [column[begin:end] for column in self._columns]
        if begin >= self.capacity:
            return [column[begin - self.capacity : end - self.capacity] for column in self._columns]
        return [column[begin:] + column[: end - self.capacity] for column in self._columns]


class BarBuilder:
    """Builds the bars of one timeframe from trades.

    Args:
        tf: Length of the bars.
        capacity: How many closed bars are kept.
        watermark_ns: How much older than the newest trade a trade of a closed bar may be; None
            means as old as the oldest bar held.

    Attributes:
        series: The closed bars.
        version: Differs after every change, the forming bar's included.
        late_amended: Late trades that changed a closed bar.
        late_dropped: Trades older than the oldest bar held or the watermark; they are in no bar.
    """

    __slots__ = (
        "_buys", "_close", "_end_ns", "_first_ns", "_floor_ns", "_high", "_last_ns", "_low",
        "_open", "_sells", "_start_ns", "_trades", "_volume", "_watermark_ns", "late_amended",
        "late_dropped", "series", "tf", "version",
    )  # fmt: skip

    def __init__(self, tf: Timeframe, capacity: int, watermark_ns: int | None = None) -> None:
        self.tf = tf
        self.series = BarSeries(capacity)
        self.version = 0
        self.late_amended = 0
        self.late_dropped = 0
        self._watermark_ns = watermark_ns
        self._floor_ns = _LONG_AGO
        self._open = self._high = self._low = self._close = 0
        self._volume = self._trades = self._buys = self._sells = 0
        self._start_ns = self._end_ns = _LONG_AGO
        self._first_ns = self._last_ns = _LONG_AGO

    @property
    def forming(self) -> Bar | None:
        """The bar that the newest trade is in, until it ends."""
        return None if self._start_ns == self._end_ns else self._so_far()

    def add(self, price: int, size: int, aggressor: int, exch_ns: int) -> BarChange | None:
        """Count a trade.

        Args:
            price: Ticks.
            size: Contracts; a trade of size zero counts in the prices and in the trade count.
            aggressor: :class:`~project_x_py._core.records.Aggressor`.
            exch_ns: When the exchange says it happened.

        Returns:
            None when the trade only moved the forming bar, or was too late to count.
        """
        if exch_ns >= self._end_ns:
            return self._begin(price, size, aggressor, exch_ns)
        if exch_ns < self._start_ns:
            return self._late(price, size, aggressor, exch_ns)
        if price > self._high:
            self._high = price
        elif price < self._low:
            self._low = price
        if exch_ns >= self._last_ns:
            self._close = price
            self._last_ns = exch_ns
        elif exch_ns < self._first_ns:
            self._open = price
            self._first_ns = exch_ns
        self._volume += size
        self._trades += 1
        if aggressor == _BUY:
            self._buys += size
        elif aggressor == _SELL:
            self._sells += size
        self.version += 1
        return None

    @property
    def end_ns(self) -> int | None:
        """When the forming bar ends, None without one."""
        return None if self._start_ns == self._end_ns else self._end_ns

    def close_due(self, now_ns: int) -> Bar | None:
        """End the forming bar if exchange time has reached its end; return it if so."""
        return self.end() if now_ns >= self._end_ns else None

    def end(self) -> Bar | None:
        """End the forming bar, and return it; None without one.

        A trade of its time that comes later amends it.
        """
        if self._start_ns == self._end_ns:
            return None
        bar = self._shut()
        self._start_ns = self._end_ns
        return bar

    def seed(self, bars: Iterable[Bar], forming: Bar | None = None) -> None:
        """Replace everything held by known history.

        Trades that are in the history already must not be added again. Late trades of seeded bars
        move high, low and volume, never open or close.

        Args:
            bars: Closed bars, ascending; the newest that fit are kept.
            forming: The bar still growing; trades that follow are taken as newer than its own.
        """
        self.series.clear()
        self._floor_ns = self._start_ns = self._end_ns = self._last_ns = _LONG_AGO
        known = list(bars)
        for bar in known[-self.series.capacity :]:
            self.series.append(bar)
        if known:
            self._floor_ns = self.series.start_of(0)
            self._start_ns = self._end_ns = bar_end(self.tf, known[-1].start_ns)
        if forming is not None:
            self._floor_ns = self._floor_ns if known else forming.start_ns
            self._take(forming)
        self.version += 1

    def _take(self, bar: Bar) -> None:
        self._start_ns, self._end_ns = bar.start_ns, bar_end(self.tf, bar.start_ns)
        self._open, self._high, self._low, self._close = bar.open, bar.high, bar.low, bar.close
        self._volume, self._trades = bar.volume, bar.trades
        self._buys, self._sells = bar.buy_volume, bar.sell_volume
        self._first_ns = self._last_ns = bar.start_ns

    def _begin(self, price: int, size: int, aggressor: int, exch_ns: int) -> BarChange:
        closed = None if self._start_ns == self._end_ns else self._shut()
        opened = _bar_of(bar_start(self.tf, exch_ns), price, size, aggressor)
        self._take(opened)
        self._first_ns = self._last_ns = exch_ns
        self.version += 1
        return BarChange(closed=closed, opened=opened)

    def _so_far(self) -> Bar:
        return Bar(
            self._start_ns, self._open, self._high, self._low, self._close,
            self._volume, self._trades, self._buys, self._sells,
        )  # fmt: skip

    def _shut(self) -> Bar:
        bar = self._so_far()
        full = len(self.series) == self.series.capacity
        self.series.append(bar, self._first_ns, self._last_ns)
        if full:
            self._floor_ns = self.series.start_of(0)
        self.version += 1
        return bar

    def _late(self, price: int, size: int, aggressor: int, exch_ns: int) -> BarChange | None:
        series, watermark = self.series, self._watermark_ns
        start = bar_start(self.tf, exch_ns)
        index, held = series.find(start)
        full = len(series) == series.capacity
        too_old = start < self._floor_ns or (full and not held and index == 0)
        if too_old or (watermark is not None and exch_ns < self._last_ns - watermark):
            self.late_dropped += 1
            return None
        if held:
            bar = series.amend(index, price, size, aggressor, exch_ns)
        else:
            bar = _bar_of(start, price, size, aggressor)
            series.insert(index, bar, exch_ns)
            if full:
                self._floor_ns = series.start_of(0)
        self.late_amended += 1
        self.version += 1
        return BarChange(amended=bar)


def _bar_of(start_ns: int, price: int, size: int, aggressor: int) -> Bar:
    buys = size if aggressor == _BUY else 0
    sells = size if aggressor == _SELL else 0
    return Bar(start_ns, price, price, price, price, size, 1, buys, sells)
