"""An ASGI application served on a socket from inside the caller's loop.

The socket is bound before anything is served, so the port is known, and a port that is taken is
an error at once. Nothing of the process is touched: no signal handler, no log configuration, no
thread; and nothing is left when the server has stopped.

Tokens travel in the queries of hub URLs, so what the server would log of requests is kept out of
the log.

Invariants (``tests/loopback/test_gateway_server.py``): after ``stop`` no task, socket or thread is
left, also when a client does not read; a token never reaches a log; an answer has one Date.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import logging
import os
import socket
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from project_x_py._core.time import NS
from project_x_py._runtime.clock import SystemClock
from project_x_py.exceptions import ProjectXConnectionError, ProjectXError
from project_x_py.simulator._app import CUT, STALL

if TYPE_CHECKING:
    from starlette.types import ASGIApp

__all__ = ["EmbeddedServer", "bind"]

GRACE_S = 2
MAX_FRAME_BYTES = 1024 * 1024
BACKLOG = 256
_CLOCK = SystemClock()

logger = logging.getLogger(__name__)
_quiet = logging.Logger(f"{__name__}.websocket", logging.WARNING)
_quiet.parent = logger


class _QuietWebSocket(WebSocketsSansIOProtocol):
    """uvicorn's WebSocket, which neither logs URLs nor takes a refused upgrade for a mistake."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.logger = _quiet
        self.conn.logger = _quiet
        self.conn.debug = False
        self._stalled = False

    async def run_asgi(self) -> None:
        self.scope["state"][CUT] = self.transport.abort
        self.scope["state"][STALL] = self._stall
        await super().run_asgi()

    def handle_ping(self) -> None:
        if self._stalled:
            # The pong is written already, and has to go nowhere.
            self.conn.data_to_send()
        else:
            super().handle_ping()

    def _stall(self) -> None:
        self._stalled = True

    async def send(self, message: Any) -> None:
        await super().send(message)
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            self.handshake_complete = True


class _Date:
    """The Date header, made anew once a second; uvicorn's own needs the loop that it runs."""

    def __init__(self) -> None:
        self._second = -1
        self._headers: list[tuple[bytes, bytes]] = []

    def headers(self) -> list[tuple[bytes, bytes]]:
        """Return it for this moment."""
        second = _CLOCK.wall_ns() // NS
        if second != self._second:
            self._second = second
            self._headers = [(b"date", formatdate(second, usegmt=True).encode())]
        return self._headers


class _CuttableHttp(H11Protocol):
    """uvicorn's HTTP, which lets a request cut its connection, and tells the time."""

    _date = _Date()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self.app_state = {**self.app_state, CUT: transport.abort}

    def handle_events(self) -> None:
        # Like the real service's: a client tells by it how far its own clock is off.
        self.server_state.default_headers = self._date.headers()
        super().handle_events()


class EmbeddedServer:
    """Serves one application on one bound socket.

    Args:
        app: The application.
        bound: As :func:`bind` returns it; closed by :meth:`stop`.
    """

    def __init__(self, app: ASGIApp, bound: socket.socket) -> None:
        self._socket = bound
        self._config = uvicorn.Config(
            app,
            loop="none",
            http=_CuttableHttp,
            ws=_QuietWebSocket,
            ws_max_size=MAX_FRAME_BYTES,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = uvicorn.Server(self._config)

    async def start(self) -> None:
        """Begin to accept connections."""
        # Not Server.serve(), which would take the signals of the process.
        self._config.load()
        self._server.lifespan = self._config.lifespan_class(self._config)
        await self._server.startup(sockets=[self._socket])

    async def stop(self) -> None:
        """Accept no more, give what is under way a moment, then cut it off."""
        state = self._server.server_state
        for listener in self._server.servers:
            listener.close()
        await _ended(state.tasks, GRACE_S)
        for connection in list(state.connections):
            if state.tasks:
                connection.transport.abort()
            else:
                connection.shutdown()
        # A transport that is closed is gone a turn later; the server would sleep through that.
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await self._server.shutdown(sockets=[self._socket])
        for task in list(state.tasks):
            task.cancel()
        await _ended(state.tasks, GRACE_S)


async def _ended(tasks: set[asyncio.Task[None]], timeout_s: float) -> None:
    if tasks:
        await asyncio.wait(list(tasks), timeout=timeout_s)


def bind(host: str, port: int, *, allow_remote: bool) -> socket.socket:
    """Return a listening socket; a warning tells of one that other machines can reach.

    Args:
        host: An address, or ``localhost``.
        port: 0 for any free one.
        allow_remote: Whether an address that other machines can reach is fine.

    Raises:
        ProjectXError: The address is not one, or not of this machine's loopback.
        ProjectXConnectionError: The port is taken, or not to be had.
    """
    address = _address(host)
    if not (address.is_loopback or allow_remote):
        raise ProjectXError(
            f"{host} can be reached from other machines, and the gateway's key travels in clear "
            f"text; use 127.0.0.1, or pass allow_remote=True (projectx gateway: --allow-remote)"
        )
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # Named in full, or the loop does not take it for TCP and leaves its delays on.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.setblocking(False)
        bound.bind((str(address), port))
        bound.listen(BACKLOG)
    except (OSError, OverflowError) as exc:
        bound.close()
        raise ProjectXConnectionError(_unbound(host, port, exc)) from None
    if not address.is_loopback:
        logger.warning(
            "The gateway listens at %s port %d, where other machines can reach it. Nothing is "
            "encrypted, and whoever reads the key or a token trades with it.",
            address,
            bound.getsockname()[1],
        )
    return bound


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    try:
        return ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise ProjectXError(f"host must be an IP address or localhost, not {host!r}") from None


def _unbound(host: str, port: int, exc: Exception) -> str:
    if isinstance(exc, OSError) and exc.errno == errno.EADDRINUSE:
        return (
            f"port {port} on {host} is taken by another program; "
            f"stop it, choose another port, or pass port=0 for any free one"
        )
    reason = (exc.strerror if isinstance(exc, OSError) else None) or str(exc)
    return f"port {port} on {host} cannot be had: {reason}"


def origin_of(bound: socket.socket) -> str:
    """Return the origin under which this machine reaches a listening socket."""
    host, port = bound.getsockname()[:2]
    address = ipaddress.ip_address(host)
    if address.is_unspecified:
        host = "::1" if address.version == 6 else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
