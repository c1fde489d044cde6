"""Opening the connections of a hub: with which token, and beside which other attempts.

Invariants (``tests/realtime/test_hub.py``):

- the token is asked for anew at every attempt, and one that was refused is not offered again;
- while reconnecting, no attempt without an answer is waited for: others begin beside it, and the
  first that is answered decides.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Protocol

from project_x_py._core.time import NS
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime._connection import HubConnection, HubTraffic
from project_x_py.realtime._tasks import PASSING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._ports import Clock, Network, TaskOwner
    from project_x_py._wire.decode import DecodeStats
    from project_x_py.realtime._connection import HubTiming

__all__ = ["UNAUTHORIZED", "HubOpener", "TokenSource"]

logger = logging.getLogger(__name__)

UNAUTHORIZED = 401

Opening = asyncio.Task[HubConnection | ProjectXConnectionError]
"""An attempt to open a connection, and how it ended."""


class NobodyAnswered(ProjectXConnectionError):  # noqa: N818 - what happened, not a fault here
    """An attempt to open a connection had no answer in time."""


class TokenSource(Protocol):
    """Asked for the token of an attempt, and told of one that the gateway has refused.

    One that is ``doubtful``, because its session was ended, may still be offered for want of
    another.
    """

    def __call__(
        self, refused: str | None = None, doubtful: str | None = None
    ) -> Awaitable[str]: ...


class HubOpener:
    """Opens connections to one hub while it has a network.

    Args:
        name: ``"user"`` or ``"market"``.
        url: Where the hub is.
        token: Asked for the token at every attempt.
        in_session: Whether the market is, in which attempts go on beside those without an answer.
        tasks: Runs the attempts.
        clock: Measures how long one took.
        timing: How long to wait for what.
        stats: Counts what did not fit.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        token: TokenSource,
        in_session: Callable[[], bool],
        tasks: TaskOwner,
        clock: Clock,
        timing: HubTiming,
        stats: DecodeStats,
    ) -> None:
        self.name = name
        self.url = url
        self._token = token
        self._in_session = in_session
        self._tasks = tasks
        self._clock = clock
        self._timing = timing
        self._stats = stats
        self.traffic = HubTraffic()
        self._network: Network | None = None
        self._refused: str | None = None
        self._doubtful: str | None = None

    def begin(self, network: Network) -> None:
        """Use ``network`` from now on, and forget what was refused."""
        self._network = network
        self._refused = self._doubtful = None

    def end(self) -> None:
        """Open nothing any more."""
        self._network = None

    def doubt(self, token: str) -> None:
        """Ask for another token next time: the session of this one was ended."""
        self._doubtful = token

    async def open(self, token: str) -> HubConnection:
        """Open one connection with ``token``.

        Raises:
            ProjectXConnectionError: It is refused, or nobody answers.
        """
        if self._network is None:
            raise ProjectXConnectionError(f"the {self.name} hub is not connected")
        return await HubConnection.open(
            self._network,
            self.url,
            token,
            clock=self._clock,
            timing=self._timing,
            stats=self._stats,
            traffic=self.traffic,
        )

    async def open_with_token(self, *, alone: bool) -> HubConnection:
        """Open a connection; a token that is refused is replaced once, and the other one tried.

        Args:
            alone: Whether one attempt is waited for to its end, instead of others beside it.

        Raises:
            ProjectXError: No token can be had, or the hub refuses, or nobody answers.
        """
        opening = self.open if alone else self._raced
        token = await self._token(refused=self._refused, doubtful=self._doubtful)
        try:
            try:
                opened = await opening(token)
            except ProjectXConnectionError as exc:
                if exc.error_code != UNAUTHORIZED:
                    raise
                logger.info("the %s hub refuses the token; another one is asked for", self.name)
                token = await self._token(refused=token)
                opened = await opening(token)
        except ProjectXConnectionError as exc:
            if exc.error_code == UNAUTHORIZED:
                self._refused = token
            raise
        self._refused = self._doubtful = None
        return opened

    async def _raced(self, token: str) -> HubConnection:
        """Open a connection, beginning again beside attempts that have had no answer for a while.

        One that was never answered says nothing of those that began later, which go on while the
        market is in session.

        Raises:
            ProjectXConnectionError: The first attempt that ended was refused, or nobody answered.
        """
        racing: list[Opening] = []
        won: HubConnection | None = None
        try:
            while True:
                work = self._outcome_of(token)
                racing.append(self._tasks.spawn(work, name=f"{PASSING}open-{self.name}"))
                ended, _ = await asyncio.wait(
                    racing,
                    timeout=self._timing.hedge_s,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                outcomes = [task.result() for task in ended]
                won = next((one for one in outcomes if isinstance(one, HubConnection)), None)
                if won is not None:
                    return won
                if self._in_session():
                    outcomes = [one for one in outcomes if not isinstance(one, NobodyAnswered)]
                for one in outcomes:
                    if isinstance(one, ProjectXConnectionError):
                        raise one
                racing = [task for task in racing if task not in ended]
        finally:
            await self._abandon(racing, won)

    async def _outcome_of(self, token: str) -> HubConnection | ProjectXConnectionError:
        began_ns = self._clock.monotonic_ns()
        try:
            return await self.open(token)
        except ProjectXConnectionError as exc:
            took_s = (self._clock.monotonic_ns() - began_ns) / NS
            if took_s < 0.9 * self._timing.connect_s:
                return exc
            return NobodyAnswered(str(exc), sent=exc.sent)

    async def _abandon(self, racing: list[Opening], won: HubConnection | None) -> None:
        """Give up every attempt but the one that won; wait for that only if nothing else goes on.

        A black hole takes its time even to be left.
        """
        losers = [task for task in racing if not task.done() or task.result() is not won]
        for task in losers:
            task.cancel()
        if losers:
            leaving = self._tasks.spawn(_left(losers), name=f"{PASSING}leave-{self.name}")
            current = asyncio.current_task()
            if current is not None and current.cancelling():
                await asyncio.wait({leaving})


async def _left(attempts: list[Opening]) -> None:
    """Wait for attempts that were given up, and close what they have opened all the same."""
    ended, _ = await asyncio.wait(attempts)
    for task in ended:
        opened = None if task.cancelled() else task.result()
        if isinstance(opened, HubConnection):
            await opened.close()
