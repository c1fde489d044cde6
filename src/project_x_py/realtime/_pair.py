"""Both hubs of a client as one connection: token, network, connect, disconnect, token change.

Invariants (``tests/realtime/test_pair.py``):

- a connect that fails leaves nothing open, and the next one starts afresh;
- a new token is proved by a handshake on both hubs before anything of the old state is given up;
- a token change that fails or runs out of time leaves the old token and every subscription;
- a token that the gateway has refused is not offered again, unless somebody connects anew with it;
- a token factory that fails, hangs or makes no token costs the attempt, never the hub.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import math
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, Protocol

from project_x_py._core.redact import redact
from project_x_py._runtime.together import together
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXConnectionError,
    ProjectXError,
)
from project_x_py.realtime._callbacks import called
from project_x_py.realtime._connection import socket_url
from project_x_py.realtime._tasks import PASSING
from project_x_py.realtime._turns import Turns

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._ports import Clock, ConnectionChange, Network
    from project_x_py.realtime._connection import HubConnection
    from project_x_py.realtime._hub import Hub
    from project_x_py.realtime._tasks import TaskLedger

__all__ = ["HubPair", "TokenFactory", "Watch"]

TokenFactory = Callable[..., Awaitable[str] | str]
"""Makes the token of the next attempt.

Called without arguments; one that takes an argument ``refused`` gets the token that the gateway
has refused, None as a rule, and returns another one.
"""

REMEMBERED = 16
"""Refused tokens that are told from others."""

TOKEN_S = 30.0
"""Longest wait for the token of one attempt; a login goes on without it, for the next one."""
CONNECT_S = 10.0
"""Longest wait for both hubs together."""
LONGEST_TOKEN = 8192
"""More characters than any server takes in a URL."""
RECOVER_S = 5.0
"""Longest wait for the old state after a token change that failed."""

logger = logging.getLogger(__name__)


class Watch(Protocol):
    """Runs from a connect to the disconnect."""

    def start(self) -> None: ...

    async def stop(self) -> None: ...


class HubPair:
    """The user hub and the market hub under one token.

    The hubs are set once, by :meth:`adopt`, since they ask the pair for the token.

    Args:
        token: The first token.
        open_network: Makes the network of each connect.
        clock: For the time of connecting.
        tasks: Starts what outlives a call.
    """

    def __init__(
        self, token: str, open_network: Callable[[], Network], clock: Clock, tasks: TaskLedger
    ) -> None:
        self.token_factory: TokenFactory | None = None
        self.connected_ns: int | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        self.last_error: str | None = None
        self._token = token
        self._refused: deque[str] = deque(maxlen=REMEMBERED)
        self._open_network = open_network
        self._clock = clock
        self._tasks = tasks
        self._network: Network | None = None
        self._hubs: tuple[Hub, ...] = ()
        self._watches: tuple[Watch, ...] = ()
        self._listeners: tuple[ConnectionChange, ...] = ()
        self._changing: asyncio.Future[None] | None = None
        self._turns = Turns(
            tasks, self._join, self._leave, lambda: self.failed("disconnected meanwhile")
        )

    def adopt(self, *hubs: Hub, watches: tuple[Watch, ...]) -> None:
        """Set the hubs, and what runs while they are connected."""
        self._hubs = hubs
        self._watches = watches

    @property
    def hubs(self) -> tuple[Hub, ...]:
        """The user hub, then the market hub."""
        return self._hubs

    @property
    def errors(self) -> int:
        """Lost connections and failed attempts."""
        return sum(hub.errors for hub in self._hubs)

    @property
    def connected(self) -> bool:
        """Whether every hub is connected."""
        return all(hub.connected for hub in self._hubs)

    def add_listener(self, listener: ConnectionChange) -> None:
        """Tell ``listener`` of every change of a hub's state; adding it twice is adding it once."""
        if listener not in self._listeners:
            self._listeners = (*self._listeners, listener)

    def announce(self, state: str, hub: str, details: Mapping[str, Any]) -> None:
        """Tell the listeners, in the order in which they were added."""
        for listener in self._listeners:
            listener(state, hub, details)

    async def token(self, refused: str | None = None, doubtful: str | None = None) -> str:
        """Return the token for the next attempt.

        Args:
            refused: One that the gateway has just refused.
            doubtful: One whose session the gateway has ended.

        Raises:
            ProjectXAuthenticationError: There is no token but refused ones, or the factory failed.
            ProjectXConnectionError: The factory does not come to an end.
        """
        if refused is not None and refused not in self._refused:
            self._refused.append(refused)
        if self.token_factory is not None:
            known = self._token if self._token in self._refused else None
            gone = refused or doubtful or known
            self._token = await _made(self.token_factory, gone)
        if self._token in self._refused:
            raise ProjectXAuthenticationError(
                "the gateway refuses the session token, and there is no other one", 401
            )
        return self._token

    async def connect(self) -> bool:
        """Connect both hubs; False with the reason in ``last_error``, and nothing left open.

        Calls at the same time are one; one that comes while the hubs are left waits for that.
        """
        self._tasks.raise_if_faulted()
        await self._turns.settled()
        if self.connected and self.connected_ns is not None:
            return True
        return await self._turns.join()

    async def disconnect(self) -> None:
        """Leave both hubs and forget what was subscribed to; harmless when not connected.

        A connect under way returns False.
        """
        await self._turns.leave()

    async def _join(self) -> bool:
        self.loop = asyncio.get_running_loop()
        if self._network is None:
            self._network = self._open_network()
            self._refused.clear()
        network = self._network
        try:
            async with asyncio.timeout(CONNECT_S):
                await together(hub.start(network) for hub in self._hubs)
        except (ProjectXError, TimeoutError) as exc:
            reason = str(exc) or f"not connected within {CONNECT_S:g} s"
            self.last_error = redact(reason)
            logger.error("the hubs cannot be connected: %s", self.last_error)
            return False
        for watch in self._watches:
            watch.start()
        self.connected_ns = self._clock.now_ns()
        self.last_error = None
        return True

    async def _leave(self) -> None:
        self.connected_ns = None
        for watch in self._watches:
            await watch.stop()
        await together(hub.stop() for hub in self._hubs)
        network, self._network = self._network, None
        if network is not None:
            await network.close()

    async def disconnect_checked(self) -> None:
        """Disconnect, then tell of a task that has died.

        Raises:
            ProjectXError: A task of the client has died of an internal error.
        """
        await self.disconnect()
        self._tasks.raise_if_faulted()

    def check_urls(self) -> None:
        """Check that both hubs have a URL that can be used.

        Raises:
            ProjectXConnectionError: One has not.
        """
        for hub in self._hubs:
            socket_url(hub.url, "")

    def failed(self, reason: str) -> None:
        """Remember why a call returns False."""
        self.last_error = reason

    async def reconnect(self, reason: str) -> bool:
        """Drop both hubs and return whether they are connected again in time."""
        for hub in self._hubs:
            hub.drop(reason)
        try:
            async with asyncio.timeout(CONNECT_S):
                await together(hub.wait_connected() for hub in self._hubs)
        except (ProjectXError, TimeoutError) as exc:
            self.last_error = redact(str(exc) or f"not connected within {CONNECT_S:g} s")
            return False
        return True

    async def update_token(self, token: str, timeout_s: float) -> bool:
        """Go over to ``token``; see :class:`ProjectXRealtimeClient`.

        Raises:
            TimeoutError: It did not work in time; the old state is back.
            ValueError: No text, or no time.
        """
        self._tasks.raise_if_faulted()
        if not isinstance(token, str):
            raise ValueError(f"a token is text, not {type(token).__name__}")
        is_number = isinstance(timeout_s, int | float)
        if not is_number or math.isnan(timeout_s):
            raise ValueError(f"timeout is a number of seconds, not {timeout_s!r}")
        if len(token) > LONGEST_TOKEN or not token.strip():
            self.last_error = f"token change: {len(token.strip())} characters are no token"
            return False
        loop = asyncio.get_running_loop()
        deadline = loop.time() + timeout_s
        async with asyncio.timeout_at(deadline):
            while self._changing is not None:
                await asyncio.shield(self._changing)
            await self._turns.settled()
        changing = self._changing = loop.create_future()
        old = self._token
        try:
            async with asyncio.timeout_at(deadline):
                await self._change(token)
        except (ProjectXError, TimeoutError) as exc:
            self._token = old
            self.last_error = redact(f"token change: {str(exc) or 'out of time'}")
            logger.error("%s", self.last_error)
            await self._recover()
            if isinstance(exc, TimeoutError):
                raise
            return False
        except BaseException:
            self._token = old
            raise
        finally:
            self._changing = None
            changing.set_result(None)
        return True

    async def _change(self, token: str) -> None:
        opened: list[HubConnection] = []
        if not any(hub.started for hub in self._hubs):
            self._token = token
            return
        try:
            for hub in self._hubs:
                opened.append(await hub.open(token))  # noqa: PERF401 - those before a failure count
            self._token = token
            if token in self._refused:
                self._refused.remove(token)
            await together(
                hub.replace(connection, "the token was changed")
                for hub, connection in zip(self._hubs, opened, strict=True)
            )
        except BaseException:
            for number, connection in enumerate(opened):
                self._tasks.spawn(connection.close(), name=f"{PASSING}close-{number}")
            raise

    async def _recover(self) -> None:
        with contextlib.suppress(ProjectXConnectionError, TimeoutError):
            async with asyncio.timeout(RECOVER_S):
                await together(hub.wait_connected() for hub in self._hubs)


async def _made(factory: TokenFactory, refused: str | None) -> str:
    """Return what a factory of either form makes; whatever it does, the attempt ends.

    Raises:
        ProjectXAuthenticationError: It failed, or made no token.
        ProjectXConnectionError: It did neither in time.
    """
    try:
        takes = "refused" in inspect.signature(factory).parameters
    except (TypeError, ValueError):
        takes = False
    named = {"refused": refused} if takes else {}
    try:
        async with asyncio.timeout(TOKEN_S):
            made, failure = await called(factory, **named)
    except TimeoutError:
        raise ProjectXConnectionError(f"no token within {TOKEN_S:g} s") from None
    if isinstance(failure, ProjectXError):
        raise failure
    if failure is not None:
        what = redact(f"{type(failure).__name__}: {failure}")
        raise ProjectXAuthenticationError(f"the token factory failed: {what}") from failure
    if not isinstance(made, str) or not made.strip():
        kind = "an empty text" if isinstance(made, str) else type(made).__name__
        raise ProjectXAuthenticationError(f"the token factory made no token, but {kind}")
    return made
