"""Puts the parts of a gateway together: what clients see, over any market and any clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py.simulator._front import Front
from project_x_py.simulator._limits import Limits
from project_x_py.simulator._listings import Listings
from project_x_py.simulator._market_hub import MarketHub
from project_x_py.simulator._rest import Rest
from project_x_py.simulator._routes import ROUTES
from project_x_py.simulator._user_hub import UserHub
from project_x_py.simulator._venue import Venue

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from project_x_py._ports import Clock
    from project_x_py.simulator._auth import Access
    from project_x_py.simulator._faults import Faults
    from project_x_py.simulator._source import MarketSource
    from project_x_py.simulator._venue import AccountRow, Quirks

__all__ = ["Assembly", "assemble"]


@dataclass(frozen=True, slots=True)
class Assembly:
    """A gateway without transport and without a moving market."""

    venue: Venue
    front: Front
    market_hub: MarketHub
    user_hub: UserHub


def assemble(
    clock: Clock,
    source: MarketSource,
    access: Access,
    accounts: Mapping[int, AccountRow],
    *,
    faults: Faults,
    quirks: Quirks,
    random: Random,
    limits: Limits | None = None,
) -> Assembly:
    """Return the parts, connected to each other.

    Args:
        clock: Exchange time, and the wall time that tokens live by.
        source: The market.
        access: Who may log in.
        accounts: What can be traded on, by id.
        faults: What goes wrong on purpose.
        quirks: What to do where the real gateway is unknown.
        random: Where connection ids come from.
        limits: Request budgets; None for the gateway's own.
    """
    budgets = limits or Limits(retry_after=quirks.retry_after)
    faults.attach_tokens(access.end_all)
    listings = Listings(source.contracts, clock)
    venue = Venue(clock, source, listings, access, accounts, budgets, faults, quirks)
    market_hub = MarketHub(source, faults)
    user_hub = UserHub(accounts, faults, wrapped=quirks.wrapped_user_events)
    hubs = {"user": user_hub, "market": market_hub}
    return Assembly(venue, Front(venue, Rest(venue, ROUTES), hubs, random), market_hub, user_hub)
