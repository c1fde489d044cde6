"""How soon something is protected again that was not, whatever was lost on the way."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.chaos.venue import CONTRACT, Line, Venue, VenueClock

from project_x_py._core.records import OrderUpdate
from project_x_py._core.submission import (
    Accepted,
    Listed,
    OrderRequest,
    OrderSearch,
    Outcome,
    Refused,
    Uncertain,
)
from project_x_py._core.time import NS
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXServerError
from project_x_py.order_manager import OrderManager
from project_x_py.order_manager._closings import GAP_S, STAND_DOWN_S, Closings

STOP, BUY = 4, 0


class Scripted(Line):
    """A line on which named things go wrong, so many times."""

    def __init__(self, venue: Venue) -> None:
        super().__init__(venue, random.Random(5), 0.0, ("reset",))
        self.stops_lost = 0
        self.silent = 0
        """Stops that are taken, and whose answer does not come."""
        self.queries_failed = 0
        self.closes: list[Outcome] = []
        self.asked = 0

    async def place(self, order: OrderRequest, *, lane: object = None) -> Outcome:
        """Lose stops on their way, or their answers."""
        if order.type == STOP and self.stops_lost:
            self.stops_lost -= 1
            await self._pause()
            return Uncertain("reset", sent=True, ended=True)
        outcome = await super().place(order, lane=lane)
        if order.type == STOP and self.silent:
            self.silent -= 1
            await asyncio.sleep(3)
            return Uncertain("no answer", sent=True)
        return outcome

    async def orders(self, search: OrderSearch, *, lane: object = None) -> Listed[OrderUpdate]:
        """Count, and fail."""
        self.asked += 1
        if self.queries_failed and search.created_after_ns is not None:
            self.queries_failed -= 1
            await self._pause()
            raise ProjectXServerError("the gateway is not well")
        return await super().orders(search, lane=lane)

    async def close_position(self, account_id: int, contract_id: str) -> Outcome:
        """Answer as it is written."""
        if self.closes:
            await self._pause()
            return self.closes.pop(0)
        return await super().close_position(account_id, contract_id)


@asynccontextmanager
async def trading() -> AsyncIterator[tuple[Venue, Scripted, OrderManager]]:
    """A venue whose brackets are refused, so that the guard places them."""
    venue = Venue(random.Random(3), VenueClock())
    venue.native = False
    line, bus = Scripted(venue), EventBus()
    text = random.Random(4)
    orders = OrderManager(line, bus, random_hex=lambda n: text.randbytes(n).hex())
    await orders.initialize(line)
    try:
        yield venue, line, orders
    finally:
        await orders.cleanup()
        await bus.aclose(0)


async def enter(venue: Venue, orders: OrderManager) -> None:
    """Buy one contract, to be protected far away."""
    price = venue.price / 4
    reply = await orders.place_bracket_order(
        CONTRACT, BUY, 1, price, price - 50, price + 50, "market"
    )
    assert reply.success


def longest_s(venue: Venue) -> float:
    """The longest time that anything was unprotected in truth."""
    assert venue.covered() == abs(venue.net)
    return max(until - since for since, until in venue.bare)


@pytest.mark.parametrize(("lost", "most_s"), [(0, 0.15), (1, 0.6), (2, 1.1)])
def test_a_lost_stop_is_proved_absent_at_the_first_moment(lost: int, most_s: float) -> None:
    """Each costs its way, two times 150 ms and a read; it is sent anew, and never twice."""

    async def run() -> None:
        async with trading() as (venue, line, orders):
            line.stops_lost = lost
            await enter(venue, orders)
            await asyncio.sleep(2)
            assert longest_s(venue) <= most_s
            assert max(venue.accepted.values()) == 1

    run_virtual(run())


def test_lists_that_fail_are_asked_for_at_once() -> None:
    """Four failures in a row do not double the time of a proof; in an outage reads are spaced."""

    async def run() -> None:
        async with trading() as (venue, line, orders):
            line.stops_lost = 1
            await enter(venue, orders)
            line.queries_failed = 4
            await asyncio.sleep(2)
            assert longest_s(venue) <= 0.9
            line.stops_lost, line.queries_failed = 1, 10_000
            for one in [one for one in venue.orders.values() if one.works]:
                venue.cancel(one.id)
            asked = line.asked
            await asyncio.sleep(60)
            assert line.asked - asked < 300
            line.queries_failed = 0
            await asyncio.sleep(5)
            assert venue.covered() == abs(venue.net)

    run_virtual(run())


def test_the_hub_is_believed_before_the_answer() -> None:
    """A stop that works ends the wait for it; its target follows although no answer came."""

    async def run() -> None:
        async with trading() as (venue, line, orders):
            line.silent = 1
            await enter(venue, orders)
            await asyncio.sleep(1)
            assert longest_s(venue) <= 0.15
            assert len([one for one in venue.orders.values() if one.works]) == 2

    run_virtual(run())


def test_an_entry_after_a_close_is_protected_at_once() -> None:
    """The close has filled: what is bought next is not held back by it."""

    async def run() -> None:
        async with trading() as (venue, _, orders):
            await enter(venue, orders)
            await asyncio.sleep(2)
            response = await orders.close_position(CONTRACT)
            assert response is not None
            assert response.success
            await asyncio.sleep(0.1)
            await enter(venue, orders)
            await asyncio.sleep(2)
            assert venue.net == 1
            assert longest_s(venue) <= 0.3

    run_virtual(run())


@pytest.mark.parametrize(
    ("answer", "most_s"),
    [
        (Uncertain("no connection", sent=False), 0.2),
        (Refused(2, "Rejected", "not here"), 0.3),
        (Uncertain("reset", sent=True, ended=True), 0.6),
        (Uncertain("no answer in time", sent=True), 1.5),
    ],
    ids=["unsent", "refused", "hung up", "timed out"],
)
def test_a_close_that_did_nothing_holds_nothing_back(answer: Outcome, most_s: float) -> None:
    """Its stop was cancelled for it, and is back as soon as that is known."""

    async def run() -> None:
        async with trading() as (venue, line, orders):
            await enter(venue, orders)
            await asyncio.sleep(3)
            venue.bare.clear()
            line.closes = [answer]
            door = orders._parts.door
            await door.cancel_working(CONTRACT)
            assert venue.covered() == 0
            assert await door.close_at_gateway(CONTRACT) == answer
            await asyncio.sleep(2)
            assert venue.net == 1
            assert longest_s(venue) <= most_s

    run_virtual(run())


def test_a_close_that_acted_without_an_answer_brings_no_stop_back() -> None:
    """The position is gone; nothing is placed for it, however late that is stated."""

    async def run() -> None:
        async with trading() as (venue, line, orders):
            await enter(venue, orders)
            await asyncio.sleep(3)
            door = orders._parts.door
            await door.cancel_working(CONTRACT)
            line.closes = [Uncertain("reset", sent=True, ended=True)]
            assert isinstance(venue.close(None), Accepted)
            numbers = len(venue.orders)
            await door.close_at_gateway(CONTRACT)
            await asyncio.sleep(STAND_DOWN_S + 5)
            assert (venue.net, len(venue.orders)) == (0, numbers)

    run_virtual(run())


def test_cancelling_without_a_close_holds_back_for_a_moment() -> None:
    """Whoever cancels and does not close has the stop back after ``GAP_S``."""

    async def run() -> None:
        async with trading() as (venue, _, orders):
            await enter(venue, orders)
            await asyncio.sleep(3)
            venue.bare.clear()
            await orders._parts.door.cancel_working(None)
            await asyncio.sleep(2)
            assert GAP_S < longest_s(venue) <= GAP_S + 0.6

    run_virtual(run())


def test_a_doubt_ends_by_itself() -> None:
    """No read comes: after five seconds a contract is guarded all the same."""

    async def run() -> None:
        clock = VenueClock()
        closings = Closings(clock)
        closings.stand_down("A")
        closings.doubt("A", clock.now_ns() + NS)
        assert closings.is_closing("A")
        assert closings.read_due_s("A") == 1.0
        assert closings.doubted(clock.now_ns()) == []
        await asyncio.sleep(2)
        assert [contract for contract, _ in closings.doubted(clock.now_ns())] == ["A"]
        await asyncio.sleep(STAND_DOWN_S)
        assert not closings.is_closing("A")
        assert closings.read_due_s("A") is None

    run_virtual(run())
