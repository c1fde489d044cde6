"""What a risk manager announces, and the figures it tells.

Invariants (``tests/risk_manager/test_watch.py``): a warning comes once a trading day for
each limit; a refusal is announced with its reasons; a protective order that fills is announced as
what it was placed for.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from project_x_py._core.orders.intents import Purpose
from project_x_py._core.products import parse_contract_id
from project_x_py._core.time import format_iso
from project_x_py.event_bus import EventType

if TYPE_CHECKING:
    from project_x_py._core.rules import Denial
    from project_x_py._ports import Clock, OpenOrders
    from project_x_py.event_bus import Event, EventBus
    from project_x_py.risk_manager._guardian import Guardian
    from project_x_py.types.response_types import RiskAnalysisResponse

__all__ = ["RiskWatch", "figures_of"]

NEAR = Decimal("0.8")
"""Share of a limit from which on it is warned of."""

_TRIGGERED = {
    Purpose.STOP: EventType.STOP_LOSS_TRIGGERED,
    Purpose.TARGET: EventType.TAKE_PROFIT_TRIGGERED,
}


class _Figures(NamedTuple):
    at_risk: Decimal
    open_profit: Decimal
    units: int
    share: float


def figures_of(guardian: Guardian) -> _Figures:
    """Return what is at stake now, at its worst."""
    orders = guardian.orders.open_orders() if guardian.orders is not None else ()
    exposure, balance = guardian.exposure(orders), guardian.balance()
    share = float(exposure.at_risk / balance) if balance > 0 else 0.0
    return _Figures(exposure.at_risk, exposure.open_profit, exposure.units, share)


class RiskWatch:
    """Announces on one bus.

    Args:
        bus: Where.
        clock: Stamps.
        orders: Knows what orders were for.
    """

    def __init__(self, bus: EventBus, clock: Clock, orders: OpenOrders) -> None:
        self._bus = bus
        self._clock = clock
        self._orders = orders
        self.warned = 0
        """Limits of the day that were announced as near or used up."""
        self.announced = 0
        """Limits of any kind that were."""
        self.stops_filled = 0
        self._warned: set[str] = set()
        self._guardian: Guardian | None = None

    def follow(self, guardian: Guardian) -> None:
        """Look at the limits after every position that closes."""
        if self._guardian is None and guardian.money is not None:
            self._guardian = guardian
            guardian.money.add_result_listener(lambda _contract_id, _money: self.look(guardian))

    def look(self, guardian: Guardian) -> None:
        """Warn of limits that are near, once each until they are far again."""
        loss, limit = guardian.day_loss(), guardian.config.day_limit(guardian.balance())
        trades, most = guardian.day_trades(), guardian.config.max_daily_trades
        for kind, figure, top in (
            ("max_daily_loss", loss, limit),
            ("max_daily_trades", Decimal(trades), Decimal(most)),
        ):
            if figure < NEAR * top:
                self._warned.discard(kind)
            elif kind not in self._warned:
                self._warned.add(kind)
                self.warned += 1
                event = (
                    EventType.RISK_LIMIT_EXCEEDED if figure >= top else EventType.RISK_LIMIT_WARNING
                )
                text = f"{kind}: {figure} of {top} are used"
                self._publish(event, kind, text, None, figure, top)

    def warnings(self, guardian: Guardian) -> list[str]:
        """Return what is near its limit."""
        loss, limit = guardian.day_loss(), guardian.config.day_limit(guardian.balance())
        found = []
        if loss >= NEAR * limit:
            found.append(f"{loss} of {limit} dollars of the day's loss limit are used")
        if guardian.day_trades() >= NEAR * guardian.config.max_daily_trades:
            most = guardian.config.max_daily_trades
            found.append(f"{guardian.day_trades()} of {most} trades of the day are used")
        return found

    def refused(self, contract_id: str, denials: list[Denial]) -> None:
        """Announce RISK_LIMIT_EXCEEDED for each reason of a refusal."""
        for denial in denials:
            self._publish(
                EventType.RISK_LIMIT_EXCEEDED,
                denial.rule.value,
                denial.message,
                contract_id,
                denial.figure,
                denial.limit,
            )

    async def on_filled(self, event: Event) -> None:
        """Announce a stop or a target that has filled."""
        order = event.data["order"]
        purpose = self._orders.purpose_of(order.id)
        kind = None if purpose is None else _TRIGGERED.get(purpose)
        if kind is None:
            return
        self.stops_filled += kind is EventType.STOP_LOSS_TRIGGERED
        data = {
            "order": order,
            "order_id": order.id,
            "contract_id": order.contractId,
            "symbol": parse_contract_id(order.contractId).ticker,
            "price": order.filledPrice,
            "size": order.size,
            "timestamp": format_iso(self._clock.now_ns()),
        }
        self._bus.publish(kind, data, source="risk")

    def metrics(self, guardian: Guardian) -> RiskAnalysisResponse:
        """Return risk in use against its limits."""
        config, balance = guardian.config, guardian.balance()
        results = [] if guardian.money is None else guardian.money.results()
        wins = [money for money in results if money > 0]
        lost = -sum((money for money in results if money < 0), Decimal(0))
        figures = figures_of(guardian)
        return {
            "current_risk": float(figures.at_risk),
            "max_risk": float(config.portfolio_limit(balance)),
            "daily_loss": float(guardian.day_loss()),
            "daily_loss_limit": float(config.day_limit(balance)),
            "position_count": len(guardian.held()),
            "position_limit": config.max_positions,
            "daily_trades": guardian.day_trades(),
            "daily_trade_limit": config.max_daily_trades,
            "win_rate": len(wins) / len(results) if results else None,
            "profit_factor": float(sum(wins, Decimal(0)) / lost) if lost else None,
            "sharpe_ratio": None,
            "max_drawdown": None,
            "position_risks": self._positions(guardian),
            "risk_per_trade": float(config.trade_limit(balance)),
            "account_balance": float(balance),
            "margin_used": None,
            "margin_available": None,
        }

    def portfolio(self, guardian: Guardian) -> dict[str, Any]:
        """Return what is at stake, at its worst."""
        figures, headroom = figures_of(guardian), guardian.headroom()
        return {
            "total_risk": float(figures.at_risk),
            "portfolio_risk": figures.share,
            "headroom": None if headroom is None else float(headroom),
            "units": figures.units,
            "open_profit": float(figures.open_profit),
            "position_count": len(guardian.held()),
            "positions": self._positions(guardian),
            "warnings": self.warnings(guardian),
        }

    def _positions(self, guardian: Guardian) -> list[dict[str, object]]:
        return [
            {"contract_id": name, "size": abs(one.net), "unrealized_pnl": float(one.open_profit)}
            for name, one in guardian.held().items()
        ]

    def _publish(
        self,
        event: EventType,
        kind: str,
        message: str,
        contract_id: str | None,
        figure: Decimal,
        limit: Decimal,
    ) -> None:
        self.announced += 1
        data = {
            "kind": kind,
            "message": message,
            "contract_id": contract_id,
            "symbol": None if contract_id is None else parse_contract_id(contract_id).ticker,
            "figure": float(figure),
            "limit": float(limit),
            "position": None,
            "alert": None,
            "timestamp": format_iso(self._clock.now_ns()),
        }
        self._bus.publish(event, data, source="risk")
