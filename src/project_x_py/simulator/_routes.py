"""The routes of the simulated gateway: what each request holds and how it is answered.

Members that the gateway requires as strings are required here; a value member that is missing
takes its zero, as the gateway's own binding does, and the handler judges it. Members that are not
known are ignored.

Invariant (``tests/simulator/test_rest.py``): every route of :data:`ROUTES` has a card with its
documented answer and its error codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from project_x_py.simulator._auth import TokenState
from project_x_py.simulator._bar_routes import BAR_ROUTE
from project_x_py.simulator._encode import number_text
from project_x_py.simulator._rest import Call, Route, refused, succeeded
from project_x_py.simulator._trading_routes import TRADING_ROUTES

if TYPE_CHECKING:
    from project_x_py.simulator._listings import Listing

__all__ = ["ROUTES"]

USER_NOT_FOUND, INVALID_CREDENTIALS, UNKNOWN_ERROR = 1, 3, 8
CONTRACT_NOT_FOUND = 1
UNKNOWN_ERROR_WORDS: Final = "Unknown error"
_SESSIONS = {TokenState.UNKNOWN: 1, TokenState.ENDED: 2, TokenState.EXPIRED: 3}
"""Codes of ``Auth/validate``; ``Auth/logout`` has the first only."""


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


def login_key(call: Call, ask: LoginKey) -> bytes:
    """Answer a log-in by API key."""
    return _logged_in(call, ask.user_name, ask.api_key)


def login_app(call: Call, ask: LoginApp) -> bytes:
    """Answer a log-in by an application, whose verify key is the API key here."""
    return _logged_in(call, ask.user_name, ask.verify_key)


def _logged_in(call: Call, username: str, key: str) -> bytes:
    access = call.venue.access
    if access.accepts(username, key):
        return succeeded(token=access.issue(call.venue.clock.wall_ns()))
    code = INVALID_CREDENTIALS
    if not access.knows(username):
        code = call.venue.quirks.rest.wrong_user_code
    return refused("token", code, UNKNOWN_ERROR_WORDS if code == UNKNOWN_ERROR else None)


def validate(call: Call, _: object) -> bytes:
    """Answer with a fresh token; the old one stays valid."""
    access, quirks = call.venue.access, call.venue.quirks.rest
    if not quirks.validate_rotates:
        return succeeded(newToken=call.token)
    if quirks.validate_ends_token:
        access.end(call.token)
    return succeeded(newToken=access.issue(call.venue.clock.wall_ns()))


def _unfit_to_validate(state: TokenState) -> bytes:
    return refused("newToken", _SESSIONS[state])


def logout(call: Call, _: object) -> bytes:
    """End the token of the request."""
    if call.venue.quirks.rest.logout_scope == "user":
        call.venue.access.end_all()
        call.venue.sessions.logged_out(None)
    else:
        call.venue.access.end(call.token)
        call.venue.sessions.logged_out(call.token)
    return succeeded()


def _unfit_to_log_out(_: TokenState) -> bytes:
    return refused(None, _SESSIONS[TokenState.UNKNOWN])


def search_accounts(call: Call, ask: AccountSearch) -> bytes:
    """Answer with the accounts, or with those that may trade."""
    found = call.venue.floor.queries.accounts(only_active=ask.only_active_accounts)
    return succeeded(accounts=[call.venue.rows.account(row) for row in found])


def search_contracts(call: Call, ask: ContractSearch) -> bytes:
    """Answer with the active contracts that the text occurs in."""
    listings, deep = call.venue.listings, call.venue.quirks.rest.search_descriptions
    entitled = _entitled(call, ask.live)
    found = listings.search(ask.search_text or "", descriptions=deep) if entitled else []
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


def ping(call: Call, _: object) -> bytes:
    """Answer ``pong`` as a JSON string."""
    return b'"pong"' if call.venue.quirks.rest.quoted_ping else b"pong"


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


ROUTES = (
    Route("/api/Auth/loginKey", login_key, LoginKey, open=True),
    Route("/api/Auth/loginApp", login_app, LoginApp, open=True),
    Route("/api/Auth/validate", validate, unfit=_unfit_to_validate),
    Route("/api/Auth/logout", logout, unfit=_unfit_to_log_out),
    Route("/api/Account/search", search_accounts, AccountSearch),
    Route("/api/Contract/search", search_contracts, ContractSearch),
    Route("/api/Contract/searchById", contract_by_id, ContractById),
    Route("/api/Contract/available", available_contracts, ContractsAvailable),
    BAR_ROUTE,
    *TRADING_ROUTES,
    Route("/api/Status/ping", ping, method="GET", bucket=None, open=True),
)
"""Every route there is; the table is all that has to grow for another one."""
