"""What an account holds, as the order manager sees it.

A keeper of positions may be adopted; everything then comes from it and goes to it, so that there
is one owner. Hearing the same statement or fill twice changes nothing there.

Invariants (``tests/order_manager/test_holdings.py``): *flat* is said only after a statement that
is newer, by the time events take, than the last fill; with a keeper nothing is kept here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.positions import PositionBook

if TYPE_CHECKING:
    from project_x_py._core.records import PositionUpdate, TradeUpdate
    from project_x_py._ports import HeldPositions

__all__ = ["Holdings"]


class Holdings:
    """Positions of one account as the gateway states them.

    Args:
        account_id: Whose.
    """

    def __init__(self, account_id: int) -> None:
        self.book = PositionBook(account_id)
        self._said_ns: dict[str, int] = {}
        self._listed_ns = 0
        self._keeper: HeldPositions | None = None

    def adopt(self, keeper: HeldPositions) -> None:
        """Let ``keeper`` keep positions from now on."""
        self._keeper = keeper

    def hear_position(self, update: PositionUpdate) -> None:
        """Take one statement."""
        if self._keeper is not None:
            self._keeper.hear_position(update)
            return
        self.book.hear(update)
        self._said_ns[update.contract_id] = update.recv_ns

    def hear_positions(self, listed: tuple[PositionUpdate, ...], asof_ns: int) -> None:
        """Take a complete list, true as of the moment its read began."""
        if self._keeper is not None:
            self._keeper.hear_positions(listed, asof_ns)
            return
        self.book.hear_all([replace(row, recv_ns=asof_ns) for row in listed], asof_ns)
        self._listed_ns = asof_ns

    def hear_fill(self, fill: TradeUpdate) -> None:
        """Take a fill; positions are what the gateway states, so it changes none here."""
        if self._keeper is not None:
            self._keeper.hear_fill(fill)

    def holds_positions(self) -> bool:
        """Tell whether anything is held."""
        if self._keeper is not None:
            return self._keeper.holds_positions()
        return len(self.book) > 0

    def net(self, contract_id: str) -> int:
        """Return the signed contracts held."""
        if self._keeper is not None:
            return self._keeper.net(contract_id)
        return self.book.net(contract_id)

    def net_after(self, contract_id: str, since_ns: int) -> int | None:
        """Return what is held by a statement well after ``since_ns``, None without one."""
        if self._keeper is not None:
            return self._keeper.net_after(contract_id, since_ns)
        said_ns = max(self._said_ns.get(contract_id, 0), self._listed_ns)
        return self.book.net(contract_id) if said_ns > since_ns + SETTLE_NS else None

    def is_flat(self, contract_id: str, since_ns: int) -> bool:
        """Tell whether nothing is held, by a statement well after ``since_ns``."""
        return self.net_after(contract_id, since_ns) == 0
