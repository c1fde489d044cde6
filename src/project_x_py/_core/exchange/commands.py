"""What the exchange can be told to do, and what it answers.

Prices come as the decimals of a request; the exchange converts them to ticks and refuses those
off the grid with the gateway's own words. A number that no request can carry is the caller's
mistake and is not checked here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from project_x_py._core.exchange.events import ExchangeEvent

__all__ = ["Bracket", "ModifyOrder", "Outcome", "PlaceOrder", "Price"]

Price = Decimal | float
"""Points. A float is read as the shortest decimal that denotes it."""


class Bracket(msgspec.Struct, frozen=True):
    """One leg of a bracket: signed ticks from the entry's fill, and the leg's order type."""

    ticks: int
    type: int


class PlaceOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A new order; the members are those of ``Order/place``."""

    account_id: int
    contract_id: str
    type: int
    side: int
    size: int
    limit_price: Price | None = None
    stop_price: Price | None = None
    trail_price: Price | None = None
    """The absolute level a trailing stop starts from; its distance to the last trade is kept."""
    custom_tag: str | None = None
    stop_loss: Bracket | None = None
    take_profit: Bracket | None = None
    linked_order_id: int | None = None


class ModifyOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A change of a working order; None leaves a member as it is."""

    account_id: int
    order_id: int
    size: int | None = None
    limit_price: Price | None = None
    stop_price: Price | None = None
    trail_price: Price | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a command.

    Attributes:
        code: The endpoint's own error code, 0 for success.
        message: The endpoint's ``errorMessage``; None when it has none.
        order_id: The order that was made, also of a refused one; None when none was.
        events: What the command caused at once, in order, and what had become due before it.
    """

    code: int
    message: str | None
    order_id: int | None
    events: tuple[ExchangeEvent, ...]

    @property
    def ok(self) -> bool:
        """Whether the command was accepted, which is not yet to be filled."""
        return self.code == 0
