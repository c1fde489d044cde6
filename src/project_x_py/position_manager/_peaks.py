"""The best and the worst that an open position has been, at the prices that were seen.

Invariant (``tests/position_manager/test_peaks.py``): figures span exactly the prices told of
between opening and now.
"""

from __future__ import annotations

__all__ = ["PeakBook"]


class PeakBook:
    """Lowest and highest price in ticks while each contract is held."""

    def __init__(self) -> None:
        self._range: dict[str, tuple[int, int]] = {}

    def begin(self, contract_id: str) -> None:
        """Forget an earlier position."""
        self._range.pop(contract_id, None)

    def take(self, contract_id: str, price: int) -> None:
        """Take a price."""
        low, high = self._range.get(contract_id, (price, price))
        self._range[contract_id] = min(low, price), max(high, price)

    def seen(self, contract_id: str) -> tuple[int, int] | None:
        """Return lowest and highest; None before any price."""
        return self._range.get(contract_id)
