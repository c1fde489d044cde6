"""A suite as one thing: it fails as one, ends as one, and its parts know of each other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from tests.suites import login, simulated_suite
from tests.virtual import in_virtual_time

from project_x_py.event_bus import Event, EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import InstrumentContext, TradingSuite, TradingSuiteConfig

BUY = 0
EVERYTHING = ["orderbook", "risk_manager"]
ROUTES = (
    *("/api/Auth/loginKey", "/api/Account/search", "/api/Contract/search"),
    *("/api/History/retrieveBars", "/hubs/user", "/hubs/market"),
    *("/api/Order/searchOpen", "/api/Order/v2/query", "/api/Position/searchOpen"),
    "/api/Trade/search",
)


def some_now(names: Iterable[str]) -> list[Any]:
    """Every second of them in the default run, all of them in the long one."""
    return [
        pytest.param(name, marks=[pytest.mark.long] if place % 2 else [])
        for place, name in enumerate(names)
    ]


def others() -> list[str]:
    """Names of all tasks but the one that asks."""
    return [task.get_name() for task in asyncio.all_tasks() if task is not asyncio.current_task()]


@pytest.mark.parametrize("route", some_now(ROUTES))
@in_virtual_time
async def test_whatever_fails_during_creation_nothing_is_left(route: str) -> None:
    """Each request refused in turn: an error or a suite that can be ended, and no task after."""
    async with SimulatedGateway(in_process=True) as gateway:
        before = others()
        gateway.faults.refuse_next(500, times=99, route=route)
        try:
            suite = await TradingSuite.create(
                "MNQ", features=EVERYTHING, initial_days=1, **login(gateway)
            )
        except ProjectXError:
            assert others() == before
        else:
            await suite.disconnect()
            assert others() == before


PARTS: dict[str, Callable[[TradingSuite], Any]] = {
    "suite": lambda suite: suite._supervisor,
    "client": lambda suite: suite.client._supervisor,
    "realtime": lambda suite: suite.realtime._tasks,
    "orders": lambda suite: suite.orders._parts.tasks,
    "positions": lambda suite: suite.positions._core.tasks,
    "risk": lambda suite: suite.risk_manager.tasks,
    "bars": lambda suite: suite.data._supervisor,
    "book": lambda suite: suite.orderbook.realtime_handler._supervisor,
}


@pytest.mark.parametrize("part", some_now(PARTS))
@in_virtual_time
async def test_a_part_that_died_is_told_by_the_next_call_and_the_end(part: str) -> None:
    """The failure of any part's task is raised, and ends nothing less than everything."""

    async def die() -> None:
        raise RuntimeError("broken")

    async with SimulatedGateway(in_process=True) as gateway:
        before = others()
        suite = await TradingSuite.create(
            "MNQ", features=EVERYTHING, initial_days=1, **login(gateway)
        )
        suite.raise_if_faulted()
        task = PARTS[part](suite).spawn(die(), name="doomed")
        await asyncio.wait([task])
        with pytest.raises(ProjectXError, match="doomed"):
            await suite.wait_for(EventType.TRADE_TICK, timeout=5)
        with pytest.raises(ProjectXError, match="doomed"):
            suite.stream(EventType.TRADE_TICK)
        with pytest.raises(ProjectXError, match="doomed"):
            await suite.disconnect()
        assert others() == before


@in_virtual_time
async def test_what_a_block_raises_is_not_hidden_by_a_part_that_died() -> None:
    """A clean block raises the fault when it is left; one with an error raises its own."""

    async def die() -> None:
        raise RuntimeError("broken")

    async with SimulatedGateway(in_process=True) as gateway:
        keywords = {**login(gateway), "initial_days": 1, "auto_connect": False}
        for own, match in ((None, "doomed"), (KeyError("own"), "own")):
            suite = await TradingSuite.create("MNQ", **keywords)
            with pytest.raises(KeyError if own else ProjectXError, match=match):
                async with suite:
                    await asyncio.wait([suite._supervisor.spawn(die(), name="doomed")])
                    if own is not None:
                        raise own
            assert not suite.is_connected


@in_virtual_time
async def test_the_book_knows_own_orders_of_before_and_of_an_outage() -> None:
    """Orders from before the suite are in the book; one that ended in an outage leaves it."""
    async with simulated_suite("MNQ", initial_days=1) as (gateway, first):
        price = await first.data.get_current_price()
        assert price is not None
        ids = [
            (await first.orders.place_limit_order("MNQ", BUY, 2, price - away)).orderId
            for away in (40, 41)
        ]
        second = await TradingSuite.create("MNQ", features=["orderbook"], **login(gateway))
        assert second.orderbook is not None
        own = await second.orderbook.get_own_orders()
        assert [(one["order_id"], one["size"]) for one in own] == [(ids[0], 2), (ids[1], 2)]
        heard: list[list[int]] = []
        second.orders.add_read_listener(lambda orders: heard.append([order.id for order in orders]))
        gateway.faults.drop_connections("user")
        await first.orders.cancel_order(ids[0])
        async with asyncio.timeout(60):
            while [ids[1]] not in heard:
                await asyncio.sleep(1)
        own = await second.orderbook.get_own_orders()
        assert [one["order_id"] for one in own] == [ids[1]]
        await second.disconnect()


@in_virtual_time
async def test_suites_of_one_process_do_not_meet() -> None:
    """Two suites on two gateways: each hears its own market, and ends without the other."""
    async with (
        simulated_suite("MNQ", initial_days=1) as (_, one),
        simulated_suite("ES", initial_days=1) as (_, two),
    ):
        heard: list[str] = []

        async def keep(event: Event) -> None:
            heard.append(event.data["symbol"])

        await two.on(EventType.TRADE_TICK, keep)
        assert (await one.wait_for(EventType.TRADE_TICK, timeout=60)).data["symbol"] == "MNQ"
        await one.disconnect()
        for _ in range(2):
            await two.wait_for(EventType.TRADE_TICK, timeout=60)
        assert set(heard) == {"ES"}
        assert two.is_connected
        assert not one.is_connected


@in_virtual_time
async def test_one_login_and_one_pair_of_hubs_serve_all_instruments() -> None:
    """Three instruments connect one user hub and one market hub, and share token and orders."""
    symbols = ["MNQ", "ES", "MGC"]
    async with simulated_suite(*symbols, initial_days=1) as (gateway, suite):
        assert gateway.connections == {"user": 1, "market": 1}
        assert list(suite) == symbols
        assert len({id(context.orders) for context in suite.values()}) == 1
        assert len({id(context.event_bus) for context in suite.values()}) == 3


@in_virtual_time
async def test_a_context_has_its_parts_as_documented() -> None:
    """Fields in the documented order; a position view of its own, the account's orders."""
    async with simulated_suite("MNQ", "ES", features=EVERYTHING, initial_days=1) as (_, suite):
        context = suite["MNQ"]
        again = InstrumentContext(
            "MNQ",
            context.instrument_info,
            context.data,
            context.orders,
            context.positions,
            context.event_bus,
            context.orderbook,
            context.risk_manager,
        )
        assert again == context
        assert context.instrument is context.instrument_info
        assert context.orders is suite["ES"].orders
        assert context.positions is not suite["ES"].positions
        assert context.risk_manager is not suite["ES"].risk_manager


def test_settings_are_given_as_documented() -> None:
    """By place or by name, one symbol or several; what is left out has the documented default."""
    config = TradingSuiteConfig("MNQ", ["1min"], ["orderbook"], 3, False, "UTC")
    assert (config.instrument, config.instruments) == ("MNQ", ("MNQ",))
    assert (config.timeframes, config.features) == (("1min",), {"orderbook"})
    assert (config.initial_days, config.auto_connect, config.timezone) == (3, False, "UTC")
    several = TradingSuiteConfig(instruments=["MNQ", "ES", "MNQ"])
    assert (several.instrument, several.instruments) == (None, ("MNQ", "ES"))
    assert (several.timeframes, several.initial_days) == (("5min",), 5)
    with pytest.raises(ValueError, match="at least one instrument"):
        TradingSuiteConfig()
