"""What a client is told of: its account, and the market of some contracts.

Invariant (``tests/realtime/test_subscriptions.py``): one id per call; a contract somebody is
still fed with stays subscribed to.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from project_x_py._core.redact import redact
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py.realtime._hub import Hub, Subscription

__all__ = ["Subscriptions"]

MARKET = ("ContractQuotes", "ContractTrades", "ContractMarketDepth")

logger = logging.getLogger(__name__)


class Subscriptions:
    """The wanted subscriptions of both hubs.

    Args:
        account_id: Whose orders, positions and fills are subscribed to.
        user_hub: Tells of accounts.
        market_hub: Tells of contracts.
        has_owner: Whether somebody is still fed with a contract.
        failed: Told why something was not subscribed to.
    """

    def __init__(
        self,
        account_id: int,
        user_hub: Hub,
        market_hub: Hub,
        has_owner: Callable[[str], bool],
        failed: Callable[[str], None],
    ) -> None:
        self._user_hub = user_hub
        self._market_hub = market_hub
        self._has_owner = has_owner
        self._failed = failed
        self._user: tuple[Subscription, ...] = (
            ("Accounts", ()),
            ("Orders", (account_id,)),
            ("Positions", (account_id,)),
            ("Trades", (account_id,)),
        )

    @property
    def contracts(self) -> tuple[str, ...]:
        """The contracts subscribed to."""
        found = (str(arguments[0]) for _, arguments in self._market_hub.wanted)
        return tuple(dict.fromkeys(found))

    async def subscribe_user(self) -> bool:
        """Subscribe to the account; False with the reason told to ``failed``."""
        return await self._try(self._user_hub, "Subscribe", self._user)

    async def unsubscribe_user(self) -> bool:
        """Subscribe to the account no more."""
        return await self._try(self._user_hub, "Unsubscribe", self._user)

    async def subscribe_market(self, contract_ids: Sequence[str]) -> bool:
        """Subscribe to quotes, trades and depth of contracts; False as above.

        Raises:
            ValueError: Not a list of contract ids.
        """
        wanted = _of(contract_ids)
        return await self._try(self._market_hub, "Subscribe", wanted)

    async def unsubscribe_market(self, contract_ids: Sequence[str]) -> bool:
        """Subscribe to them no more, except where an owner is still fed.

        Raises:
            ValueError: Not a list of contract ids.
        """
        gone = [item for item in _of(contract_ids) if not self._has_owner(str(item[1][0]))]
        return await self._try(self._market_hub, "Unsubscribe", gone)

    async def renew_market(self, contract_id: str) -> bool:
        """Subscribe to one contract anew, owners or not; False as above.

        Raises:
            ValueError: Not a contract id.
        """
        wanted = _of([contract_id])
        await self._try(self._market_hub, "Unsubscribe", wanted)
        return await self._try(self._market_hub, "Subscribe", wanted)

    async def _try(self, hub: Hub, verb: str, what: Sequence[Subscription]) -> bool:
        try:
            if verb == "Subscribe":
                await hub.subscribe(what)
            else:
                await hub.unsubscribe(what)
        except ProjectXError as exc:
            reason = redact(f"{verb.lower()}, {hub.name} hub: {exc}")
            logger.error("%s", reason)
            self._failed(reason)
            return False
        return True


def _of(contract_ids: Sequence[str]) -> list[Subscription]:
    listed = contract_ids if isinstance(contract_ids, list | tuple | set | frozenset) else None
    if listed is None or not all(isinstance(item, str) and item for item in listed):
        raise ValueError(
            f"give the contract ids as a list, such as ['CON.F.US.MNQ.Z26'], not {contract_ids!r}"
        )
    return [(what, (contract_id,)) for contract_id in listed for what in MARKET]
