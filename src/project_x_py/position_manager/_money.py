"""An account's positions and money for those who judge risk; see ``_ports.PositionMoney``.

Invariant (``tests/risk_manager/test_risk_manager.py``): every figure is that of the one keeper.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.position_manager._core import PositionCore
    from project_x_py.position_manager._keeper import ClosedTrade

__all__ = ["AccountMoney"]


class AccountMoney:
    """Answers at once.

    Args:
        core: The account.
    """

    def __init__(self, core: PositionCore) -> None:
        self._core = core

    def nets(self) -> dict[str, int]:
        """Return the signed contracts held, by contract id."""
        return {held.contract_id: held.net for held in self._core.keeper.book}

    def open_profit(self, contract_id: str) -> Decimal | None:
        """Return the open profit at the last price; None without one."""
        price = self._core.last_price(contract_id)
        return None if price is None else self._core.keeper.unrealised(contract_id, price)

    def balance(self) -> Decimal:
        """Return the account's realised balance as last told."""
        return Decimal(str(self._core.balance))

    def day_realised(self) -> Decimal | None:
        """Return what the trading day realised, costs paid."""
        return self._core.day.realised()

    def day_trades(self) -> int:
        """Return how many positions were closed on the trading day."""
        return self._core.day.trades()

    def results(self) -> list[Decimal]:
        """Return what each closed position made, costs paid, oldest first."""
        return [trade.net for trade in self._core.keeper.closed]

    def add_result_listener(self, listener: Callable[[str, Decimal], None]) -> None:
        """Call ``listener(contract_id, dollars)`` with every position that closes."""

        def accountant(trade: ClosedTrade) -> None:
            listener(trade.contract_id, trade.net)

        self._core.keeper.add_accountant(accountant)
