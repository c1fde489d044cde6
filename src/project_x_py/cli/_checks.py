"""The checks of ``projectx doctor`` that need no login: versions, addresses, service, clock.

Invariants (``tests/cli/test_doctor.py``): no check sends credentials but the login itself; none
raises, what goes wrong is its finding.
"""

from __future__ import annotations

import platform
import statistics
import sys
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from project_x_py._core.time import NS
from project_x_py._install import other_installations
from project_x_py._runtime.endpoints import clock_for, is_loopback, open_network
from project_x_py._version import __version__
from project_x_py.cli._findings import Finding, fine
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from project_x_py._ports import HttpAnswer
    from project_x_py.cli._login import Login
    from project_x_py.client import ProjectX
    from project_x_py.config import ProjectXConfig

__all__ = ["logged_in", "refused", "service", "settings", "skew_finding", "skew_s", "versions"]

NEEDED = ("aiohttp", "msgspec", "polars", "numpy", "TA-Lib")
PINGS = 5
OK = 200
SLOW_MS = 500.0
SKEW_WARNING_S, SKEW_FAILURE_S = 2.0, 60.0


def versions() -> Finding:
    """Say what is installed, and whether another package of the same name is beside it."""
    parts = [f"project-x-py {__version__}", f"Python {platform.python_version()}"]
    for name in NEEDED:
        try:
            parts.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            parts.append(f"{name} is not installed")
    parts.append(platform.platform(terse=True))
    found = ", ".join(parts)
    others = other_installations(sys.path)
    if others:
        return Finding(
            "versions",
            "warning",
            f"{found}; another one: {'; '.join(others)}",
            "another package of the same name is installed; sys.path decides which is imported",
            "uninstall one of them, or use a virtual environment for each",
        )
    return fine("versions", found)


def settings(config: ProjectXConfig) -> Finding:
    """Say which addresses are used, and whether they belong together."""
    urls = (config.api_url, config.user_hub_url, config.market_hub_url)
    found = ", ".join(urls)
    if len({is_loopback(url) for url in urls}) > 1:
        return Finding(
            "addresses",
            "failure",
            found,
            "some of the addresses are of this machine and some are not",
            "set PROJECTX_API_URL, PROJECTX_USER_HUB_URL and PROJECTX_MARKET_HUB_URL together",
        )
    return fine("addresses", found)


async def service(where: Login) -> AsyncIterator[Finding]:
    """Ask for a few signs of life: how fast they come, and what time the service has."""
    config = where.config
    urls = (config.api_url, config.user_hub_url, config.market_hub_url)
    clock = clock_for(urls)
    network = open_network(urls)
    took_ms: list[float] = []
    skew: float | None = None
    try:
        for _ in range(PINGS):
            began, wall = clock.monotonic_ns(), clock.wall_ns()
            answer = await network.request(
                "GET",
                f"{config.api_url}/Status/ping",
                headers={"Accept": "*/*"},
                body=b"",
                timeout_s=config.timeout_seconds,
            )
            ended = clock.monotonic_ns()
            if answer.status != OK:
                yield _unreachable(f"{config.api_url}/Status/ping: HTTP {answer.status}")
                return
            took_ms.append((ended - began) / 1e6)
            skew = skew_s(answer, wall, ended - began)
    except ProjectXError as error:
        yield _unreachable(str(error))
        return
    finally:
        await network.close()
    yield _latency(took_ms)
    yield skew_finding(skew)


def _unreachable(found: str) -> Finding:
    return Finding(
        "service",
        "failure",
        found,
        "the service is down, the address is wrong, or a firewall or proxy is in between",
        "open the address in a browser, compare it with that of your firm, try again later",
    )


def _latency(took_ms: list[float]) -> Finding:
    median = statistics.median(took_ms)
    found = f"answers in {median:.0f} ms, {max(took_ms):.0f} ms at most of {len(took_ms)}"
    if median > SLOW_MS:
        return Finding(
            "latency",
            "warning",
            found,
            "a slow or loaded line, or a proxy on the way",
            "use a cable, and a machine nearer to the exchange if orders are to be fast",
        )
    return fine("latency", found)


def skew_s(answer: HttpAnswer, wall_ns: int, took_ns: int) -> float | None:
    """Return how far this machine's clock is ahead of the service's, from its Date header."""
    try:
        sent = parsedate_to_datetime(answer.headers["Date"])
    except (KeyError, ValueError, TypeError):
        return None
    # The header has whole seconds, cut off: half a second is in the middle.
    return (wall_ns + took_ns / 2) / NS - (sent.timestamp() + 0.5)


def skew_finding(ahead_s: float | None) -> Finding:
    """Judge how far this machine's clock is ahead, in seconds; None where it was not told."""
    if ahead_s is None:
        return Finding(
            "clock",
            "unknown",
            "the service does not tell its time",
            "its answers have no Date header",
            "make sure that this machine sets its clock by the network (NTP)",
        )
    ahead = "ahead of" if ahead_s > 0 else "behind"
    found = f"{abs(ahead_s):.1f} s {ahead} the service's, give or take half a second"
    if abs(ahead_s) < SKEW_WARNING_S:
        return fine("clock", found)
    return Finding(
        "clock",
        "failure" if abs(ahead_s) >= SKEW_FAILURE_S else "warning",
        found,
        "this machine's clock is wrong, so bars, sessions and tokens would be too",
        "let the machine set its clock by the network (NTP), then try again",
    )


def refused(error: ProjectXError) -> Finding:
    """Say why there is no session."""
    return Finding(
        "login",
        "failure",
        str(error),
        "a wrong user name or key, no API subscription, or no active account",
        "make a key in the platform's API settings, check that the API subscription is linked, "
        "and put both into PROJECT_X_USERNAME and PROJECT_X_API_KEY",
    )


def logged_in(client: ProjectX) -> Finding:
    """Say that the login works."""
    return fine("login", f"accepted, account {client.get_account_info().name}")
