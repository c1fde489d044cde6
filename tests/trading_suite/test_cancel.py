"""Cancelling any public coroutine wherever it waits leaves the suite usable, and nothing behind."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import login, simulated_suite
from tests.trading_suite.calls import BEGUN, ENDING, UNLIMITED, Calls, coroutines
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

if TYPE_CHECKING:
    from collections.abc import Coroutine, Generator

OPEN = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
OPTIONS: dict[str, Any] = {
    "timeframes": ["1min"],
    "features": ["orderbook", "risk_manager"],
    "risk_config": UNLIMITED,
    "gateway": {"start": OPEN, "balance": 1_000_000},
}
PACE_S = 30.0
"""Between two orders, for the sake of the request limits."""
MOST_WAITS = 100
PARTS_THAT_ANSWER_AT_ONCE = {"orderbook"}
REFUSED = (ProjectXError, ValueError, TypeError, TimeoutError, LookupError)
"""What a call may answer of itself; where it was cancelled does not matter then."""


class CancelledAt:
    """A coroutine whose task is cancelled when it waits for the nth time."""

    def __init__(self, work: Coroutine[Any, Any, Any], wait: int) -> None:
        self._work = work
        self._wait = wait
        self.reached = False

    def __await__(self) -> Generator[Any, Any, Any]:
        """Hand on what the coroutine waits for, and cancel it at the chosen time."""
        waits, task = 0, asyncio.current_task()
        assert task is not None
        try:
            future = self._work.send(None)
            while True:
                waits += 1
                if waits == self._wait:
                    self.reached = True
                    task.cancel()
                try:
                    sent = yield future
                except BaseException as exc:
                    future = self._work.throw(exc)
                else:
                    future = self._work.send(sent)
        except StopIteration as end:
            return end.value


async def cut(work: Coroutine[Any, Any, Any], wait: int) -> bool:
    """Cancel a coroutine at its nth wait; returns whether there was one."""
    driven = CancelledAt(work, wait)

    async def run() -> None:
        await driven

    task = asyncio.get_running_loop().create_task(run())
    await asyncio.wait({task}, timeout=60)
    assert task.done(), "it does not end"
    if not task.cancelled() and (failure := task.exception()) is not None:
        assert isinstance(failure, REFUSED), failure
    return driven.reached


async def is_usable(suite: TradingSuite) -> None:
    """Ask each part for something that it must be able to do."""
    async with asyncio.timeout(20):
        while not suite.realtime.is_connected():
            await asyncio.sleep(0.1)
    await asyncio.sleep(PACE_S)
    assert await suite.data.get_data("1min") is not None
    assert suite.orderbook is not None
    assert (await suite.orderbook.get_orderbook_snapshot())["bids"]
    price = await suite.data.get_current_price()
    assert price is not None
    tick = suite.instrument.tickSize
    answer = await suite.orders.place_limit_order(
        suite.instrument.id, 0, 1, round(price - 60 * tick, 6)
    )
    assert answer.success, answer.errorMessage
    assert await suite.orders.cancel_order(answer.orderId)
    await asyncio.sleep(PACE_S)


async def cut_everywhere(names: list[str]) -> dict[str, int]:
    """Cancel each call at each of its waits, one after the other, in one suite; count the cuts."""
    cuts: dict[str, int] = {}
    async with simulated_suite("MHG", **OPTIONS) as (gateway, suite):
        await asyncio.sleep(5)
        price = await suite.data.get_current_price()
        assert price is not None
        calls = Calls(suite, price)
        for name in names:
            wait = 1
            while wait < MOST_WAITS and await cut(await calls.coroutine(name), wait):
                wait += 1
                await asyncio.sleep(0.2)
            if wait == 1:
                continue  # it does not wait
            cuts[name] = wait - 1
            # What was sent before its caller was cancelled is an order all the same.
            proof = await suite.flatten()
            assert proof.proved, (name, wait, proof)
            if name.startswith((f"{BEGUN}.", "positions.")):
                await asyncio.sleep(6 * PACE_S)
            try:
                await is_usable(suite)
            except BaseException as exc:
                exc.add_note(f"after {name}")
                raise
        proof = await suite.flatten()
        assert proof.proved, proof
        assert gateway.connections == {"user": 1, "market": 1}
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return cuts


async def all_names() -> list[str]:
    """Name every public coroutine."""
    async with simulated_suite("MHG", auto_connect=False, **OPTIONS) as (_, suite):
        return list(coroutines(suite))


NAMES = run_virtual(all_names())
LASTING = [name for name in NAMES if name not in ENDING]


def cut_part(part: str) -> None:
    """Cut every call of a part wherever it waits."""
    names = [name for name in LASTING if name.startswith(f"{part}.")]
    cuts = run_virtual(cut_everywhere(names))
    print(part, sum(cuts.values()), cuts)
    assert part in PARTS_THAT_ANSWER_AT_ONCE or cuts


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("part", sorted({name.split(".")[0] for name in LASTING} - {BEGUN}))
def test_a_cancelled_call_leaves_the_suite_usable(part: str) -> None:
    """Cut at each place where it waits, nothing is lost that the next call needs."""
    cut_part(part)


@pytest.mark.long
def test_a_cancelled_call_of_a_trade_leaves_the_suite_usable() -> None:
    """The same of a managed trade that has entered, whose position is proved to be closed."""
    cut_part(BEGUN)


def test_a_cancelled_ending_can_be_ended() -> None:
    """Whatever ends a part may be cut anywhere: disconnecting then ends everything."""

    async def main(name: str, wait: int) -> bool:
        async with simulated_suite("MHG", **OPTIONS) as (gateway, suite):
            price = await suite.data.get_current_price()
            assert price is not None
            reached = await cut(await Calls(suite, price).coroutine(name), wait)
            await suite.disconnect()
            assert gateway.connections == {"user": 0, "market": 0}
        assert asyncio.all_tasks() == {asyncio.current_task()}
        return reached

    cuts = {}
    for name in sorted(ENDING & set(NAMES)):
        wait = 1
        while run_virtual(main(name, wait)):
            wait += 1
        cuts[name] = wait - 1
    print(cuts)
    assert cuts["suite.disconnect"] >= 1


def test_a_cancelled_connect_can_be_tried_again() -> None:
    """Cut at each of its waits it leaves no hub connected, and the next one starts everything."""

    async def main(wait: int) -> bool:
        async with simulated_suite("MHG", auto_connect=False, **OPTIONS) as (gateway, suite):
            reached = await cut(suite.connect(), wait)
            if reached:
                assert gateway.connections == {"user": 0, "market": 0}
                assert not suite.is_connected
            await suite.connect()
            tick = await suite.wait_for(EventType.TRADE_TICK, timeout=30)
            assert tick.data["symbol"] == "MHG"
            assert suite.orderbook is not None
            assert (await suite.orderbook.get_orderbook_snapshot())["bids"]
            assert (await suite.orders.place_market_order("MHG", 0, 1)).success
            await suite.wait_for(EventType.POSITION_OPENED, timeout=5)
        return reached

    waits = 0
    while waits < MOST_WAITS and run_virtual(main(waits + 1)):
        waits += 1
    assert 3 < waits < MOST_WAITS


async def connects(suite: TradingSuite) -> None:
    """Connect two times at once."""
    async with asyncio.TaskGroup() as both:
        both.create_task(suite.connect())
        both.create_task(suite.connect())


@in_virtual_time
async def test_connecting_twice_at_once_is_connecting_once() -> None:
    """Each event comes once; when one of the two is cancelled, the other one goes on."""
    async with simulated_suite("MHG", auto_connect=False, **OPTIONS) as (_, suite):
        other = asyncio.get_running_loop().create_task(suite.connect())
        assert await cut(suite.connect(), 3)
        await other
        assert suite.is_connected
        await connects(suite)
        seen: list[Any] = []

        async def note(event: Any) -> None:
            seen.append(event.data["order_id"])

        await suite.on(EventType.ORDER_FILLED, note)
        await suite.orders.place_market_order("MHG", 0, 1)
        await asyncio.sleep(1)
        assert len(seen) == 1


@in_virtual_time
async def test_a_closed_suite_connects_no_more() -> None:
    """The refusal says so, and no hub is opened for it."""
    async with simulated_suite("MHG", **OPTIONS) as (gateway, suite):
        await suite.disconnect()
        with pytest.raises(RuntimeError, match="the suite is closed"):
            await suite.connect()
        with pytest.raises(RuntimeError, match="the suite is closed"):
            async with suite:
                pass
        assert gateway.connections == {"user": 0, "market": 0}


def test_a_cancelled_creation_leaves_nothing() -> None:
    """Cut at each of its waits, no task and no socket is left of a suite that was not made yet."""

    async def main(wait: int) -> bool:
        async with SimulatedGateway(in_process=True, instruments=["MHG"], start=OPEN) as gateway:
            before = asyncio.all_tasks()
            reached = await cut(TradingSuite.create("MHG", **login(gateway)), wait)
            if reached:
                assert gateway.connections == {"user": 0, "market": 0}
                assert asyncio.all_tasks() == before
        return reached

    waits = 0
    while waits < MOST_WAITS and run_virtual(main(waits + 1)):
        waits += 1
    print(waits)
    assert 5 < waits < MOST_WAITS
