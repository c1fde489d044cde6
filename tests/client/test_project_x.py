"""The REST client against the simulated gateway, in process and in virtual time."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import pytest

from project_x_py._runtime.together import together
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXDataError,
    ProjectXError,
    ProjectXInstrumentError,
    ProjectXRateLimitError,
    ProjectXServerError,
)
from project_x_py.simulator import SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

T = TypeVar("T")

BARS = "/api/History/retrieveBars"
ACCOUNTS = "/api/Account/search"


def _with_client(
    use: Callable[[SimulatedGateway, ProjectX], Awaitable[T]],
    *,
    api_key: str | None = None,
    account_name: str | None = None,
    login: bool = True,
) -> T:
    async def main() -> T:
        async with SimulatedGateway(in_process=True, instruments=("MNQ", "ES")) as gateway:
            username, key = gateway.credentials.username, gateway.credentials.api_key
            client = ProjectX(username, api_key or key, gateway.config, account_name)
            async with client:
                if login:
                    await client.authenticate()
                return await use(gateway, client)

    return run_virtual(main())


def test_login_selects_the_account() -> None:
    """After authenticate the account and the token can be had synchronously."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        account = client.get_account_info()
        assert account.name == gateway.credentials.account_name
        assert account.simulated
        assert client.get_session_token().count(".") == 2

    _with_client(use)


def test_before_login_there_is_a_clear_error() -> None:
    """Token and account are refused with the call that is missing."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        with pytest.raises(ProjectXAuthenticationError, match="authenticate"):
            client.get_session_token()
        with pytest.raises(ProjectXAuthenticationError, match="authenticate"):
            client.get_account_info()
        with pytest.raises(ProjectXAuthenticationError, match="authenticate"):
            await client.get_instrument("MNQ")

    _with_client(use, login=False)


@pytest.mark.checklist(170)
def test_a_wrong_key_names_the_way_out() -> None:
    """A refused login says which variables to check and how to run without an account."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        with pytest.raises(ProjectXAuthenticationError) as caught:
            await client.authenticate()
        text = str(caught.value)
        assert "PROJECT_X_API_KEY" in text
        assert "projectx run" in text
        assert "not-the-key" not in text + repr(caught.value.response_data)

    _with_client(use, api_key="not-the-key-at-all", login=False)


def test_an_unknown_account_lists_the_accounts() -> None:
    """A name that is not there is refused with the names that are."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        with pytest.raises(ProjectXError, match=str(gateway.credentials.account_name)):
            await client.authenticate()

    _with_client(use, account_name="50KTC-NOT-MINE", login=False)


def test_account_names_ignore_case() -> None:
    """An account is found by its name in any case."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        client.account_name = str(gateway.credentials.account_name).lower()
        await client.authenticate()
        assert client.get_account_info().name == gateway.credentials.account_name

    _with_client(use, login=False)


def test_instruments_are_found_and_remembered() -> None:
    """A ticker is resolved once; the second time costs no request."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        contract = await client.get_instrument("ES")
        assert contract.symbolId == "F.US.EP"
        before = (await client.get_health_status())["api_calls"]
        assert await client.get_instrument("es") is contract
        assert (await client.get_health_status())["api_calls"] == before
        assert await client.get_instrument(contract.id) == contract
        assert await client.get_instrument(contract.name) == contract

    _with_client(use)


def test_a_symbol_id_names_the_active_month() -> None:
    """What the gateway's own events call a product can be asked for."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        assert await client.get_instrument("f.us.EP") == await client.get_instrument("ES")

    _with_client(use)


def test_an_unknown_instrument_gets_close_matches() -> None:
    """A typing error is answered with what may have been meant; an empty one with an example."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        with pytest.raises(ProjectXInstrumentError, match="MNQ"):
            await client.get_instrument("MNQQ")
        with pytest.raises(ProjectXInstrumentError, match="MNQ"):
            await client.get_instrument(" ")
        with pytest.raises(ProjectXInstrumentError):
            await client.get_instrument("CON.F.US.NOPE.Z26")
        for odd in (None, 5, "MN\ud800", "\x00"):
            with pytest.raises(ProjectXInstrumentError, match="'MNQ'"):
                await client.get_instrument(odd)  # type: ignore[arg-type]

    _with_client(use)


def test_bars_are_ascending_aware_and_limited() -> None:
    """Bars come oldest first, inside the window, exactly as many as allowed, the newest."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        day = await client.get_bars("MNQ", days=1, interval=1)
        starts = day["timestamp"].to_list()
        assert starts == sorted(set(starts))
        assert day.height > 1000
        ten = await client.get_bars("MNQ", days=1, interval=1, limit=10)
        assert ten.equals(day.tail(10))
        fifty = await client.get_bars("MNQ", days=1, interval=1, limit=50)
        assert fifty.height == 50
        until = datetime.fromisoformat("2026-08-31T15:00:00").replace(tzinfo=UTC)
        part = await client.get_bars(
            "MNQ", interval=1, start_time=until - timedelta(minutes=5), end_time=until
        )
        assert part.height == 5
        assert part["timestamp"][-1] < until

    _with_client(use)


def test_a_partial_bar_comes_only_when_asked_for() -> None:
    """With ``partial=False`` every bar has ended."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        await asyncio.sleep(30)
        now = datetime.fromtimestamp(gateway.clock.now_ns() / 1e9, UTC)
        whole = await client.get_bars("MNQ", days=1, interval=1, partial=False)
        forming = await client.get_bars("MNQ", days=1, interval=1)
        assert whole["timestamp"][-1] + timedelta(minutes=1) <= now
        assert forming.height == whole.height + 1

    _with_client(use)


@pytest.mark.checklist(171)
def test_a_server_error_is_tried_again_then_raised() -> None:
    """Two failures are survived; a lasting one is raised with its status."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.faults.refuse_next(503, times=2, route=ACCOUNTS)
        assert await client.list_accounts()
        gateway.faults.refuse_next(500, times=9, route=ACCOUNTS)
        with pytest.raises(ProjectXServerError) as caught:
            await client.list_accounts()
        assert caught.value.error_code == 500

    _with_client(use)


@pytest.mark.checklist(172)
def test_a_rate_limit_is_waited_out() -> None:
    """A 429 is waited out for as long as it says; one without end is raised."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        loop = asyncio.get_running_loop()
        gateway.faults.refuse_next(429, route=ACCOUNTS, retry_after_s=7)
        began = loop.time()
        assert await client.list_accounts()
        assert loop.time() - began >= 7
        gateway.faults.refuse_next(429, times=9, route=ACCOUNTS, retry_after_s=500)
        with pytest.raises(ProjectXRateLimitError):
            await client.list_accounts()

    _with_client(use)


def test_one_401_is_recovered() -> None:
    """A token that is refused once is renewed and the request sent again; twice is an error."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        before = client.get_session_token()
        gateway.faults.refuse_next(401, route=ACCOUNTS)
        assert await client.list_accounts()
        assert client.get_session_token() != before
        gateway.faults.refuse_next(401, times=2, route=ACCOUNTS)
        with pytest.raises(ProjectXAuthenticationError):
            await client.list_accounts()

    _with_client(use)


def test_parallel_callers_share_one_login() -> None:
    """Five calls that find their token refused cause one login, not five."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.faults.refuse_next(401, times=5, route=ACCOUNTS)
        before = (await client.get_health_status())["api_calls"]
        await together(client.list_accounts() for _ in range(5))
        assert (await client.get_health_status())["api_calls"] - before == 5 + 1 + 5

    _with_client(use)


def test_a_token_is_renewed_before_it_ends() -> None:
    """A client that runs past the token's day goes on with a fresh one."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        before = client.get_session_token()
        gateway.market.pause()
        await asyncio.sleep(24 * 3600 - 200)
        assert await client.list_accounts()
        assert client.get_session_token() != before

    _with_client(use)


def test_an_unknown_path_is_a_clear_error() -> None:
    """A 404 asks about api_url."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        with pytest.raises(ProjectXDataError, match="api_url"):
            await client.call("/No/such", {})

    _with_client(use)


def test_nothing_secret_is_shown() -> None:
    """Neither the token nor the key is in a repr."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        shown = repr(client) + repr(client._auth) + str(vars(client))
        assert client.get_session_token() not in shown
        assert gateway.credentials.api_key not in shown

    _with_client(use)


def test_cancelling_one_caller_leaves_the_renewal_to_the_others() -> None:
    """A caller that is cancelled while the token is renewed does not spoil it for the rest."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.faults.refuse_next(401, times=2, route=ACCOUNTS)
        async with asyncio.TaskGroup() as group:
            impatient = group.create_task(client.list_accounts())
            patient = group.create_task(client.list_accounts())
            while client._auth._renewal is None:
                await asyncio.sleep(0)
            impatient.cancel()
        assert patient.result()

    _with_client(use)
