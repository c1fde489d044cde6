"""Requests with a token, and what happens when they fail."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from functools import partial
from typing import get_args

import pytest
from tests.client.gateways import Answer, Parts, envelope, with_client, with_parts

from project_x_py._core.submission import Lane
from project_x_py.client import ProjectX
from project_x_py.client._envelope import Envelope
from project_x_py.exceptions import (
    CircuitBreakerError,
    ProjectXAuthenticationError,
    ProjectXClientError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXRateLimitError,
    ProjectXServerError,
)
from project_x_py.simulator import SimulatedGateway, faults
from project_x_py.simulator._request_faults import Spoilt

PATH = "/Account/search"
ACCOUNTS = "/api/Account/search"
DOOR = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


def test_a_query_is_recovered_from_one_401() -> None:
    """A 401 of any kind renews the token once and asks again; a second one is an error."""

    async def use(parts: Parts) -> None:
        parts.network.script(PATH, Answer(b"", 401), envelope(accounts=[]))
        assert (await parts.calls.ask(PATH, {})).success
        sent = [headers["Authorization"] for path, _, headers in parts.network.seen if path == PATH]
        assert sent == ["Bearer token-1", "Bearer token-2"]
        parts.network.script(PATH, Answer(b"", 401, DOOR))
        with pytest.raises(ProjectXAuthenticationError):
            await parts.calls.ask(PATH, {})

    with_parts(use)


@pytest.mark.parametrize(
    ("answer", "requests"),
    [
        (Answer(b"", 401, DOOR), 2),
        (Answer(b"", 401), 1),
        (Answer(b"", 429), 1),
        (Answer(b"", 503), 1),
        (Answer(b"<html>", 200), 1),
        (ProjectXConnectionError("lost", sent=True), 1),
        (ProjectXConnectionError("refused", sent=False), 1),
    ],
)
def test_what_changes_something_is_sent_once(answer: Answer | Exception, requests: int) -> None:
    """No failure makes it go twice, but for a 401 from the door, after which it goes once more."""

    async def use(parts: Parts) -> None:
        parts.network.script("/Order/place", answer)
        with pytest.raises(Exception, match=r"/Order/place|lost|refused"):
            await parts.calls.submit("/Order/place", {})
        assert parts.network.count("/Order/place") == requests

    with_parts(use)


@pytest.mark.parametrize("how", get_args(Spoilt))
def test_a_spoilt_answer_is_survived_or_named(how: str) -> None:
    """One answer that is no JSON is asked for again; one that stays so is a clear error."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.faults.apply(faults.SpoilAnswer(how=how, route=ACCOUNTS))
        assert await client.list_accounts()
        gateway.faults.apply(faults.SpoilAnswer(how=how, route=ACCOUNTS, times=9))
        with pytest.raises(ProjectXDataError, match=PATH) as caught:
            await client.list_accounts()
        assert client.get_session_token() not in str(caught.value)

    with_client(use)


@pytest.mark.parametrize(
    "fault",
    [
        faults.Cut(route=ACCOUNTS, times=2),
        faults.LoseAnswer(route=ACCOUNTS, times=2),
        faults.Refuse(status=503, route=ACCOUNTS, times=2),
        faults.DelayAnswers(seconds=5, route=ACCOUNTS),
    ],
)
def test_a_query_gets_over_faults(fault: faults.Fault) -> None:
    """A connection cut twice, answers lost, and a gateway that fails twice, are survived."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.faults.apply(fault)
        assert await client.list_accounts()

    with_client(use)


@pytest.mark.checklist(163)
def test_the_timeout_bounds_a_request() -> None:
    """``api_url`` is where requests go, and ``timeout_seconds`` how long one may take."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        loop = asyncio.get_running_loop()
        gateway.faults.apply(faults.DelayAnswers(seconds=100, route=ACCOUNTS, times=9))
        began = loop.time()
        with pytest.raises(ProjectXConnectionError, match="within 3 s"):
            await client.list_accounts()
        assert loop.time() - began <= 2 * 3 + 3.01
        assert client.config.api_url == gateway.config.api_url

    with_client(use, config={"timeout_seconds": 3})


def test_tries_are_bounded_in_number() -> None:
    """``retry_attempts`` repeats and no more, counted."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        before = client.get_performance_stats()
        gateway.faults.refuse_next(500, times=50, route=ACCOUNTS)
        with pytest.raises(ProjectXServerError):
            await client.list_accounts()
        after = client.get_performance_stats()
        assert after["api_calls"] - before["api_calls"] == 6
        assert after["retries"] - before["retries"] == 5
        assert after["errors"] - before["errors"] == 6
        assert after["total_requests"] - before["total_requests"] == 1

    with_client(use, config={"retry_attempts": 5, "retry_delay_seconds": 0.1})


@pytest.mark.parametrize("retry_after", ["7", "date", None])
def test_a_429_holds_everybody_for_as_long_as_it_says(retry_after: str | None) -> None:
    """Seconds and a date are kept; without either five seconds are assumed."""

    async def use(parts: Parts) -> None:
        headers = {}
        if retry_after == "date":
            headers = {
                "Date": "Tue, 01 Sep 2026 14:30:00 GMT",
                "retry-after": "Tue, 01 Sep 2026 14:30:07 GMT",
            }
        elif retry_after is not None:
            headers = {"Retry-After": retry_after}
        parts.network.script(PATH, Answer(b"", 429, headers), envelope(accounts=[]))
        parts.network.script("/Other", envelope())
        loop = asyncio.get_running_loop()
        async with asyncio.TaskGroup() as group:
            group.create_task(parts.calls.ask(PATH, {}))
            await asyncio.sleep(0.5)
            await parts.calls.ask("/Other", {})
            assert loop.time() >= (5 if retry_after is None else 7)
        assert parts.http.counters.rate_limited == 1

    with_parts(use)


def test_assumed_pauses_grow() -> None:
    """A gateway that keeps answering 429 without a time is asked less and less often."""

    async def use(parts: Parts) -> None:
        parts.network.script(PATH, *[Answer(b"", 429)] * 3, envelope(accounts=[]))
        await parts.calls.ask(PATH, {})
        assert asyncio.get_running_loop().time() >= 5 + 10 + 20

    with_parts(use)


def test_a_bare_401_of_a_mutation_costs_the_token() -> None:
    """The mutation is not repeated, and what comes after it goes with another token."""

    async def use(parts: Parts) -> None:
        refused = parts.auth.current
        parts.network.script("/Order/place", Answer(b"", 401), envelope(orderId=5))
        with pytest.raises(ProjectXAuthenticationError):
            await parts.calls.submit("/Order/place", {})
        assert parts.network.count("/Order/place") == 1
        assert (await parts.calls.submit("/Order/place", {})).read("orderId", int) == 5
        assert parts.auth.current not in (None, refused)

    with_parts(use)


def test_a_429_beyond_the_deadline_is_raised() -> None:
    """A pause that no call can wait out ends in the documented error at once."""

    async def use(parts: Parts) -> None:
        parts.network.script(PATH, Answer(b"", 429, {"Retry-After": "3600"}))
        with pytest.raises(ProjectXRateLimitError) as caught:
            await parts.calls.ask(PATH, {})
        assert caught.value.response_data["retry_after_s"] == 3600
        assert asyncio.get_running_loop().time() < 1

    with_parts(use)


def test_no_429_is_provoked_by_a_flood() -> None:
    """Five hundred calls at once against the service's own limits: none is refused."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.market.pause()
        async with asyncio.TaskGroup() as group:
            for _ in range(500):
                group.create_task(client.list_accounts())
        stats = client.get_performance_stats()
        assert stats["rate_limited"] == 0
        assert stats["api_calls"] >= 500

    with_client(use, config={"requests_per_minute": 100_000, "burst_limit": 100_000})


def test_other_statuses_are_not_repeated() -> None:
    """A 400 or a redirect is raised at once, with what the gateway said."""

    async def use(parts: Parts) -> None:
        for status in (301, 400, 403):
            parts.network.script(PATH, Answer(b"no way", status))
            with pytest.raises(ProjectXClientError, match=str(status)):
                await parts.calls.ask(PATH, {})
        assert parts.network.count(PATH) == 3

    with_parts(use)


def test_ping_measures_the_round_trip() -> None:
    """The gateway's sign of life comes with its time; anything else is named."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        assert await client.ping() >= 0

    with_client(use)

    async def other(parts: Parts) -> None:
        parts.network.script("/Status/ping", Answer(b'"pong"'))
        assert await parts.http.text("/Status/ping") == "pong"

    with_parts(other)


def test_a_closed_client_sends_nothing() -> None:
    """After closing every call says that the client is closed; nothing is left running."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        await client.aclose()
        with pytest.raises(ProjectXConnectionError, match="closed"):
            await client.list_accounts()
        await client.aclose()
        assert client._supervisor.stats().active == 0

    with_client(use)


def test_a_gateway_that_keeps_failing_is_left_alone_by_queries() -> None:
    """After five failures a query is refused at once; what protects and reconciles is sent.

    The first query after the pause decides, and a success lets everything pass.
    """

    async def use(parts: Parts) -> None:
        async def ask(lane: Lane = Lane.QUERY) -> Envelope:
            return await parts.http.call("/Account/search", {}, headers={}, lane=lane)

        count = partial(parts.network.count, "/Account/search")
        parts.network.script("/Account/search", Answer(status=503))
        for _ in range(5):
            with pytest.raises(ProjectXServerError):
                await ask()
        sent = count()
        for lane in (Lane.QUERY, Lane.BACKFILL):
            with pytest.raises(CircuitBreakerError, match=r"tried again in 2\.0 s"):
                await ask(lane)
        assert count() == sent
        for lane in (Lane.RECONCILE, Lane.PROTECTIVE):
            with pytest.raises(ProjectXServerError):
                await ask(lane)
        assert count() > sent
        await asyncio.sleep(2)
        with pytest.raises(ProjectXServerError):
            await ask()
        with pytest.raises(CircuitBreakerError, match=r"tried again in 4\.0 s"):
            await ask()
        await asyncio.sleep(4)
        parts.network.script("/Account/search", envelope(accounts=[]))
        assert (await ask()).success
        assert (await ask()).success

    with_parts(use, retry_attempts=0)


def test_any_answer_lets_the_next_query_try_again() -> None:
    """Queries that were held back go on with the first login, order, or ping that is answered."""

    async def use(parts: Parts) -> None:
        ask = partial(parts.http.call, PATH, {}, headers={})
        for _ in range(2):
            parts.network.script(PATH, ProjectXConnectionError("no network", sent=False))
            parts.network.script("/Status/ping", ProjectXConnectionError("no network", sent=False))
            for _ in range(5):
                with suppress(ProjectXConnectionError, CircuitBreakerError):
                    await ask()
            with pytest.raises(ProjectXConnectionError):
                await parts.http.text("/Status/ping")
            with pytest.raises(CircuitBreakerError):
                await ask()
            parts.network.script(PATH, envelope(accounts=[]))
            parts.network.script("/Status/ping", Answer(b'"pong"'))
            assert await parts.http.text("/Status/ping") == "pong"
            assert (await ask()).success

    with_parts(use, retry_attempts=0)


def test_a_trial_that_is_cancelled_gives_its_place_to_the_next() -> None:
    """However many queries were refused meanwhile, the gateway is found again."""

    async def use(parts: Parts) -> None:
        ask = partial(parts.http.call, PATH, {}, headers={})
        parts.network.script(PATH, Answer(status=503))
        for _ in range(5):
            with pytest.raises(ProjectXServerError):
                await ask()
        await asyncio.sleep(2)
        parts.network.script(PATH, envelope(accounts=[]))
        parts.network.delay_s = 5
        trial = parts.supervisor.spawn(ask(), name="trial")
        await asyncio.sleep(1)
        for _ in range(3):
            with pytest.raises(CircuitBreakerError, match="being tried"):
                await ask()
        trial.cancel()
        await asyncio.wait({trial})
        assert (await ask()).success

    with_parts(use, retry_attempts=0)
