"""The documented base that counts; behaviour is in ``_figures``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._runtime.counting import CountingMixin

if TYPE_CHECKING:
    from project_x_py.risk_manager._figures import RiskFigures

__all__ = ["RiskStatisticsMixin"]


class RiskStatisticsMixin(CountingMixin):
    """What was checked and refused, and counters of the user's own.

    Its status is active, or locked while the firm's rules or own limits allow no entry; its health
    100 while positions and the day's money are known, else 0; its memory 0.0: what it keeps are
    figures of other owners.
    """

    __slots__ = ()

    _figures: RiskFigures

    def get_memory_stats(self) -> dict[str, float]:
        """Return counters and gauges of one's own by name."""
        return self._figures.memory()

    async def cleanup_cache(self) -> None:
        """Forget what is kept of errors and durations."""
        self._figures.reset()
