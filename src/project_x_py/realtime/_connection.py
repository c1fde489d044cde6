"""One open connection to a hub, from its handshake to its end.

A reader task turns frames into calls of a :class:`RecordTaker`, synchronously and in order; a
keeper task pings and watches for silence. Nothing here reconnects: that is the hub's.

Invariants (``tests/realtime/test_connection.py``):

- pings go out in fixed intervals of monotonic time, whatever the traffic;
- a server that has said nothing for ``silence_s`` is gone, even if its socket stays open; time in
  which this process stood still does not count;
- every invocation ends: with its completion, its refusal, the time-out, or the connection;
- after a bounded number of records the reader lets the loop do something else.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, urlsplit, urlunsplit

from project_x_py._core.gaps import GapReason
from project_x_py._core.redact import redact
from project_x_py._core.time import NS
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXConnectionError, ProjectXDataError, ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._ports import Clock, Network, Socket, TaskOwner
    from project_x_py._wire.decode import DecodeStats
    from project_x_py._wire.signalr import Envelope

__all__ = [
    "HubConnection",
    "HubTiming",
    "HubTraffic",
    "InvocationRefused",
    "RecordTaker",
    "socket_url",
]

BATCH_RECORDS = 256
"""Records, or frames, taken before the loop may do something else."""

LOGOUT = "GatewayLogout"

MS = 1_000_000
STALL_NS = 250 * MS
"""A timer that comes so late says that the loop was kept from its sockets as well."""


class InvocationRefused(ProjectXError):  # noqa: N818 - what the hub says, not a fault here
    """The hub completed an invocation with an error."""


@dataclass(frozen=True, slots=True)
class HubTiming:
    """How long a hub waits for what; seconds of wall time, never scaled."""

    connect_s: float = 10.0
    invoke_s: float = 10.0
    hedge_s: float = 2.0
    """While reconnecting, another attempt begins beside one that has had no answer for so long."""
    resubscribe_s: float = 2.5
    """Longest wait for a confirmation after a reconnect; doubles with each that did not come."""
    ping_s: float = 10.0
    silence_s: float = 30.0
    backoff_s: float = 0.25
    backoff_cap_s: float = 2.5
    """Longest delay while the market is in session, where every second is missed."""
    closed_cap_s: float = 60.0
    """Longest delay while the market is closed, when gateways are maintained."""
    refused_cap_s: float = 30.0
    """Longest delay while the gateway refuses the token, or asks for less."""
    stable_s: float = 10.0
    """A connection that lived so long was a good one: the next loss begins with short delays."""


class RecordTaker(Protocol):
    """Who gets the events of a hub."""

    def take(self, record: bytes, recv_ns: int) -> bool:
        """Apply a record of a usual shape; False hands it to the envelope path."""
        ...

    def on_event(self, event: Envelope, recv_ns: int) -> None:
        """Apply an event of any other shape."""
        ...


@dataclass(slots=True)
class HubTraffic:
    """What was sent to a hub, over all of its connections.

    Attributes:
        sent: Messages: handshakes, invocations and pings.
        timeouts: How often an answer, or any sign of life, did not come in time.
    """

    sent: int = 0
    timeouts: int = 0


class HubConnection:
    """A socket that has passed the handshake; made by :meth:`open`."""

    def __init__(
        self,
        socket: Socket,
        splitter: signalr.RecordSplitter,
        waiting: list[bytes],
        *,
        token: str,
        clock: Clock,
        timing: HubTiming,
        stats: DecodeStats,
        traffic: HubTraffic,
    ) -> None:
        self.token = token
        self._socket = socket
        self._splitter = splitter
        self._waiting = waiting
        self._clock = clock
        self._timing = timing
        self._stats = stats
        self._traffic = traffic
        self._pending: dict[str, asyncio.Future[None]] = {}
        self._last_id = 0
        self._over: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._tasks: list[asyncio.Task[None]] = []
        self.heard_ns = clock.monotonic_ns()
        self.opened_ns = self.heard_ns
        self.crashed = False
        self.logged_out = False
        self.cause = GapReason.DISCONNECTED

    @classmethod
    async def open(
        cls,
        network: Network,
        url: str,
        token: str,
        *,
        clock: Clock,
        timing: HubTiming,
        stats: DecodeStats,
        traffic: HubTraffic,
    ) -> HubConnection:
        """Connect and shake hands.

        Raises:
            ProjectXConnectionError: Nobody answers, or the gateway refuses; the HTTP status, if
                there is one, is the ``error_code``.
        """
        socket = await network.connect(
            socket_url(url, token), headers={}, timeout_s=timing.connect_s
        )
        try:
            async with asyncio.timeout(timing.connect_s):
                traffic.sent += 1
                splitter, waiting = await _shake_hands(socket)
        except BaseException as exc:
            await socket.close()
            if isinstance(exc, TimeoutError):
                traffic.timeouts += 1
                raise ProjectXConnectionError(
                    f"no handshake within {timing.connect_s:g} s", sent=True
                ) from None
            if isinstance(exc, ConnectionError | ProjectXDataError):
                raise ProjectXConnectionError(f"handshake: {exc}", sent=True) from None
            raise
        return cls(
            socket,
            splitter,
            waiting,
            token=token,
            clock=clock,
            timing=timing,
            stats=stats,
            traffic=traffic,
        )

    @property
    def ended(self) -> bool:
        """Whether the connection is lost or closed."""
        return self._over.done()

    def start(
        self,
        tasks: TaskOwner,
        taker: RecordTaker,
        on_frame: Callable[[bytes, int], None],
        name: str,
    ) -> None:
        """Begin to read and to ping.

        Args:
            tasks: Starts the reader and the keeper.
            taker: Gets the records.
            on_frame: Told of each frame and its time of reception before its records are taken.
            name: Part of the names of the tasks.
        """
        self._tasks = [
            tasks.spawn(self._read(taker, on_frame), name=f"{name}-hub-reader"),
            tasks.spawn(self._keep(), name=f"{name}-hub-keeper"),
        ]

    async def over(self) -> str:
        """Wait for the end of the connection and return its reason."""
        return await asyncio.shield(self._over)

    def lose(self, reason: str, cause: GapReason | None = None) -> None:
        """End the connection: :meth:`over` returns ``reason``, invocations fail with it."""
        if not self._over.done():
            self.cause = cause or self.cause
            self._over.set_result(reason)
        for call in self._pending.values():
            if not call.done():
                call.set_exception(ProjectXConnectionError(reason, sent=True))

    async def close(self) -> None:
        """End tasks and socket; closing twice is fine."""
        self.lose("closed here")
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        await self._socket.close()

    async def invoke(self, method: str, arguments: Sequence[object], timeout_s: float) -> None:
        """Call a method of the hub and wait for its completion.

        Raises:
            InvocationRefused: The hub completed it with an error.
            ProjectXConnectionError: The connection ended, or no completion came in time.
        """
        if self._over.done():
            raise ProjectXConnectionError(f"{method}: {self._over.result()}")
        self._last_id += 1
        key = str(self._last_id)
        call: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pending[key] = call
        try:
            async with asyncio.timeout(timeout_s):
                self._traffic.sent += 1
                await self._socket.send(signalr.encode_invocation(method, arguments, key))
                await call
        except TimeoutError:
            self._traffic.timeouts += 1
            raise ProjectXConnectionError(
                f"{method}: no completion within {timeout_s:g} s", sent=True
            ) from None
        except ConnectionError as exc:
            raise ProjectXConnectionError(f"{method}: {exc}", sent=True) from None
        except InvocationRefused as exc:
            raise InvocationRefused(f"{method}: {exc}") from None
        finally:
            del self._pending[key]

    async def _read(self, taker: RecordTaker, on_frame: Callable[[bytes, int], None]) -> None:
        reason = "a reader of its events failed"
        crashed = True
        try:
            reason = await self._read_until_lost(taker, on_frame)
            crashed = False
        except asyncio.CancelledError:
            crashed = False
            raise
        finally:
            self.crashed = crashed
            self.lose(redact(reason))

    async def _read_until_lost(
        self, taker: RecordTaker, on_frame: Callable[[bytes, int], None]
    ) -> str:
        records, self._waiting = self._waiting, []
        recv_ns = self._clock.now_ns()
        take = taker.take
        taken = 0
        while True:
            for batch in _batches(records):
                for record in batch:
                    if not take(record, recv_ns):
                        reason = self._take(record, taker, recv_ns)
                        if reason is not None:
                            return reason
                taken += len(batch)
                if taken >= BATCH_RECORDS:
                    taken = 0
                    await asyncio.sleep(0)
            try:
                data = await self._socket.receive()
            except ConnectionError as exc:
                return str(exc)
            self.heard_ns = self._clock.monotonic_ns()
            recv_ns = self._clock.now_ns()
            on_frame(data, recv_ns)
            try:
                records = self._splitter.feed(data)
            except ProjectXDataError as exc:
                return self._corrupt(data, exc)
            taken += 1

    def _take(self, record: bytes, taker: RecordTaker, recv_ns: int) -> str | None:
        """Apply one record; return why the connection has to end, if it has."""
        try:
            envelope = signalr.decode_record(record)
        except ProjectXDataError as exc:
            return self._corrupt(record, exc)
        if envelope.type == signalr.RecordType.INVOCATION:
            if envelope.target == LOGOUT:
                self.logged_out = True
                return "the gateway ended the session"
            taker.on_event(envelope, recv_ns)
        elif envelope.type == signalr.RecordType.COMPLETION:
            self._complete(envelope)
        elif envelope.type == signalr.RecordType.CLOSE:
            return envelope.error or "the gateway closed the connection"
        elif envelope.type != signalr.RecordType.PING:
            # Nothing here asks for a stream, so that such a record has no addressee.
            self._stats.note("unknown record type", record)
        return None

    def _corrupt(self, offender: bytes, exc: ProjectXDataError) -> str:
        self._stats.note("corrupt frame", offender)
        self.cause = GapReason.CORRUPT
        return f"corrupt frame: {exc}"

    def _complete(self, envelope: Envelope) -> None:
        call = self._pending.get(envelope.invocation_id or "")
        if call is None or call.done():
            return
        if envelope.error is None:
            call.set_result(None)
        else:
            call.set_exception(InvocationRefused(envelope.error))

    async def _keep(self) -> None:
        ping_ns, silence_ns = round(self._timing.ping_s * NS), round(self._timing.silence_s * NS)
        next_ns = self._clock.monotonic_ns() + ping_ns
        due_ns = since_ns = 0
        while True:
            now_ns = self._clock.monotonic_ns()
            if due_ns and now_ns - due_ns >= STALL_NS:
                # Frames may wait behind what kept the loop: that time is nobody's silence.
                since_ns = max(since_ns, self.heard_ns) + now_ns - due_ns
            due_ns = 0
            silent_ns = max(self.heard_ns, since_ns) + silence_ns
            if now_ns >= silent_ns:
                self._traffic.timeouts += 1
                self.lose(
                    f"the gateway has said nothing for {self._timing.silence_s:g} s",
                    GapReason.SILENT,
                )
                return
            if now_ns < next_ns:
                pause_ns = max(min(next_ns, silent_ns) - now_ns, MS)
                due_ns = now_ns + pause_ns
                await asyncio.sleep(pause_ns / NS)
                continue
            next_ns = now_ns + ping_ns
            try:
                async with asyncio.timeout(self._timing.ping_s):
                    self._traffic.sent += 1
                    await self._socket.send(signalr.PING)
            except TimeoutError:
                self._traffic.timeouts += 1
                self.lose(
                    f"the gateway has read nothing for {self._timing.ping_s:g} s", GapReason.SILENT
                )
                return
            except ConnectionError as exc:
                self.lose(redact(str(exc)))
                return


def _batches(records: list[bytes]) -> Sequence[list[bytes]]:
    """Return records in lists of at most ``BATCH_RECORDS``."""
    if len(records) <= BATCH_RECORDS:
        return (records,)
    starts = range(0, len(records), BATCH_RECORDS)
    return [records[start : start + BATCH_RECORDS] for start in starts]


def socket_url(url: str, token: str) -> str:
    """Return the WebSocket URL of a hub, with the token where the gateway wants it.

    Raises:
        ProjectXConnectionError: The URL is not an http, https, ws or wss one.
    """
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss", "ws": "ws", "wss": "wss"}.get(parts.scheme.lower())
    if scheme is None or not parts.netloc:
        raise ProjectXConnectionError(f"not the URL of a hub: {url.partition('?')[0]!r}")
    query = f"access_token={quote(token, safe='')}"
    if parts.query:
        query = f"{parts.query}&{query}"
    return urlunsplit((scheme, parts.netloc, parts.path, query, ""))


async def _shake_hands(socket: Socket) -> tuple[signalr.RecordSplitter, list[bytes]]:
    """Agree on the protocol; return the splitter and the records that came along."""
    await socket.send(signalr.encode_handshake())
    splitter = signalr.RecordSplitter()
    records: list[bytes] = []
    while not records:
        records = splitter.feed(await socket.receive())
    refusal = signalr.parse_handshake_response(records[0])
    if refusal is not None:
        raise ProjectXConnectionError(f"the hub refuses the handshake: {refusal}", sent=True)
    return splitter, records[1:]
