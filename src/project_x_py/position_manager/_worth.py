"""What positions are worth: open profit at a price, and the account's figures. Dollars.

Open profit is counted at the last trade, not at bid or ask. A figure that cannot be known is None.

Invariant (``tests/position_manager/test_worth.py``): dollars are tick difference times tick value
times contracts; no price, no open profit.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from project_x_py._core.time import NS, format_iso, parse_ns
from project_x_py.exceptions import ProjectXPositionError
from project_x_py.position_manager._reckoning import reckoned
from project_x_py.position_manager._views import cents, symbol_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.grid import TickGrid
    from project_x_py.models import Position
    from project_x_py.position_manager._core import PositionCore
    from project_x_py.position_manager._keeper import ClosedTrade
    from project_x_py.types.response_types import (
        PortfolioMetricsResponse,
        PositionAnalysisResponse,
    )

__all__ = ["PositionWorth", "profit_at"]


class PositionWorth:
    """Values positions.

    Args:
        core: The account.
        scope: One contract, None for all.
    """

    def __init__(self, core: PositionCore, scope: str | None) -> None:
        self._core = core
        self._scope = scope

    def trades(self) -> list[ClosedTrade]:
        """Return the closed trades in view, oldest first."""
        return [
            trade for trade in self._core.keeper.closed if self._scope in (None, trade.contract_id)
        ]

    def realised(self) -> Decimal:
        """Return what fills realised since the start, costs paid."""
        keeper = self._core.keeper
        return keeper.realised(self._scope) - keeper.costs(self._scope)

    def unrealised(self, prices: Mapping[str, float] | None = None) -> Decimal | None:
        """Return the open profit in view; None while a price is missing."""
        total = Decimal(0)
        for held in self._core.keeper.book:
            if self._scope not in (None, held.contract_id):
                continue
            price = self._price_ticks(held.contract_id, prices)
            if price is None:
                return None
            total += self._core.keeper.unrealised(held.contract_id, price)
        return total

    async def position(
        self, position: Position, current_price: float | None, point_value: float | None
    ) -> PositionAnalysisResponse:
        """See :meth:`PositionManager.calculate_position_pnl`."""
        core = self._core
        contract_id = position.contractId
        grid = await core.grids.grid(contract_id)
        price = current_price
        if price is None:
            last = core.last_price(contract_id)
            price = None if last is None else grid.price(last)
        each = _point_value(grid) if point_value is None else Fraction(str(point_value))
        net = position.signed_size
        worth = None if price is None else profit_at(position, price, each)
        value = None if price is None else float(abs(net) * Fraction(str(price)) * each)
        peaks = core.peaks.seen(contract_id) if core.keeper.net(contract_id) == net else None
        ends = None if peaks is None else [grid.price(tick) for tick in peaks]
        worths = None if ends is None else [profit_at(position, end, each) for end in ends]
        created_ns = parse_ns(position.creationTimestamp)
        found: PositionAnalysisResponse = {
            "position_id": position.id,
            "contract_id": contract_id,
            "entry_price": position.averagePrice,
            "current_price": price,
            "unrealized_pnl": worth,
            "position_size": position.size,
            "position_value": value,
            "margin_used": None,
            "duration_minutes": max(0, core.clock.now_ns() - created_ns) // NS // 60,
            "high_water_mark": None if ends is None else ends[1],
            "low_water_mark": None if ends is None else ends[0],
            "max_unrealized_pnl": None if worths is None else max(worths),
            "min_unrealized_pnl": None if worths is None else min(worths),
            "volatility": None,
            "beta": None,
            "delta_exposure": None if value is None else (value if net >= 0 else -value),
            "gamma_exposure": 0.0,
            "theta_decay": 0.0,
            "risk_contribution": None,
            "analysis_timestamp": format_iso(core.clock.now_ns()),
        }
        if price is None:
            found["error"] = f"no price of {contract_id} is known; hand one in as current_price"
        return found

    def portfolio(
        self, prices: Mapping[str, float] | None = None, account_id: int | None = None
    ) -> PortfolioMetricsResponse:
        """See :meth:`PositionManager.get_portfolio_pnl`."""
        core = self._core
        core.own(account_id)
        figures = reckoned(self.trades())
        realised, open_profit = self.realised(), self.unrealised(prices)
        whole = self._scope is None
        daily = core.day.realised() if whole else None
        balance = Decimal(str(core.balance))
        return {
            "total_value": cents(balance + open_profit)
            if whole and open_profit is not None
            else None,
            "total_pnl": None if open_profit is None else cents(realised + open_profit),
            "realized_pnl": cents(realised),
            "unrealized_pnl": None if open_profit is None else cents(open_profit),
            "daily_pnl": None
            if daily is None or open_profit is None
            else cents(daily + open_profit),
            "weekly_pnl": None,
            "monthly_pnl": None,
            "ytd_pnl": None,
            "total_return": _share(realised, balance) if whole else None,
            "annualized_return": None,
            "sharpe_ratio": figures.sharpe,
            "sortino_ratio": figures.sortino,
            "max_drawdown": figures.max_drawdown,
            "win_rate": figures.win_rate,
            "profit_factor": figures.profit_factor,
            "avg_win": figures.avg_win,
            "avg_loss": figures.avg_loss,
            "total_trades": figures.trades,
            "winning_trades": figures.wins,
            "losing_trades": figures.losses,
            "largest_win": figures.largest_win,
            "largest_loss": figures.largest_loss,
            "avg_trade_duration_minutes": figures.avg_minutes,
            "last_updated": format_iso(core.clock.now_ns()),
        }

    async def size(
        self, risk_amount: float, entry_price: float, stop_price: float, contract_id: str | None
    ) -> float:
        """See :meth:`PositionManager.calculate_position_size`."""
        name = contract_id or self._scope
        if name is None:
            raise ProjectXPositionError(
                "contract_id is needed: its tick value turns points into dollars"
            )
        grid = await self._core.grids.grid((await self._core.grids.contract(name)).id)
        distance = abs(Fraction(str(entry_price)) - Fraction(str(stop_price)))
        if not distance:
            raise ProjectXPositionError(f"entry_price and stop_price are both {entry_price}")
        if risk_amount <= 0:
            raise ProjectXPositionError(f"risk_amount is dollars above zero, not {risk_amount}")
        return float(Fraction(str(risk_amount)) // (distance * _point_value(grid)))

    def _price_ticks(self, contract_id: str, prices: Mapping[str, float] | None) -> int | None:
        if prices is None:
            return self._core.last_price(contract_id)
        given = prices.get(contract_id, prices.get(symbol_of(contract_id)))
        return None if given is None else self._core.grids.known(contract_id).ticks(given)


def profit_at(position: Position, price: float, point_value: Fraction) -> float:
    """Return the open profit at a price in points, in dollars to the cent."""
    moved = Fraction(str(price)) - Fraction(str(position.averagePrice))
    exact = position.signed_size * moved * point_value
    return cents(Decimal(exact.numerator) / Decimal(exact.denominator))


def _point_value(grid: TickGrid) -> Fraction:
    return Fraction(grid.tick_value) / Fraction(grid.tick_size)


def _share(made: Decimal, balance: Decimal) -> float | None:
    """Return a profit as a share of the balance that it was made on."""
    before = balance - made
    return float(made / before) if before > 0 else None
