"""Clients on a simulated gateway, and a scripted network for answers that no gateway gives."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.supervisor import Supervisor
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX
from project_x_py.client._auth import TokenKeeper
from project_x_py.client._budget import RequestBudget
from project_x_py.client._calls import GatewayCalls
from project_x_py.client._http import HttpCaller
from project_x_py.client._instruments import InstrumentBook
from project_x_py.config import Credentials, ProjectXConfig
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.simulator import SimulatedGateway

T = TypeVar("T")

NS = 1_000_000_000
BEGAN_NS = 1_788_273_000 * NS
"""Half past nine in Chicago on 2026-09-01."""


def with_client(
    use: Callable[[SimulatedGateway, ProjectX], Awaitable[T]],
    *,
    api_key: str | None = None,
    account_name: str | None = None,
    login: bool = True,
    config: Mapping[str, Any] | None = None,
    **gateway_options: Any,
) -> T:
    """Run ``use`` with a client on a gateway of its own, in virtual time."""

    async def main() -> T:
        options = {"in_process": True, "instruments": ("MNQ", "ES"), **gateway_options}
        async with SimulatedGateway(**options) as gateway:
            username, key = gateway.credentials.username, gateway.credentials.api_key
            settings = ProjectXConfig(**{**gateway.config.to_dict(), **(config or {})})
            async with ProjectX(username, api_key or key, settings, account_name) as client:
                if login:
                    await client.authenticate()
                return await use(gateway, client)

    return run_virtual(main())


@dataclass
class Answer:
    """One HTTP answer."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


def envelope(code: int = 0, message: str | None = None, **members: object) -> Answer:
    """An answer as the gateway writes it."""
    text = {**members, "success": not code, "errorCode": code, "errorMessage": message}
    return Answer(msgspec.json.encode(text))


Reply = Answer | Exception


class ScriptedNetwork:
    """Answers each path from a queue of its own; its last answer is repeated.

    An exception is raised instead. A handler answers by the body. Log-ins are answered with
    tokens that count up.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Reply]] = {}
        self.handlers: dict[str, Callable[[dict[str, Any]], Answer]] = {}
        self.seen: list[tuple[str, dict[str, Any], Mapping[str, str]]] = []
        self.delay_s = 0.0
        self.tokens = 0

    def script(self, path: str, *answers: Reply) -> None:
        """Say what the next requests of a path get."""
        self.answers[path] = list(answers)

    def count(self, path: str) -> int:
        """How many requests of a path came."""
        return sum(seen[0] == path for seen in self.seen)

    async def request(
        self, method: str, url: str, *, headers: Mapping[str, str], body: bytes, timeout_s: float
    ) -> Answer:
        path = url.partition("/api")[2]
        self.seen.append((path, msgspec.json.decode(body) if body else {}, headers))
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if path == "/Auth/loginKey" and path not in self.answers:
            self.tokens += 1
            return envelope(token=f"token-{self.tokens}")
        if path in self.handlers:
            return self.handlers[path](self.seen[-1][1])
        waiting = self.answers.get(path) or [ProjectXConnectionError("nobody here", sent=False)]
        reply = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def connect(self, url: str, *, headers: Mapping[str, str], timeout_s: float) -> Any:
        raise ProjectXConnectionError("no hubs here", sent=False)

    async def close(self) -> None:
        return None


@dataclass
class Parts:
    """The parts of a client on a scripted network."""

    network: ScriptedNetwork
    clock: VirtualClock
    http: HttpCaller
    auth: TokenKeeper
    calls: GatewayCalls
    instruments: InstrumentBook
    supervisor: Supervisor


def with_parts(use: Callable[[Parts], Awaitable[T]], *, login: bool = True, **config: Any) -> T:
    """Run ``use`` with the parts of a client in virtual time."""

    async def main() -> T:
        settings = ProjectXConfig(
            **{
                "api_url": "http://127.0.0.1:1/api",
                "requests_per_minute": 200,
                "burst_limit": 200,
                **config,
            }
        )
        network, clock, supervisor = ScriptedNetwork(), VirtualClock(BEGAN_NS), Supervisor("test")
        http = HttpCaller(settings, network, clock, RequestBudget(settings, clock))
        auth = TokenKeeper(Credentials("me", "a-secret-key"), http, clock, supervisor)
        calls = GatewayCalls(http, auth)
        book = InstrumentBook(calls, clock, supervisor)
        parts = Parts(network, clock, http, auth, calls, book, supervisor)
        try:
            if login:
                await auth.login()
            return await use(parts)
        finally:
            http.budget.close()
            await supervisor.aclose()

    return run_virtual(main())
