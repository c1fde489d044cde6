"""Every timeframe of one contract, fed by one stream of trades.

The hot path: a trade updates plain slots of each builder, and only a bar that ends or begins
makes an object. Nothing here awaits, converts a price to a float or touches a frame.

Invariants (``tests/realtime_data_manager/test_bars.py``): every trade is in every timeframe once,
or in none and counted; so a larger bar is always the aggregation of the smaller ones; a trade that
happened before the moment at which history was joined is in that history and not counted again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.bars import Bar, BarBuilder, bar_end, bar_start
from project_x_py._core.time import MINUTE_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.bars import BarChange, Timeframe
    from project_x_py._core.calendar import SessionCalendar
    from project_x_py._core.records import Trade

__all__ = ["LATE_NS", "LONG_AGO", "BarEvent", "ContractBars", "Mark"]

LATE_NS = 2 * MINUTE_NS
"""How much older than the newest trade a trade may be and still count."""

LONG_AGO = -(1 << 63)

Mark = str
"""Why a closed bar has changed: ``late``, ``backfilled`` or ``audited``."""


class BarEvent(NamedTuple):
    """A bar that ended, one that began, or both at once, or one that changed after its end."""

    timeframe: str
    closed: Bar | None
    opened: Bar | None
    amended: Bar | None


class ContractBars:
    """The bar builders of one contract.

    Args:
        timeframes: One builder each.
        capacity: Closed bars kept per timeframe, the newest.
        late_ns: How much older than the newest trade a trade may be and still count.

    Attributes:
        joined_ns: Trades before this moment are in the history that the bars began from.
        last_price: Price of the newest trade in ticks, None before the first.
        last_ns: When that trade was.
        trades: Trades counted.
        ended: By timeframe, bars that were told of as ended; loaded history is not among them.
        late: Trades that changed a bar which had ended.
        too_late: Trades older than ``late_ns`` allows; they are in no bar.
        marks: By timeframe, the starts of bars that changed after their end, and why.
    """

    def __init__(
        self, timeframes: Sequence[Timeframe], capacity: int, late_ns: int = LATE_NS
    ) -> None:
        self.builders = {tf.name: BarBuilder(tf, capacity) for tf in timeframes}
        self._pairs = [(name, builder, builder.add) for name, builder in self.builders.items()]
        self._capacity = capacity
        self._late_ns = late_ns
        self.joined_ns = LONG_AGO
        self.last_price: int | None = None
        self.last_ns = LONG_AGO
        self.trades = 0
        self.late = 0
        self.too_late = 0
        self.ended = dict.fromkeys(self.builders, 0)
        self.marks: dict[str, dict[int, Mark]] = {tf.name: {} for tf in timeframes}

    def seed(self, name: str, bars: Sequence[Bar], now_ns: int) -> None:
        """Load past bars of one timeframe; the last one may still be forming at ``now_ns``."""
        builder = self.builders[name]
        forming = None
        if bars and bar_end(builder.tf, bars[-1].start_ns) > now_ns:
            *bars, forming = bars
        builder.seed(bars, forming)

    def add(self, trades: Sequence[Trade]) -> list[BarEvent]:
        """Count trades in every timeframe; return what ended, began or changed, in order.

        A closed bar that several of the trades change is told of once, last and as it is then.
        """
        events: list[BarEvent] = []
        amended: dict[tuple[str, int], Bar] = {}
        pairs, joined_ns = self._pairs, self.joined_ns
        for trade in trades:
            price, size, aggressor, exch_ns = (
                trade.price,
                trade.size,
                trade.aggressor,
                trade.exch_ns,
            )
            if exch_ns >= self.last_ns:
                self.last_price, self.last_ns = price, exch_ns
            elif exch_ns < self.last_ns - self._late_ns:
                self.too_late += 1
                continue
            if exch_ns < joined_ns:
                continue
            self.trades += 1
            for name, _, add in pairs:
                change = add(price, size, aggressor, exch_ns)
                if change is not None:
                    self._note(name, change, events, amended)
        for (name, start_ns), bar in amended.items():
            self.mark(name, start_ns, "late")
            events.append(BarEvent(name, None, None, bar))
        return events

    def _note(
        self,
        name: str,
        change: BarChange,
        events: list[BarEvent],
        amended: dict[tuple[str, int], Bar],
    ) -> None:
        if change.amended is None:
            self.ended[name] += change.closed is not None
            events.append(BarEvent(name, change.closed, change.opened, None))
            return
        self.late += 1
        amended[name, change.amended.start_ns] = change.amended

    def mark(self, name: str, start_ns: int, why: Mark) -> None:
        """Remember why a closed bar has changed, as long as it is held."""
        marks = self.marks[name]
        marks[start_ns] = why
        if len(marks) > 2 * self._capacity:
            series = self.builders[name].series
            oldest = series.start_of(0) if len(series) else start_ns
            self.marks[name] = {start: kept for start, kept in marks.items() if start >= oldest}

    def close_due(self, now_ns: int, calendar: SessionCalendar | None = None) -> list[BarEvent]:
        """End the bars whose time is over, or whose market stays closed for the rest of it."""
        reopens_ns = None
        if calendar is not None and not calendar.is_open(now_ns):
            reopens_ns = calendar.next_open_ns(now_ns)
        events = []
        for name, builder, _ in self._pairs:
            end_ns = builder.end_ns
            if end_ns is None:
                continue
            if now_ns >= end_ns or (reopens_ns is not None and reopens_ns >= end_ns):
                self.ended[name] += 1
                events.append(BarEvent(name, builder.end(), None, None))
        return events

    def next_end_ns(self, now_ns: int, calendar: SessionCalendar | None = None) -> int | None:
        """Return the next boundary of any timeframe after ``now_ns``; None while none is forming.

        Not only of the forming ones: a trade may begin a shorter bar at any moment before it. The
        close of the session is a boundary, too.
        """
        if all(builder.end_ns is None for _, builder, _ in self._pairs):
            return None
        kinds = [builder.tf for _, builder, _ in self._pairs]
        end_ns = min(bar_end(kind, bar_start(kind, now_ns)) for kind in kinds)
        return end_ns if calendar is None else min(end_ns, calendar.next_close_ns(now_ns))

    def newest_close(self) -> int | None:
        """Return the close of the newest bar of any timeframe, None without bars."""
        newest: Bar | None = None
        for _, builder, _ in self._pairs:
            bar = builder.forming or (builder.series.bar(-1) if len(builder.series) else None)
            if bar is not None and (newest is None or bar.start_ns > newest.start_ns):
                newest = bar
        return newest.close if newest is not None else None

    def closed(self, name: str, from_ns: int) -> dict[int, Bar]:
        """Return the closed bars of a timeframe that start at or after a moment, by start."""
        series = self.builders[name].series
        first, _ = series.find(from_ns)
        return {bar.start_ns: bar for bar in map(series.bar, range(first, len(series)))}

    def held(self, name: str) -> list[Bar]:
        """Return all bars of a timeframe, the forming one last."""
        builder = self.builders[name]
        bars = [builder.series.bar(index) for index in range(len(builder.series))]
        return bars if builder.forming is None else [*bars, builder.forming]
