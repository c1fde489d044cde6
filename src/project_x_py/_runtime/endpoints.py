"""Which clock and which network belong to a URL.

A simulated gateway inside this process registers its origins with its own clock and, when it
needs no sockets, its own network; everything else gets the wall and the real network. A script
started by ``projectx run`` finds the replay clock of its parent in one environment variable,
which is honoured only when every URL is loopback: a real gateway never runs on replayed time.

Invariants (``tests/runtime/test_endpoints.py``): a registered origin wins; the variable never
reaches a URL that is not loopback; ``ws`` and ``http`` URLs of one host are one origin.
"""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, urlsplit

from project_x_py._runtime.clock import ReplayClock, SystemClock
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._ports import Clock, Network

__all__ = [
    "REPLAY_CLOCK_VARIABLE",
    "Endpoint",
    "clock_for",
    "forget",
    "is_loopback",
    "open_network",
    "origin_of",
    "register",
]

REPLAY_CLOCK_VARIABLE: Final = "PROJECTX_REPLAY_CLOCK"

_SCHEMES: Final = {"http": "http", "ws": "http", "https": "https", "wss": "https"}
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Endpoint:
    """How to reach one origin.

    Attributes:
        clock: The gateway's time.
        open_network: Makes the network that reaches it; called once per client.
    """

    clock: Clock
    open_network: Callable[[], Network]


_endpoints: dict[str, Endpoint] = {}


def register(origin: str, endpoint: Endpoint) -> None:
    """Let URLs of ``origin`` use ``endpoint`` until it is forgotten.

    Raises:
        ProjectXError: The origin is taken, or is not a URL.
    """
    key = origin_of(origin)
    if key in _endpoints:
        raise ProjectXError(f"{key} is registered already")
    _endpoints[key] = endpoint


def forget(origin: str) -> None:
    """Let URLs of ``origin`` use the wall and the real network again."""
    _endpoints.pop(origin_of(origin), None)


def clock_for(urls: Sequence[str]) -> Clock:
    """Return the clock of the gateway behind ``urls``.

    Args:
        urls: All URLs of one gateway, at least one; the first decides.

    Returns:
        The registered clock, else the replay clock of the environment when every URL is
        loopback, else the wall.

    Raises:
        ProjectXError: A URL or the variable cannot be read.
    """
    endpoint = _endpoints.get(origin_of(urls[0]))
    if endpoint is not None:
        return endpoint.clock
    text = os.environ.get(REPLAY_CLOCK_VARIABLE)
    if text and all(is_loopback(url) for url in urls):
        return ReplayClock.loads(text)
    return SystemClock()


def open_network(urls: Sequence[str]) -> Network:
    """Return a network for ``urls``, the first of which decides; the caller closes it.

    Raises:
        ProjectXError: A URL cannot be read, or leads out of a simulation: where a replay clock is
            set, nothing but loopback is ever reached.
    """
    endpoint = _endpoints.get(origin_of(urls[0]))
    if endpoint is not None:
        return endpoint.open_network()
    outside = [_shown(url) for url in urls if not is_loopback(url)]
    if outside and os.environ.get(REPLAY_CLOCK_VARIABLE):
        raise ProjectXError(
            f"this is a simulated run and {outside[0]} is not on loopback; take the URL out of the "
            "script, or run it without 'projectx run'"
        )
    from project_x_py._runtime.network import AiohttpNetwork

    return AiohttpNetwork()


def origin_of(url: str) -> str:
    """Return ``scheme://host:port`` of a URL, its scheme http or https and its port written out.

    Raises:
        ProjectXError: It is not an http, https, ws or wss URL with a host.
    """
    parts, scheme = _split(url)
    try:
        port = parts.port or _PORTS[scheme]
    except ValueError as exc:
        raise ProjectXError(f"not a port in {_shown(url)!r}") from exc
    host = parts.hostname or ""
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_loopback(url: str) -> bool:
    """Tell whether a URL can only reach this machine.

    Raises:
        ProjectXError: It is not an http, https, ws or wss URL with a host.
    """
    host = _split(url)[0].hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _split(url: str) -> tuple[SplitResult, str]:
    try:
        parts = urlsplit(url)
    except ValueError as exc:
        raise ProjectXError(f"not a URL: {_shown(url)!r}") from exc
    scheme = _SCHEMES.get(parts.scheme.lower())
    if scheme is None or not parts.hostname:
        raise ProjectXError(f"not an http or WebSocket URL with a host: {_shown(url)!r}")
    return parts, scheme


def _shown(url: str) -> str:
    return url.partition("?")[0]
