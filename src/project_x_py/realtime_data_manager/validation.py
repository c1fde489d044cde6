"""The documented base that checks dictionaries; behaviour is in ``_validation``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py.realtime_data_manager._validation import QuoteAndTradeCheck

__all__ = ["DataValidationMixin"]


class DataValidationMixin:
    """Checks by the rules that the feed itself follows."""

    __slots__ = ()

    _validation: QuoteAndTradeCheck

    async def validate_trade_data(self, trade_data: dict[str, Any]) -> dict[str, Any] | None:
        """Return the trade with ``price`` and ``volume`` as numbers, None if it cannot be right.

        The price must be finite and on the grid, the volume a count of 0 or more.
        """
        return self._validation.trade(trade_data)

    async def validate_quote_data(self, quote_data: dict[str, Any]) -> dict[str, Any] | None:
        """Return the quote with its prices as numbers, None if it cannot be right.

        Prices must be finite, on the grid, and the bid not above the ask; at least one is needed.
        """
        return self._validation.quote(quote_data)
