"""One order followed, on a suite of the simulated gateway."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py.exceptions import OrderLifecycleError, ProjectXOrderError
from project_x_py.models import Order, OrderPlaceResponse
from project_x_py.order_tracker import OrderTracker, track_order
from project_x_py.order_tracker.tracker import ORDER_EVENTS
from project_x_py.simulator import faults
from project_x_py.trading_suite import TradingSuite
from project_x_py.types import OrderStatus

BUY, SELL = 0, 1
QUICK: dict[str, Any] = {"timeframes": ["1min"], "initial_days": 1}


async def price_of(suite: TradingSuite) -> float:
    """The last price, which is known once a suite is made."""
    price = await suite.data.get_current_price()
    assert price is not None
    return price


def listening(suite: TradingSuite) -> int:
    """Handlers of order events on the suite's bus."""
    return sum(suite.events.get_handler_count(kind) for kind in ORDER_EVENTS)


@in_virtual_time
async def test_a_fill_is_waited_for() -> None:
    """The wait ends with the order as it is then, and the properties agree."""
    async with simulated_suite(**QUICK) as (_, suite), OrderTracker(suite) as tracker:
        assert not tracker.is_working
        placed = await suite.orders.place_market_order("MNQ", BUY, 2)
        assert tracker.track(placed) is tracker
        order = await tracker.wait_for_fill(timeout=5)
        assert (order.id, order.status, order.fillVolume) == (placed.orderId, 2, 2)
        assert order.filledPrice
        assert (tracker.is_filled, tracker.is_working, tracker.is_terminal) == (True, False, True)


@in_virtual_time
async def test_each_form_of_an_order_is_tracked() -> None:
    """An order, its id, its answer and the answer of a bracket name the same order."""
    async with simulated_suite(**QUICK) as (_, suite):
        price = await price_of(suite)
        placed = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 50)
        order = await suite.orders.get_order_by_id(placed.orderId)
        assert order is not None
        for form in (placed, order, placed.orderId):
            assert track_order(suite, form).order_id == placed.orderId
            async with OrderTracker(suite, form) as tracker:
                assert tracker.is_working
        bracket = await suite.orders.place_bracket_order(
            "MNQ", BUY, 1, price - 50, price - 75, price + 75
        )
        assert OrderTracker(suite).track(bracket).order_id == bracket.entry_order_id


@in_virtual_time
async def test_what_ended_before_is_noticed() -> None:
    """An order that filled, or was cancelled, before the block was entered is known at once."""
    async with simulated_suite(**QUICK) as (_, suite):
        filled = await suite.orders.place_market_order("MNQ", BUY, 1)
        price = await price_of(suite)
        resting = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 50)
        await asyncio.sleep(1)
        assert await suite.orders.cancel_order(resting.orderId)
        await asyncio.sleep(1)
        async with OrderTracker(suite, filled) as tracker:
            assert tracker.is_filled
            assert (await tracker.wait_for_fill(0.5)).id == filled.orderId
        async with OrderTracker(suite, resting) as tracker:
            assert tracker.is_terminal
            with pytest.raises(OrderLifecycleError, match="ended as CANCELLED") as caught:
                await tracker.wait_for_fill()
            assert caught.value.response_data["status"] == OrderStatus.CANCELLED


@in_virtual_time
async def test_a_wait_in_vain_changes_nothing() -> None:
    """After the timeout the order works, the tracker follows it, and no handler was added."""
    async with simulated_suite(**QUICK) as (_, suite):
        price = await price_of(suite)
        placed = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 50)
        before = listening(suite)
        tracker = OrderTracker(suite, placed)
        loop = asyncio.get_running_loop()
        began = loop.time()
        with pytest.raises(TimeoutError, match="is OPEN and not FILLED after 12 s"):
            await tracker.wait_for_fill(timeout=12)
        assert loop.time() - began == pytest.approx(12, abs=0.1)
        assert listening(suite) == before
        assert (await tracker.wait_for_status(OrderStatus.OPEN)).is_working
        assert len(await suite.orders.search_open_orders()) == 1


@in_virtual_time
async def test_a_wait_ends_when_the_order_ends() -> None:
    """Cancelled meanwhile, each of several waits says so; a wait for that status returns."""
    async with simulated_suite(**QUICK) as (_, suite):
        price = await price_of(suite)
        placed = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 50)
        before = listening(suite)
        async with OrderTracker(suite, placed) as tracker:

            async def refused() -> str:
                with pytest.raises(OrderLifecycleError) as caught:
                    await tracker.wait_for_fill(None)
                return str(caught.value)

            async with asyncio.TaskGroup() as group:
                fill = group.create_task(refused())
                end = group.create_task(tracker.wait_for_status(OrderStatus.CANCELLED))
                await asyncio.sleep(1)
                assert await suite.orders.cancel_order(placed.orderId)
            assert "it never becomes FILLED" in fill.result()
            assert end.result().is_cancelled
        assert listening(suite) == before


@in_virtual_time
async def test_an_order_is_changed_or_cancelled() -> None:
    """True when it is as asked for; where that is refused it is cancelled, then it is an error."""
    async with simulated_suite(**QUICK) as (gateway, suite):
        price = await price_of(suite)
        placed = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 50)
        async with OrderTracker(suite, placed) as tracker:
            assert await tracker.modify_or_cancel(new_price=price - 60, new_size=2)
            await asyncio.sleep(1)
            order = await tracker.get_current_status()
            assert order is not None
            assert (order.limitPrice, order.size) == (price - 60, 2)
            with pytest.raises(ProjectXOrderError, match="size"):
                await tracker.modify_or_cancel(new_size=0)
            gateway.faults.apply(faults.Answer(route="/api/Order/modify", code=3, message="no"))
            assert not await tracker.modify_or_cancel(new_price=price - 70)
            assert (await tracker.wait_for_status(OrderStatus.CANCELLED, 5)).is_cancelled
            with pytest.raises(OrderLifecycleError, match="neither changed nor cancelled"):
                await tracker.modify_or_cancel(new_price=price - 80)
        stop = await suite.orders.place_stop_order("MNQ", BUY, 1, price + 100)
        async with OrderTracker(suite, stop) as tracker:
            assert await tracker.modify_or_cancel(new_price=price + 120)
            assert not await tracker.modify_or_cancel()
            await tracker.wait_for_status(OrderStatus.CANCELLED, 5)
        assert await suite.orders.search_open_orders() == []


@in_virtual_time
async def test_what_is_no_order_is_refused() -> None:
    """Refusals, other things, unknown ids and nothing at all are errors that say what is meant."""
    async with simulated_suite(**QUICK) as (_, suite):
        tracker = OrderTracker(suite)
        for nothing in (OrderPlaceResponse(0, False, 2, "no margin"), True, 0, "17", None):
            with pytest.raises(OrderLifecycleError):
                tracker.track(nothing)  # type: ignore[arg-type]
        assert await tracker.get_current_status() is None
        with pytest.raises(OrderLifecycleError, match="no order is tracked"):
            await tracker.wait_for_fill()
        with pytest.raises(OrderLifecycleError, match="no order is tracked"):
            await tracker.modify_or_cancel()
        with pytest.raises(OrderLifecycleError, match="the account has no order 17"):
            await tracker.track(17).wait_for_fill()
        with pytest.raises(ValueError, match="99"):
            await tracker.wait_for_status(99)
        for timeout in (-1, float("nan")):
            with pytest.raises(ValueError, match="seconds"):
                await tracker.wait_for_fill(timeout)


@in_virtual_time
async def test_old_news_changes_nothing() -> None:
    """What is known never goes back, however late a state arrives; another order starts anew."""
    async with simulated_suite(**QUICK) as (_, suite):
        placed = await suite.orders.place_market_order("MNQ", BUY, 1)
        early = await suite.orders.get_order_by_id(placed.orderId)
        assert isinstance(early, Order)
        async with OrderTracker(suite, placed) as tracker:
            await tracker.wait_for_fill(5)
            tracker.track(
                Order(
                    id=early.id,
                    accountId=early.accountId,
                    contractId=early.contractId,
                    creationTimestamp=early.creationTimestamp,
                    updateTimestamp=None,
                    status=OrderStatus.OPEN,
                    type=early.type,
                    side=early.side,
                    size=early.size,
                )
            )
            assert tracker.is_filled
            assert not tracker.track(placed.orderId + 1).is_filled


@in_virtual_time
async def test_a_wait_ends_with_the_suite() -> None:
    """Waiting without end for an order of a suite that is closed is an error, not for ever."""
    async with simulated_suite(**QUICK) as (_, suite):
        price = await price_of(suite)
        placed = await suite.orders.place_limit_order("MNQ", BUY, 1, price - 50)
        tracker = OrderTracker(suite, placed)

        async def wait() -> None:
            with pytest.raises(OrderLifecycleError, match="nothing is heard"):
                await tracker.wait_for_fill(None)

        async with asyncio.TaskGroup() as group:
            group.create_task(wait())
            await asyncio.sleep(1)
            await suite.disconnect()
