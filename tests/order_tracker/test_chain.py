"""Entries with protection built step by step, on a suite of the simulated gateway."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXInstrumentError, ProjectXOrderError
from project_x_py.models import Order
from project_x_py.order_tracker import OrderChainBuilder
from project_x_py.simulator import faults
from project_x_py.trading_suite import TradingSuite
from project_x_py.types import OrderType

BUY, SELL = 0, 1
QUICK: dict[str, Any] = {"timeframes": ["1min"], "initial_days": 1}


async def price_of(suite: TradingSuite, symbol: str = "MNQ") -> float:
    """The last price, which is known once a suite is made."""
    price = await suite[symbol].data.get_current_price()
    assert price is not None
    return price


async def order_of(suite: TradingSuite, order_id: int | None) -> Order:
    """An order that there is."""
    assert order_id is not None
    order = await suite.orders.get_order_by_id(order_id)
    assert order is not None
    return order


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("entry", ["market", "limit", "stop"])
@in_virtual_time
async def test_an_entry_gets_its_stop_and_its_target(entry: str, side: int) -> None:
    """Offsets count from the entry, to the side where they protect and profit."""
    async with simulated_suite(**QUICK) as (_, suite):
        forward = 1 if side == BUY else -1
        price = await price_of(suite)
        chain = OrderChainBuilder(suite)
        if entry == "market":
            chain.market_order(2, side)
        elif entry == "limit":
            price -= 50 * forward
            chain.limit_order(2, price, side)
        else:
            price += 50 * forward
            chain.stop_order(2, price, side)
        chain.with_stop_loss(offset=40).with_take_profit(offset=80)
        placed = await chain.execute()
        assert placed.success, placed.error_message
        await asyncio.sleep(1)
        assert placed.stop_loss_price == pytest.approx(price - 40 * forward)
        assert placed.take_profit_price == pytest.approx(price + 80 * forward)
        found = await order_of(suite, placed.entry_order_id)
        kinds = {"market": OrderType.MARKET, "limit": OrderType.LIMIT, "stop": OrderType.STOP}
        assert (found.type, found.side, found.size) == (kinds[entry], side, 2)
        if entry == "market":
            assert (await order_of(suite, placed.stop_order_id)).stopPrice == (
                placed.stop_loss_price
            )


@pytest.mark.parametrize("leg", ["stop", "target", "none"])
@in_virtual_time
async def test_what_is_not_asked_for_is_not_sent(leg: str) -> None:
    """With only a stop, only a target, or neither, there is no other leg, whatever the side."""
    async with simulated_suite(**QUICK) as (_, suite):
        for side in (BUY, SELL):
            forward = 1 if side == BUY else -1
            price = await price_of(suite)
            chain = OrderChainBuilder(suite).market_order(1, side)
            if leg == "stop":
                chain.with_stop_loss(price=price - 60 * forward)
            elif leg == "target":
                chain.with_take_profit(price=price + 60 * forward)
            placed = await chain.execute()
            assert placed.success, placed.error_message
            assert (placed.stop_loss_price is None) == (leg != "stop")
            assert (placed.take_profit_price is None) == (leg != "target")
            await asyncio.sleep(1)
            working = await suite.orders.search_open_orders()
            wanted = {"stop": [OrderType.STOP], "target": [OrderType.LIMIT], "none": []}[leg]
            assert [order.type for order in working] == wanted
            await suite.orders.close_position("MNQ")
            await asyncio.sleep(15)
            assert await suite.orders.search_open_orders() == []


@in_virtual_time
async def test_an_instrument_is_named_in_any_form() -> None:
    """Symbol, contract id and name lead to the instrument; with several it has to be named."""
    async with simulated_suite("MNQ", "ES", **QUICK) as (_, suite):
        contract = suite["ES"].instrument_info
        price = await price_of(suite, "ES")
        with pytest.raises(ProjectXOrderError, match="2 instruments \\(MNQ, ES\\)"):
            await OrderChainBuilder(suite).market_order(1).execute()
        for name in ("ES", contract.id, contract.name):
            placed = await (
                OrderChainBuilder(suite).for_instrument(name).limit_order(1, price - 20).execute()
            )
            assert placed.success
        working = await suite["MNQ"].orders.search_open_orders()
        assert {order.contractId for order in working} == {contract.id}
        assert len(working) == 3


@in_virtual_time
async def test_an_instrument_beyond_the_suite_needs_prices() -> None:
    """Prices of one's own are enough; an offset needs a price to count from."""
    async with simulated_suite(gateway={"instruments": ("MNQ", "ES")}, **QUICK) as (_, suite):
        bars = await suite.client.get_bars("ES", days=1, interval=1)
        price = float(bars["close"][-1])
        chain = OrderChainBuilder(suite).for_instrument("ES").market_order(1)
        with pytest.raises(ProjectXOrderError, match="no price of the instrument is known"):
            await chain.with_stop_loss(offset=10).execute()
        chain.with_stop_loss(price=price - 40).with_take_profit(price=price + 40)
        placed = await chain.execute()
        assert placed.success, placed.error_message
        with pytest.raises(ProjectXOrderError, match="no stop can follow"):
            await chain.with_trail_stop(5).execute()


@in_virtual_time
async def test_a_name_that_is_none_has_close_matches() -> None:
    """It is the name that is wrong, whatever else of the chain cannot be."""
    async with simulated_suite(**QUICK) as (_, suite):
        for build in (OrderChainBuilder.market_order, OrderChainBuilder.with_trail_stop):
            chain = OrderChainBuilder(suite).for_instrument("MNX").market_order(1)
            build(chain, 1)
            with pytest.raises(ProjectXInstrumentError, match="MNQ"):
                await chain.with_take_profit(offset=10).execute()


@in_virtual_time
async def test_a_refusal_is_an_answer() -> None:
    """The gateway's no comes back as a response with its text, and leaves nothing."""
    async with simulated_suite(**QUICK) as (gateway, suite):
        gateway.faults.apply(faults.Answer(route="/api/Order/place", code=2, message="no margin"))
        chain = OrderChainBuilder(suite).market_order(1).with_trail_stop(5)
        handlers = suite["MNQ"].event_bus.get_handler_count()
        placed = await chain.execute()
        assert not placed.success
        assert "no margin" in str(placed.error_message)
        assert suite["MNQ"].event_bus.get_handler_count() == handlers
        assert await suite.orders.search_open_orders() == []


MISTAKES: list[tuple[Callable[[OrderChainBuilder], object], str]] = [
    (lambda chain: chain.with_stop_loss(), "an offset or a price"),
    (lambda chain: chain.with_stop_loss(offset=1, price=2), "an offset or a price"),
    (lambda chain: chain.with_take_profit(offset=0), "above zero"),
    (lambda chain: chain.with_take_profit(offset=float("nan")), "above zero"),
    (lambda chain: chain.with_trail_stop(-1), "above zero"),
    (lambda chain: chain.with_trail_stop(1, 0), "above zero"),
    (lambda chain: chain.with_trail_stop("far"), "in points"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("mistake", "text"), MISTAKES)
@in_virtual_time
async def test_a_mistake_is_found_where_it_is_made(
    mistake: Callable[[OrderChainBuilder], object], text: str
) -> None:
    """The call that is wrong raises, not the one that sends."""
    async with simulated_suite(**QUICK) as (_, suite):
        with pytest.raises(ProjectXOrderError, match=text):
            mistake(OrderChainBuilder(suite))


@in_virtual_time
async def test_a_chain_that_cannot_be_is_not_sent() -> None:
    """No entry, a wrong side, and legs on the wrong side are errors; nothing has left."""
    async with simulated_suite(**QUICK) as (_, suite):
        price = await price_of(suite)
        for chain, text in (
            (OrderChainBuilder(suite), "begins with"),
            (OrderChainBuilder(suite).market_order(1, 2), "side is 0"),
            (OrderChainBuilder(suite).market_order(0), "size is a whole"),
            (
                OrderChainBuilder(suite).limit_order(1, price).with_stop_loss(price=price + 9),
                "below",
            ),
            (
                OrderChainBuilder(suite)
                .limit_order(1, price, SELL)
                .with_take_profit(price=price + 9),
                "below",
            ),
        ):
            with pytest.raises(ProjectXOrderError, match=text):
                await chain.execute()
        assert await suite.orders.search_open_orders() == []
