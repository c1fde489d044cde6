"""The routes of the simulated gateway: what each request holds and how it is answered.

Members that the gateway requires as strings are required here; a value member that is missing
takes its zero, as the gateway's own binding does, and the handler judges it. Members that are not
known are ignored.

Invariant (``tests/simulator/test_rest.py``): every route of :data:`ROUTES` has a card with its
documented answer and its error codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from project_x_py._core.time import format_iso, parse_ns
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator._encode import PriceTexts, number_text
from project_x_py.simulator._rest import Call, Route, refused, succeeded
from project_x_py.simulator._trading_routes import TRADING_ROUTES

if TYPE_CHECKING:
    from project_x_py.simulator._listings import Listing

__all__ = ["ROUTES"]

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]

INVALID_CREDENTIALS = 3
CONTRACT_NOT_FOUND, UNIT_INVALID, UNIT_NUMBER_INVALID, LIMIT_INVALID = 1, 2, 3, 4
MAX_BARS = 20_000
MAX_UNIT_NUMBER = 10_000
_UNITS = range(1, 7)
_YEAR_ONE = "0001-01-01T00:00:00Z"


class LoginKey(msgspec.Struct, rename="camel"):
    """Body of ``Auth/loginKey``."""

    user_name: str
    api_key: str


class LoginApp(msgspec.Struct, rename="camel"):
    """Body of ``Auth/loginApp``."""

    user_name: str
    password: str
    device_id: str
    app_id: str
    verify_key: str


class AccountSearch(msgspec.Struct, rename="camel"):
    """Body of ``Account/search``."""

    only_active_accounts: bool = False


class ContractSearch(msgspec.Struct, rename="camel"):
    """Body of ``Contract/search``."""

    search_text: str | None = None
    live: bool = False


class ContractById(msgspec.Struct, rename="camel"):
    """Body of ``Contract/searchById``."""

    contract_id: str


class ContractsAvailable(msgspec.Struct, rename="camel"):
    """Body of ``Contract/available``."""

    live: bool = False


class RetrieveBars(msgspec.Struct, rename="camel"):
    """Body of ``History/retrieveBars``."""

    contract_id: str
    live: bool = False
    start_time: str = _YEAR_ONE
    end_time: str = _YEAR_ONE
    unit: Int32 = 0
    unit_number: Int32 = 0
    limit: Int32 = 0
    include_partial_bar: bool = False

    def __post_init__(self) -> None:
        for text in (self.start_time, self.end_time):
            try:
                parse_ns(text)
            except ProjectXDataError:
                raise ValueError("The JSON value could not be converted to a date") from None


def login_key(call: Call, ask: LoginKey) -> bytes:
    """Answer a log-in by API key."""
    access = call.venue.access
    if not access.accepts(ask.user_name, ask.api_key):
        return refused("token", INVALID_CREDENTIALS)
    return succeeded(token=access.issue(call.venue.clock.wall_ns()))


def login_app(call: Call, ask: LoginApp) -> bytes:
    """Answer a log-in by an application, whose verify key is the API key here."""
    access = call.venue.access
    if not access.accepts(ask.user_name, ask.verify_key):
        return refused("token", INVALID_CREDENTIALS)
    return succeeded(token=access.issue(call.venue.clock.wall_ns()))


def validate(call: Call, _: object) -> bytes:
    """Answer with a fresh token; the old one stays valid."""
    return succeeded(newToken=call.venue.access.issue(call.venue.clock.wall_ns()))


def logout(call: Call, _: object) -> bytes:
    """End the token of the request."""
    call.venue.access.end(call.token)
    return succeeded()


def search_accounts(call: Call, ask: AccountSearch) -> bytes:
    """Answer with the accounts, or with those that may trade."""
    found = call.venue.floor.queries.accounts(only_active=ask.only_active_accounts)
    return succeeded(accounts=[call.venue.rows.account(row) for row in found])


def search_contracts(call: Call, ask: ContractSearch) -> bytes:
    """Answer with the active contracts that the text occurs in."""
    found = call.venue.listings.search(ask.search_text or "") if _entitled(call, ask.live) else []
    return succeeded(contracts=[_contract_row(row) for row in found])


def contract_by_id(call: Call, ask: ContractById) -> bytes:
    """Answer with one contract, active or not."""
    found = call.venue.listings.by_id(ask.contract_id)
    if found is None:
        return refused("contract", CONTRACT_NOT_FOUND)
    return succeeded(contract=_contract_row(found))


def available_contracts(call: Call, ask: ContractsAvailable) -> bytes:
    """Answer with the active contract of every product."""
    found = call.venue.listings.active() if _entitled(call, ask.live) else []
    return succeeded(contracts=[_contract_row(row) for row in found])


def retrieve_bars(call: Call, ask: RetrieveBars) -> bytes:
    """Answer with bars, newest first."""
    venue = call.venue
    traded = {c.contract_id: c for c in venue.source.contracts}
    contract = traded.get(ask.contract_id)
    if not _entitled(call, ask.live) or contract is None:
        return refused("bars", CONTRACT_NOT_FOUND, _no_market(call, ask))
    if ask.unit not in _UNITS:
        return refused("bars", UNIT_INVALID)
    if not 1 <= ask.unit_number <= MAX_UNIT_NUMBER:
        return refused("bars", UNIT_NUMBER_INVALID)
    if not 1 <= ask.limit <= MAX_BARS:
        return refused("bars", LIMIT_INVALID)
    bars = venue.source.history(ask.contract_id).bars(
        ask.unit,
        ask.unit_number,
        parse_ns(ask.start_time),
        parse_ns(ask.end_time),
        ask.limit,
        ask.include_partial_bar,
        venue.clock.now_ns(),
    )
    price = PriceTexts(contract.grid)
    rows = ",".join(
        [
            f'{{"t":"{format_iso(bar.start_ns)}","o":{price[bar.open]},"h":{price[bar.high]}'
            f',"l":{price[bar.low]},"c":{price[bar.close]},"v":{bar.volume}}}'
            for bar in bars
        ]
    )
    return succeeded(bars=msgspec.Raw(f"[{rows}]".encode()))


def ping(call: Call, _: object) -> bytes:
    """Answer ``pong`` as a JSON string."""
    return b'"pong"'


def _contract_row(row: Listing) -> dict[str, object]:
    product = row.product
    return {
        "id": row.contract_id,
        "name": row.name,
        "description": row.description,
        "tickSize": msgspec.Raw(number_text(product.tick_size).encode()),
        "tickValue": msgspec.Raw(number_text(product.tick_value).encode()),
        "activeContract": row.active,
        "symbolId": product.symbol_id,
    }


def _entitled(call: Call, live: bool) -> bool:
    return not live or call.venue.quirks.live_entitled


def _no_market(call: Call, ask: RetrieveBars) -> str | None:
    if ask.live or call.venue.listings.by_id(ask.contract_id) is None:
        return None
    traded = ", ".join(c.contract_id for c in call.venue.source.contracts)
    return f"{ask.contract_id} is listed but has no market in this simulation; it has {traded}."


ROUTES = (
    Route("/api/Auth/loginKey", login_key, LoginKey, open=True),
    Route("/api/Auth/loginApp", login_app, LoginApp, open=True),
    Route("/api/Auth/validate", validate),
    Route("/api/Auth/logout", logout),
    Route("/api/Account/search", search_accounts, AccountSearch),
    Route("/api/Contract/search", search_contracts, ContractSearch),
    Route("/api/Contract/searchById", contract_by_id, ContractById),
    Route("/api/Contract/available", available_contracts, ContractsAvailable),
    Route("/api/History/retrieveBars", retrieve_bars, RetrieveBars, bucket="history"),
    *TRADING_ROUTES,
    Route("/api/Status/ping", ping, method="GET", bucket=None, open=True),
)
"""Every route there is; the table is all that has to grow for another one."""
