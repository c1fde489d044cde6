"""Puts the parts of a gateway together: what clients see, over any market and any clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py.simulator._floor import Floor
from project_x_py.simulator._front import Front
from project_x_py.simulator._limits import Limits
from project_x_py.simulator._listings import Listings
from project_x_py.simulator._market_hub import MarketHub
from project_x_py.simulator._rest import Rest
from project_x_py.simulator._routes import ROUTES
from project_x_py.simulator._sessions import Sessions
from project_x_py.simulator._user_hub import UserHub
from project_x_py.simulator._user_rows import UserRows, painter, teller
from project_x_py.simulator._venue import Venue

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random

    from project_x_py._core.exchange.accounts import AccountSpec
    from project_x_py._ports import Clock
    from project_x_py.simulator._auth import Access
    from project_x_py.simulator._faults import Faults
    from project_x_py.simulator._hub import Hub
    from project_x_py.simulator._keeper import Keeper
    from project_x_py.simulator._quirks import Quirks
    from project_x_py.simulator._source import MarketSource

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
    accounts: Sequence[AccountSpec],
    *,
    faults: Faults,
    quirks: Quirks,
    random: Random,
    seed: int = 1,
    limits: Limits | None = None,
    keeper: Keeper | None = None,
) -> Assembly:
    """Return the parts, connected to each other.

    Args:
        clock: Exchange time, and the wall time that tokens live by.
        source: The market.
        access: Who may log in.
        accounts: What can be traded on.
        faults: What goes wrong on purpose.
        quirks: What to do where the real gateway is unknown.
        random: Where connection ids come from.
        seed: Of delays that vary.
        limits: Request budgets; None for the gateway's own.
        keeper: Writes down what happens to accounts; None for nobody.
    """
    budgets = limits or Limits(retry_after=quirks.retry_after, quirks=quirks.rest)
    sessions = Sessions(access, clock, quirks.hubs)
    faults.attach_tokens(access.end_all)
    faults.attach_tokens(sessions.expired)
    listings = Listings(source.contracts, clock)
    market_hub = MarketHub(source, faults, quirks.hubs)
    user_hub = UserHub(
        {a.id for a in accounts}, faults, wrapped=quirks.wrapped_user_events, quirks=quirks.hubs
    )
    rows = UserRows(source.contracts, quirks.rest, quirks.hubs)
    floor = Floor(
        source,
        clock,
        accounts,
        listings,
        quirks,
        seed=seed,
        show=market_hub.publish,
        tell=teller(rows, user_hub.publish),
        keeper=keeper,
    )
    user_hub.picture = painter(rows, floor.queries)
    venue = Venue(clock, source, listings, access, floor, rows, budgets, faults, quirks, sessions)
    hubs: dict[str, Hub] = {"user": user_hub, "market": market_hub}
    if quirks.rest.hub_calls_counted:
        for hub in hubs.values():
            hub.budget = lambda: budgets.refusal("rest", clock.monotonic_ns()) is None
    return Assembly(venue, Front(venue, Rest(venue, ROUTES), hubs, random), market_hub, user_hub)
