"""What a client is told of: its account, and the market of some contracts.

Invariants (``tests/realtime/test_subscriptions.py``): one id per call; a contract somebody is
still fed with stays subscribed to; what is renewed is wanted all the time, and no print of it is
missed; a confirmation from a connection that is lost by now ends no gap.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from project_x_py._core.redact import redact
from project_x_py.exceptions import ProjectXError
from project_x_py.realtime._gaps import contracts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py.realtime._gaps import GapKeeper
    from project_x_py.realtime._hub import Hub, Subscription
    from project_x_py.realtime._router import EventRouter

__all__ = ["Subscriptions"]

MARKET = ("ContractQuotes", "ContractTrades", "ContractMarketDepth")
WITH_SNAPSHOT = ("ContractQuotes", "ContractMarketDepth")
"""What begins with the whole state, so that subscribing anew misses nothing."""

logger = logging.getLogger(__name__)


class Subscriptions:
    """The wanted subscriptions of both hubs.

    Args:
        account_id: Whose orders, positions and fills are subscribed to.
        user_hub: Tells of accounts.
        market_hub: Tells of contracts.
        router: Knows who is fed with what.
        gaps: Told what is subscribed to, and what not any more.
        failed: Told why something was not subscribed to.
    """

    def __init__(
        self,
        account_id: int,
        user_hub: Hub,
        market_hub: Hub,
        router: EventRouter,
        gaps: GapKeeper,
        failed: Callable[[str], None],
    ) -> None:
        self._user_hub = user_hub
        self._market_hub = market_hub
        self._router = router
        self._gaps = gaps
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
        return contracts_of(self._market_hub.wanted)

    def is_confirmed(self, contract_id: str) -> bool:
        """Whether the gateway already sends everything of the contract."""
        return all(map(self._market_hub.confirmed, _of([contract_id])))

    async def subscribe_user(self) -> bool:
        """Subscribe to the account; False with the reason told to ``failed``."""
        if not await self._try(self._user_hub, "Subscribe", self._user):
            return False
        self._whole(self._user_hub, self._user)
        return True

    async def unsubscribe_user(self) -> bool:
        """Subscribe to the account no more."""
        self._gaps.forget(None)
        return await self._try(self._user_hub, "Unsubscribe", self._user)

    async def subscribe_market(self, contract_ids: Sequence[str]) -> bool:
        """Subscribe to quotes, trades and depth of contracts; False as above.

        Raises:
            ValueError: Not a list of contract ids.
        """
        wanted = _of(contract_ids)
        for contract_id in contract_ids:
            self._router.streams(contract_id)
        try:
            if not await self._try(self._market_hub, "Subscribe", wanted):
                return False
        finally:
            self._forget_unwanted(contract_ids)
        self._whole(self._market_hub, wanted)
        return True

    def _whole(self, hub: Hub, confirmed: Sequence[Subscription]) -> None:
        """End the gaps of what was confirmed, unless the hub has been lost since."""
        if all(map(hub.confirmed, confirmed)):
            self._gaps.whole(hub.name, confirmed)

    def _forget_unwanted(self, contract_ids: Sequence[str]) -> None:
        """Drop the gaps of contracts that a call did not get, or gave up."""
        wanted = self.contracts
        for contract_id in contract_ids:
            if contract_id not in wanted and not self._router.has_owner(contract_id):
                self._gaps.forget(contract_id)

    async def unsubscribe_market(self, contract_ids: Sequence[str]) -> bool:
        """Subscribe to them no more, except where an owner is still fed.

        Raises:
            ValueError: Not a list of contract ids.
        """
        gone = [item for item in _of(contract_ids) if not self._router.has_owner(str(item[1][0]))]
        for contract_id in contracts_of(gone):
            self._gaps.forget(contract_id)
        return await self._try(self._market_hub, "Unsubscribe", gone)

    async def renew_market(self, contract_id: str, *, prints: bool = False) -> bool:
        """Subscribe to one contract anew, owners or not; False as above.

        Args:
            contract_id: Full contract id.
            prints: Whether trades as well, of which those between the two calls are missed.

        Raises:
            ValueError: Not a contract id.
        """
        wanted = _of([contract_id])
        if not self.is_confirmed(contract_id):
            return await self.subscribe_market([contract_id])
        kinds = MARKET if prints else WITH_SNAPSHOT
        return await self._try(self._market_hub, "Renew", [i for i in wanted if i[0] in kinds])

    async def _try(self, hub: Hub, verb: str, what: Sequence[Subscription]) -> bool:
        act = {"Subscribe": hub.subscribe, "Unsubscribe": hub.unsubscribe, "Renew": hub.renew}
        try:
            await act[verb](what)
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
