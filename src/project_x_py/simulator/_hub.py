"""The server's side of the SignalR hub protocol, without a transport.

A :class:`HubConnection` takes what a client sent and holds what is to be sent to it; who carries
the bytes, a WebSocket or a method call, is not its concern. A :class:`Hub` knows its methods and
its connections.

Nothing is dropped in silence: a connection whose client does not keep up is closed with an error
once too much waits for it. Pings and time-outs follow the loop's own time and are never scaled.

Invariants (``tests/simulator/test_hub.py``): whatever a client sends, the hub answers or closes
and never raises; every invocation that carries an id gets exactly one completion.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXDataError, ProjectXError
from project_x_py.simulator._hub_faults import HubTrouble
from project_x_py.simulator._hub_quirks import HubQuirks
from project_x_py.simulator._late import LateLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from project_x_py._wire.signalr import Envelope
    from project_x_py.simulator._faults import Faults

    _Subscribers = Mapping["HubConnection", None]

__all__ = ["Hub", "HubConnection", "HubRefusal", "Method"]

PING_EVERY_S = 10.0
"""Below the 15 s that clients count on."""
SILENCE_S = 30.0
"""A client that has said nothing for so long is taken for gone."""
HANDSHAKE_S = 15.0
CUT_AFTER_S = 5.0
"""How long a client that has been told goodbye may take to read it."""
MAX_RECEIVED_BYTES = 1024 * 1024
MAX_WAITING_BYTES = 8 * 1024 * 1024
BATCH_BYTES = 256 * 1024


class HubRefusal(ProjectXError):  # noqa: N818 - what a method says, not a fault of the server
    """Why a hub method does not do what it was asked; sent to the caller."""


@dataclass(frozen=True, slots=True)
class Method:
    """A hub method: the types of its arguments, and what it does for a connection.

    ``call`` returns what follows the completion, to be sent to the caller alone.
    """

    takes: tuple[type, ...]
    call: Callable[..., bytes | None]


class HubConnection:
    """One client of a hub.

    Args:
        hub: Where the client is connected.
        loop: Whose time pings and time-outs follow.
        cut: Breaks the transport off, even while it is stuck.

    Attributes:
        stall: Lets the transport answer no ping of its own any more; called when the connection
            goes half-open.
    """

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop, cut: Callable[[], None]) -> None:
        self._hub = hub
        self._loop = loop
        self._cut = cut
        self.stall: Callable[[], None] = _nothing_to_stall
        self._splitter = signalr.RecordSplitter(MAX_RECEIVED_BYTES)
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._wakeup = asyncio.Event()
        self._late = LateLine(loop, self._queue)
        self._dead = False
        self._greeted = False
        self._ended = False
        self._heard_at = loop.time()
        self._timer = loop.call_later(HANDSHAKE_S, self._tick)

    @property
    def ended(self) -> bool:
        """Whether nothing more is taken from the client; what waits may still be sent."""
        return self._ended

    def receive(self, data: bytes | str) -> None:
        """Take one message of the client, which may hold any number of records, or parts."""
        if self._ended or self._dead:
            return
        self._heard_at = self._loop.time()
        try:
            for raw in self._splitter.feed(data):
                if self._ended:
                    return
                if self._greeted:
                    self._take(signalr.decode_record(raw))
                else:
                    self._greet(raw)
        except ProjectXDataError:
            if not self._greeted:
                self.push(signalr.encode_handshake_response("Not a handshake request."))
            self.close("Connection closed with an error.")

    def push(self, data: bytes) -> None:
        """Queue whole records for the client; a client that is too far behind is cut off."""
        if self._ended or self._dead or not data:
            return
        delay_s = self._hub.trouble.delay_s
        if delay_s or self._late:
            self._late.put(data, delay_s)
        else:
            self._queue(data)

    def _queue(self, data: bytes) -> None:
        if self._hub.quirks.one_record_per_frame:
            self._waiting += [record + signalr.RECORD_END for record in _records(data)]
        else:
            self._waiting.append(data)
        self._waiting_bytes += len(data)
        if self._waiting_bytes > MAX_WAITING_BYTES:
            self._forget_waiting()
            self.close("Connection closed with an error.", allow_reconnect=True)
        self._wakeup.set()

    async def output(self) -> bytes:
        """Wait for something to send and return all of it, up to a batch.

        Returns:
            Whole records; empty when the connection has ended and all is sent.
        """
        while not self._speakable():
            if self._ended and not self._waiting:
                return b""
            self._wakeup.clear()
            await self._wakeup.wait()
        return self._batch()

    def close(self, error: str | None = None, *, allow_reconnect: bool = False) -> None:
        """End the connection politely: what waits is sent, then the reason."""
        if self._greeted:
            self.push(signalr.encode_close(error, allow_reconnect))
        self._end()

    def abort(self) -> None:
        """End the connection without a word; what waits is lost."""
        self.finish()
        self._cut()

    def go_half_open(self) -> None:
        """Keep the transport open, and neither send nor take anything more."""
        self._forget_waiting()
        self._dead = True
        self.stall()
        self._timer.cancel()
        self._hub.unsubscribe(self)

    @property
    def half_open(self) -> bool:
        """Whether the transport is open and nothing passes through it."""
        return self._dead

    def finish(self) -> None:
        """Say that the transport is closed; nothing of the connection is left behind."""
        self._forget_waiting()
        self._end()
        self._timer.cancel()
        self._hub.gone(self)

    def wake(self) -> None:
        """Look again whether there is something to send."""
        self._wakeup.set()

    def _speakable(self) -> bool:
        return bool(self._waiting) and not self._hub.muted

    def _batch(self) -> bytes:
        waiting = self._waiting
        most = 0 if self._hub.quirks.one_record_per_frame else BATCH_BYTES
        if self._waiting_bytes <= most:
            batch = waiting[0] if len(waiting) == 1 else b"".join(waiting)
            waiting.clear()
        else:
            size = count = 0
            while count < len(waiting) and (not count or size + len(waiting[count]) <= most):
                size += len(waiting[count])
                count += 1
            batch = b"".join(waiting[:count])
            del waiting[:count]
        self._waiting_bytes -= len(batch)
        return batch

    def _forget_waiting(self) -> None:
        self._late.clear()
        self._waiting.clear()
        self._waiting_bytes = 0

    def _end(self) -> None:
        if not self._ended:
            self._late.release()
            self._ended = True
            self._timer.cancel()
            self._timer = self._loop.call_later(CUT_AFTER_S, self._cut)
            self._hub.unsubscribe(self)
        self._wakeup.set()

    def _tick(self) -> None:
        now = self._loop.time()
        if not self._greeted:
            self._end()
            return
        left = self._heard_at + SILENCE_S - now
        if left <= 0:
            self.close("The client has said nothing for too long.", allow_reconnect=True)
            return
        if not self._hub.muted:
            self.push(signalr.PING)
        if not self._ended:
            self._timer = self._loop.call_later(min(PING_EVERY_S, left), self._tick)

    def _greet(self, raw: bytes) -> None:
        asked = signalr.parse_handshake_request(raw)
        error = None
        if asked.protocol != "json":
            error = f"The protocol '{asked.protocol}' is not supported."
        elif asked.version > 1:
            error = f"The server does not support version {asked.version} of the 'json' protocol."
        self.push(signalr.encode_handshake_response(error))
        if error is not None:
            self._end()
            return
        self._greeted = True
        self._timer.cancel()
        self._timer = self._loop.call_later(PING_EVERY_S, self._tick)

    def _take(self, record: Envelope) -> None:
        if record.type == signalr.RecordType.INVOCATION:
            self._invoke(record)
        elif record.type == signalr.RecordType.CLOSE:
            self._end()
        elif record.type == signalr.RecordType.STREAM_INVOCATION:
            self._refuse(record, "The hub has no streaming methods.")

    def _invoke(self, record: Envelope) -> None:
        try:
            after = self._hub.call(self, record)
        except HubRefusal as exc:
            self._refuse(record, str(exc))
            return
        if record.invocation_id is not None:
            self.push(self._hub.completion(record.invocation_id))
        if after:
            self.push(after)

    def _refuse(self, record: Envelope, why: str) -> None:
        if record.invocation_id is not None:
            self.push(signalr.encode_completion(record.invocation_id, error=why))


class Hub:
    """A named hub: its methods and its connections.

    Args:
        name: ``"user"`` or ``"market"``.
        methods: By name; names are compared without regard to case.
        faults: Told of the hub, to make it fail.
        quirks: What it does where the real one is unknown.

    Attributes:
        trouble: What is wrong with it at the moment.
        budget: Asked before each call whether there is room for it.
    """

    def __init__(
        self,
        name: str,
        methods: Mapping[str, Method],
        faults: Faults,
        quirks: HubQuirks | None = None,
    ) -> None:
        self.name = name
        self.quirks = quirks or HubQuirks()
        self.budget: Callable[[], bool] = _unlimited
        self._methods = {key.casefold(): method for key, method in methods.items()}
        self._connections: dict[HubConnection, None] = {}
        self.trouble = HubTrouble()
        faults.hubs.attach(self)

    @property
    def muted(self) -> bool:
        """Whether the hub sends nothing at the moment."""
        return self.trouble.muted

    @property
    def connections(self) -> int:
        """How many clients are connected."""
        return sum(not connection.ended for connection in self._connections)

    def open(self, cut: Callable[[], None]) -> HubConnection:
        """Return a connection for a client that has been let in.

        Args:
            cut: Breaks the transport off at once.
        """
        connection = HubConnection(self, asyncio.get_running_loop(), cut)
        self._connections[connection] = None
        return connection

    def unsubscribe(self, connection: HubConnection) -> None:
        """Send a connection that has ended nothing more; a hub with streams forgets it there."""

    def gone(self, connection: HubConnection) -> None:
        """Forget a connection whose transport is closed."""
        self._connections.pop(connection, None)

    def call(self, connection: HubConnection, record: Envelope) -> bytes | None:
        """Do what an invocation asks.

        Returns:
            What is sent to the caller after the completion, if anything.

        Raises:
            HubRefusal: No such method, not its arguments, or the method declines.
        """
        target = record.target or ""
        if not self.budget():
            raise _failed(target, "HubException: Too many requests.")
        method = self._methods.get(target.casefold())
        if method is None:
            raise _failed(target, "HubException: Method does not exist.")
        given, expected = len(record.arguments), len(method.takes)
        if given != expected:
            raise _failed(
                target,
                f"InvalidDataException: Invocation provides {given} argument(s) but target "
                f"expects {expected}.",
            )
        try:
            arguments: list[Any] = [
                msgspec.json.decode(raw, type=kind)
                for raw, kind in zip(record.arguments, method.takes, strict=True)
            ]
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise _failed(
                target,
                "InvalidDataException: Error binding arguments. Make sure that the types of the "
                "provided values match the types of the hub method being invoked.",
            ) from None
        return method.call(connection, *arguments)

    def completion(self, invocation_id: str) -> bytes:
        """Return the answer to a call that was carried out."""
        if self.quirks.completion_results:
            return signalr.encode_completion(invocation_id)
        record = msgspec.json.encode({"type": 3, "invocationId": invocation_id})
        return record + signalr.RECORD_END

    def check_room(self, connection: HubConnection, subscribers: Iterable[_Subscribers]) -> None:
        """Refuse a connection another subscription if it has as many as it may.

        Raises:
            HubRefusal: It has.
        """
        limit = self.quirks.subscription_limit
        if limit is not None and sum(connection in one for one in subscribers) >= limit:
            raise HubRefusal(f"A connection has at most {limit} subscriptions.")

    def drop_all(self) -> int:
        """Cut every connection; return how many clients there were."""
        clients = self.connections
        for connection in list(self._connections):
            connection.abort()
        return clients

    def close_all(self) -> None:
        """End every connection, politely unless the hub is silent."""
        if self.muted:
            self.drop_all()
        for connection in list(self._connections):
            if connection.half_open:
                connection.abort()
            else:
                connection.close(allow_reconnect=True)

    def half_open_all(self) -> int:
        """Let every transport stay and carry nothing more; return how many clients there were."""
        clients = self._clients()
        for connection in clients:
            connection.go_half_open()
        return len(clients)

    def end_all(self, error: str | None, *, allow_reconnect: bool) -> int:
        """Send every client a close record and end; return how many there were."""
        clients = self._clients()
        for connection in clients:
            connection.close(error, allow_reconnect=allow_reconnect)
        return len(clients)

    def send_all(self, data: bytes) -> int:
        """Send every client these bytes; return how many there were."""
        clients = self._clients()
        for connection in clients:
            connection.push(data)
        return len(clients)

    def _clients(self) -> list[HubConnection]:
        return [c for c in self._connections if not (c.ended or c.half_open)]

    def wake_all(self) -> None:
        """Let every connection look again whether it may send."""
        for connection in self._connections:
            connection.wake()


def _records(data: bytes) -> list[bytes]:
    return data.removesuffix(signalr.RECORD_END).split(signalr.RECORD_END)


def _unlimited() -> bool:
    return True


def _nothing_to_stall() -> None:
    """A transport without pings of its own has nothing to stall."""


def _failed(target: str, why: str) -> HubRefusal:
    return HubRefusal(f"Failed to invoke '{target}' due to an error on the server. {why}")
