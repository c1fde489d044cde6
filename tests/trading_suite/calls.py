"""Every public coroutine of a suite with arguments that it takes, found by looking at the parts.

A method that is added is found by itself; it needs a line here only when it takes a parameter of a
name that no other one has.
"""

from __future__ import annotations

import inspect
from datetime import UTC, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from project_x_py._core.time import to_datetime
from project_x_py.models import Position

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Iterator

    from project_x_py.trading_suite import TradingSuite

__all__ = ["ENDING", "Calls", "coroutines"]

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
}

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
        bound = getattr(PARTS[part](self._suite), method)
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
        if method == "modify_order":
            arguments["limit_price"] = values["far_below"]
        call: Coroutine[Any, Any, Any] = bound(**arguments)
        return call

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
            "stop_price": round(price - 30 * tick, 6),
            "stop_loss": round(price - 30 * tick, 6),
            "stop_loss_price": round(price - 30 * tick, 6),
            "new_stop": round(price - 30 * tick, 6),
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
