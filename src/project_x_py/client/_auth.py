"""The session token: who holds it, when it ends, and how it is renewed.

One task renews for everybody: callers that find the token old wait for the same renewal. Another
renews in the background, well before the token ends, so that nobody normally waits at all. A token
that somebody saw refused is never offered again.

Invariants (``tests/client/test_auth.py``): parallel callers cause one login; a renewal that is
cancelled in one caller goes on for the others; a refused token is not offered again; after a
logout there is no token, whatever was under way; the token never appears in a repr or an error.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import deque
from typing import TYPE_CHECKING

from project_x_py._core.notices import Notices
from project_x_py._core.submission import Lane
from project_x_py._runtime.together import outlived
from project_x_py.client._envelope import Envelope, refused
from project_x_py.client._tokens import is_token, token_life_ns
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXError,
)

if TYPE_CHECKING:
    from project_x_py._ports import Clock
    from project_x_py._runtime.supervisor import Supervisor
    from project_x_py.client._http import HttpCaller
    from project_x_py.config import Credentials

__all__ = ["TokenKeeper", "bearer"]

log = logging.getLogger(__name__)

NS = 1_000_000_000
RENEW_BEFORE_NS = 300 * NS
"""How much life a token must have left to be handed out."""
RENEW_AHEAD_NS = 1800 * NS
"""How long before its end it is renewed in the background."""
SHARE_OF_LIFE = 10
"""Of a short-lived token neither margin is more than this part of its life."""
LONGEST_NAP_S = 300.0
"""The background looks at the wall clock this often, since a machine that slept wakes late."""
RETRY_S = 60.0
REFUSED_KEPT = 16
_HIDDEN = "[redacted]"


class TokenKeeper:
    """The one writer of the session token.

    Args:
        credentials: User name and API key.
        http: Sends the login; it does not count on a token.
        clock: Expiry is judged by wall time.
        supervisor: Runs the shared renewal and the one in the background.
    """

    def __init__(
        self, credentials: Credentials, http: HttpCaller, clock: Clock, supervisor: Supervisor
    ) -> None:
        self._credentials = credentials
        self._http = http
        self._clock = clock
        self._supervisor = supervisor
        self._token: str | None = None
        self._begun_ns = 0
        self._expiry_ns = 0
        self._logged_in = False
        self._logouts = 0
        self._refused: deque[bytes] = deque(maxlen=REFUSED_KEPT)
        self._renewal: asyncio.Task[str | ProjectXError] | None = None
        self._background: asyncio.Task[None] | None = None
        self.logins = 0
        self.renewals = 0
        self.notices = Notices()

    def __repr__(self) -> str:
        return f"TokenKeeper({self._credentials.username!r}, logged in: {self._logged_in})"

    @property
    def current(self) -> str | None:
        """The token held now; None before the first login, and while a refused one is replaced."""
        return self._token

    @property
    def private(self) -> tuple[str, ...]:
        """What must not be shown: the user's name, the key, the token."""
        held = (self._credentials.username, self._credentials.api_key, self._token)
        return tuple(text for text in held if text)

    @property
    def is_logged_in(self) -> bool:
        """Whether a login has succeeded and no logout followed."""
        return self._logged_in

    @property
    def expiry_ns(self) -> int:
        """Wall time at which the token ends, ns since 1970 UTC."""
        return self._expiry_ns

    async def token(self, refused: str | None = None) -> str:
        """Return a token with life left in it, renewing the one held when needed.

        Args:
            refused: A token that the gateway refused, which is not offered again.

        Raises:
            ProjectXAuthenticationError: Not logged in, or the login is refused.
            ProjectXError: The gateway failed.
        """
        if refused is not None:
            self._discard(refused)
        if not self._logged_in:
            raise ProjectXAuthenticationError("not logged in: await authenticate() first")
        if self._token is not None and self._left_ns() > self._margin_ns(RENEW_BEFORE_NS):
            return self._token
        return await self.renew()

    async def renew(self, *, unless: str | None = None) -> str:
        """Get another token, together with everybody who asks for one at the same time.

        Args:
            unless: The token that was refused; when another one is held by now, that one is
                returned without a request.

        Raises:
            ProjectXAuthenticationError: The login is refused.
            ProjectXError: The gateway failed.
        """
        if unless is not None:
            self._discard(unless)
            if self._token is not None:
                return self._token
        if self._renewal is None or self._renewal.done():
            self._renewal = self._supervisor.spawn(self._renewed(), name="token-renewal")
        outcome = await outlived(self._renewal, _closed)
        if isinstance(outcome, ProjectXError):
            raise outcome
        return outcome

    def refuse(self, token: str) -> None:
        """Note that the gateway refused a token; the next caller gets another one."""
        self._discard(token)

    async def login(self) -> str:
        """Log in with the API key and hold the token.

        Raises:
            ProjectXAuthenticationError: The gateway refuses, the message saying why and what to do;
                or :meth:`logout` was called meanwhile.
            ProjectXError: The gateway failed.
        """
        logouts = self._logouts
        body = {"userName": self._credentials.username, "apiKey": self._credentials.api_key}
        try:
            answer = await self._http.call("/Auth/loginKey", body, headers={}, lane=Lane.PROTECTIVE)
            if not answer.success or answer.code:
                raise _refusal(answer, self._credentials.username)
        except ProjectXError as error:
            _hide(error, self._credentials.api_key)
            raise
        token = self._taken(answer, "token")
        if token is None:
            raise ProjectXAuthenticationError(
                "the login was accepted without a token that can be used: it is missing, "
                "malformed, or one that the gateway has refused; is api_url right?"
            )
        self.logins += 1
        if self._logouts != logouts:
            await self._end(token)
            raise ProjectXAuthenticationError("logged out while the login was under way")
        self._hold(token)
        self._tell("login")
        if self._background is None or self._background.done():
            self._background = self._supervisor.spawn(self._keep_fresh(), name="token-keeper")
        return token

    async def validate(self) -> bool:
        """Ask the gateway whether the session is valid, and take the token it offers.

        Returns:
            False when it is not; a login is needed then, which the next request makes by itself.
        """
        if self._token is None:
            return False
        held = self._token
        try:
            answer = await self._http.call(
                "/Auth/validate", None, headers=bearer(held), lane=Lane.PROTECTIVE
            )
        except ProjectXAuthenticationError:
            self._discard(held)
            return False
        if not answer.success:
            self._discard(held)
            return False
        fresh = self._taken(answer, "newToken", "token")
        if fresh is None or self._token != held:
            return self._token is not None
        self.renewals += 1
        self._hold(fresh)
        self._tell("renewal")
        return True

    async def logout(self) -> None:
        """End the session at the gateway and forget the token; without a session, do nothing.

        The token is forgotten whatever the gateway answers.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        token, self._token, self._expiry_ns, self._logged_in = self._token, None, 0, False
        self._logouts += 1
        if self._background is not None:
            self._background.cancel()
            self._background = None
        if token is not None:
            answer = await self._http.call(
                "/Auth/logout", None, headers=bearer(token), lane=Lane.CANCEL, idempotent=False
            )
            if not answer.success:
                raise refused(answer)

    async def _end(self, token: str) -> None:
        """End a session that nobody wants any more; one that is left over ends by itself."""
        try:
            await self._http.call(
                "/Auth/logout", None, headers=bearer(token), lane=Lane.CANCEL, idempotent=False
            )
        except ProjectXError as error:
            log.info("a session that was given up could not be ended: %s", error)

    async def _renewed(self) -> str | ProjectXError:
        """Renew; a failure is the result, since it is for the waiting callers to raise."""
        try:
            return await self._renew()
        except ProjectXError as error:
            return error

    async def _renew(self) -> str:
        if self._token is not None and self._left_ns() > 0:
            before = self._token
            try:
                await self.validate()
            except ProjectXError as error:
                log.info("the session token could not be renewed, logging in again: %s", error)
            held = self.current
            if held is not None and held != before:
                return held
        return await self.login()

    async def _keep_fresh(self) -> None:
        """Renew long before the token ends, so that no request waits for it."""
        while self._logged_in:
            left_s = (self._left_ns() - self._margin_ns(RENEW_AHEAD_NS)) / NS
            if left_s > 0:
                await asyncio.sleep(min(left_s + 0.001, LONGEST_NAP_S))
                continue
            try:
                await self.renew()
            except ProjectXError as error:
                log.warning("the session token could not be renewed, trying again: %s", error)
                await asyncio.sleep(RETRY_S)

    def _taken(self, answer: Envelope, *keys: str) -> str | None:
        """Return the first token of an answer that can be used."""
        for key in keys:
            try:
                token = answer.read(key, str)
            except ProjectXDataError:
                continue
            if token and is_token(token) and not self._is_refused(token):
                return token
        return None

    def _hold(self, token: str) -> None:
        self._token = token
        self._logged_in = True
        self._begun_ns = self._clock.wall_ns()
        life_ns, is_wrong = token_life_ns(token, self._begun_ns)
        if is_wrong:
            log.warning(
                "a token that was just issued has ended by this machine's clock, which must be "
                "wrong; its life is counted from now"
            )
        self._expiry_ns = self._begun_ns + life_ns

    def _tell(self, how: str) -> None:
        self.notices.tell("authenticated", {"how": how, "expires_ns": self._expiry_ns})

    def _discard(self, token: str) -> None:
        digest = _digest(token)
        if digest not in self._refused:
            self._refused.append(digest)
        if self._token == token:
            self._token = None

    def _is_refused(self, token: str) -> bool:
        return _digest(token) in self._refused

    def _left_ns(self) -> int:
        return self._expiry_ns - self._clock.wall_ns()

    def _margin_ns(self, usual_ns: int) -> int:
        return min(usual_ns, (self._expiry_ns - self._begun_ns) // SHARE_OF_LIFE)


def bearer(token: str) -> dict[str, str]:
    """Return the headers of a request with a token."""
    return {"Authorization": f"Bearer {token}"}


def _hide(error: ProjectXError, key: str) -> None:
    """Take a key out of an error: it has no form of its own that could be recognised anywhere."""
    error.args = tuple(str(text).replace(key, _HIDDEN) for text in error.args)
    for name, text in error.response_data.items():
        if isinstance(text, str):
            error.response_data[name] = text.replace(key, _HIDDEN)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()[:16]


def _refusal(answer: Envelope, username: str) -> ProjectXAuthenticationError:
    reason = refused(answer)
    return ProjectXAuthenticationError(
        f"login as {username!r}: {str(reason).partition(': ')[2]}. Check PROJECT_X_USERNAME and "
        "PROJECT_X_API_KEY, or run without an account: projectx run SCRIPT",
        answer.code,
        reason.response_data,
    )


def _closed() -> ProjectXConnectionError:
    return ProjectXConnectionError("the client was closed while it logged in")
