"""The session token: one renewal for all, before it ends, and never a refused one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

import pytest
from tests.client.gateways import BEGAN_NS, NS, Answer, Parts, envelope, with_client, with_parts
from tests.client.test_tokens import jwt

from project_x_py._runtime.together import together
from project_x_py.client import ProjectX
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXError,
    ProjectXServerError,
)
from project_x_py.simulator import SimulatedGateway

LOGIN, VALIDATE = "/Auth/loginKey", "/Auth/validate"
BEGAN_S = BEGAN_NS // NS


def test_the_token_is_renewed_in_the_background() -> None:
    """Over three days of idling no request finds the token old: it was renewed half an hour early.

    Validation is used, not a new login.
    """

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.market.pause()
        token = client.get_session_token()
        for _ in range(3):
            await asyncio.sleep(24 * 3600 - 1500)
            assert client.get_session_token() != token
            token = client.get_session_token()
            before = client.get_performance_stats()["api_calls"]
            await client.list_accounts()
            assert client.get_performance_stats()["api_calls"] == before + 1
        stats = client.get_performance_stats()
        assert stats["logins"] == 1
        assert stats["token_renewals"] == 3

    with_client(use)


def test_parallel_callers_share_one_renewal() -> None:
    """Fifty callers that find the token old wait for one validation."""

    async def use(parts: Parts) -> None:
        parts.network.script(LOGIN, envelope(token=jwt(exp=BEGAN_S + 1000)))
        parts.network.script(VALIDATE, envelope(newToken=jwt(exp=BEGAN_S + 90_000)))
        await parts.auth.login()
        parts.network.delay_s = 0.2
        parts.supervisor.stats()
        await asyncio.sleep(910)
        tokens = await together(parts.auth.token() for _ in range(50))
        assert set(tokens) == {jwt(exp=BEGAN_S + 90_000)}
        assert parts.network.count(VALIDATE) == 1
        assert parts.network.count(LOGIN) == 1

    with_parts(use, login=False)


def test_a_refused_token_is_never_offered_again() -> None:
    """Two hubs report the same token refused: one login, and neither gets the old one back."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        refused = client.get_session_token()
        gateway.faults.expire_tokens()
        one, other = await together(client.fresh_token(refused) for _ in range(2))
        assert one == other != refused
        assert await client.fresh_token(refused) == one
        assert client.get_session_token() == one
        assert client.get_performance_stats()["logins"] == 2

    with_client(use)


def test_between_refusal_and_login_there_is_no_token() -> None:
    """While a refused token is replaced nobody is handed it, and the error says what to await."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        refused = client.get_session_token()
        gateway.faults.refuse_next(503, times=9, route="/api/Auth/loginKey")
        with pytest.raises(ProjectXServerError):
            await client.fresh_token(refused)
        with pytest.raises(ProjectXAuthenticationError, match="fresh_token"):
            client.get_session_token()
        gateway.faults.stop()
        assert await client.fresh_token() != refused

    with_client(use)


def test_a_gateway_that_repeats_a_refused_token_is_no_endless_loop() -> None:
    """A validation and a login that give the refused token again end in a clear error."""

    async def use(parts: Parts) -> None:
        parts.network.script(LOGIN, envelope(token="always-the-same"))
        parts.network.script(VALIDATE, envelope(newToken="always-the-same"))
        await parts.auth.login()
        with pytest.raises(ProjectXAuthenticationError, match="refused"):
            await parts.auth.token("always-the-same")
        assert parts.network.count(LOGIN) == 2

    with_parts(use, login=False)


@pytest.mark.parametrize(
    "token", [None, "", 7, ["x"], "two words", "a\r\nX-Header: 1", "x" * 10_000]
)
def test_a_login_without_a_usable_token_is_an_error(token: object) -> None:
    """What is no token is neither held nor shown."""

    async def use(parts: Parts) -> None:
        parts.network.script(LOGIN, envelope(token=token))
        with pytest.raises(ProjectXAuthenticationError, match="without a token") as caught:
            await parts.auth.login()
        assert "X-Header" not in str(caught.value)
        assert parts.auth.current is None
        assert not parts.auth.is_logged_in

    with_parts(use, login=False)


def test_an_opaque_token_lives_for_the_documented_day() -> None:
    """A token that is no JWT is used; it is renewed when its day nears its end."""

    async def use(parts: Parts) -> None:
        assert await parts.auth.token() == "token-1"
        parts.network.script(VALIDATE, envelope(1, "no session"))
        await asyncio.sleep(24 * 3600 - 1500)
        assert await parts.auth.token() == "token-2"

    with_parts(use)


def test_a_short_lived_token_is_no_login_storm() -> None:
    """A token of one minute is used for most of it, not renewed with every request."""

    async def use(parts: Parts) -> None:
        parts.network.script(LOGIN, envelope(token=jwt(exp=BEGAN_S + 60)))
        await parts.auth.login()
        for _ in range(50):
            await parts.auth.token()
            await asyncio.sleep(1)
        assert parts.network.count(LOGIN) == 1
        assert parts.network.count(VALIDATE) == 0

    with_parts(use, login=False)


def test_a_wrong_clock_is_no_login_storm(caplog: pytest.LogCaptureFixture) -> None:
    """A machine that runs a day ahead uses the token for its own length, and is told."""

    async def use(parts: Parts) -> None:
        then = BEGAN_S - 90_000
        parts.network.script(LOGIN, envelope(token=jwt(iat=then, exp=then + 86_400)))
        await parts.auth.login()
        for _ in range(20):
            await parts.auth.token()
        assert parts.network.count(LOGIN) == 1

    with caplog.at_level(logging.WARNING):
        with_parts(use, login=False)
    assert "clock" in caplog.text


def test_a_failed_renewal_in_the_background_is_tried_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """With the gateway down when renewal is due, the client goes on trying and then goes on."""

    async def use(parts: Parts) -> None:
        down = Answer(b"", 503)
        parts.network.script(VALIDATE, *[down] * 12, envelope(newToken="renewed"))
        parts.network.script(LOGIN, *[down] * 12, envelope(token="renewed"))
        await asyncio.sleep(24 * 3600)
        assert parts.auth.current == "renewed"
        parts.supervisor.raise_if_faulted()

    with_parts(use)
    assert "trying again" in caplog.text


def test_validation_says_whether_the_session_is_good() -> None:
    """True with a fresh token taken; False when the gateway has ended it; then a login follows."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        before = client.get_session_token()
        assert await client.validate_session()
        assert client.get_session_token() != before
        gateway.faults.expire_tokens()
        assert not await client.validate_session()
        assert await client.list_accounts()

    with_client(use)


def test_logout_ends_the_session() -> None:
    """After logout the token is gone here and refused there; a second logout does nothing."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        ended = client.get_session_token()
        await client.logout()
        await client.logout()
        assert not await client.validate_session()
        with pytest.raises(ProjectXAuthenticationError, match="authenticate"):
            client.get_session_token()
        with pytest.raises(ProjectXAuthenticationError, match="authenticate"):
            await client.list_accounts()
        await client.authenticate()
        assert client.get_session_token() != ended

    with_client(use)


@pytest.mark.parametrize("way", ["login", "token"])
def test_a_logout_ends_a_login_that_is_under_way(way: str) -> None:
    """What the gateway answers to it later is given back, and nobody is logged in by it."""

    async def use(parts: Parts) -> None:
        parts.auth.refuse("token-1")
        parts.network.script("/Auth/logout", envelope())
        parts.network.delay_s = 1
        work = parts.auth.login() if way == "login" else parts.auth.token()
        waiter = parts.supervisor.spawn(_outcome(work), name="waiter")
        await asyncio.sleep(0.5)
        await parts.auth.logout()
        await asyncio.wait({waiter})
        assert "logged out" in waiter.result()
        assert parts.auth.current is None
        assert not parts.auth.is_logged_in
        path, _, headers = parts.network.seen[-1]
        assert (path, headers["Authorization"]) == ("/Auth/logout", "Bearer token-2")
        assert await parts.auth.login() == "token-3"
        assert await parts.auth.token() == "token-3"

    with_parts(use)


async def _outcome(work: Coroutine[Any, Any, str]) -> str:
    try:
        return await work
    except ProjectXAuthenticationError as error:
        return str(error)


def test_a_refused_logout_is_told() -> None:
    """A gateway that says no to a logout is heard, and the token is forgotten all the same."""

    async def use(parts: Parts) -> None:
        parts.network.script("/Auth/logout", envelope(1))
        with pytest.raises(ProjectXError, match="InvalidSession"):
            await parts.auth.logout()
        assert parts.auth.current is None

    with_parts(use)


@pytest.mark.parametrize("code", [1, 3, 7, 8, 9, 10, 99])
def test_every_login_code_names_the_way_out(code: int) -> None:
    """Whatever the reason, the error has the code, what it means, and what to do."""

    async def use(parts: Parts) -> None:
        parts.network.script(LOGIN, envelope(code, token=None))
        with pytest.raises(ProjectXAuthenticationError) as caught:
            await parts.auth.login()
        assert caught.value.error_code == code
        assert "PROJECT_X_API_KEY" in str(caught.value)
        assert "projectx run" in str(caught.value)
        assert "a-secret-key" not in str(caught.value)

    with_parts(use, login=False)


def test_a_login_that_was_swallowed_is_not_waited_for() -> None:
    """A network that works again has the token within two seconds, however long it did not."""

    async def use(parts: Parts) -> None:
        loop = asyncio.get_running_loop()
        for lasts_s in (1.0, 9.0, 29.0, 31.0, 100.0):
            parts.network.delay_s = 3600.0
            before = parts.network.count(LOGIN)
            asking = loop.create_task(parts.auth.login())
            await asyncio.sleep(lasts_s)
            parts.network.delay_s = 0.05
            back = loop.time()
            await asking
            assert loop.time() - back <= 1.6
            assert parts.network.count(LOGIN) - before <= 2 + lasts_s / 1.5

    with_parts(use, login=False)


def test_a_gateway_that_is_slow_is_waited_for() -> None:
    """The first try is kept while others begin beside it, and its answer is taken."""

    async def use(parts: Parts) -> None:
        parts.network.delay_s = 25.0
        began = asyncio.get_running_loop().time()
        assert await parts.auth.login()
        assert asyncio.get_running_loop().time() - began == 25.0
        assert parts.auth.logins == 1

    with_parts(use, login=False)
