"""What a risk manager tells of itself.

Invariant (``tests/risk_manager/test_risk_manager.py``): every figure follows from what was judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.component import snapshot_of
from project_x_py._core.tallies import Tallies
from project_x_py.risk_manager._watch import figures_of

if TYPE_CHECKING:
    from project_x_py._core.component import ComponentStatistics
    from project_x_py._ports import Clock
    from project_x_py.risk_manager._guardian import Guardian
    from project_x_py.risk_manager._watch import RiskWatch
    from project_x_py.types.stats_types import ComponentStats

__all__ = ["RiskFigures"]

NEWEST = 10
"""Errors that a snapshot shows."""


class RiskFigures:
    """Figures of one manager.

    Args:
        guardian: Judges.
        watch: Announces.
        clock: Wall and monotonic time.
    """

    def __init__(self, guardian: Guardian, watch: RiskWatch, clock: Clock) -> None:
        self.trades_begun = 0
        self.trades_ended = 0
        """Managed trades whose block was entered, and those whose block was left."""
        self.tallies = Tallies("risk_manager", clock.wall_ns, clock.monotonic_ns)
        self._guardian = guardian
        self._watch = watch

    def error_count(self) -> int:
        """Return how many errors were counted."""
        return self.tallies.errors

    def status(self) -> str:
        """Return active or locked, or what was set."""
        if self.tallies.status is not None:
            return self.tallies.status
        headroom = self._guardian.headroom()
        return "locked" if headroom is not None and headroom <= 0 else "active"

    def memory_mb(self) -> float:
        """Return nothing: figures are those of other owners."""
        return 0.0

    def health(self) -> float:
        """Return whether positions and the day's money are known."""
        money = self._guardian.money
        return 100.0 if money is not None and money.day_realised() is not None else 0.0

    def memory(self) -> dict[str, float]:
        """Return counters and gauges."""
        return {**self.tallies.counters, **self.tallies.gauges}

    def snapshot(self) -> ComponentStatistics:
        """Return everything that is a number, as it is now."""
        errors = self.tallies.newest_errors(NEWEST)
        figures = {**self.rules(), **self.stakes(), **self.memory()}
        return snapshot_of(self.component(), self.health(), figures, errors=errors)

    def rules(self) -> dict[str, float]:
        """Return what was judged and announced, and the managed trades."""
        checked, denied = self._guardian.checked, self._guardian.denied
        return {
            "rules_evaluated": checked,
            "rule_violations": denied,
            "rules_passed": checked - denied,
            "rule_warnings": self._watch.warned,
            "risk_alerts": self._watch.announced,
            "stop_losses_triggered": self._watch.stops_filled,
            "risk_calculations_per_second": checked / max(self.tallies.uptime_s(), 1),
            "managed_trades_active": self.trades_begun - self.trades_ended,
            "managed_trades_completed": self.trades_ended,
        }

    def stakes(self) -> dict[str, object]:
        """Return what is at stake, at its worst, and the limits; dollars, contracts, shares."""
        guardian = self._guardian
        config, at_stake = guardian.config, figures_of(guardian)
        largest = guardian.rules.max_loss
        return {
            "total_risk_exposure": float(at_stake.at_risk),
            "max_position_risk": max(map(float, guardian.risks().values()), default=0.0),
            "portfolio_risk": at_stake.share,
            "daily_loss_limit": float(config.day_limit(guardian.balance())),
            "position_size_limit": config.max_position_size,
            "max_loss_limit": None if largest is None else float(largest),
        }

    def component(self) -> ComponentStats:
        """Return the documented figures of a component."""
        return {
            "name": "risk_manager",
            "status": self.status(),
            "uptime_seconds": self.tallies.uptime_s(),
            "last_activity": None,
            "error_count": self.tallies.errors,
            "memory_usage_mb": 0.0,
            "performance_metrics": {
                "orders_checked": self._guardian.checked,
                "orders_denied": self._guardian.denied,
                **self.tallies.durations(),
            },
        }
