"""Which hub connections came in with which token, and what that means for them.

By default it means nothing: a connection that was let in stays, as long as it behaves. Quirks
limit how many there are, and let connections end with their token.

Invariant (``tests/contract/test_quirk_table.py``): a connection is told of the end of its own token
only, and of that of no other.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py._wire import signalr

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._ports import Clock
    from project_x_py.simulator._auth import Access
    from project_x_py.simulator._hub import Hub, HubConnection
    from project_x_py.simulator._hub_quirks import HubQuirks

__all__ = ["Admission", "Sessions"]

_FAREWELL = signalr.encode_invocation("GatewayLogout", [])


class Sessions:
    """The hub connections of one gateway, by the token they came with.

    Args:
        access: Tells how long a token is valid.
        clock: Wall time, which tokens live by.
        quirks: What ends a connection beside its client.
    """

    def __init__(self, access: Access, clock: Clock, quirks: HubQuirks) -> None:
        self._access = access
        self._clock = clock
        self._quirks = quirks
        self._open: dict[str, dict[HubConnection, str]] = {}

    def has_room(self, hub: Hub) -> bool:
        """Whether a hub takes another connection, be it in the place of an older one."""
        limit, quirks = self._quirks.connection_limit, self._quirks
        return limit is None or quirks.newest_connection_wins or len(self._of(hub)) < limit

    def open(self, hub: Hub, token: str, cut: Callable[[], None]) -> HubConnection:
        """Return a connection of a client that has been let in with a token."""
        others = self._of(hub)
        limit = self._quirks.connection_limit
        while limit is not None and others and len(others) >= limit:
            oldest = next(iter(others))
            del others[oldest]
            self._end(oldest, closes=True)
        connection = hub.open(cut)
        others[connection] = token
        if self._quirks.expiry_closes:
            left_s = self._access.left_s(token, self._clock.wall_ns())
            asyncio.get_running_loop().call_later(left_s, self._end, connection, True)
        return connection

    def logged_out(self, token: str | None) -> None:
        """Say that a token has been logged out, or all of them."""
        self._over(token, closes=self._quirks.logout_closes)

    def expired(self) -> None:
        """Say that no token is valid any more."""
        if self._quirks.expiry_closes:
            self._over(None, closes=True)

    def _over(self, token: str | None, *, closes: bool) -> None:
        for connections in self._open.values():
            for connection, its_token in list(connections.items()):
                if token in (None, its_token):
                    self._end(connection, closes)

    def _end(self, connection: HubConnection, closes: bool) -> None:
        if self._quirks.logout_event:
            connection.push(_FAREWELL)
        if closes and not connection.ended:
            connection.close(allow_reconnect=False)

    def _of(self, hub: Hub) -> dict[HubConnection, str]:
        """Return the connections of a hub that have not ended, the oldest first."""
        known = self._open.get(hub.name, {})
        left = {one: token for one, token in known.items() if not one.ended}
        self._open[hub.name] = left
        return left


@dataclass(frozen=True, slots=True)
class Admission:
    """The right to connect to a hub once."""

    hub: Hub
    token: str
    sessions: Sessions

    def open(self, cut: Callable[[], None]) -> HubConnection:
        """Connect; ``cut`` breaks the transport off at once."""
        return self.sessions.open(self.hub, self.token, cut)
