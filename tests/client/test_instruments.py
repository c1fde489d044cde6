"""Instruments: found exactly, kept for as long as they cannot be wrong."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.client.gateways import Parts, envelope, with_client, with_parts

from project_x_py._core.products import PRODUCTS
from project_x_py._runtime.together import together
from project_x_py.client import ProjectX
from project_x_py.exceptions import ProjectXDataError, ProjectXInstrumentError
from project_x_py.simulator import Quirks, SimulatedGateway, faults

ROW = {
    "id": "CON.F.US.EP.U26", "name": "ESU6", "description": "E-Mini S&P 500: September 2026",
    "tickSize": 0.25, "tickValue": 12.5, "activeContract": True, "symbolId": "F.US.EP",
}  # fmt: skip
SEARCH = "/Contract/search"


def test_every_product_is_found_by_ticker_and_by_code() -> None:
    """Whatever the fuzzy search gives, each name leads to its own product: ES never to MES."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        for product in PRODUCTS:
            for name in (product.ticker, product.code, product.ticker.lower()):
                contract = await client.get_instrument(name)
                assert contract.symbolId == product.symbol_id, name
                assert contract.activeContract

    with_client(use, instruments=None)


def test_expired_months_are_found_by_id_and_by_name() -> None:
    """A month that is not active any more is found by ``searchById``."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        contract = await client.get_instrument("CON.F.US.ENQ.H25")
        assert contract.name == "NQH5"
        assert not contract.activeContract
        assert await client.get_instrument("NQH5") == contract
        assert (await client.get_instrument("con.f.us.enq.h25")).id == contract.id

    with_client(use, start=datetime(2026, 9, 1, 14, 30, tzinfo=UTC))


def test_a_roll_is_noticed() -> None:
    """After a roll the old month is not handed out beyond the time to live, nor the day."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        client.cache_ttl = 1e6
        before = await client.get_instrument("MNQ")
        gateway.faults.apply(faults.Roll(contract_id=before.id))
        assert await client.get_instrument("MNQ") is before
        gateway.market.pause()
        gateway.faults.apply(faults.JumpClock(seconds=8 * 3600))
        after = await client.get_instrument("MNQ")
        assert after.id != before.id
        assert after.activeContract

    with_client(use, start=datetime(2026, 9, 1, 14, 30, tzinfo=UTC))


def test_the_time_to_live_ends_an_entry() -> None:
    """Within 300 s the gateway is not asked again, afterwards it is; setting it drops all."""

    async def use(parts: Parts) -> None:
        parts.network.script(SEARCH, envelope(contracts=[ROW]))
        book = parts.instruments
        for wait, requests in ((0, 1), (299, 1), (2, 2)):
            await asyncio.sleep(wait)
            assert (await book.get("ES")).id == ROW["id"]
            assert parts.network.count(SEARCH) == requests
        assert (book.hits, book.misses) == (1, 2)

    with_parts(use)


def test_parallel_callers_share_one_look_up() -> None:
    """Fifty that ask for the same name at once cause one search; one that gives up spoils nothing,
    and a failure is everybody's."""

    async def use(parts: Parts) -> None:
        parts.network.script(SEARCH, envelope(contracts=[ROW]))
        parts.network.delay_s = 0.2
        async with asyncio.TaskGroup() as group:
            impatient = group.create_task(parts.instruments.get("ES"))
            others = [group.create_task(parts.instruments.get("es")) for _ in range(49)]
            await asyncio.sleep(0.1)
            impatient.cancel()
        assert {task.result().name for task in others} == {"ESU6"}
        assert parts.network.count(SEARCH) == 1
        parts.network.script(SEARCH, envelope(contracts=[]))
        parts.network.script("/Contract/available", envelope(contracts=[]))

        async def fails() -> None:
            with pytest.raises(ProjectXInstrumentError):
                await parts.instruments.get("NOPE")

        await together(fails() for _ in range(5))
        assert parts.network.count(SEARCH) == 2

    with_parts(use)


def test_the_two_tiers_are_kept_apart() -> None:
    """What was found in one data tier is not handed out for the other."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        simulated = await client.get_instrument("MNQ")
        before = client.get_performance_stats()["api_calls"]
        assert (await client.get_instrument("MNQ", live=True)).id == simulated.id
        assert client.get_performance_stats()["api_calls"] > before

    with_client(use, quirks=Quirks(live_entitled=True))


def test_an_empty_live_tier_falls_back_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    """A simulated login has no live tier: the simulated one is used, and the log says so."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        assert (await client.get_instrument("MNQ", live=True)).activeContract
        assert await client.search_instruments("MNQ", live=True) == []
        with pytest.raises(ProjectXInstrumentError, match="MNQ"):
            await client.get_instrument("MNQQ", live=True)

    with_client(use)
    assert "simulated tier" in caplog.text


def test_a_bad_row_hides_no_other(caplog: pytest.LogCaptureFixture) -> None:
    """A contract that cannot be right is left out and logged, the rest of the list is used."""

    async def use(parts: Parts) -> None:
        bad = {**ROW, "tickSize": 0}
        parts.network.script(SEARCH, envelope(contracts=[None, bad, {"id": 7}, ROW]))
        assert (await parts.instruments.get("ES")).name == "ESU6"
        parts.network.script(SEARCH, envelope(contracts=None))
        assert await parts.instruments.search("NQ") == []

    with_parts(use)
    assert caplog.text.count("left out") == 2


def test_an_id_is_answered_by_that_id_only() -> None:
    """A gateway that tells of another contract than was asked for is not believed."""

    async def use(parts: Parts) -> None:
        parts.network.script("/Contract/searchById", envelope(contract=ROW))
        assert await parts.instruments.by_id("CON.F.US.EP.Z26") is None
        found = await parts.instruments.by_id("CON.F.US.EP.U26")
        assert found is not None
        parts.network.script("/Contract/searchById", envelope(contract=None))
        with pytest.raises(ProjectXInstrumentError):
            await parts.instruments.get("CON.F.US.EP.Z26")

    with_parts(use)


def test_all_products_are_listed() -> None:
    """Every product has one active month."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        contracts = await client.list_available_contracts()
        assert len(contracts) == len(PRODUCTS)
        assert all(contract.activeContract for contract in contracts)

    with_client(use)


def test_the_cache_is_the_users_too() -> None:
    """Documented: an instrument can be put in, read without a request, and dropped; all counted."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        contract = await client.get_instrument("MNQ")
        client.cache_instrument("mine", contract)
        assert client.get_cached_instrument("MINE") is contract
        assert await client.get_instrument("mine") is contract
        assert client.get_cache_stats()["cache_hits"] == 1
        assert client.get_cache_stats()["cache_misses"] == 1
        assert client.get_cache_stats()["instrument_cache_size"] == 4
        client.clear_all_caches()
        assert client.get_cached_instrument("MNQ") is None
        client.cache_ttl = 10
        assert client.cache_ttl == 10.0
        with pytest.raises(ProjectXDataError, match="cache_ttl"):
            client.cache_ttl = -1

    with_client(use)


def test_the_cache_is_bounded() -> None:
    """The oldest names go when there are more than a thousand."""

    async def use(parts: Parts) -> None:
        parts.network.script(SEARCH, envelope(contracts=[ROW]))
        contract = await parts.instruments.get("ES")
        for number in range(1200):
            parts.instruments.store(f"name-{number}", contract)
        assert len(parts.instruments) == 1000
        assert parts.instruments.cached("name-0") is None
        assert parts.instruments.cached("name-1199") is contract

    with_parts(use)
