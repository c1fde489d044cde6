"""Every public coroutine of a suite with arguments that it takes, found by looking at the parts.

A method that is added is found by itself; it needs a line here only when it takes a parameter of a
name that no other one has.
"""

from __future__ import annotations

import asyncio
import inspect
from datetime import UTC, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from project_x_py._core.time import to_datetime
from project_x_py.models import Position
from project_x_py.order_templates import (
    ATRStopTemplate,
    BreakoutTemplate,
    RiskRewardTemplate,
    ScalpingTemplate,
)
from project_x_py.risk_manager import RiskConfig
from project_x_py.types import OrderStatus

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from project_x_py.trading_suite import TradingSuite

__all__ = ["BEGUN", "ENDING", "UNLIMITED", "Calls", "coroutines"]

PARTS: dict[str, Callable[[TradingSuite], Any]] = {
    "suite": lambda suite: suite,
    "client": lambda suite: suite.client,
    "realtime": lambda suite: suite.realtime,
    "data": lambda suite: suite.data,
    "orderbook": lambda suite: suite.orderbook,
    "orders": lambda suite: suite.orders,
    "positions": lambda suite: suite.positions,
    "risk": lambda suite: suite.risk_manager,
    "events": lambda suite: suite.events,
    "context": lambda suite: next(iter(suite.values())),
    "trade": lambda suite: suite.managed_trade(),
    "tracker": lambda suite: suite.track_order(),
    "chain": lambda suite: suite.order_chain(),
    "ratio": lambda suite: RiskRewardTemplate(stop_distance=20 * suite.instrument.tickSize),
    "range": lambda suite: ATRStopTemplate(timeframe="1min"),
    "breakout": lambda suite: BreakoutTemplate(),
    "scalp": lambda suite: ScalpingTemplate(),
}

UNLIMITED = RiskConfig(
    max_daily_trades=100_000,
    max_daily_loss=1,
    max_position_size=1_000,
    max_portfolio_risk=1,
    scale_in_enabled=True,
)
"""Limits that many calls one after the other do not reach."""

BEGUN = "trade"
"""Of this part each call is made to one that has entered the market, unless the call enters it."""

ENDING = frozenset(
    {
        "suite.disconnect",
        "client.aclose",
        "client.logout",
        "realtime.cleanup",
        "realtime.disconnect",
        "realtime.stop_batching",
        "data.cleanup",
        "data.stop_realtime_feed",
        "orderbook.cleanup",
        "orders.cleanup",
        "orders.shutdown_background_tasks",
        "positions.cleanup",
        "risk.cleanup",
        "events.aclose",
    }
)
"""What ends a part; it is for a suite of its own."""

OPTIONAL = {
    "orders.place_trailing_stop_order": ("trail_price",),
    "positions.add_position_alert": ("max_loss",),
    "positions.calculate_position_size": ("contract_id",),
}
"""What a call cannot do without, though its signature does not ask for it."""

EVENTS = {"realtime.add_callback": "quote_update", "orderbook.add_callback": "trade_tick"}

MAKING = frozenset({"suite.create", "suite.from_env", "suite.from_config", "suite.serve_metrics"})
"""What makes another suite or listens on a port; their own tests are elsewhere."""


def coroutines(suite: TradingSuite) -> Iterator[str]:
    """Name every public coroutine of every part, as ``part.method``."""
    for part, of in PARTS.items():
        kind = type(of(suite))
        for name in sorted(dir(kind)):
            if name.startswith("_") or not inspect.iscoroutinefunction(getattr(kind, name)):
                continue
            if f"{part}.{name}" not in MAKING:
                yield f"{part}.{name}"


class Calls:
    """Makes calls to the parts of a suite of one instrument."""

    def __init__(self, suite: TradingSuite, price: float) -> None:
        self._suite = suite
        self._price = price

    async def resting_order(self) -> int:
        """Return the id of an order that works far from the market."""
        orders = self._suite.orders
        for order in await orders.search_open_orders():
            if order.limitPrice is not None:
                return order.id
        instrument = self._suite.instrument
        price = round(self._price - 60 * instrument.tickSize, 6)
        answer = await orders.place_limit_order(instrument.id, 0, 1, price)
        assert answer.success, answer.errorMessage
        return answer.orderId

    async def coroutine(self, name: str) -> Coroutine[Any, Any, Any]:
        """Return the call of ``part.method``, not begun."""
        part, method = name.split(".")
        bound = getattr(await self._made(part, method), method)
        values = self._values()
        arguments: dict[str, Any] = {}
        for parameter in inspect.signature(bound).parameters.values():
            required = parameter.default is parameter.empty
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue
            if parameter.name == "timeout" or parameter.name == "timeout_s":
                arguments[parameter.name] = 0.5
            elif parameter.name in ("order_id", "order1_id") and required:
                arguments[parameter.name] = await self.resting_order()
            elif required:
                arguments[parameter.name] = values[parameter.name]
        if part == "tracker" and "status" in arguments:
            arguments["status"] = OrderStatus.CANCELLED
        if method in ("enter_long", "enter_market", "enter_short"):
            far = "far_above" if method == "enter_short" else "far_below"
            arguments |= {"stop_loss": values[far], "size": 1}
        for optional in OPTIONAL.get(name, ()):
            arguments[optional] = values[optional]
        if method == "modify_order":
            arguments["limit_price"] = values["far_below"]
        elif name in EVENTS:
            arguments["event_type"] = EVENTS[name]
        elif method == "place_stop_order":
            arguments["stop_price"] = values["far_above"]
        call: Coroutine[Any, Any, Any] = bound(**arguments)
        return call

    async def _made(self, part: str, method: str) -> Any:
        """Return the part, one that lasts for a trade or an order only with that trade or order."""
        made, tick = PARTS[part](self._suite), self._suite.instrument.tickSize
        if part == "tracker":
            made.track(await self.resting_order())
        elif part == "chain":
            made.limit_order(1, round(self._price - 60 * tick, 6)).with_stop_loss(20 * tick)
        elif part == BEGUN:
            # Twelve of these a minute are more than the request limits let through.
            await asyncio.sleep(60)
        if part == BEGUN and not method.startswith("enter_"):
            entered = await made.enter_long(stop_loss=round(self._price - 60 * tick, 6), size=2)
            assert entered["size"] == 2, entered
        return made

    def _values(self) -> dict[str, Any]:
        suite, price = self._suite, self._price
        instrument, tick = suite.instrument, suite.instrument.tickSize
        until = to_datetime(suite.client.clock.now_ns(), UTC)
        moment = until - timedelta(minutes=5)
        position = Position(
            id=1,
            accountId=suite.client.account_info.id if suite.client.account_info else 0,
            contractId=instrument.id,
            creationTimestamp=moment.isoformat(),
            type=1,
            size=1,
            averagePrice=price,
        )
        order = SimpleNamespace(
            contractId=instrument.id, side=0, size=1, type=2, limitPrice=None, stopPrice=None
        )

        async def callback(data: Any) -> None:
            assert data is not None

        return {
            "contract_id": instrument.id,
            "contract_ids": [instrument.id],
            "symbol": "MHG",
            "query": "MHG",
            "name": "MHG",
            "instrument": instrument,
            "side": 0,
            "size": 1,
            "new_size": 1,
            "old_size": 1,
            "close_size": 1,
            "target_size": 1,
            "position_size": 1,
            "base_size": 1,
            "volume": 1,
            "order_type": 2,
            "order2_id": 10**12,
            "timeframe": "1min",
            "timestamp": moment,
            "start_time": moment,
            "end_time": until,
            "session_type": "ETH",
            "session_config": None,
            "event": "new_bar",
            "event_type": "new_bar",
            "callback": callback,
            "data": {"a": 1},
            "metric": "m",
            "value": 1.0,
            "operation": "o",
            "operation_id": "nobody",
            "duration_ms": 1.0,
            "duration_seconds": 60,
            "latency_ms": 1.0,
            "status": "active",
            "error": ValueError("a fault of a test"),
            "context": "a test",
            "issue_type": "gap",
            "pattern_type": "iceberg",
            "spread": tick,
            "price": price,
            "price_range": 20 * tick,
            "entry": price,
            "entry_price": price,
            "current_price": price,
            "current_prices": {instrument.id: price},
            "limit_price": round(price + 40 * tick, 6),
            "far_below": round(price - 50 * tick, 6),
            "trail_price": round(price + 50 * tick, 6),
            "max_loss": -100.0,
            "far_above": round(price + 50 * tick, 6),
            "stop_price": round(price - 30 * tick, 6),
            "stop_loss": round(price - 30 * tick, 6),
            "stop_loss_price": round(price - 30 * tick, 6),
            "new_stop": round(price - 30 * tick, 6),
            "additional_size": 1,
            "exit_size": 1,
            "new_stop_loss": round(price - 40 * tick, 6),
            "result": {"pnl": 10.0},
            "suite": suite,
            "take_profit": round(price + 30 * tick, 6),
            "take_profit_price": round(price + 30 * tick, 6),
            "risk_amount": 100.0,
            "pnl": 10.0,
            "win_rate": 0.5,
            "avg_win": 100.0,
            "avg_loss": 50.0,
            "position": position,
            "position_id": "1",
            "order": order,
            "grid": suite.data._reads.grid,
            "quote_data": {"symbol": "MHG"},
            "trade_data": {"symbol": "MHG"},
            "path": "/Account/search",
            "body": {"onlyActiveAccounts": True},
            "new_jwt_token": suite.client.get_session_token(),
        }
