"""Trades on their way into bars: held back while history is read, then applied.

While bars wait for history the trades that arrive are kept, and neither trades nor the clock change
a bar. What is kept is bounded in time: when history does not come, the bars go on with what there
is, and are put right later.

Invariant (``tests/realtime_data_manager/test_repair.py``): a trade is in the bars once, whether it
came before, during or after a wait.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.bars import Bar, bar_end, bar_start
from project_x_py._core.time import NS
from project_x_py.realtime_data_manager._bars import LONG_AGO, BarEvent, ContractBars, Mark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from project_x_py._core.calendar import SessionCalendar
    from project_x_py._core.records import Trade
    from project_x_py.realtime_data_manager._history import Past

__all__ = ["HOLD_NS", "BarFeed"]

HOLD_NS = 15 * NS
"""How long, in exchange time, trades wait for history at most; and at most so many."""

HOLD_TRADES = 65_536

BACKFILLED = "backfilled"

GRACE_NS = NS // 4
"""How long ago a bar must have ended for its last trade to have arrived."""


class BarFeed:
    """The bars of one contract and the trades that wait for them.

    Args:
        bars: Where trades go.
        calendar: When the market is closed, None when nobody knows.

    Attributes:
        holding: Whether trades wait.
        lag_ns: By how much the newest message was behind the clock; the clock itself may be wrong.
    """

    def __init__(self, bars: ContractBars, calendar: SessionCalendar | None) -> None:
        self.bars = bars
        self.holding = False
        self._calendar = calendar
        self.lag_ns = 0
        self._waiting: list[Trade] = []
        self._held_since_ns = 0
        self._is_bounded = True

    def take(self, trades: Sequence[Trade], now_ns: int) -> list[BarEvent]:
        """Apply trades, or keep them; return what the bars have to tell."""
        if trades:
            self.lag_ns = now_ns - trades[-1].exch_ns
        if not self.holding:
            return self.bars.add(trades)
        if not self._waiting:
            self._held_since_ns = now_ns
        self._waiting += trades
        too_long = now_ns - self._held_since_ns > HOLD_NS or len(self._waiting) > HOLD_TRADES
        return self.release(now_ns) if too_long and self._is_bounded else []

    def hold(self, *, bounded: bool = True) -> None:
        """Keep the trades that arrive from now on.

        Args:
            bounded: Whether they are applied when they have waited too long. Not while history is
                being read, for what it replaces must not hold them; who reads bounds the time.
        """
        self.holding = True
        self._is_bounded = bounded

    def release(self, now_ns: int) -> list[BarEvent]:
        """Apply what was kept, end the bars that are over, and keep nothing any more."""
        waiting, self._waiting = self._waiting, []
        self.holding = False
        return self.bars.add(waiting) + self.close_due(now_ns - GRACE_NS)

    def newest_waiting(self) -> int | None:
        """Return the price of the newest trade that waits, in ticks."""
        return self._waiting[-1].price if self._waiting else None

    def newest_ns(self) -> int | None:
        """Return when the newest live trade was, None before the first."""
        if self._waiting:
            return self._waiting[-1].exch_ns
        return None if self.bars.last_price is None else self.bars.last_ns

    def close_due(self, now_ns: int) -> list[BarEvent]:
        """End the bars whose time is over, unless trades wait."""
        return [] if self.holding else self.bars.close_due(now_ns, self._calendar)

    def next_end_ns(self, now_ns: int) -> int | None:
        """Return when :meth:`close_due` may have something to do next."""
        return self.bars.next_end_ns(now_ns, self._calendar)

    def replace(
        self,
        past: Past,
        joined_ns: int,
        *,
        since: Mapping[str, int] | None,
        told_ns: int,
        why: Mark,
    ) -> list[BarEvent]:
        """Let bars be what history says.

        Args:
            past: What has traded before ``joined_ns``.
            joined_ns: Trades from here on are still to be counted.
            since: By timeframe, the first moment at which the bars held may be wrong; older bars
                stay. None replaces everything.
            told_ns: Up to when bars were told of as they ended and began.
            why: The mark of bars that change.

        Returns:
            What changed: bars that were closed and are different, that have ended or begun.
        """
        events: list[BarEvent] = []
        for name, builder in self.bars.builders.items():
            first_ns = LONG_AGO if since is None else bar_start(builder.tf, since[name])
            before = self.bars.closed(name, first_ns)
            kept = [] if since is None else self.bars.held(name)
            kept = [bar for bar in kept if bar.start_ns < first_ns]
            fresh = [bar for bar in past.bars[name] if bar.start_ns >= first_ns]
            self.bars.seed(name, [*kept, *fresh], joined_ns)
            events += self._changes(name, before, first_ns, told_ns, why)
        self.bars.joined_ns = joined_ns
        return events

    def _changes(
        self, name: str, before: Mapping[int, Bar], first_ns: int, told_ns: int, why: Mark
    ) -> Iterator[BarEvent]:
        builder = self.bars.builders[name]
        for start_ns, bar in self.bars.closed(name, first_ns).items():
            old = before.get(start_ns)
            is_told = bar_end(builder.tf, start_ns) <= told_ns
            if old is None and not is_told:
                if first_ns > LONG_AGO and why == BACKFILLED:
                    self.bars.mark(name, start_ns, why)
                self.bars.ended[name] += 1
                yield BarEvent(name, bar, None, None)
            elif (old is not None or before) and _differ(old, bar):
                self.bars.mark(name, start_ns, why)
                yield BarEvent(name, None, None, bar)
        forming = builder.forming
        if forming is not None and forming.start_ns >= told_ns:
            yield BarEvent(name, None, forming, None)


def _differ(old: Bar | None, new: Bar) -> bool:
    return old is None or (
        (old.open, old.high, old.low, old.close, old.volume)
        != (new.open, new.high, new.low, new.close, new.volume)
    )
