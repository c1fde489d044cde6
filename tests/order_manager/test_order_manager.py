"""The documented calls, end to end on the simulated gateway."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._core.submission import Uncertain
from project_x_py.exceptions import (
    OrderSubmissionUncertainError,
    ProjectXConnectionError,
    ProjectXOrderError,
)
from project_x_py.order_manager import OrderManager
from project_x_py.simulator import faults

BUY, SELL = 0, 1
LIMIT, MARKET, STOP = 1, 2, 4


@in_virtual_time
async def test_an_order_lives_and_is_told_of() -> None:
    """Placed by ticker, changed, found, cancelled; every step is one event."""
    async with managed() as (_, desk):
        orders = desk.orders
        placed = await orders.place_limit_order("MNQ", BUY, 2, desk.price - 50.1)
        assert (placed.success, placed.errorCode, placed.errorMessage) == (True, 0, None)
        await asyncio.sleep(1)
        found = await orders.get_order_by_id(placed.orderId)
        assert found is not None
        assert found.limitPrice is not None
        assert found.limitPrice % 0.25 == 0
        assert abs(found.limitPrice - (desk.price - 50.1)) <= 0.125
        assert await orders.modify_order(placed.orderId, limit_price=desk.price - 60, size=1)
        await asyncio.sleep(1)
        assert [order.size for order in await orders.search_open_orders("MNQ", BUY)] == [1]
        assert await orders.search_open_orders(side=SELL) == []
        assert await orders.cancel_order(placed.orderId)
        await asyncio.sleep(1)
        assert desk.names == ["order_placed", "order_modified", "order_cancelled"]
        data = desk.events[1].data
        assert data["modifications"] == {
            "limit_price": desk.price - 60,
            "stop_price": None,
            "size": 1,
        }
        assert (data["symbol"], data["contract_id"]) == ("MNQ", desk.contract_id)
        assert await orders.cancel_order(placed.orderId)
        assert not await orders.modify_order(placed.orderId, size=2)
        assert "has ended" in str(orders.last_error)


@in_virtual_time
async def test_the_config_names_the_type_and_asks_for_confirmation() -> None:
    """A type left out is that of the config; an order is confirmed by being shown."""
    config = {"default_order_type": "limit", "require_confirmation": True}
    async with managed(config=config) as (_, desk):
        placed = await desk.orders.place_order("MNQ", None, BUY, 1, desk.price - 50)
        assert placed.success
        found = await desk.orders.get_order_by_id(placed.orderId)
        assert found is not None
        assert found.type == LIMIT
    async with managed() as (_, desk):
        with pytest.raises(ProjectXOrderError, match="default_order_type"):
            await desk.orders.place_order("MNQ", None, BUY, 1, desk.price - 50)


@in_virtual_time
async def test_a_position_is_closed_once() -> None:
    """While an order closes it, a second one takes what is left, and none takes nothing."""
    async with managed() as (_, desk):
        orders = desk.orders
        await orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(2)
        first = await orders.close_position("MNQ", "limit", desk.price + 50)
        assert first is not None
        assert first.success
        with pytest.raises(ProjectXOrderError, match="closing all"):
            await orders.close_position("MNQ")
        outcome = await orders.position_door.reduce_at_gateway(desk.contract_id, 1)
        assert isinstance(outcome, Uncertain)
        assert not outcome.sent
        assert await orders.modify_order(first.orderId, size=1)
        await orders.close_position("MNQ")
        await asyncio.sleep(2)
        assert await desk.held() == 1


@in_virtual_time
async def test_an_order_is_linked_with_one_that_there_is() -> None:
    """Another one is named before anything leaves; what is linked is a pair."""
    async with managed() as (_, desk):
        orders = desk.orders
        for unknown, text in ((7, "has no order 7"), (0, "above zero"), (True, "above zero")):
            with pytest.raises(ProjectXOrderError, match=text):
                await orders.place_order(
                    "MNQ", LIMIT, BUY, 1, desk.price - 50, linked_order_id=unknown
                )
        assert await orders.search_open_orders() == []
        one = await orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)
        other = await orders.place_order(
            "MNQ", LIMIT, BUY, 1, desk.price - 60, linked_order_id=one.orderId
        )
        assert await orders.get_oco_linked_order(one.orderId) == other.orderId


@in_virtual_time
async def test_a_market_order_fills_and_is_closed() -> None:
    """The position is closed by one order; nothing held is no order."""
    async with managed(config={"auto_cancel_on_close": False}) as (_, desk):
        orders = desk.orders
        placed = await orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(1)
        assert await orders.is_order_filled(placed.orderId)
        assert not await orders.cancel_order(placed.orderId)
        assert await desk.held() == 2
        stop = await orders.add_stop_loss("MNQ", desk.price - 100.1)
        target = await orders.add_take_profit("MNQ", desk.price + 100)
        assert stop is not None
        assert target is not None
        await orders.track_oco_pair(stop.orderId, target.orderId)
        assert await orders.get_oco_linked_order(stop.orderId) == target.orderId
        await asyncio.sleep(1)
        kept = await orders.get_order_by_id(stop.orderId)
        assert kept is not None
        assert kept.stopPrice == -((-(desk.price - 100.1)) // 0.25) * 0.25
        closed = await orders.close_position("MNQ")
        assert closed is not None
        await asyncio.sleep(1)
        assert await desk.held() == 0
        assert await orders.close_position("MNQ") is None
        assert await orders.add_stop_loss("MNQ", desk.price) is None
        swept = await orders.cancel_all_orders("MNQ")
        assert (swept["total"], swept["cancelled"], swept["errors"]) == (2, 2, [])
        stats = orders.get_order_statistics()
        assert (stats["orders_filled"], stats["total_volume"]) == (2, 4)
        assert stats["fill_rate"] == 0.5


@pytest.mark.parametrize("entry_type", ["market", "limit", "stop"])
@in_virtual_time
async def test_a_bracket_is_entry_stop_and_target(entry_type: str) -> None:
    """All three exist at the gateway, at the prices asked for."""
    async with managed() as (_, desk):
        entry = {"market": None, "limit": desk.price - 50, "stop": desk.price + 50}[entry_type]
        around = entry or desk.price
        placed = await desk.orders.place_bracket_order(
            "MNQ", BUY, 1, entry or desk.price, around - 75, around + 75, entry_type
        )
        assert placed.success, placed.error_message
        assert placed.stop_order_id
        assert placed.target_order_id
        await asyncio.sleep(2)
        stop = await desk.orders.get_order_by_id(placed.stop_order_id)
        target = await desk.orders.get_order_by_id(placed.target_order_id)
        assert stop is not None
        assert target is not None
        if entry_type == "market":
            assert (stop.stopPrice, target.limitPrice) == (around - 75, around + 75)
        assert desk.orders.get_order_statistics()["bracket_orders"] == 1


@in_virtual_time
async def test_an_account_that_takes_no_brackets_gets_its_legs_all_the_same() -> None:
    """The gateway refuses its own legs; the guard places them with the fill."""
    async with managed() as (gateway, desk):
        refusal = "Brackets cannot be used with Position Brackets. You must enable Auto OCO."
        gateway.faults.apply(faults.Answer(route="/api/Order/place", code=2, message=refusal))
        placed = await desk.orders.place_bracket_order(
            "MNQ", SELL, 2, desk.price, desk.price + 75, desk.price - 75, "market"
        )
        assert placed.success, placed.error_message
        assert placed.stop_order_id
        assert placed.target_order_id
        await asyncio.sleep(1)
        assert {order.size for order in await desk.orders.search_open_orders()} == {2}
        assert await desk.held() == -2


@in_virtual_time
async def test_mistakes_are_found_before_anything_leaves() -> None:
    """Each is an exception that names the value, and the gateway has no order."""
    async with managed(config={"max_order_size": 5}) as (_, desk):
        orders, price = desk.orders, desk.price
        for call, text in (
            (orders.place_order("", LIMIT, BUY, 1, price), "contract_id"),
            (orders.place_order("MNQ", 9, BUY, 1), "order_type"),
            (orders.place_order("MNQ", MARKET, 2, 1), "side is 0"),
            (orders.place_order("MNQ", MARKET, BUY, 0), "size is a whole"),
            (orders.place_order("MNQ", MARKET, BUY, 6), "max_order_size 5"),
            (orders.place_order("MNQ", LIMIT, BUY, 1), "needs limit_price"),
            (orders.place_order("MNQ", MARKET, BUY, 1, price), "no limit_price"),
            (orders.place_order("MNQ", LIMIT, BUY, 1, float("nan")), "limit_price"),
            (orders.place_order("MNQ", MARKET, BUY, 1, account_id=7), "not 7"),
            (orders.place_order("MNQ", 3, BUY, 1, price, price), "enable_stop_limit"),
            (orders.place_order("MNQ", MARKET, BUY, 1, custom_tag="a-SL"), "-SL"),
            (orders.place_trailing_stop_order("MNQ", BUY, 1, trail_distance=5), "last price"),
            (orders.place_bracket_order("MNQ", BUY, 1, price, price + 1, price + 5), "below"),
            (orders.place_bracket_order("MNQ", BUY, 1, price, price - 1, price), "above"),
            (orders.place_bracket_order("MNQ", BUY, 1, None, 1, 2), "needs entry_price"),
            (orders.place_bracket_order("MNQ", BUY, 1, price, 1, 2, "join"), "entry_type"),
            (orders.modify_order(1), "name what to change"),
            (orders.close_position("MNQ", "slowly"), "'market' or 'limit'"),
        ):
            with pytest.raises(ProjectXOrderError, match=text):
                await call
        assert await orders.search_open_orders() == []
        assert desk.events == []


@in_virtual_time
async def test_a_lost_answer_becomes_the_answer() -> None:
    """The call returns what the gateway has, and there is one order."""
    async with managed(hub=False) as (gateway, desk):
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/place"))
        placed = await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)
        assert placed.success
        assert len(await desk.orders.search_open_orders()) == 1
        gateway.faults.apply(faults.Cut(route="/api/Order/place"))
        absent = await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)
        assert (absent.success, absent.errorCode) == (False, 1001)
        assert len(await desk.orders.search_open_orders()) == 1


@in_virtual_time
async def test_uncertainty_is_an_exception_and_does_not_end_there() -> None:
    """While nobody can be asked the call raises; the order is found later and told of."""
    async with managed(hub=False) as (gateway, desk):
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/place"))
        gateway.faults.apply(faults.Refuse(route="/api/Order/v2/query", status=503, times=10_000))
        with pytest.raises(OrderSubmissionUncertainError, match="unknown"):
            await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)
        gateway.faults.requests.clear()
        await asyncio.sleep(10)
        assert desk.names == ["order_placed"]
        assert desk.events[0].data["reconciled"]


@in_virtual_time
async def test_orders_a_minute_are_limited_but_exits_are_not() -> None:
    """The configured number of entries passes; closing what is held always does."""
    async with managed(config={"max_orders_per_minute": 2}) as (_, desk):
        await desk.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(1)
        await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)
        with pytest.raises(ProjectXOrderError, match="max_orders_per_minute"):
            await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)
        assert await desk.orders.close_position("MNQ") is not None
        await asyncio.sleep(60)
        await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)


@in_virtual_time
async def test_a_handler_may_call_the_manager() -> None:
    """Every read and an order from inside an order event, without deadlock."""
    async with managed() as (_, desk):
        done: list[object] = []

        async def answer(event: object) -> None:
            done.append(await desk.orders.search_open_orders())
            done.append(await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 60))

        await desk.orders.event_bus.once("order_filled", answer)
        await desk.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(3)
        assert len(done) == 2


@in_virtual_time
async def test_nothing_reached_is_a_connection_error() -> None:
    """A request that provably left nothing behind raises, and may be made again."""
    async with managed(hub=False) as (gateway, desk):
        gateway.faults.apply(faults.Refuse(route="/api/Order/place", status=401, times=3))
        with pytest.raises(ProjectXConnectionError, match="was not sent"):
            await desk.orders.place_limit_order("MNQ", BUY, 1, desk.price - 50)
        assert await desk.orders.search_open_orders() == []


def test_the_manager_is_where_the_documents_say() -> None:
    """From the package and from the root."""
    import project_x_py

    assert project_x_py.order_manager.OrderManager is OrderManager
