"""A hub that stays connected: one owner task connects, subscribes, runs, backs off, and again.

Invariants (``tests/realtime/test_hub.py``):

- *connected* is announced only after every wanted subscription was confirmed on this connection;
- delays grow exponentially up to a cap, with full jitter, and attempts never end;
- an attempt that fails does not shorten the next delay, a connection that lived does.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from project_x_py._core.gaps import GapReason
from project_x_py._core.redact import redact
from project_x_py._core.time import NS
from project_x_py._runtime.together import outlived, together
from project_x_py.exceptions import ProjectXConnectionError, ProjectXError
from project_x_py.realtime._connection import HubConnection, InvocationRefused
from project_x_py.realtime._opening import UNAUTHORIZED, HubOpener
from project_x_py.realtime._tasks import PASSING

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

    from project_x_py._ports import Clock, ConnectionChange, Network, TaskOwner
    from project_x_py._wire.decode import DecodeStats
    from project_x_py.realtime._connection import HubTiming, RecordTaker
    from project_x_py.realtime._opening import TokenSource

__all__ = ["FrameTap", "Hub", "Outages", "Subscription"]

logger = logging.getLogger(__name__)

Subscription = tuple[str, tuple[object, ...]]
"""What ``Subscribe`` is followed by in the method's name, and the arguments."""

FrameTap = Callable[[str, int, int, bytes], None]
"""Gets each frame: hub, sequence number from 1 on, time of reception, and its bytes."""

Adopted = tuple[HubConnection, "asyncio.Future[None]"]

GATEWAY_ASKS_FOR_LESS = (UNAUTHORIZED, 403, 429)
"""Answers after which attempts become rarer, whatever the hour."""


class Outages(Protocol):
    """Told what a lost connection was to bring, and when a hub brings it again."""

    def lost(self, hub: str, wanted: Iterable[Subscription], reason: GapReason) -> None: ...

    def left(self, hub: str, wanted: Iterable[Subscription]) -> None: ...

    def whole(self, hub: str, wanted: Iterable[Subscription]) -> None: ...


class Hub:
    """Keeps one hub connected from :meth:`start` to :meth:`stop`.

    Args:
        name: ``"user"`` or ``"market"``.
        url: Where it is; http and ws schemes are the same.
        token: Asked for the token at every attempt.
        taker: Gets the events.
        announce: Told of every change of state, after it.
        outages: Told before that of what is missed, and of when nothing is any more.
        in_session: Whether the market is, which is when delays are short.
        tasks: Starts the hub's tasks.
        clock: Stamps what arrives, measures silence.
        timing: How long to wait for what.
        jitter: Draws the delays.
        stats: Counts what did not fit.
    """

    def __init__(
        self,
        name: str,
        url: str,
        *,
        token: TokenSource,
        taker: RecordTaker,
        announce: ConnectionChange,
        outages: Outages,
        in_session: Callable[[], bool],
        tasks: TaskOwner,
        clock: Clock,
        timing: HubTiming,
        jitter: random.Random,
        stats: DecodeStats,
    ) -> None:
        self.name = name
        self.url = url
        self.errors = 0
        self.times_connected = 0
        self.sequence = 0
        self.bytes_received = 0
        self.retries = 0
        """Attempts to connect again, those that failed included."""
        self.reconnected_ns: int | None = None
        """Wall time of the newest connection that was not the first."""
        self.tap: FrameTap | None = None
        self._connected = False
        self._opener = HubOpener(
            name,
            url,
            token=token,
            in_session=in_session,
            tasks=tasks,
            clock=clock,
            timing=timing,
            stats=stats,
        )
        self.traffic = self._opener.traffic
        self._taker = taker
        self._announce = announce
        self._outages = outages
        self._in_session = in_session
        self._tasks = tasks
        self._clock = clock
        self._timing = timing
        self._jitter = jitter
        self._owner: asyncio.Task[None] | None = None
        self._connection: HubConnection | None = None
        self._next: Adopted | None = None
        self._waiters: set[asyncio.Future[None]] = set()
        self._wanted: dict[Subscription, None] = {}
        self._confirming: dict[Subscription, asyncio.Future[None]] = {}
        self._attempt = 0
        self._unconfirmed = 0
        self._hurry = asyncio.Event()

    @property
    def connected(self) -> bool:
        """Whether events arrive, everything wanted being subscribed to."""
        connection = self._connection
        return self._connected and connection is not None and not connection.ended

    @property
    def started(self) -> bool:
        """Whether the hub is connected or tries to be."""
        return self._owner is not None

    @property
    def wanted(self) -> tuple[Subscription, ...]:
        """What is subscribed to, and will be again after every reconnect."""
        return tuple(self._wanted)

    @property
    def heard_ns(self) -> int | None:
        """Monotonic time of the last frame of the open connection, None without one."""
        return self._connection.heard_ns if self._connection is not None else None

    def confirmed(self, subscription: Subscription) -> bool:
        """Whether the gateway has confirmed it on the connection that is open."""
        return (
            self.connected and subscription in self._wanted and subscription not in self._confirming
        )

    async def start(self, network: Network) -> None:
        """Connect, and stay so; returns once connected.

        Raises:
            ProjectXError: The first attempt failed, and nothing is left running.
        """
        if self._owner is None:
            self._opener.begin(network)
            self._attempt = self._unconfirmed = 0
            self._owner = self._tasks.spawn(self._own(), name=f"{self.name}-hub")
        await self.wait_connected()

    async def stop(self) -> None:
        """Disconnect; what was wanted is forgotten, since it dies with the connection."""
        owner = self._owner
        if owner is not None:
            self._outages.left(self.name, self._wanted)
            owner.cancel()
            await asyncio.wait({owner})
            if self._owner is owner:
                self._ended("disconnected here")  # an owner that never ran could not
        self._opener.end()
        self._wanted.clear()

    async def wait_connected(self) -> None:
        """Return once connected.

        Raises:
            ProjectXError: The hub was not started, gave up its first attempt, or was stopped.
        """
        if self.connected:
            return
        if self._owner is None:
            raise ProjectXConnectionError(f"the {self.name} hub is not connected")
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.add(waiter)
        try:
            await waiter
        finally:
            self._waiters.discard(waiter)

    def drop(
        self, reason: str, cause: GapReason = GapReason.DISCONNECTED, *, hurry: bool = True
    ) -> None:
        """End the present connection, and the present delay, and connect again.

        Args:
            reason: Why, for those who are told.
            cause: What the gap is put down to.
            hurry: Whether to connect at once, without a delay.
        """
        if hurry:
            self._hurry.set()
        if self._connection is not None:
            self._connection.lose(reason, cause)

    async def open(self, token: str) -> HubConnection:
        """Open a second connection with ``token``, for :meth:`replace` or to be closed.

        Raises:
            ProjectXConnectionError: It is refused, or nobody answers.
        """
        return await self._opener.open(token)

    async def replace(self, connection: HubConnection, reason: str) -> None:
        """Go over to ``connection``; everything wanted is subscribed to on it.

        Raises:
            ProjectXError: It was lost or refused before it was connected; the hub goes on by
                itself with the token it is given.
        """
        if self._owner is None:
            raise ProjectXConnectionError(f"the {self.name} hub is not connected")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        adopted = self._next = (connection, done)
        self.drop(reason)
        try:
            await done
        finally:
            if self._next is adopted:
                self._next = None

    async def subscribe(self, subscriptions: Iterable[Subscription]) -> None:
        """Want what is not wanted yet, and wait until the hub has confirmed all of it.

        Raises:
            ProjectXError: Not connected, refused, or not confirmed in time; nothing that this
                call began to want is wanted afterwards.
        """
        asked = list(dict.fromkeys(subscriptions))
        others = [self._confirming[item] for item in asked if item in self._confirming]
        fresh = [i for i in asked if i not in self._wanted and i not in self._confirming]
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        done.add_done_callback(_seen)
        self._confirming.update(dict.fromkeys(fresh, done))
        try:
            async with asyncio.timeout(2 * self._timing.invoke_s):
                await self._confirm(fresh)
                for other in others:
                    await asyncio.shield(other)
            done.set_result(None)
        except TimeoutError:
            raise ProjectXConnectionError(f"the {self.name} hub is not connected") from None
        finally:
            for item in fresh:
                del self._confirming[item]
                if not done.done():
                    self._wanted.pop(item, None)
            if not done.done():
                done.set_exception(ProjectXConnectionError("another call gave the subscription up"))

    async def unsubscribe(self, subscriptions: Iterable[Subscription]) -> None:
        """Want it no more, and tell the hub if it is connected.

        Raises:
            ProjectXError: The hub refused, or did not confirm in time.
        """
        gone = [item for item in dict.fromkeys(subscriptions) if item in self._wanted]
        for item in gone:
            del self._wanted[item]
        if self._connection is not None and self.connected:
            await self._invoke_all(self._connection, "Unsubscribe", gone)

    async def renew(self, subscriptions: Iterable[Subscription]) -> None:
        """Subscribe anew to what is subscribed to, without ever not wanting it.

        Once begun it is done to the end, also when the caller is cancelled. A hub that refuses is
        connected anew, for nobody knows then what it sends.

        Raises:
            ProjectXError: Not connected, or not again in time.
        """
        asked = [item for item in dict.fromkeys(subscriptions) if item in self._wanted]
        try:
            async with asyncio.timeout(2 * self._timing.invoke_s):
                await self.wait_connected()
                connection = self._connection
                if connection is None:
                    raise ProjectXConnectionError(f"the {self.name} hub is not connected")
                work = self._renewed(connection, asked)
                renewing = self._tasks.spawn(work, name=f"{PASSING}renew-{self.name}")
                await outlived(renewing, self._gone)
                await self.wait_connected()
        except TimeoutError:
            raise ProjectXConnectionError(f"the {self.name} hub is not connected") from None

    def _gone(self) -> ProjectXConnectionError:
        return ProjectXConnectionError(f"the {self.name} hub was left meanwhile", sent=True)

    async def _renewed(self, connection: HubConnection, asked: list[Subscription]) -> None:
        try:
            await self._invoke_all(connection, "Unsubscribe", asked)
            await self._invoke_all(connection, "Subscribe", asked)
        except ProjectXError as exc:
            if not connection.ended:
                connection.lose(redact(f"renewing a subscription failed: {exc}"))

    async def measure(self, method: str, arguments: tuple[object, ...], timeout_s: float) -> int:
        """Return the nanoseconds of one round trip; a refusal is an answer, too.

        Raises:
            ProjectXConnectionError: Not connected, or no answer in time.
        """
        if self._connection is None or not self.connected:
            raise ProjectXConnectionError(f"the {self.name} hub is not connected")
        began_ns = self._clock.monotonic_ns()
        with contextlib.suppress(InvocationRefused):
            await self._connection.invoke(method, arguments, timeout_s)
        return self._clock.monotonic_ns() - began_ns

    async def _confirm(self, fresh: list[Subscription]) -> None:
        await self.wait_connected()
        self._wanted.update(dict.fromkeys(fresh))
        connection = self._connection
        if connection is None:
            raise ProjectXConnectionError(f"the {self.name} hub is not connected")
        try:
            await self._invoke_all(connection, "Subscribe", fresh)
        except ProjectXConnectionError:
            if not connection.ended:
                raise
            # The next connection is announced only when it has confirmed all that is wanted.
            await self.wait_connected()

    async def _invoke_all(
        self,
        connection: HubConnection,
        verb: str,
        subscriptions: Iterable[Subscription],
        longest_s: float | None = None,
    ) -> None:
        timeout_s = min(self._timing.invoke_s, longest_s or self._timing.invoke_s)
        await together(
            connection.invoke(verb + what, arguments, timeout_s)
            for what, arguments in subscriptions
        )

    async def _own(self) -> None:
        reason = "disconnected here"
        try:
            while True:
                was_connected, reason, refused = await self._session()
                crashed = self._connection is not None and self._connection.crashed
                self._connection = None
                if crashed or not (was_connected or self._attempt):
                    return
                await self._back_off(reason, refused)
                reason = "disconnected here"
        finally:
            adopted, self._next = self._next, None
            self._ended(reason, adopted)
            if adopted:
                await self._close(adopted[0])

    def _ended(self, reason: str, adopted: Adopted | None = None) -> None:
        self._owner = None
        if self._connected:
            self._connected = False
            self._announce_loss(reason)
        waiting = [*self._waiters, *([adopted[1]] if adopted else [])]
        for waiter in waiting:
            if not waiter.done():
                waiter.set_exception(ProjectXConnectionError(reason, sent=True))

    async def _session(self) -> tuple[bool, str, bool]:
        """Connect once and run to the end.

        Returns:
            Whether it was connected, why it ended, and whether the gateway wants no attempts.
        """
        adopted: Adopted | None = None
        connection: HubConnection | None = None
        reason = "disconnected here"
        self._hurry.clear()
        try:
            connection, adopted = await self._acquire()
            self._connection = connection
            connection.start(self._tasks, self._taker, self._on_frame, self.name)
            await self._resubscribe(connection, patient=adopted is not None or not self._attempt)
            self._found(adopted)
            reason = await connection.over()
            self._lost(reason, connection.cause)
        except ProjectXError as exc:
            self.errors += 1
            reason = redact(str(exc))
            logger.warning("the %s hub cannot be connected: %s", self.name, reason)
            return False, reason, exc.error_code in GATEWAY_ASKS_FOR_LESS
        finally:
            if adopted and not adopted[1].done():
                adopted[1].set_exception(ProjectXConnectionError(reason, sent=True))
            if connection is not None:
                await self._close(connection)
        if connection.logged_out:
            self._opener.doubt(connection.token)
        if self._clock.monotonic_ns() - connection.opened_ns >= self._timing.stable_s * NS:
            self._attempt = 0
        return True, reason, False

    async def _resubscribe(self, connection: HubConnection, *, patient: bool) -> None:
        """Have everything wanted confirmed.

        Args:
            connection: Where.
            patient: Whether to wait as long as for any call; else a short wait that was in vain is
                followed by a longer one.

        Raises:
            ProjectXError: Refused, lost, or not confirmed in time.
        """
        doubled_s = self._timing.resubscribe_s * 2.0 ** min(self._unconfirmed, 30)
        longest_s = None if patient else doubled_s
        self._unconfirmed += 1
        await self._invoke_all(connection, "Subscribe", self.wanted, longest_s)
        self._unconfirmed = 0

    async def _acquire(self) -> tuple[HubConnection, Adopted | None]:
        """Open a connection, or take the one that was handed in, also while opening."""
        while True:
            if self._next is not None:
                adopted, self._next = self._next, None
                return adopted[0], adopted
            try:
                opened = await self._opener.open_with_token(alone=not self._attempt)
            except ProjectXError:
                if self._next is None:
                    raise
                continue
            if self._next is None:
                return opened, None
            await self._close(opened)

    async def _close(self, connection: HubConnection) -> None:
        """Close to the end, even when the owner is cancelled meanwhile."""
        closing = self._tasks.spawn(connection.close(), name=f"{PASSING}close-{self.name}")
        try:
            await asyncio.shield(closing)
        except asyncio.CancelledError:
            await asyncio.wait({closing})
            raise

    def _on_frame(self, data: bytes, recv_ns: int) -> None:
        self.sequence += 1
        self.bytes_received += len(data)
        if self.tap is not None:
            self.tap(self.name, self.sequence, recv_ns, data)

    def _found(self, adopted: Adopted | None) -> None:
        self._connected = True
        self.times_connected += 1
        if self.times_connected > 1:
            self.reconnected_ns = self._clock.wall_ns()
        attempt = self._attempt
        logger.info("the %s hub is connected", self.name)
        for waiter in self._waiters:
            if not waiter.done():
                waiter.set_result(None)
        if adopted and not adopted[1].done():
            adopted[1].set_result(None)
        # What another call is still asking for is whole when that call has it confirmed.
        self._outages.whole(self.name, [i for i in self._wanted if i not in self._confirming])
        self._announce("connected", self.name, {"reason": None, "attempt": attempt, "delay": 0.0})

    def _lost(self, reason: str, cause: GapReason) -> None:
        self._connected = False
        self._outages.lost(self.name, self._wanted, cause)
        if self._hurry.is_set():
            logger.info("the %s hub is left: %s", self.name, reason)
        else:
            self.errors += 1
            logger.warning("the %s hub was lost: %s", self.name, reason)
        self._announce_loss(reason)

    def _announce_loss(self, reason: str) -> None:
        details = {"reason": reason, "attempt": 0, "delay": 0.0}
        self._announce("disconnected", self.name, details)

    async def _back_off(self, reason: str, refused: bool) -> None:
        timing = self._timing
        self._attempt += 1
        self.retries += 1
        cap_s = timing.backoff_cap_s if self._in_session() else timing.closed_cap_s
        if refused:
            cap_s = max(cap_s, timing.refused_cap_s)
        longest_s = min(cap_s, timing.backoff_s * 2 ** min(self._attempt - 1, 30))
        delay_s = 0.0 if self._hurry.is_set() else self._jitter.uniform(0.0, longest_s)
        details = {"reason": reason, "attempt": self._attempt, "delay": delay_s}
        self._announce("reconnecting", self.name, details)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(delay_s):
                await self._hurry.wait()


def _seen(done: asyncio.Future[None]) -> None:
    """Look at an outcome that perhaps nobody else waits for."""
    if not done.cancelled():
        done.exception()
