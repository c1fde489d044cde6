"""Counts, statistics and exports of positions.

Users may count things of their own beside them (``increment``, ``set_gauge``, ``record_timing``).

Invariant (``tests/position_manager/test_position_manager.py``):
every figure follows from what was heard;
what is kept of errors, names and timings is bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.figures import ComponentFigures
from project_x_py._core.time import format_iso
from project_x_py.position_manager._reckoning import reckoned
from project_x_py.position_manager._views import cents, position_model

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.tallies import Tallies
    from project_x_py.position_manager._core import PositionCore
    from project_x_py.position_manager._worth import PositionWorth
    from project_x_py.types.response_types import RiskAnalysisResponse
    from project_x_py.types.stats_types import PositionComponentStats, PositionManagerStats

__all__ = ["PositionReports"]

PERFECT = 100.0
ROW_BYTES = 512
"""About what one kept change or trade takes."""


class PositionReports(ComponentFigures):
    """Statistics and exports.

    Args:
        core: The account.
        scope: One contract, None for all.
        worth: Values positions.
        tallies: What users count.
    """

    def __init__(
        self,
        core: PositionCore,
        scope: str | None,
        worth: PositionWorth,
        tallies: Tallies,
    ) -> None:
        super().__init__(tallies)
        self.risk_calculations = 0
        self._core = core
        self._scope = scope
        self._worth = worth

    def documented(self) -> PositionManagerStats:
        """See :meth:`PositionManager.get_position_statistics`."""
        core, trades = self._core, self._worth.trades()
        figures = reckoned(trades)
        held = [row for row in core.keeper.book if self._scope in (None, row.contract_id)]
        sizes = [trade.size for trade in trades] + [abs(row.net) for row in held]
        realised, open_profit = self._worth.realised(), self._worth.unrealised()
        made = [trade.net for trade in trades]
        return {
            "open_positions": len(held),
            "closed_positions": len(trades),
            "total_positions": len(held) + len(trades),
            "total_pnl": None if open_profit is None else cents(realised + open_profit),
            "realized_pnl": cents(realised),
            "unrealized_pnl": None if open_profit is None else cents(open_profit),
            "best_position_pnl": cents(max(made)) if made else None,
            "worst_position_pnl": cents(min(made)) if made else None,
            "avg_position_size": sum(sizes) / len(sizes) if sizes else None,
            "largest_position": max(sizes, default=0),
            "avg_hold_time_minutes": figures.avg_minutes,
            "longest_hold_time_minutes": figures.longest_minutes,
            "win_rate": figures.win_rate,
            "profit_factor": figures.profit_factor,
            "sharpe_ratio": figures.sharpe,
            "max_drawdown": figures.max_drawdown,
            "total_risk": None,
            "max_position_risk": None,
            "portfolio_correlation": None,
            "var_95": None,
            "position_updates": core.keeper.updates,
            "risk_calculations": self.risk_calculations,
            "last_position_update": self.last_activity(),
        }

    def plain(self) -> dict[str, Any]:
        """Return the documented statistics as a plain mapping."""
        return dict(self.documented())

    def count_risk(self, risk_amount: float) -> None:
        """Count a risk calculation."""
        self.risk_calculations += 1
        self.tallies.gauge("risk_amount", risk_amount)

    def risk(self) -> RiskAnalysisResponse:
        """See :meth:`PositionManager.get_risk_metrics`."""
        core, figures = self._core, reckoned(self._worth.trades())
        daily = core.day.realised()
        held = [row for row in core.keeper.book if self._scope in (None, row.contract_id)]
        self.risk_calculations += 1
        return {
            "current_risk": None,
            "max_risk": None,
            "daily_loss": None if daily is None else cents(max(-daily, type(daily)(0))),
            "daily_loss_limit": None,
            "position_count": len(held),
            "position_limit": None,
            "daily_trades": core.day.trades(),
            "daily_trade_limit": None,
            "win_rate": figures.win_rate,
            "profit_factor": figures.profit_factor,
            "sharpe_ratio": figures.sharpe,
            "max_drawdown": figures.max_drawdown,
            "position_risks": [
                {
                    "contract_id": row.contract_id,
                    "size": abs(row.net),
                    "unrealized_pnl": self._open_profit(row.contract_id),
                }
                for row in held
            ],
            "risk_per_trade": None,
            "account_balance": core.balance,
            "margin_used": None,
            "margin_available": None,
        }

    def own_status(self) -> str:
        """Return initializing, active or degraded."""
        if not self._core.keeper.is_known:
            return "initializing"
        return "active" if self._core.reader.last_error is None else "degraded"

    def memory_mb(self) -> float:
        """Return about how many megabytes the kept changes and trades take."""
        rows = sum(map(len, self._core.history.values())) + len(self._core.keeper.closed)
        return rows * ROW_BYTES / (1 << 20)

    def memory(self) -> dict[str, Any]:
        """Return what is held, and what users count."""
        return {
            "memory_usage_mb": self.memory_mb(),
            "counters": dict(self.tallies.counters),
            "gauges": dict(self.tallies.gauges),
        }

    def health(self) -> float:
        """Return 100 while positions are known and fills account for them, 0 while unknown."""
        core = self._core
        if not core.keeper.is_known:
            return 0.0
        held = [row.contract_id for row in core.keeper.book]
        told = sum(core.keeper.accounts_for(contract_id) for contract_id in held)
        score = PERFECT if not held else PERFECT * (1 + told / len(held)) / 2
        return score if core.reader.last_error is None else score / 2

    def last_activity(self) -> str | None:
        """Return when a position changed last."""
        last = self._core.keeper.last_ns
        return None if last is None else format_iso(last)

    def component(self) -> PositionComponentStats:
        """Return the documented figures of a component."""
        win_rate = reckoned(self._worth.trades()).win_rate
        return {**super().component(), "win_rate": win_rate}

    def figures(self) -> Mapping[str, object]:
        """Return the documented figures, what users count, and the trading day's money."""
        day = self._core.day
        realised = day.realised()
        today = {
            "realised": None if realised is None else cents(realised),
            "trades": day.trades(),
        }
        return {**self.plain(), "own": self.memory(), "day": today}

    def export(self) -> dict[str, Any]:
        """See :meth:`PositionManager.export_portfolio_report`."""
        core = self._core
        held = [row for row in core.keeper.book if self._scope in (None, row.contract_id)]
        return {
            "report_timestamp": format_iso(core.clock.now_ns()),
            "account_id": core.account_id,
            "positions": [
                {
                    **position_model(row).to_dict(),
                    "netPos": row.net,
                    "unrealized_pnl": self._open_profit(row.contract_id),
                }
                for row in held
            ],
            "trades": [
                {
                    "contract_id": trade.contract_id,
                    "opened": format_iso(trade.opened_ns),
                    "closed": format_iso(trade.closed_ns),
                    "size": trade.size,
                    "direction": "LONG" if trade.is_long else "SHORT",
                    "profit": cents(trade.profit),
                    "costs": cents(trade.costs),
                    "net": cents(trade.net),
                }
                for trade in self._worth.trades()
            ],
            "pnl": dict(self._worth.portfolio()),
            "statistics": dict(self.documented()),
            "risk": dict(self.risk()),
        }

    def _open_profit(self, contract_id: str) -> float | None:
        price = self._core.last_price(contract_id)
        return None if price is None else cents(self._core.keeper.unrealised(contract_id, price))
