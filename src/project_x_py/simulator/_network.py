"""The way to a simulated gateway that has no socket: the ``Network`` port as method calls.

Clients work as over loopback, bytes for bytes, but nothing leaves the process and nothing waits
for the operating system, so that a run on virtual time is reproducible to the byte.

Invariant (``tests/simulator/test_gateway.py``): the same seed and start give the same bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.simulator._rest import Reply, Request

if TYPE_CHECKING:
    from project_x_py.simulator._front import Front
    from project_x_py.simulator._sessions import Admission

__all__ = ["InProcessAnswer", "InProcessNetwork", "InProcessSocket"]


class _Headers(Mapping[str, str]):
    """Headers that are looked up in any letter case."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._headers[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._headers)

    def __len__(self) -> int:
        return len(self._headers)


@dataclass(frozen=True, slots=True)
class InProcessAnswer:
    """The answer to one request."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class InProcessSocket:
    """One connection to a hub."""

    __slots__ = ("_connection",)

    def __init__(self, admitted: Admission) -> None:
        self._connection = admitted.open(self.cut)

    async def send(self, data: bytes) -> None:
        """Hand one message to the hub.

        Raises:
            ConnectionError: The connection is closed.
        """
        if self._connection.ended:
            raise ConnectionError("closed by the gateway")
        self._connection.receive(data)

    async def receive(self) -> bytes:
        """Return what the hub has sent since the last call, waiting for it if need be.

        Raises:
            ConnectionError: The connection is closed.
        """
        data = await self._connection.output()
        if not data:
            raise ConnectionError("closed by the gateway")
        return data

    async def close(self) -> None:
        """Leave the hub; closing twice is fine."""
        self._connection.finish()

    def cut(self) -> None:
        """Break off at once."""
        self._connection.finish()


class InProcessNetwork:
    """Requests and hub connections to one simulated gateway of this process."""

    __slots__ = ("_front", "_sockets")

    def __init__(self, front: Front) -> None:
        self._front = front
        self._sockets: list[InProcessSocket] = []

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> InProcessAnswer:
        """Have one request answered.

        Raises:
            ProjectXConnectionError: The gateway is closed, or no answer came in time.
        """
        request = self._request(method, url, headers, body)
        try:
            async with asyncio.timeout(timeout_s):
                await asyncio.sleep(0)
                reply = await self._front.answer(request)
        except TimeoutError:
            raise ProjectXConnectionError(
                f"{method} {request.path}: no answer within {timeout_s:g} s", sent=True
            ) from None
        if reply.cut or reply.torn:
            where = "within" if reply.torn else "before"
            raise ProjectXConnectionError(
                f"{method} {request.path}: the connection broke off {where} the answer",
                sent=True,
                hung_up=True,
            )
        return InProcessAnswer(reply.status, _Headers(reply.headers), reply.body)

    async def connect(
        self, url: str, *, headers: Mapping[str, str], timeout_s: float
    ) -> InProcessSocket:
        """Connect to a hub.

        Raises:
            ProjectXConnectionError: The gateway is closed, or refuses with the HTTP status in
                ``error_code``.
        """
        request = self._request("GET", url, headers, b"")
        await asyncio.sleep(0)
        admitted = self._front.admit(request)
        if isinstance(admitted, Reply) and admitted.cut:
            raise ProjectXConnectionError(
                f"{request.path}: the connection broke off before the answer", sent=True
            )
        if isinstance(admitted, Reply):
            raise ProjectXConnectionError(
                f"{request.path}: the upgrade was answered with HTTP {admitted.status}",
                admitted.status,
                sent=True,
            )
        socket = InProcessSocket(admitted)
        self._sockets.append(socket)
        return socket

    async def close(self) -> None:
        """Leave every hub."""
        for socket in self._sockets:
            await socket.close()
        self._sockets.clear()

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
        if not self._front.open:
            raise ProjectXConnectionError(f"{method}: the simulated gateway is closed")
        parts = urlsplit(url)
        names = {name.lower(): value for name, value in headers.items()}
        return Request(method, parts.path, parts.query, names, body)
