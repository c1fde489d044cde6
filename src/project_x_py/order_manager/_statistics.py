"""What an order manager did, counted from the changes it told of.

Invariant (``tests/order_manager/test_statistics.py``): every figure is that of the changes so far;
nothing is estimated, and a rate without a base is 0.
"""

from __future__ import annotations

from collections import Counter, deque
from typing import TYPE_CHECKING

from project_x_py._core.orders.ledger import Change
from project_x_py._core.time import format_iso
from project_x_py.types.trading import OrderType

if TYPE_CHECKING:
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py.types.stats_types import OrderManagerStats

__all__ = ["OrderCounters"]

NEWEST = 1_000
MS = 1_000_000


class OrderCounters:
    """Counts changes of orders."""

    def __init__(self) -> None:
        self.brackets = 0
        self.denied = 0
        self.reasons: Counter[str] = Counter()
        self._changes: Counter[Change] = Counter()
        self._types: Counter[int] = Counter()
        self._sizes = 0
        self._largest = 0
        self._volume = 0
        self._value = 0.0
        self._worths: dict[int, float] = {}
        self._last_ns: int | None = None
        self._placed_ns: dict[int, int] = {}
        self._fill_ms: deque[float] = deque(maxlen=NEWEST)
        self._slippage: deque[float] = deque(maxlen=NEWEST)

    def count(self, change: OrderChange, grid: TickGrid, now_ns: int) -> None:
        """Take a change into account."""
        order = change.order
        self._changes[change.kind] += 1
        if change.kind is Change.PLACED:
            self._types[order.type] += 1
            self._sizes += order.size
            self._largest = max(self._largest, order.size)
            self._last_ns = order.created_ns or order.recv_ns
            self._placed_ns[order.id] = now_ns
        if change.filled:
            self._volume += change.filled
            self._value += self._worth(change, grid)
        if change.kind is Change.REJECTED:
            self.reasons[change.reason or "no reason given"] += 1
        if change.kind is Change.FILLED:
            self._filled(change, grid, now_ns)
        elif change.kind in (Change.CANCELLED, Change.EXPIRED, Change.REJECTED):
            self._placed_ns.pop(order.id, None)
            self._worths.pop(order.id, None)

    def _worth(self, change: OrderChange, grid: TickGrid) -> float:
        """Return the dollars that this change adds to what the order's fills come to."""
        order = change.order
        point_value = float(grid.tick_value / grid.tick_size)
        worth = order.filled * (order.average_fill or 0.0) * point_value
        added = worth - self._worths.pop(order.id, 0.0)
        if change.kind is Change.PARTIAL_FILL:
            self._worths[order.id] = worth
        return added

    def _filled(self, change: OrderChange, grid: TickGrid, now_ns: int) -> None:
        order = change.order
        placed_ns = self._placed_ns.pop(order.id, None)
        if placed_ns is not None:
            self._fill_ms.append((now_ns - placed_ns) / MS)
        expected = order.stop if order.stop is not None else order.limit
        if expected is not None and order.average_fill is not None:
            worse = order.average_fill - grid.price(expected)
            self._slippage.append(worse if order.side == 0 else -worse)

    @property
    def average_fill_ms(self) -> float:
        """Mean time from placing to the last fill."""
        return sum(self._fill_ms) / len(self._fill_ms) if self._fill_ms else 0.0

    @property
    def average_slippage(self) -> float:
        """Mean points that fills were worse than the order's own price; below 0 is better."""
        return sum(self._slippage) / len(self._slippage) if self._slippage else 0.0

    def distribution(self) -> dict[str, float]:
        """Return the share of each order type among the orders placed, by its name."""
        total = sum(self._types.values())
        return {OrderType(kind).name: count / total for kind, count in self._types.items()}

    def documented(self, answer_ns: list[int], invalid: int = 0) -> OrderManagerStats:
        """Return the documented figures.

        Args:
            answer_ns: Round trips of the newest orders.
            invalid: Orders that were mistakes of the caller.
        """
        placed, filled = self._changes[Change.PLACED], self._changes[Change.FILLED]
        rejected = self._changes[Change.REJECTED]
        return {
            "orders_placed": placed,
            "orders_filled": filled,
            "orders_cancelled": self._changes[Change.CANCELLED],
            "orders_rejected": rejected,
            "orders_modified": self._changes[Change.MODIFIED],
            "fill_rate": filled / placed if placed else 0.0,
            "avg_fill_time_ms": self.average_fill_ms,
            "rejection_rate": rejected / (placed + rejected) if placed + rejected else 0.0,
            "market_orders": self._types[OrderType.MARKET],
            "limit_orders": self._types[OrderType.LIMIT],
            "stop_orders": self._types[OrderType.STOP],
            "bracket_orders": self.brackets,
            "last_order_time": None if self._last_ns is None else format_iso(self._last_ns),
            "avg_order_response_time_ms": (
                sum(answer_ns) / len(answer_ns) / MS if answer_ns else 0.0
            ),
            "fastest_fill_ms": min(self._fill_ms, default=0.0),
            "slowest_fill_ms": max(self._fill_ms, default=0.0),
            "total_volume": self._volume,
            "total_value": self._value,
            "avg_order_size": self._sizes / placed if placed else 0.0,
            "largest_order": self._largest,
            "risk_violations": self.denied,
            "order_validation_failures": invalid,
        }
