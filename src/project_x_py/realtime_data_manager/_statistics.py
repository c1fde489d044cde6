"""What a data manager has done and holds, counted where it happens and never guessed.

Users may count things of their own beside it (``increment``, ``set_gauge``, ``record_timing``).

Invariant (``tests/realtime_data_manager/test_statistics.py``): every figure follows from what was
counted; what is kept of errors, names and timings is bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.figures import ComponentFigures
from project_x_py._core.tallies import Tallies
from project_x_py._core.time import NS, format_iso

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from project_x_py._ports import Clock
    from project_x_py.realtime_data_manager._admission import TradeGate
    from project_x_py.realtime_data_manager._audit import BarAuditor
    from project_x_py.realtime_data_manager._feed import BarFeed
    from project_x_py.realtime_data_manager._repair import BarRepair
    from project_x_py.types import RealtimeDataManagerStats

__all__ = ["Statistics"]

ROW_BYTES = 11 * 8
"""Bytes of one closed bar in its columns."""

FRAME_BYTES = 6 * 8
"""Bytes of one row of a frame that was read."""

MEGABYTE = 1 << 20
PERFECT = 100.0
INCOMPLETE = 50.0
"""The most a manager can score while bars wait to be put right."""


class Statistics(ComponentFigures):
    """Counters of one manager.

    Args:
        name: Whose they are.
        clock: Wall and monotonic time.
        is_active: Whether the feed runs and is connected.
    """

    def __init__(self, name: str, clock: Clock, is_active: Callable[[], bool]) -> None:
        super().__init__(Tallies(name, clock.wall_ns, clock.monotonic_ns))
        self.quotes = 0
        self.quote_prices_refused = 0
        self.interruptions = 0
        self.recoveries = 0
        self.latency_ms = 0.0
        self.last_activity_ns: int | None = None
        self._clock = clock
        self._is_active = is_active
        self._feed: BarFeed | None = None
        self._gate: TradeGate | None = None
        self._repair: BarRepair | None = None
        self._audit: BarAuditor | None = None

    def watch(self, feed: BarFeed, gate: TradeGate, repair: BarRepair, audit: BarAuditor) -> None:
        """Read the counters of a manager's parts from now on."""
        self._feed, self._gate, self._repair, self._audit = feed, gate, repair, audit

    def own_status(self) -> str:
        """Return initializing, repairing, active or disconnected."""
        if self._feed is None or self._repair is None:
            return "initializing"
        if not self._is_active():
            return "disconnected"
        return "repairing" if self._repair.is_pending else "active"

    def memory_mb(self) -> float:
        """Return the megabytes of the bars held, as allocated, and of frames read of them."""
        if self._feed is None:
            return 0.0
        builders = self._feed.bars.builders.values()
        rows = sum(b.series.capacity * ROW_BYTES + len(b.series) * FRAME_BYTES for b in builders)
        return rows / MEGABYTE

    def health(self) -> float:
        """Return 0 to 100: how much of what should be here is, and is right."""
        feed, repair = self._feed, self._repair
        if feed is None or repair is None or not self._is_active():
            return 0.0
        refused = self.refused
        counted = feed.bars.trades + refused
        score = PERFECT * (1 - refused / counted) if counted else PERFECT
        return min(score, INCOMPLETE) if repair.is_pending else score

    @property
    def refused(self) -> int:
        """Trades that are in no bar."""
        if self._feed is None or self._gate is None:
            return 0
        return self._gate.total + self._feed.bars.too_late

    def last_activity(self) -> str | None:
        """Return when the last trade or quote came."""
        last = self.last_activity_ns
        return None if last is None else format_iso(last)

    def figures(self) -> Mapping[str, object]:
        """Return the manager's figures, and what users count."""
        return {
            **self.manager(),
            "trades_refused": self.refused,
            "counters": self.tallies.counters,
            "gauges": self.tallies.gauges,
        }

    def validation(self) -> dict[str, Any]:
        """Return what was refused and why, what came late, and what audits found."""
        feed, gate, audit, repair = self._feed, self._gate, self._audit, self._repair
        bars = None if feed is None else feed.bars
        return {
            "trades_counted": 0 if bars is None else bars.trades,
            "trades_refused": self.refused,
            "refused_by_reason": {
                **({} if gate is None else gate.refused),
                "too late": 0 if bars is None else bars.too_late,
            },
            "trades_waiting": 0 if gate is None else gate.waiting,
            "quote_prices_refused": self.quote_prices_refused,
            "late_amendments": 0 if bars is None else bars.late,
            "bars_compared": 0 if audit is None else audit.compared,
            "bar_differences": 0 if audit is None else audit.differences,
            "repairs": 0 if repair is None else repair.repairs,
            "repair_failures": 0 if repair is None else repair.failures,
            "repair_pending": repair is not None and repair.is_pending,
        }

    def buffers(self) -> dict[str, Any]:
        """Return per timeframe how many bars are held, of how many."""
        builders = {} if self._feed is None else self._feed.bars.builders
        return {
            name: {
                "bars": len(builder.series),
                "limit": builder.series.capacity,
                "utilization": len(builder.series) / builder.series.capacity,
            }
            for name, builder in builders.items()
        }

    def resources(self) -> dict[str, Any]:
        """Return memory_usage_mb, bars_held, bars_limit and the user's counters and gauges."""
        buffers = self.buffers()
        return {
            "memory_usage_mb": self.memory_mb(),
            "bars_held": sum(one["bars"] for one in buffers.values()),
            "bars_limit": sum(one["limit"] for one in buffers.values()),
            "counters": dict(self.tallies.counters),
            "gauges": dict(self.tallies.gauges),
        }

    def manager(self) -> RealtimeDataManagerStats:
        """Return the documented figures of a data manager."""
        feed, buffers = self._feed, self.buffers()
        trades = 0 if feed is None else feed.bars.trades
        ended = {} if feed is None else feed.bars.ended
        held = sum(one["bars"] for one in buffers.values())
        limit = sum(one["limit"] for one in buffers.values())
        minutes = max(self.tallies.uptime_s(), 1) / 60
        return {
            "bars_processed": sum(ended.values()),
            "ticks_processed": trades + self.quotes,
            "quotes_processed": self.quotes,
            "trades_processed": trades,
            "timeframe_stats": {
                name: {"bars": buffers[name]["bars"], "bars_ended": ended[name]} for name in ended
            },
            "avg_processing_time_ms": None,
            "data_latency_ms": self.latency_ms,
            "buffer_utilization": held / limit if limit else 0.0,
            "total_bars_stored": held,
            "memory_usage_mb": self.memory_mb(),
            "compression_ratio": 1.0,
            "updates_per_minute": (trades + self.quotes) / minutes,
            "last_update": self.last_activity(),
            "data_freshness_seconds": self._age_s(),
            "data_validation_errors": self.refused,
            "connection_interruptions": self.interruptions,
            "recovery_attempts": self.recoveries,
        }

    def _age_s(self) -> float:
        last = self.last_activity_ns
        return 0.0 if last is None else max(0, self._clock.wall_ns() - last) / NS
