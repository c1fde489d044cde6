"""Every timeframe of one contract, fed by one stream of trades.

The hot path: a trade updates plain slots of each builder, and only a bar that ends or begins
makes an object. Nothing here awaits, converts a price to a float or touches a frame.

Invariants (``tests/realtime_data_manager/test_bars.py``): every trade is in every timeframe once;
the events of a trade are told after all timeframes hold it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.bars import Bar, BarBuilder, bar_end, bar_start

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.bars import Timeframe
    from project_x_py._core.records import Trade

__all__ = ["BarEvent", "ContractBars"]


class BarEvent(NamedTuple):
    """A bar that ended, one that began, or both at once, in one timeframe."""

    timeframe: str
    closed: Bar | None
    opened: Bar | None
    amended: Bar | None


class ContractBars:
    """The bar builders of one contract.

    Args:
        timeframes: One builder each.
        capacity: Closed bars kept per timeframe, the newest.
    """

    def __init__(self, timeframes: Sequence[Timeframe], capacity: int) -> None:
        self.builders = {tf.name: BarBuilder(tf, capacity) for tf in timeframes}
        self._pairs = list(self.builders.items())
        self.last_price: int | None = None
        self.last_ns = 0
        self.trades = 0

    def seed(self, name: str, bars: Sequence[Bar], now_ns: int) -> None:
        """Load past bars of one timeframe; the last one may still be forming at ``now_ns``."""
        builder = self.builders[name]
        forming = None
        if bars and bar_end(builder.tf, bars[-1].start_ns) > now_ns:
            *bars, forming = bars
        builder.seed(bars, forming)

    def add(self, trade: Trade) -> list[BarEvent]:
        """Count one trade in every timeframe; return what ended or began."""
        events: list[BarEvent] = []
        price, size, aggressor, exch_ns = trade.price, trade.size, trade.aggressor, trade.exch_ns
        for name, builder in self._pairs:
            change = builder.add(price, size, aggressor, exch_ns)
            if change is not None:
                events.append(BarEvent(name, change.closed, change.opened, change.amended))
        if exch_ns >= self.last_ns:
            self.last_price, self.last_ns = price, exch_ns
        self.trades += 1
        return events

    def close_due(self, now_ns: int) -> list[BarEvent]:
        """End the bars whose time is over; return them."""
        return [
            BarEvent(name, closed, None, None)
            for name, builder in self._pairs
            if (closed := builder.close_due(now_ns)) is not None
        ]

    def next_end_ns(self, now_ns: int) -> int | None:
        """Return the next boundary of any timeframe after ``now_ns``; None while none is forming.

        Not only of the forming ones: a trade may begin a shorter bar at any moment before it.
        """
        if all(builder.forming is None for _, builder in self._pairs):
            return None
        kinds = [builder.tf for _, builder in self._pairs]
        return min(bar_end(kind, bar_start(kind, now_ns)) for kind in kinds)

    def newest_close(self) -> int | None:
        """Return the close of the newest bar of any timeframe, None without bars."""
        newest: Bar | None = None
        for _, builder in self._pairs:
            bar = builder.forming or (builder.series.bar(-1) if len(builder.series) else None)
            if bar is not None and (newest is None or bar.start_ns > newest.start_ns):
                newest = bar
        return newest.close if newest is not None else None
