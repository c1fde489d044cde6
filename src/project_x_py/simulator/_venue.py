"""What the simulated gateway is made of, in one place for the routes and hubs that serve it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py._ports import Clock
    from project_x_py.simulator._auth import Access
    from project_x_py.simulator._faults import Faults
    from project_x_py.simulator._floor import Floor
    from project_x_py.simulator._limits import Limits
    from project_x_py.simulator._listings import Listings
    from project_x_py.simulator._quirks import Quirks
    from project_x_py.simulator._sessions import Sessions
    from project_x_py.simulator._source import MarketSource
    from project_x_py.simulator._user_rows import UserRows

__all__ = ["Venue"]


@dataclass(frozen=True, slots=True)
class Venue:
    """The parts that routes and hubs work on."""

    clock: Clock
    source: MarketSource
    listings: Listings
    access: Access
    floor: Floor
    rows: UserRows
    limits: Limits
    faults: Faults
    quirks: Quirks
    sessions: Sessions
