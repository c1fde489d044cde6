"""What a risk manager tells of itself.

Invariant (``tests/risk_manager/test_risk_manager.py``): every figure follows from what was judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.figures import ComponentFigures
from project_x_py._core.tallies import Tallies
from project_x_py.risk_manager._watch import figures_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._ports import Clock
    from project_x_py.risk_manager._guardian import Guardian
    from project_x_py.risk_manager._watch import RiskWatch

__all__ = ["RiskFigures"]


class RiskFigures(ComponentFigures):
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
        super().__init__(Tallies("risk_manager", clock.wall_ns, clock.monotonic_ns))
        self._guardian = guardian
        self._watch = watch

    def own_status(self) -> str:
        """Return active or locked."""
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

    def last_activity(self) -> str | None:
        """Return nothing: it acts when it is asked."""
        return None

    def figures(self) -> Mapping[str, object]:
        """Return what was judged, what is at stake, and what users count."""
        return {**self.rules(), **self.stakes(), **self.memory()}

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

    def performance(self) -> dict[str, object]:
        """Return how many orders were checked and denied, and the durations."""
        checked = {"orders_checked": self._guardian.checked, "orders_denied": self._guardian.denied}
        return {**checked, **super().performance()}
