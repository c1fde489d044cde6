"""Which account of a login is traded.

Invariant (``tests/client/test_accounts.py``): the account is the one that was named, or the log
says which of how many was taken and how to name another.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXAuthenticationError, ProjectXError
from project_x_py.models import Account

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py.client._calls import GatewayCalls

__all__ = ["active_accounts", "select_account"]

log = logging.getLogger(__name__)


async def active_accounts(calls: GatewayCalls) -> list[Account]:
    """Return the active accounts of the login.

    Raises:
        ProjectXError: The gateway failed or refused.
    """
    answer = await calls.ask("/Account/search", {"onlyActiveAccounts": True})
    rows = answer.read("accounts", list[dict[str, object] | None]) or []
    return [Account.from_api(row) for row in rows if row]


def select_account(accounts: Sequence[Account], name: str | None) -> Account:
    """Return the account of a name, else the first that may trade and is shown; log which.

    Raises:
        ProjectXAuthenticationError: There is no account.
        ProjectXError: There is none of that name; the message lists the names.
    """
    if not accounts:
        raise ProjectXAuthenticationError(
            "the login has no active account; open one on the platform first"
        )
    chosen = _named(accounts, name) if name is not None else _first(accounts)
    others = [account.name for account in accounts if account is not chosen]
    log.info(
        "account %s (%s), chosen of %d%s",
        chosen.name,
        "simulated" if chosen.simulated else "LIVE",
        len(accounts),
        f"; not: {', '.join(others)}" if others else "",
    )
    if name is None and sum(account.canTrade for account in accounts) > 1:
        log.warning(
            "the login has %d accounts that may trade, and none was named: %s is used. Name one "
            "with account_name or PROJECT_X_ACCOUNT_NAME",
            sum(account.canTrade for account in accounts),
            chosen.name,
        )
    if not chosen.canTrade:
        log.warning("the gateway accepts no orders for account %s", chosen.name)
    return chosen


def _named(accounts: Sequence[Account], name: str) -> Account:
    for account in accounts:
        if account.name.casefold() == name.strip().casefold():
            return account
    names = ", ".join(account.name for account in accounts)
    raise ProjectXError(f"there is no active account {name!r}; the login has: {names}")


def _first(accounts: Sequence[Account]) -> Account:
    return min(accounts, key=lambda account: (not account.canTrade, not account.isVisible))
