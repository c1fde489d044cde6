"""The real network: aiohttp behind the ``Network`` port.

aiohttp is imported with this module, which nothing imports before it opens a connection. The
session is made by the first call, in the loop that makes it.

Invariants (``tests/runtime/test_network.py``):

- a failure says truly whether bytes may have left: ``sent`` turns True in the moment before the
  head of the request is written, not when an answer starts;
- a redirect is never followed: a token goes where it was meant to go, or nowhere;
- no error shows the query of a URL, where hubs carry their token.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING

import aiohttp

from project_x_py._core.redact import redact
from project_x_py.exceptions import ProjectXConnectionError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MAX_MESSAGE_BYTES", "AiohttpNetwork", "AiohttpSocket", "Answer"]

MAX_MESSAGE_BYTES = 16 * 1024 * 1024
"""Cap of one WebSocket message and of one response body."""

CLOSE_TIMEOUT_S = 2.0
"""How long a socket waits for the other side's close frame."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response read to its end; ``headers`` are looked up in any letter case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Progress(SimpleNamespace):
    """What the trace of one request knows: whether its head is about to be written."""

    def __init__(self, trace_request_ctx: _Progress | None = None) -> None:
        super().__init__()
        self.request = trace_request_ctx
        self.sent = False


class AiohttpNetwork:
    """HTTP requests and WebSockets over one aiohttp session."""

    __slots__ = ("_session",)

    def __init__(self) -> None:
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> Answer:
        """Send one request and read its answer, whatever its status.

        Raises:
            ProjectXConnectionError: No answer; ``sent`` tells whether bytes may have left.
        """
        progress = _Progress()
        try:
            async with self._opened().request(
                method,
                url,
                headers=headers,
                data=body or None,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
                trace_request_ctx=progress,
            ) as response:
                data = await _read(response.content)
                return Answer(response.status, response.headers, data)
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            raise ProjectXConnectionError(
                f"{method} {_shown(url)}: {_reason(exc, timeout_s)}",
                sent=progress.sent,
                hung_up=not isinstance(exc, TimeoutError),
            ) from None

    async def connect(
        self, url: str, *, headers: Mapping[str, str], timeout_s: float
    ) -> AiohttpSocket:
        """Open a WebSocket.

        Raises:
            ProjectXConnectionError: No connection; ``error_code`` is the HTTP status of a
                refused upgrade.
        """
        try:
            async with asyncio.timeout(timeout_s):
                socket = await self._opened().ws_connect(
                    url,
                    headers=headers,
                    max_msg_size=MAX_MESSAGE_BYTES,
                    timeout=aiohttp.ClientWSTimeout(ws_close=CLOSE_TIMEOUT_S),
                )
        except aiohttp.WSServerHandshakeError as exc:
            raise ProjectXConnectionError(
                f"{_shown(url)}: the upgrade was answered with HTTP {exc.status}",
                exc.status,
                sent=True,
            ) from None
        except (aiohttp.ClientError, OSError, ValueError) as exc:
            unsent = isinstance(exc, aiohttp.ClientConnectorError | aiohttp.InvalidURL)
            raise ProjectXConnectionError(
                f"{_shown(url)}: {_reason(exc, timeout_s)}", sent=not unsent
            ) from None
        return AiohttpSocket(socket)

    async def close(self) -> None:
        """Close every connection; the next call opens anew."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _opened(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig(trace_config_ctx_factory=_Progress)
            trace.on_request_headers_sent.append(_on_headers_sent)
            trace.on_request_redirect.append(_on_redirect)
            self._session = aiohttp.ClientSession(
                trace_configs=[trace], cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session


class AiohttpSocket:
    """One WebSocket; text and binary messages are both bytes here, text is sent."""

    __slots__ = ("_socket",)

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket

    async def send(self, data: bytes) -> None:
        """Send one text message; waits while the other side reads slowly.

        Raises:
            ConnectionError: The socket is closed.
        """
        try:
            await self._socket.send_frame(data, aiohttp.WSMsgType.TEXT)
        except aiohttp.ClientError as exc:
            raise ConnectionError(_reason(exc, 0)) from None

    async def receive(self) -> bytes:
        """Return the next message.

        Raises:
            ConnectionError: The socket is closed; the message says by whom and why.
        """
        message = await self._socket.receive()
        data = message.data
        if message.type is aiohttp.WSMsgType.TEXT:
            return data.encode() if isinstance(data, str) else bytes(data)
        if message.type is aiohttp.WSMsgType.BINARY:
            return bytes(data)
        if message.type is aiohttp.WSMsgType.ERROR:
            raise ConnectionError(f"the connection broke: {_reason(data, 0)}")
        reason = f": {redact(message.extra)}" if message.extra else ""
        raise ConnectionError(f"closed with code {self._socket.close_code}{reason}")

    async def close(self) -> None:
        """Close politely, within two seconds; closing twice is fine."""
        await self._socket.close()


async def _on_headers_sent(
    session: aiohttp.ClientSession,
    progress: SimpleNamespace,
    params: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    if progress.request is not None:
        progress.request.sent = True


async def _on_redirect(
    session: aiohttp.ClientSession,
    progress: SimpleNamespace,
    params: aiohttp.TraceRequestRedirectParams,
) -> None:
    status = params.response.status
    params.response.close()
    raise ProjectXConnectionError(
        f"{_shown(str(params.url))}: redirects are not followed (HTTP {status})",
        status,
        sent=True,
    )


async def _read(content: aiohttp.StreamReader) -> bytes:
    chunks: list[bytes] = []
    size = 0
    async for chunk in content.iter_any():
        size += len(chunk)
        if size > MAX_MESSAGE_BYTES:
            raise ValueError(f"the answer is longer than {MAX_MESSAGE_BYTES} bytes")
        chunks.append(chunk)
    return b"".join(chunks)


def _shown(url: str) -> str:
    return url.partition("?")[0]


def _reason(exc: BaseException, timeout_s: float) -> str:
    # Messages of aiohttp may hold the URL with its query.
    if isinstance(exc, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    if isinstance(exc, aiohttp.ServerDisconnectedError):
        return "the server closed the connection"
    if isinstance(exc, aiohttp.InvalidURL):
        return "not a URL"
    if isinstance(exc, OSError) and exc.strerror:
        return redact(f"{type(exc).__name__}: {exc.strerror}")
    return redact(f"{type(exc).__name__}: {str(exc).partition('?')[0]}")
