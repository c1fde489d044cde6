"""Which clock and network belong to a URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from project_x_py._runtime import endpoints
from project_x_py._runtime.clock import ReplayClock, SystemClock
from project_x_py._runtime.endpoints import Endpoint, is_loopback, origin_of
from project_x_py._runtime.network import AiohttpNetwork
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Iterator

LOCAL = "http://127.0.0.1:8080"


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    endpoint = Endpoint(ReplayClock(5, 6, 7.0), AiohttpNetwork)
    endpoints.register(LOCAL, endpoint)
    yield endpoint
    endpoints.forget(LOCAL)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://rtc.topstepx.com/hubs/user", "https://rtc.topstepx.com:443"),
        ("wss://RTC.topstepx.com:443/x?access_token=t", "https://rtc.topstepx.com:443"),
        ("ws://localhost/hubs/market", "http://localhost:80"),
        ("http://[::1]:9/", "http://[::1]:9"),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """WebSocket schemes become http ones, default ports are written out."""
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url", ["", "rtc.topstepx.com", "ftp://x", "http://", "http://x:99999", "http://[::1", "x?a=b"]
)
def test_what_is_no_url_is_refused(url: str) -> None:
    """A URL without scheme, host or a possible port is a ProjectXError."""
    with pytest.raises(ProjectXError):
        origin_of(url)


def test_a_refusal_does_not_show_the_query() -> None:
    """The token of a bad URL stays out of the message."""
    with pytest.raises(ProjectXError) as caught:
        origin_of("ftp://x/?access_token=abcdef")
    assert "abcdef" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://localhost:1", True),
        ("ws://127.8.9.1/x", True),
        ("http://[::1]:9/", True),
        ("https://rtc.topstepx.com", False),
        ("http://10.0.0.1", False),
        ("http://localhost.example.com", False),
    ],
)
def test_loopback_is_this_machine_only(url: str, local: bool) -> None:
    """Only names and addresses that cannot leave the machine count."""
    assert is_loopback(url) is local


def test_a_registered_origin_wins(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its clock is used whatever the scheme, the path and the environment."""
    monkeypatch.setenv(endpoints.REPLAY_CLOCK_VARIABLE, "1:2:3.0")
    urls = ["ws://127.0.0.1:8080/hubs/user", "http://127.0.0.1:8080/api"]
    assert endpoints.clock_for(urls) is endpoint.clock
    assert isinstance(endpoints.open_network(urls), AiohttpNetwork)


def test_a_forgotten_origin_is_the_wall_again(endpoint: Endpoint) -> None:
    """After forget() the wall and the real network serve; forgetting twice is fine."""
    endpoints.forget(LOCAL)
    endpoints.forget(LOCAL)
    assert isinstance(endpoints.clock_for([LOCAL]), SystemClock)
    assert isinstance(endpoints.open_network([LOCAL]), AiohttpNetwork)


def test_an_origin_is_registered_once(endpoint: Endpoint) -> None:
    """A second gateway on one origin is a mistake."""
    with pytest.raises(ProjectXError, match="registered already"):
        endpoints.register("ws://127.0.0.1:8080", endpoint)


def test_the_variable_is_for_loopback_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """One URL elsewhere is enough for the wall."""
    monkeypatch.setenv(endpoints.REPLAY_CLOCK_VARIABLE, "10:20:3.0")
    clock = endpoints.clock_for([LOCAL, "ws://localhost:9"])
    assert isinstance(clock, ReplayClock)
    assert (clock.exch_ns, clock.wall_origin_ns, clock.speed) == (10, 20, 3.0)
    mixed = endpoints.clock_for([LOCAL, "https://rtc.topstepx.com"])
    assert isinstance(mixed, SystemClock)


def test_a_broken_variable_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """A replay must not run on the wall in silence."""
    monkeypatch.setenv(endpoints.REPLAY_CLOCK_VARIABLE, "soon")
    with pytest.raises(ProjectXError, match="not a replay clock"):
        endpoints.clock_for([LOCAL])
