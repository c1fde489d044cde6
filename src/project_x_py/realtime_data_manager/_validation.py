"""Checks quotes and trades given as dictionaries, by the rules of the feed.

Invariant (``tests/realtime_data_manager/test_statistics.py``): what the feed would refuse is None;
what is accepted comes back with numbers as numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.grid import TickGrid

__all__ = ["QuoteAndTradeCheck"]

PRICES_OF_QUOTES = ("bid", "ask", "last", "bestBid", "bestAsk", "lastPrice")


class QuoteAndTradeCheck:
    """Accepts or refuses dictionaries."""

    def __init__(self) -> None:
        self.grid: TickGrid | None = None

    def trade(self, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return a trade with a finite ``price`` on the grid and a ``volume`` of 0 or more."""
        price = _number(data.get("price"))
        size = _number(data.get("volume", data.get("size", 0)))
        if price is None or size is None or size < 0 or size != int(size):
            return None
        if not self._is_on_grid(price):
            return None
        return {**data, "price": price, "volume": int(size)}

    def quote(self, data: Mapping[str, Any]) -> dict[str, Any] | None:
        """Return a quote whose prices are finite, on the grid, and not crossed."""
        found = dict(data)
        for name in PRICES_OF_QUOTES:
            if data.get(name) is None:
                continue
            price = _number(data[name])
            if price is None or not self._is_on_grid(price):
                return None
            found[name] = price
        bid, ask = found.get("bid", found.get("bestBid")), found.get("ask", found.get("bestAsk"))
        if bid is None and ask is None and not any(name in found for name in PRICES_OF_QUOTES):
            return None
        return None if bid is not None and ask is not None and bid > ask else found

    def _is_on_grid(self, price: float) -> bool:
        return self.grid is None or self.grid.aligned(price) == price


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None
