"""What the simulated gateway is made of, in one place for the routes and hubs that serve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from project_x_py._ports import Clock
    from project_x_py.simulator._auth import Access
    from project_x_py.simulator._faults import Faults
    from project_x_py.simulator._limits import Limits
    from project_x_py.simulator._listings import Listings
    from project_x_py.simulator._source import MarketSource

__all__ = ["AccountRow", "Quirks", "Venue"]


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where the real gateway's behaviour is unknown or varies, and what this one does.

    Attributes:
        live_entitled: Whether ``live: true`` finds contracts and bars; a simulated log-in
            normally finds none.
        wrapped_user_events: Whether the user hub wraps payloads as ``{"action", "data"}``.
        retry_after: Whether a 429 names the seconds to wait.
    """

    live_entitled: bool = False
    wrapped_user_events: bool = True
    retry_after: bool = False


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as the account search tells of it; ``balance`` in dollars."""

    id: int
    name: str
    balance: Decimal
    can_trade: bool = True
    visible: bool = True
    simulated: bool = True


@dataclass(frozen=True, slots=True)
class Venue:
    """The parts that routes and hubs work on."""

    clock: Clock
    source: MarketSource
    listings: Listings
    access: Access
    accounts: Mapping[int, AccountRow]
    limits: Limits
    faults: Faults
    quirks: Quirks
