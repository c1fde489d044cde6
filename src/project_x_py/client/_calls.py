"""Requests with the session token: a 401 is recovered once, a refusal becomes an exception.

Invariants (``tests/client/test_calls.py``): a query that meets a 401 is sent again with another
token, once; what changes something is sent again only when its 401 came from the door, where
tokens are checked before anything acts, and then once; a token that met a 401 is not used again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.submission import Lane
from project_x_py.client._auth import bearer
from project_x_py.client._envelope import refused
from project_x_py.exceptions import ProjectXAuthenticationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py.client._auth import TokenKeeper
    from project_x_py.client._envelope import Envelope
    from project_x_py.client._http import HttpCaller

__all__ = ["GatewayCalls"]


class GatewayCalls:
    """Sends what needs a token.

    Args:
        http: Sends.
        auth: Holds the token.
    """

    def __init__(self, http: HttpCaller, auth: TokenKeeper) -> None:
        self._http = http
        self._auth = auth

    async def ask(
        self, path: str, body: Mapping[str, object] | None, *, lane: Lane = Lane.QUERY
    ) -> Envelope:
        """Send a query and return its successful envelope; retried as the configuration says.

        Raises:
            ProjectXAuthenticationError: Not logged in, or refused with a fresh token too.
            ProjectXError: The gateway failed, or said no; ``error_code`` is its code.
        """
        token = await self._auth.token()
        try:
            answer = await self._send(path, body, token, lane)
        except ProjectXAuthenticationError:
            token = await self._auth.renew(unless=token)
            answer = await self._send(path, body, token, lane)
        if not answer.success:
            raise refused(answer)
        return answer

    async def submit(
        self, path: str, body: Mapping[str, object], *, lane: Lane = Lane.ENTRY
    ) -> Envelope:
        """Send what changes something, once, and return its envelope, successful or not.

        Raises:
            ProjectXAuthenticationError: No token can be had, or the gateway refused two.
            ProjectXRateLimitError: The budget has no room in time and nothing was sent, or 429.
            ProjectXError: The gateway failed; what became of the request is not known.
        """
        token = await self._auth.token()
        try:
            return await self._send(path, body, token, lane, idempotent=False)
        except ProjectXAuthenticationError as error:
            if not error.response_data.get("challenged"):
                # Nobody knows whether it acted; the next request asks for another token first.
                self._auth.refuse(token)
                raise
            fresh = await self._auth.renew(unless=token)
        return await self._send(path, body, fresh, lane, idempotent=False)

    async def _send(
        self,
        path: str,
        body: Mapping[str, object] | None,
        token: str,
        lane: Lane,
        *,
        idempotent: bool = True,
    ) -> Envelope:
        return await self._http.call(
            path, body, headers=bearer(token), lane=lane, idempotent=idempotent
        )
