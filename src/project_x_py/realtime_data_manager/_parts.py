"""What a data manager is made of, once its contract is known.

Invariant (``tests/realtime_data_manager/test_manager.py``): the parts meet here and nowhere else.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py._core.grid import TickGrid
from project_x_py._core.time import HOUR_NS, NS, to_datetime
from project_x_py.realtime_data_manager._admission import TradeGate
from project_x_py.realtime_data_manager._audit import BarAuditor, Difference
from project_x_py.realtime_data_manager._events import MarketEvents, bar_fields
from project_x_py.realtime_data_manager._history import HistoryLoader
from project_x_py.realtime_data_manager._repair import BarRepair, Need
from project_x_py.realtime_data_manager._roll import RollWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from zoneinfo import ZoneInfo

    from project_x_py._core.bars import Bar, Timeframe
    from project_x_py._core.gaps import FeedGap
    from project_x_py._ports import Clock, GapFeed, HistorySource
    from project_x_py._runtime.limiter import RateLimiter
    from project_x_py.event_bus import EventBus
    from project_x_py.models import Instrument
    from project_x_py.realtime_data_manager._feed import BarFeed
    from project_x_py.realtime_data_manager._frames import FrameCache
    from project_x_py.realtime_data_manager._indicators import TimeframeIndicators
    from project_x_py.realtime_data_manager._statistics import Statistics

__all__ = ["REPORT_NS", "Parts", "Surroundings"]

logger = logging.getLogger(__name__)

REPORT_NS = 60 * NS
"""Refused trades are announced at most this often, in wall time."""

OTHER_DAY = (
    "the gateway's time is {} this program's. A simulated gateway of another day hands its clock "
    "to a script that 'projectx run' starts, or that has read the file which 'projectx gateway "
    "--env FILE' writes"
)
"""What it means when no trade at all has a time that can be."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a manager was given."""

    symbol: str
    timezone: ZoneInfo
    kinds: Sequence[Timeframe]
    capacity: int
    source: HistorySource
    clock: Clock
    bus: EventBus
    feed: BarFeed
    limiter: RateLimiter
    statistics: Statistics
    gaps: GapFeed | None
    wake: Callable[[], None]
    """Lets the bar clock look again."""


class Parts:
    """The parts of a manager that belong to its contract, and what passes between them."""

    def __init__(self, contract: Instrument, given: Surroundings) -> None:
        self.contract = contract
        self.grid = grid = TickGrid(contract.tickSize, contract.tickValue)
        self._given = given
        self._gaps: list[FeedGap] = []
        self._reported = 0
        self._reported_ns: int | None = None
        self._said_apart = False
        feed, clock = given.feed, given.clock
        self.frames, self.indicators = _frames(feed, grid, given.timezone)
        self.loader = HistoryLoader(given.source, contract.id, given.kinds, grid, given.capacity)
        self.gate = TradeGate(contract.id)
        self.events = MarketEvents(
            given.bus, given.symbol, contract.id, grid, given.timezone, feed.bars, self._values
        )
        self.repair = BarRepair(feed, self.loader, clock, self.events.bars, self._joined)
        self.audit = BarAuditor(feed, self.loader, given.limiter, clock, self._differs)
        self.roll = RollWatch(given.symbol, contract, given.source, clock, self._tell)
        given.statistics.watch(feed, self.gate, self.repair, self.audit)

    def on_gap(self, gap: FeedGap) -> None:
        """Let bars wait while trades are missed, and read them from history afterwards."""
        if gap.contract_id not in (None, self.contract.id) or "trades" not in gap.missed:
            return
        if gap.is_open:
            self._given.statistics.interruptions += 1
            self._given.feed.hold()
            return
        self._gaps.append(gap)
        self.repair.want(Need(gap.from_ns - NS, gap.from_ns, "backfilled"))

    def report_refused(self) -> None:
        """Announce trades that are in no bar, once a minute at most."""
        refused = self._given.statistics.refused
        if refused == self._reported:
            return
        now_ns = self._given.clock.monotonic_ns()
        if self._reported_ns is not None and now_ns - self._reported_ns < REPORT_NS:
            return
        more, self._reported, self._reported_ns = refused - self._reported, refused, now_ns
        counts = {**self.gate.refused, "too late": self._given.feed.bars.too_late}
        message = f"trades of {self.contract.id} that are in no bar: {more}"
        apart_ns = self.gate.apart_ns
        if apart_ns and not self._said_apart and not self._given.feed.bars.trades:
            self._said_apart = True
            message = f"{message}: {OTHER_DAY.format(_span(apart_ns))}"
            logger.warning("%s", message)
        self._tell("trades_refused", message, {"refused": refused, "by_reason": counts})

    def _joined(self, joined_ns: int) -> None:
        self._given.wake()
        self._given.statistics.recoveries += bool(self._gaps)
        self.audit.start_at(joined_ns)
        self.gate.expect(self._given.feed.bars.newest_close())
        gaps, self._gaps = self._gaps, []
        if self._given.gaps is not None:
            for gap in gaps:
                self._given.gaps.report_backfill(gap, ("trades",))

    def _differs(self, differences: list[Difference]) -> None:
        for one in differences:
            facts = {
                "timeframe": one.timeframe,
                "bar_time": to_datetime(one.start_ns, self._given.timezone),
                "data": self._fields(one.theirs),
                "live": self._fields(one.ours),
            }
            self._tell("bar_difference", "a closed bar is not the gateway's own", facts)
        self.repair.want(Need(min(one.start_ns for one in differences), None, "audited"))

    def _fields(self, bar: Bar | None) -> dict[str, object] | None:
        return None if bar is None else bar_fields(bar, self.grid, self._given.timezone)

    def _values(self, timeframe: str, start_ns: int) -> Mapping[str, object]:
        return self.indicators[timeframe].values(start_ns)

    def _tell(self, kind: str, message: str, facts: Mapping[str, object]) -> None:
        self.events.warning(kind, message, self._given.clock.now_ns(), facts)


def _frames(
    feed: BarFeed, grid: TickGrid, timezone: ZoneInfo
) -> tuple[dict[str, FrameCache], dict[str, TimeframeIndicators]]:
    from project_x_py.realtime_data_manager._frames import FrameCache, closed_frame
    from project_x_py.realtime_data_manager._indicators import TimeframeIndicators

    frames: dict[str, FrameCache] = {}
    indicators: dict[str, TimeframeIndicators] = {}
    for name, builder in feed.bars.builders.items():
        closed = closed_frame(builder, grid, str(timezone))
        indicators[name] = TimeframeIndicators(builder, grid, closed)
        frames[name] = FrameCache(builder, grid, str(timezone), indicators[name])
    return frames, indicators


def _span(apart_ns: int) -> str:
    """Return how far apart two times are, and which is first."""
    hours = abs(apart_ns) / HOUR_NS
    far = f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.0f} days"
    return f"{far} {'ahead of' if apart_ns > 0 else 'behind'}"
