"""Events of a suite as an async iterator."""

from __future__ import annotations

import asyncio
import gc
from typing import Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import OrderLifecycleError
from project_x_py.trading_suite._stream import ROOM, EventStream

QUICK: dict[str, Any] = {"timeframes": ["1min"], "initial_days": 1}


@in_virtual_time
async def test_a_stream_tells_what_happens_and_ends_with_the_suite() -> None:
    """Order events come in order; after disconnect the rest is read, and the loop ends."""
    async with simulated_suite(**QUICK) as (_, suite):
        stream = suite.stream(EventType.ORDER_PLACED)
        price = await suite.data.get_current_price()
        assert price is not None
        placed = [
            (await suite.orders.place_limit_order("MNQ", 0, 1, price - 50)).orderId
            for _ in range(3)
        ]
        await asyncio.sleep(1)
        assert (await anext(stream)).data["order_id"] == placed[0]
        await suite.disconnect()
        assert [event.data["order_id"] async for event in stream] == placed[1:]
        with pytest.raises(RuntimeError, match="closed"):
            suite.stream(EventType.ORDER_PLACED)


@in_virtual_time
async def test_a_waiting_reader_is_woken_by_the_end() -> None:
    """A reader that waits when the suite is closed stops, and is not left waiting."""
    async with simulated_suite(**QUICK) as (_, suite):

        async def read() -> int:
            return sum([1 async for _ in suite.stream("order_rejected")])

        async with asyncio.TaskGroup() as group:
            reader = group.create_task(read())
            await asyncio.sleep(1)
            await suite.disconnect()
        assert reader.result() == 0


@in_virtual_time
async def test_money_is_never_lost_however_late_it_is_read() -> None:
    """Far more order events than there is room for wait, and come in order."""
    bus = EventBus()
    stream = EventStream(bus, EventType.ORDER_FILLED)
    for number in range(100 * ROOM):
        bus.publish(EventType.ORDER_FILLED, {"contract_id": "C", "number": number})
    await asyncio.sleep(5)
    read = [(await anext(stream)).data["number"] for _ in range(100 * ROOM)]
    assert read == list(range(100 * ROOM))
    await stream.aclose()
    await bus.aclose()


@in_virtual_time
async def test_quotes_give_way_to_later_ones() -> None:
    """A reader that is far behind gets the latest quote and not every one."""
    bus = EventBus()
    async with EventStream(bus, EventType.QUOTE_UPDATE) as stream:
        for number in range(5_000):
            bus.publish(EventType.QUOTE_UPDATE, {"contract_id": "C", "number": number})
        read = []
        while not read or read[-1] != 4_999:
            read.append((await anext(stream)).data["number"])
        assert len(read) < 1_500
        assert read == sorted(read)
    await bus.aclose()


@in_virtual_time
async def test_a_stream_that_nobody_holds_leaves_no_handler() -> None:
    """Leaving the loop is enough, with events waiting and without; an unknown name is refused."""
    bus = EventBus()
    stream = EventStream(bus, EventType.TRADE_TICK)
    for number in range(10 * ROOM):
        bus.publish(EventType.TRADE_TICK, number)
    await asyncio.sleep(1)
    async for event in stream:
        assert event.data == 0
        break
    assert bus.get_handler_count() == 1
    del stream
    gc.collect()
    assert bus.get_handler_count() == 0
    await asyncio.sleep(1)
    async with EventStream(bus, EventType.TRADE_TICK) as other:
        assert bus.get_handler_count() == 1
    assert [event async for event in other] == []
    assert bus.get_handler_count() == 0
    with pytest.raises(ValueError, match="order_filled"):
        EventStream(bus, "order_filed")
    await bus.aclose()


@in_virtual_time
async def test_a_cancelled_reader_loses_nothing() -> None:
    """What comes after a wait that was given up is there for the next one."""
    bus = EventBus()
    async with EventStream(bus, EventType.BAR_CLOSED) as stream:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(stream)
        bus.publish(EventType.BAR_CLOSED, 7)
        assert (await anext(stream)).data == 7
    await bus.aclose()


@in_virtual_time
async def test_a_suite_tracks_and_chains_orders() -> None:
    """Both are made by the suite, with several instruments as well."""
    async with simulated_suite("MNQ", "ES", **QUICK) as (_, suite):
        chain = suite.order_chain().for_instrument("ES").market_order(1)
        placed = await chain.execute()
        async with suite.track_order() as tracker:
            assert (await tracker.track(placed).wait_for_fill(5)).symbol == "EP"
        with pytest.raises(OrderLifecycleError):
            suite.track_order(0)
