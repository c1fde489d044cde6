"""The documented base that connects; behaviour is in ``_pair``."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.realtime._pair import HubPair

__all__ = ["ConnectionManagementMixin"]


class ConnectionManagementMixin:
    """Connecting, disconnecting, changing the token."""

    __slots__ = ()

    _pair: HubPair

    async def setup_connections(self) -> None:
        """Check that both hub URLs can be used; nothing is opened before :meth:`connect`.

        Raises:
            ProjectXConnectionError: A URL is not that of a hub.
        """
        self._pair.check_urls()

    async def connect(self) -> bool:
        """Connect both hubs, each within 10 s and with everything subscribed to confirmed.

        A connection that is lost later comes back by itself, for ever, with delays that grow up
        to a cap and are drawn at random; the token is asked for anew each time.

        Returns:
            True when both are connected; False with the reason in ``last_error``, and nothing
            left open.

        Raises:
            ProjectXError: A task of the client has died of an internal error.
        """
        return await self._pair.connect()

    async def disconnect(self) -> None:
        """Close both hubs; callbacks and owners stay registered, subscriptions end.

        Raises:
            ProjectXError: A task of the client has died of an internal error.
        """
        await self._pair.disconnect_checked()

    def is_connected(self) -> bool:
        """Return whether both hubs are connected, everything wanted being subscribed to."""
        return self._pair.connected

    async def update_jwt_token(self, new_jwt_token: str, timeout: float = 30.0) -> bool:
        """Go over to another token without losing a subscription.

        The token is proved by a handshake on both hubs first; only then the old connections are
        given up. While not connected it is kept for the next :meth:`connect`.

        Args:
            new_jwt_token: The token.
            timeout: Seconds for all of it; recovering the old state may take 5 s more.

        Returns:
            True once both hubs run on it; False when it was refused, the old token and
            subscriptions being back and the reason in ``last_error``.

        Raises:
            TimeoutError: It took longer than ``timeout``; the old token and subscriptions are
                back.
            ValueError: The token is no text, or the timeout no number.
        """
        return await self._pair.update_token(new_jwt_token, timeout)
