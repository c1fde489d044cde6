"""A hub peer in memory: a ``Network`` that speaks SignalR and does as it is told.

It stands on the framing alone, so that a test can show what no healthy gateway does: silence,
refusals, late completions, corrupt frames, sockets that stay open with nobody behind.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from project_x_py._runtime.clock import VirtualClock
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime import ProjectXRealtimeClient

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py.realtime._connection import HubTiming

ORIGIN_NS = 1_788_273_000_000_000_000
URLS = ("https://peer.example/hubs/user", "wss://peer.example/hubs/market")
ACCOUNT = 20514377
MNQ = "CON.F.US.MNQ.U26"
MES = "CON.F.US.MES.U26"
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.signature-of-the-first"


class PeerSocket:
    """One connection, seen from both sides."""

    def __init__(self, peer: Peer, hub: str, token: str) -> None:
        self.peer = peer
        self.hub = hub
        self.token = token
        self.pings: list[float] = []
        self.calls: list[tuple[str, list[Any]]] = []
        self.closed_here = False
        self._out: deque[bytes | str] = deque()
        self._wake = asyncio.Event()
        self._splitter = signalr.RecordSplitter()
        self._greeted = False
        self._reason: str | None = None

    async def send(self, data: bytes) -> None:
        if self._reason is not None or self.closed_here:
            raise ConnectionError(self._reason or "closed here")
        if self.hub in self.peer.stuck:
            await asyncio.Event().wait()
        for record in self._splitter.feed(data):
            self._take(record)

    async def receive(self) -> bytes:
        while not self._out:
            if self.closed_here or self._reason is not None:
                raise ConnectionError(self._reason or "closed here")
            self._wake.clear()
            await self._wake.wait()
        data = self._out.popleft()
        return data.encode() if isinstance(data, str) else data

    async def close(self) -> None:
        self.closed_here = True
        self._wake.set()
        if self in self.peer.sockets:
            self.peer.sockets.remove(self)

    def push(self, data: bytes) -> None:
        """Send one frame, unless the hub is silent."""
        if self.hub not in self.peer.silent:
            self._out.append(data)
            self._wake.set()

    def cut(self, reason: str) -> None:
        """Break the connection after what was pushed."""
        self._reason = reason
        self._wake.set()

    def _take(self, record: bytes) -> None:
        if not self._greeted:
            signalr.parse_handshake_request(record)
            self._greeted = True
            self.push(self.peer.greeting)
            return
        envelope = signalr.decode_record(record)
        if envelope.type == signalr.RecordType.PING:
            self.pings.append(asyncio.get_running_loop().time())
        elif envelope.type == signalr.RecordType.INVOCATION:
            self._answer(envelope)

    def _answer(self, envelope: signalr.Envelope) -> None:
        import msgspec

        target = envelope.target or ""
        self.calls.append((target, [msgspec.json.decode(raw) for raw in envelope.arguments]))
        if target in self.peer.unanswered:
            return
        error = self.peer.refused_methods.get(target)
        answer = signalr.encode_completion(envelope.invocation_id or "", error=error)
        asyncio.get_running_loop().call_later(self.peer.latency_s, self.push, answer)


class Peer:
    """The gateway's end of both hubs."""

    def __init__(self) -> None:
        self.sockets: list[PeerSocket] = []
        self.attempts: list[tuple[float, str, str]] = []
        """Time, hub and token of every attempt to connect."""
        self.down: set[str] = set()
        self.silent: set[str] = set()
        self.stuck: set[str] = set()
        self.refused_tokens: set[str] = set()
        self.unanswered: set[str] = set()
        self.refused_methods: dict[str, str] = {}
        self.latency_s = 0.0
        self.connect_s = 0.0
        self.greeting = signalr.encode_handshake_response()
        self.networks = 0

    async def connect(
        self, url: str, *, headers: Mapping[str, str], timeout_s: float
    ) -> PeerSocket:
        parts = urlsplit(url)
        hub = parts.path.rpartition("/")[2]
        token = parse_qs(parts.query)["access_token"][0]
        self.attempts.append((asyncio.get_running_loop().time(), hub, token))
        assert parts.scheme == "wss"
        if self.connect_s:
            await asyncio.sleep(self.connect_s)
        if hub in self.down:
            raise ProjectXConnectionError("nobody answers")
        if token in self.refused_tokens:
            raise ProjectXConnectionError("answered with HTTP 401", 401, sent=True)
        socket = PeerSocket(self, hub, token)
        self.sockets.append(socket)
        return socket

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("hubs make no requests")

    async def close(self) -> None:
        self.networks -= 1

    def open(self) -> Peer:
        """Return this peer as the network of one connect."""
        self.networks += 1
        return self

    def hub(self, name: str) -> PeerSocket:
        """The one open connection of a hub."""
        (socket,) = [socket for socket in self.sockets if socket.hub == name]
        return socket

    def calls(self, name: str) -> list[tuple[str, list[Any]]]:
        """What was invoked on the open connection of a hub, heartbeats left out."""
        probes = ("UnsubscribeTrades", [0]), ("UnsubscribeContractQuotes", ["CON.F.US.NONE.Z00"])
        return [call for call in self.hub(name).calls if call not in probes]

    def emit(self, name: str, target: str, *arguments: Any) -> None:
        """Send one event in a frame of its own."""
        self.hub(name).push(signalr.encode_invocation(target, arguments))

    def times(self, hub: str) -> list[float]:
        """When a hub was tried to connect."""
        return [at for at, name, _ in self.attempts if name == hub]

    def client(
        self, *, token: str = TOKEN, timing: HubTiming | None = None, seed: int = 1
    ) -> ProjectXRealtimeClient:
        """A client of this peer on the running loop's time."""
        return ProjectXRealtimeClient.wired(
            token,
            str(ACCOUNT),
            URLS,
            clock=VirtualClock(ORIGIN_NS),
            network=self.open,
            timing=timing,
            seed=seed,
        )


class Listener:
    """Keeps what a client announced."""

    def __init__(self) -> None:
        self.changes: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, state: str, hub: str, details: Mapping[str, Any]) -> None:
        self.changes.append((state, hub, dict(details)))

    def states(self, hub: str) -> list[str]:
        """The states of one hub, in order."""
        return [state for state, name, _ in self.changes if name == hub]

    def delays(self, hub: str) -> list[float]:
        """The delays announced for one hub."""
        found = [d["delay"] for s, name, d in self.changes if (s, name) == ("reconnecting", hub)]
        return [float(delay) for delay in found]

    def attempts(self, hub: str) -> list[int]:
        """The numbers of the attempts announced for one hub."""
        found = [d["attempt"] for s, name, d in self.changes if (s, name) == ("reconnecting", hub)]
        return [int(attempt) for attempt in found]


class Owner:
    """An owner that is fed."""

    def on_trades(self, trades: Any) -> None:
        """Take prints."""

    def on_quote(self, quote: Any) -> None:
        """Take a quote."""

    def on_depth(self, depth: Any) -> None:
        """Take a message."""
