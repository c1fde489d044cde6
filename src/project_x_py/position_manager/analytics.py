"""The documented base that values positions; behaviour is in ``_worth``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py.models import Position
    from project_x_py.position_manager._worth import PositionWorth
    from project_x_py.types.response_types import (
        PortfolioMetricsResponse,
        PositionAnalysisResponse,
    )

__all__ = ["PositionAnalyticsMixin"]


class PositionAnalyticsMixin:
    """Profit and loss, in dollars through the tick value."""

    __slots__ = ()

    _worth: PositionWorth

    async def calculate_position_pnl(
        self,
        position: Position,
        current_price: float | None = None,
        point_value: float | None = None,
    ) -> PositionAnalysisResponse:
        """Return what a position is worth.

        Args:
            position: What is held.
            current_price: In points; the last trade when left out.
            point_value: Dollars per point and contract; the contract's own when left out.

        Returns:
            Figures in dollars, None where nothing is known; without a price ``unrealized_pnl``
            is None and ``error`` says so. Marks and extremes are those of the prices seen while
            this account held the position.
        """
        return await self._worth.position(position, current_price, point_value)

    async def calculate_portfolio_pnl(
        self, current_prices: Mapping[str, float], account_id: int | None = None
    ) -> PortfolioMetricsResponse:
        """Return the account's figures at given prices.

        Args:
            current_prices: Points by contract id or ticker. A position whose price is missing
                leaves the open profit None.
            account_id: The manager's own account, nothing else.
        """
        return self._worth.portfolio(current_prices, account_id)

    async def get_portfolio_pnl(self, account_id: int | None = None) -> PortfolioMetricsResponse:
        """Return the account's figures at last prices.

        Realised figures are of the fills since the manager began, costs paid; ``daily_pnl`` is of
        the trading day that began at 17:00 in Chicago. What is not known is None.
        """
        return self._worth.portfolio(None, account_id)

    async def calculate_position_size(
        self,
        risk_amount: float,
        entry_price: float,
        stop_price: float,
        contract_id: str | None = None,
    ) -> float:
        """Return the whole contracts that lose at most ``risk_amount`` dollars at the stop.

        Args:
            risk_amount: Dollars.
            entry_price: In points.
            stop_price: In points.
            contract_id: Contract id, name or ticker; needed where the manager has all of them.

        Raises:
            ProjectXError: No contract is named, both prices are the same, or no risk is allowed.
        """
        return await self._worth.size(risk_amount, entry_price, stop_price, contract_id)
