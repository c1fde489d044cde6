"""The session token: who holds it, when it ends, and how it is renewed.

One task renews for everybody: callers that find the token old wait for the same renewal.

Invariants (``tests/client/test_project_x.py``): parallel callers cause one login; a renewal that is
cancelled in one caller goes on for the others; the token never appears in a repr or an error.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py.exceptions import ProjectXAuthenticationError, ProjectXError

if TYPE_CHECKING:
    from project_x_py._ports import Clock
    from project_x_py._runtime.supervisor import Supervisor
    from project_x_py.client._http import HttpCaller
    from project_x_py.config import Credentials

__all__ = ["LOGIN_ERRORS", "TokenKeeper", "token_expiry_ns"]

log = logging.getLogger(__name__)

NS = 1_000_000_000
RENEW_BEFORE_NS = 300 * NS
ASSUMED_LIFE_NS = 24 * 3600 * NS

LOGIN_ERRORS = {
    1: "the user name is not known",
    2: "the password is wrong",
    3: "the user name and the API key do not belong together, or the key is no longer active",
    7: "agreements are not signed: log into the platform once and accept them",
    8: "the gateway gives no reason; a wrong user name has been seen to end like this",
    9: "no active API subscription: it must be bought and linked in the platform's API settings",
    10: "the firm has switched API keys off for this login",
}


class TokenKeeper:
    """The one writer of the session token.

    Args:
        credentials: User name and API key.
        http: Sends the login; it does not count on a token.
        clock: Expiry is judged by wall time.
        supervisor: Runs the shared renewal.
    """

    def __init__(
        self, credentials: Credentials, http: HttpCaller, clock: Clock, supervisor: Supervisor
    ) -> None:
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._supervisor = supervisor
        self._token: str | None = None
        self._expiry_ns = 0
        self._renewal: asyncio.Task[str | ProjectXError] | None = None

    @property
    def current(self) -> str | None:
        """The token held now, None before the first login."""
        return self._token

    @property
    def expiry_ns(self) -> int:
        """Wall time at which the token ends, ns since 1970 UTC."""
        return self._expiry_ns

    async def token(self) -> str:
        """Return a token with at least five minutes left, renewing it when needed."""
        if self._token is not None and self._clock.wall_ns() < self._expiry_ns - RENEW_BEFORE_NS:
            return self._token
        return await self.renew()

    async def renew(self, *, unless: str | None = None) -> str:
        """Get another token, together with everybody who asks for one at the same time.

        Args:
            unless: The token that was refused; when another one is held by now, that one is
                returned without a request.
        """
        if unless is not None and self._token is not None and self._token != unless:
            return self._token
        if self._renewal is None or self._renewal.done():
            self._renewal = self._supervisor.spawn(
                self._renewed(refused=unless is not None), name="token-renewal"
            )
        outcome = await asyncio.shield(self._renewal)
        if isinstance(outcome, ProjectXError):
            raise outcome
        return outcome

    async def login(self) -> str:
        """Log in with the API key and hold the token.

        Raises:
            ProjectXAuthenticationError: The gateway refuses; the message says why and what to do.
        """
        body = {"userName": self._credentials.username, "apiKey": self._credentials.api_key}
        answer = await self._http.call("/Auth/loginKey", body, headers={})
        token = answer.get("token")
        if not answer["success"] or not isinstance(token, str) or not token:
            raise _refusal(answer, self._credentials.username)
        return self._hold(token)

    async def logout(self) -> None:
        """End the session at the gateway and forget the token."""
        token, self._token, self._expiry_ns = self._token, None, 0
        if token is not None:
            await self._http.call("/Auth/logout", None, headers=_bearer(token), idempotent=False)

    async def _renewed(self, *, refused: bool) -> str | ProjectXError:
        """Renew; a failure is the result, since it is for the waiting callers to raise."""
        try:
            return await self._renew(refused=refused)
        except ProjectXError as error:
            return error

    async def _renew(self, *, refused: bool) -> str:
        if self._token is not None and not refused and self._clock.wall_ns() < self._expiry_ns:
            try:
                answer = await self._http.call("/Auth/validate", None, headers=_bearer(self._token))
            except ProjectXError as error:
                log.info("the session token could not be renewed, logging in again: %s", error)
            else:
                fresh = answer.get("newToken") or answer.get("token")
                if answer["success"] and isinstance(fresh, str):
                    return self._hold(fresh)
        return await self.login()

    def _hold(self, token: str) -> str:
        self._token = token
        self._expiry_ns = token_expiry_ns(token) or self._clock.wall_ns() + ASSUMED_LIFE_NS
        return token


def token_expiry_ns(token: str) -> int | None:
    """Return when a JWT ends by its ``exp`` claim, ns since 1970 UTC; None when it has none."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = msgspec.json.decode(
            base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        )
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return None
    expiry = claims.get("exp") if isinstance(claims, dict) else None
    return round(expiry * NS) if isinstance(expiry, int | float) else None


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _refusal(answer: dict[str, Any], username: str) -> ProjectXAuthenticationError:
    code = answer.get("errorCode")
    reason = answer.get("errorMessage") or LOGIN_ERRORS.get(code or 0, f"code {code}")
    return ProjectXAuthenticationError(
        f"login as {username!r} was refused: {reason}. Check PROJECT_X_USERNAME and "
        "PROJECT_X_API_KEY, or run without an account: projectx run SCRIPT",
        code,
        {key: value for key, value in answer.items() if key != "token"},
    )
