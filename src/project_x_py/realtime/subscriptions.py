"""The documented base that subscribes; behaviour is in ``_subscriptions``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.realtime._subscriptions import Subscriptions

__all__ = ["SubscriptionsMixin"]


class SubscriptionsMixin:
    """What the client is told of. Every subscription is sent again after a reconnect."""

    __slots__ = ()

    _subscriptions: Subscriptions

    async def subscribe_user_updates(self) -> bool:
        """Subscribe to the account, its orders, positions and fills.

        Returns:
            True once the gateway has confirmed; False with the reason in ``last_error``.
        """
        return await self._subscriptions.subscribe_user()

    async def unsubscribe_user_updates(self) -> bool:
        """Subscribe to the account no more; returns as :meth:`subscribe_user_updates`."""
        return await self._subscriptions.unsubscribe_user()

    async def subscribe_market_data(self, contract_ids: list[str]) -> bool:
        """Subscribe to quotes, trades and depth of contracts.

        Args:
            contract_ids: Full contract ids; one subscribed to already is not sent again.

        Returns:
            True once the gateway has confirmed all; False with the reason in ``last_error``,
            none of the others of this call being kept.

        Raises:
            ValueError: Not a list of contract ids.
        """
        return await self._subscriptions.subscribe_market(contract_ids)

    async def unsubscribe_market_data(self, contract_ids: list[str]) -> bool:
        """Subscribe to contracts no more, one call each.

        A contract that somebody is still attached to stays subscribed to.

        Returns:
            True once the gateway has confirmed; False with the reason in ``last_error``.

        Raises:
            ValueError: Not a list of contract ids.
        """
        return await self._subscriptions.unsubscribe_market(contract_ids)

    async def renew_market_data(self, contract_id: str) -> bool:
        """Subscribe to a contract anew; the gateway then sends a full quote and a fresh book.

        Returns:
            True once the gateway has confirmed; False with the reason in ``last_error``. A
            contract that is not subscribed to is subscribed to.
        """
        return await self._subscriptions.renew_market(contract_id)
