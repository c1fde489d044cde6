"""From what a user types to the one contract meant: ticker, contract name or contract id.

The gateway's search is fuzzy: a search for ``ES`` also finds ``MES`` and ``6J``. A hit counts only
when its name, root or product code is exactly what was asked for; among several months the active
one wins, then the nearest by year and month.

Invariant (``tests/client/test_contracts.py``): the answer is the contract that was named, or an
error with the close matches; never merely a similar one.
"""

from __future__ import annotations

import difflib
import logging
from typing import TYPE_CHECKING

from project_x_py._core import products
from project_x_py.exceptions import ProjectXDataError, ProjectXInstrumentError
from project_x_py.models import Instrument

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping
    from datetime import date

__all__ = ["choose_contract", "find_contract", "read_contracts", "unknown_symbol"]

log = logging.getLogger(__name__)

SYMBOL_ID = "F.US."
"""Begins what events name a product by; its code follows."""


def read_contracts(rows: Iterable[Mapping[str, object] | None] | None) -> list[Instrument]:
    """Build instruments from a ``contracts`` array; an absent one is an empty list.

    A row that cannot be right is left out and logged: it must not hide the others.
    """
    found: list[Instrument] = []
    for row in rows or ():
        if row is None:
            continue
        try:
            found.append(Instrument.from_api(row))
        except ProjectXDataError as error:
            log.warning("left out of the gateway's contracts: %s", error)
    return found


def choose_contract(symbol: str, found: Iterable[Instrument]) -> Instrument | None:
    """Return the contract that ``symbol`` names, None when none of ``found`` is it."""
    wanted = symbol.upper()
    hits = list(found)
    for contract in hits:
        if wanted in (contract.name.upper(), contract.id.upper()):
            return contract
    same = [c for c in hits if wanted in _roots(c)]
    return min(same, key=_preference) if same else None


def unknown_symbol(symbol: str, found: Iterable[Instrument]) -> ProjectXInstrumentError:
    """Say that no contract answers to ``symbol``, with what comes close."""
    names = {root for contract in found for root in _roots(contract)}
    names.update(product.ticker for product in products.PRODUCTS)
    close = difflib.get_close_matches(symbol.upper(), sorted(names), n=4, cutoff=0.5)
    hint = (
        f"did you mean {', '.join(close)}?"
        if close
        else "search_instruments(), or projectx contracts, lists what there is"
    )
    return ProjectXInstrumentError(f"no contract for {symbol!r}: {hint}")


async def find_contract(
    symbol: str,
    *,
    live: bool,
    search: Callable[[str, bool], Awaitable[list[Instrument]]],
    available: Callable[[bool], Awaitable[list[Instrument]]],
    by_id: Callable[[str], Awaitable[Instrument | None]],
    today: date,
) -> Instrument:
    """Find the contract that ``symbol`` names, with as few requests as it takes.

    Args:
        symbol: A contract id (``CON.F.US.MNQ.Z26``), a contract name (``MNQZ6``), a ticker
            (``MNQ``), a product code (``ENQ``) or a symbol id (``F.US.ENQ``).
        live: Data tier to search in.
        search: Asks the gateway's text search, which shows twenty hits and no more.
        available: Asks for the active month of every product.
        by_id: Asks the gateway for one id.
        today: Tells which decade the year digit of a contract name belongs to.

    Raises:
        ProjectXInstrumentError: Nothing answers to ``symbol``; close matches are named.
    """
    if symbol.upper().startswith("CON."):
        contract = await by_id(symbol.upper())
        if contract is None:
            raise unknown_symbol(symbol, ())
        return contract
    if symbol.upper().startswith(SYMBOL_ID):
        symbol = symbol[len(SYMBOL_ID) :]
    found = await search(symbol, live)
    contract = choose_contract(symbol, found)
    if contract is not None:
        return contract
    product = products.find_product(symbol)
    if product is not None and symbol.upper() not in (product.ticker, product.code):
        name = products.parse_contract_name(symbol, today)
        contract = await by_id(name.contract_id)
    else:
        # A short text is found in many descriptions: EP in every September.
        listed = await available(live)
        contract = choose_contract(symbol, listed)
        found = [*found, *listed]
    if contract is None:
        raise unknown_symbol(symbol, found)
    return contract


def _roots(contract: Instrument) -> set[str]:
    """Return the ticker and the product code that a contract answers to."""
    code = contract.id.split(".")[3:4] or (contract.symbolId or "").split(".")[-1:]
    product = products.find_product(contract.symbolId or contract.id)
    ticker = product.ticker if product is not None else contract.name[:-2]
    return {root.upper() for root in (*code, ticker) if root}


def _preference(contract: Instrument) -> tuple[bool, int, int]:
    try:
        year, month = products.parse_contract_id(contract.id).delivery
    except ProjectXInstrumentError:
        year, month = 9999, 12
    return (not contract.activeContract, year, month)
