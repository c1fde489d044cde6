"""Which contracts the simulated gateway lists, and which of them trade.

The gateway lists the active month of every product of its table; only the contracts of the market
source have prices. A contract of the source is the active one of its product, whatever the roll
rule says, so that a tape of an expired month can be traded.

Invariant (``tests/simulator/test_rest.py``): a search answers with active contracts only, at most
twenty; an id of a known product resolves whether or not it is the active one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from project_x_py._core.products import (
    MONTH_LETTERS,
    PRODUCTS,
    ContractName,
    Product,
    active_contract,
    find_product,
    parse_contract_id,
)
from project_x_py._core.time import to_datetime
from project_x_py.exceptions import ProjectXError, ProjectXInstrumentError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from project_x_py._ports import Clock
    from project_x_py.simulator._source import ListedContract

__all__ = ["Listing", "Listings"]

_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SEARCH_CAP = 20


@dataclass(frozen=True, slots=True)
class Listing:
    """One row of a contract search."""

    contract_id: str
    name: str
    description: str
    product: Product
    active: bool

    def matches(self, text: str, *, descriptions: bool) -> bool:
        """Whether ``text``, in lower case, occurs in id or name, or in the description if asked."""
        return (
            text in self.contract_id.casefold()
            or text in self.name.casefold()
            or (descriptions and text in self.description.casefold())
        )


class Listings:
    """What can be found by searching.

    Args:
        traded: The contracts of the market source.
        clock: Its Chicago date decides which months are active.
    """

    def __init__(self, traded: Sequence[ListedContract], clock: Clock) -> None:
        self._traded = {
            c.product.ticker: _listing(c.product, parse_contract_id(c.contract_id), active=True)
            for c in traded
        }
        self._clock = clock

    def roll(self, contract_id: str) -> Listing:
        """Let the month after a contract's be the active one of its product, and return it.

        Raises:
            ProjectXError: The contract is not an active one.
        """
        for row in self.active():
            if row.contract_id == contract_id:
                name = _next_month(row.product, parse_contract_id(contract_id))
                rolled = _listing(row.product, name, active=True)
                self._traded[row.product.ticker] = rolled
                return rolled
        raise ProjectXError(f"{contract_id} is not an active contract; it cannot be rolled")

    def active(self) -> list[Listing]:
        """Return the active contract of every product."""
        listed = _listed_on(to_datetime(self._clock.now_ns()).date())
        return [self._traded.get(row.product.ticker, row) for row in listed]

    def search(self, text: str, *, descriptions: bool = True) -> list[Listing]:
        """Return the first active contracts that ``text`` occurs in, at most twenty."""
        wanted = text.casefold()
        found = [row for row in self.active() if row.matches(wanted, descriptions=descriptions)]
        return found[:SEARCH_CAP]

    def by_id(self, contract_id: str) -> Listing | None:
        """Return the contract of an id, active or not; None when no product lists it."""
        for row in self.active():
            if row.contract_id == contract_id:
                return row
        try:
            name = parse_contract_id(contract_id)
        except ProjectXInstrumentError:
            return None
        product = find_product(contract_id)
        if product is None or name.month not in product.cycle:
            return None
        return _listing(product, name, active=False)


def _listing(product: Product, name: ContractName, *, active: bool) -> Listing:
    month = _MONTHS[MONTH_LETTERS.index(name.month)]
    description = f"{product.description}: {month} {name.year}"
    return Listing(name.contract_id, name.name, description, product, active)


def _next_month(product: Product, name: ContractName) -> ContractName:
    at = product.cycle.index(name.month) + 1
    year = name.year + at // len(product.cycle)
    return replace(name, month=product.cycle[at % len(product.cycle)], year=year)


@lru_cache(maxsize=16)
def _listed_on(day: date) -> tuple[Listing, ...]:
    return tuple(_listing(p, active_contract(p, day), active=True) for p in PRODUCTS)
