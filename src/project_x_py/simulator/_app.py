"""The simulated gateway as an ASGI application.

It carries bytes between ASGI and the front, and decides nothing: routes and hubs are behind the
front, so that this transport and the one without sockets cannot differ.

Invariant (``tests/loopback/test_gateway_hub.py``): a hub's messages are text frames; text and
binary frames are both taken.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.requests import Request as HttpRequest
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from project_x_py._runtime.together import together
from project_x_py.simulator._rest import MAX_BODY_BYTES, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Receive, Scope, Send

    from project_x_py.simulator._front import Front
    from project_x_py.simulator._hub import HubConnection

__all__ = ["CUT", "STALL", "build_app"]

CUT = "project_x_py.cut"
"""Key in an ASGI scope's state: breaks the connection off."""
STALL = "project_x_py.stall"
"""Key in an ASGI scope's state: lets the transport answer no ping any more."""

_METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def build_app(front: Front, *more: BaseRoute) -> Starlette:
    """Return the application.

    Args:
        front: Answers everything that ``more`` does not match.
        more: Routes that come first, for pages beside the gateway.
    """

    async def http(http_request: HttpRequest) -> Response:
        try:
            body = await _body(http_request)
        except ClientDisconnect:
            return Response(status_code=400)
        reply = await front.answer(_request(http_request, http_request.method, body))
        if reply.cut:
            return _cut_off(http_request)
        kind = _TornResponse if reply.torn else Response
        return kind(reply.body, reply.status, dict(reply.headers))

    async def hub(websocket: WebSocket) -> None:
        admitted = front.admit(_request(websocket, "GET", b""))
        if isinstance(admitted, Reply):
            await _deny(websocket, admitted)
            return
        await websocket.accept()
        connection = admitted.open(_cutter(websocket))
        connection.stall = websocket.scope.get("state", {}).get(STALL, _nothing_to_cut)
        await _carry(websocket, connection)

    routes = [
        *more,
        WebSocketRoute("/{path:path}", hub),
        Route("/{path:path}", http, methods=_METHODS),
    ]
    return Starlette(routes=routes)


class _TornResponse(Response):
    """Announces a whole body, sends half of it, and breaks the connection off."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send what is sent of the answer."""
        cut = scope.get("state", {}).get(CUT)
        if cut is None:
            await Response("The connection cannot be cut here.", 502)(scope, receive, send)
            return
        start = {"status": self.status_code, "headers": self.raw_headers}
        await send({"type": "http.response.start", **start})
        half = bytes(self.body[: len(self.body) // 2])
        await send({"type": "http.response.body", "body": half, "more_body": True})
        cut()
        # The server takes an answer without an end for a mistake until it knows of the cut.
        await asyncio.sleep(0)


def _cut_off(connection: HTTPConnection) -> Response:
    # A server that does not hand out its transport can only say what it would have done.
    cut = connection.scope.get("state", {}).get(CUT)
    if cut is None:
        return Response("The connection cannot be cut here.", 502)
    cut()
    return Response(status_code=500)


async def _carry(websocket: WebSocket, connection: HubConnection) -> None:
    await together([_write(websocket, connection), _read(websocket, connection)])


async def _read(websocket: WebSocket, connection: HubConnection) -> None:
    try:
        while (message := await websocket.receive())["type"] == "websocket.receive":
            text = message.get("text")
            connection.receive(message["bytes"] if text is None else text)
    finally:
        connection.finish()


async def _write(websocket: WebSocket, connection: HubConnection) -> None:
    try:
        while data := await connection.output():
            await websocket.send({"type": "websocket.send", "text": data.decode()})
        await websocket.close()
    except (WebSocketDisconnect, RuntimeError):
        # The other side left first; Starlette tells a late close apart by RuntimeError.
        connection.finish()


async def _deny(websocket: WebSocket, reply: Reply) -> None:
    if reply.cut:
        _cutter(websocket)()
    elif "websocket.http.response" in websocket.scope.get("extensions", {}):
        response = Response(reply.body, reply.status, dict(reply.headers))
        await websocket.send_denial_response(response)
    else:
        await websocket.close()


async def _body(request: HttpRequest) -> bytes:
    # Reading stops beyond the cap; the front refuses what it gets.
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        chunks.append(chunk)
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            break
    return b"".join(chunks)


def _request(connection: HTTPConnection, method: str, body: bytes) -> Request:
    headers = dict(connection.headers.items())
    return Request(method, connection.url.path, connection.url.query, headers, body)


def _cutter(websocket: WebSocket) -> Callable[[], None]:
    cut: Callable[[], None] = websocket.scope.get("state", {}).get(CUT, _nothing_to_cut)
    return cut


def _nothing_to_cut() -> None:
    """Some servers do not hand out their transport; they close it on their own time."""
