"""The documented base that watches; behaviour is in ``_watch``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.position_manager._watch import PositionWatch

__all__ = ["PositionMonitoringMixin"]


class PositionMonitoringMixin:
    """Alerts and periodic news of what positions are worth."""

    __slots__ = ()

    _watch: PositionWatch

    async def add_position_alert(
        self,
        contract_id: str,
        max_loss: float | None = None,
        max_gain: float | None = None,
        pnl_threshold: float | None = None,
    ) -> None:
        """Announce RISK_LIMIT_WARNING once when a position's open profit reaches a limit.

        It is looked at with every trade of the market. Setting it anew arms it again.

        Args:
            contract_id: Contract id, name or ticker.
            max_loss: Dollars, below zero.
            max_gain: Dollars.
            pnl_threshold: Dollars of profit or loss.

        Raises:
            ProjectXError: No limit, one on the wrong side of zero, or no such contract.
        """
        await self._watch.alert(contract_id, max_loss, max_gain, pnl_threshold)

    async def remove_position_alert(self, contract_id: str) -> None:
        """Watch a contract no more; harmless when it is not watched."""
        await self._watch.forget(contract_id)

    async def start_monitoring(self, refresh_interval: float = 30) -> None:
        """Announce POSITION_PNL_UPDATE of every open position, every so many seconds.

        Raises:
            ProjectXError: The interval is not above zero.
        """
        await self._watch.start(refresh_interval)

    async def stop_monitoring(self) -> None:
        """Announce it no more; alerts stay."""
        await self._watch.stop()
