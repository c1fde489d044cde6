"""A suite's orders: one manager, each event once, and a door that closes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
from tests.suites import login, simulated_suite
from tests.virtual import in_virtual_time

from project_x_py.event_bus import Event, EventType
from project_x_py.exceptions import (
    ProjectXConnectionError,
    ProjectXOrderError,
    RiskLimitExceeded,
)
from project_x_py.simulator import SimulatedGateway, faults
from project_x_py.trading_suite import TradingSuite
from project_x_py.trading_suite._account import _journal
from project_x_py.trading_suite.config import OWN_JOURNAL

BUY = 0


@in_virtual_time
async def test_an_order_event_comes_once_on_its_own_bus() -> None:
    """Two instruments, one account: the other's bus stays silent, the suite's hears it once."""
    async with simulated_suite("MNQ", "ES", initial_days=1) as (_, suite):
        heard: dict[str, list[Event]] = {"MNQ": [], "ES": [], "suite": []}
        for name, bus in (("MNQ", suite["MNQ"]), ("ES", suite["ES"]), ("suite", suite)):

            async def keep(event: Event, name: str = name) -> None:
                heard[name].append(event)

            await bus.on(EventType.ORDER_PLACED, keep)
        price = await suite["MNQ"].data.get_current_price()
        assert price is not None
        assert suite["MNQ"].orders is suite["ES"].orders
        placed = await suite["MNQ"].orders.place_limit_order("MNQ", BUY, 1, price - 50)
        await asyncio.sleep(1)
        assert {name: len(events) for name, events in heard.items()} == {
            "MNQ": 1,
            "ES": 0,
            "suite": 1,
        }
        assert heard["suite"][0].data["order_id"] == placed.orderId
        with pytest.raises(AttributeError, match=r"suite\['MNQ'\].orders"):
            _ = suite.orders


@in_virtual_time
async def test_events_of_a_contract_without_a_context_go_to_the_suite() -> None:
    """An order in something that the suite does not follow is told of all the same."""
    async with simulated_suite("MNQ", gateway={"instruments": ("MNQ", "ES")}, initial_days=1) as (
        _,
        suite,
    ):
        waiting = asyncio.ensure_future(suite.wait_for(EventType.ORDER_PLACED, timeout=5))
        await asyncio.sleep(0)
        await suite.orders.place_market_order("ES", BUY, 1)
        assert (await waiting).data["symbol"] == "ES"


@in_virtual_time
async def test_no_entry_leaves_while_the_account_is_in_doubt() -> None:
    """The user hub is gone: entries are refused with the reason, what is held can be closed."""
    async with simulated_suite("MNQ", initial_days=1) as (gateway, suite):
        await suite.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(1)
        gateway.faults.apply(faults.Refuse(status=503, route="/hubs/user", times=50))
        gateway.faults.apply(faults.Drop(hub="user"))
        await asyncio.sleep(0.2)
        with pytest.raises((RiskLimitExceeded, ProjectXConnectionError), match="in doubt"):
            await suite.orders.place_market_order("MNQ", BUY, 1)
        assert await suite.orders.close_position("MNQ") is not None
        gateway.faults.requests.clear()


@in_virtual_time
async def test_a_stop_is_judged_by_the_last_price() -> None:
    """The data manager's price reaches the orders while it is fresh."""
    async with simulated_suite("MNQ", initial_days=1) as (_, suite):
        await asyncio.sleep(20)
        price = await suite.data.get_current_price()
        assert price is not None
        placed = await suite.orders.place_trailing_stop_order("MNQ", 1, 1, trail_distance=20)
        assert placed.success
        assert suite.data.last_price("other") is None


@in_virtual_time
async def test_a_quiet_market_takes_market_brackets() -> None:
    """Prices of the last minute are enough, quotes as well as trades; none older is."""
    async with simulated_suite("MNQ", initial_days=1) as (gateway, suite):
        await asyncio.sleep(20)
        contract = suite["MNQ"].instrument_info
        gateway.market.pause()
        await asyncio.sleep(30)
        known = suite.data.last_price(contract.id)
        assert known is not None
        quote = suite.data._quote
        assert known[0] in (quote.middle(), quote.last)
        price = contract.tickSize * known[0]
        legs = (price - 50, price + 50)
        placed = await suite.orders.place_bracket_order("MNQ", 0, 1, None, *legs, "market")
        assert placed.success, placed.error_message
        await asyncio.sleep(62)
        with pytest.raises(ProjectXOrderError, match="no price of the last 60 seconds"):
            await suite.orders.place_bracket_order("MNQ", 0, 1, None, *legs, "market")


@in_virtual_time
async def test_orders_survive_their_suite(tmp_path: Path) -> None:
    """A bracket's legs are known to the next suite on the same journal."""
    journal = tmp_path / "orders.sqlite"
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        options: dict[str, Any] = {**login(gateway), "initial_days": 1, "order_journal": journal}
        async with await TradingSuite.create("MNQ", **options) as suite:
            await asyncio.sleep(5)
            price = await suite.data.get_current_price()
            assert price is not None
            placed = await suite.orders.place_bracket_order(
                "MNQ", BUY, 1, price, price - 50, price + 50, "market"
            )
            assert placed.success
        async with await TradingSuite.create("MNQ", **options) as suite:
            await asyncio.sleep(1)
            assert suite.orders.get_memory_stats()["guarded_entries"] == 1
            assert len(await suite.orders.search_open_orders()) == 2


@in_virtual_time
async def test_a_gateway_on_this_machine_leaves_no_file() -> None:
    """Unless a path is given, or a state directory is named."""
    async with simulated_suite("MNQ", initial_days=1) as (_, suite):
        assert suite.orders._parts.journal is None


def test_each_account_has_a_file_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the state directory, named so that neither gateway nor account can be read off."""
    monkeypatch.setenv("PROJECTX_STATE_DIR", str(tmp_path))

    @in_virtual_time
    async def run() -> None:
        async with simulated_suite("MNQ", initial_days=1, auto_connect=False) as (_, suite):
            journal = _journal(suite.client, OWN_JOURNAL)
            assert journal is not None
            assert journal.path.parent == tmp_path
            assert str(suite.client.get_account_info().id) not in journal.path.name
            assert _journal(suite.client, None) is None

    run()


def test_a_trade_journal_is_kept_on_this_machine_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the feature an order to a gateway on this machine is in the user's own file."""
    for name in ("XDG_STATE_HOME", "LOCALAPPDATA", "HOME"):
        monkeypatch.setenv(name, str(tmp_path))

    @in_virtual_time
    async def run() -> None:
        options: dict[str, Any] = {"features": ["trade_journal"], "initial_days": 1}
        async with simulated_suite("MNQ", **options) as (_, suite):
            placed = await suite.orders.place_market_order("MNQ", BUY, 1)
            journal = suite.orders._parts.journal
            assert journal is not None
            assert tmp_path in journal.path.parents
            kept = [entry.order_id for entry in journal.entries()]
        assert kept == [placed.orderId]

    run()


@in_virtual_time
async def test_each_position_event_comes_once_on_its_instrument() -> None:
    """An event reaches its own bus and the suite's, once each; views keep contracts apart."""
    seen: dict[str, list[str]] = {"suite": [], "MNQ": [], "ES": []}

    async with simulated_suite("MNQ", "ES") as (_, suite):

        def keeper(name: str) -> Callable[[Event], Coroutine[None, None, None]]:
            async def keep(event: Event) -> None:
                seen[name].append(event.data["symbol"])

            return keep

        await suite.on(EventType.POSITION_OPENED, keeper("suite"))
        for symbol in ("MNQ", "ES"):
            await suite[symbol].on(EventType.POSITION_OPENED, keeper(symbol))
            await suite[symbol].orders.place_market_order(symbol, 0, 1)
        await asyncio.sleep(1)
        assert seen == {"suite": ["MNQ", "ES"], "MNQ": ["MNQ"], "ES": ["ES"]}
        assert len(await suite.positions.get_all_positions()) == 2
        assert [one.symbol for one in await suite["ES"].positions.get_all_positions()] == ["EP"]
        assert (await suite["ES"].positions.close_all_positions())["proved"]
        assert len(await suite.positions.get_all_positions()) == 1
        proof = await suite.flatten()
        assert (proof.proved, list(proof.closed.values())) == (True, [1])
        assert await suite.positions.get_all_positions() == []
