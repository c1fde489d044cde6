"""Of a pair one may fill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from tests.order_manager.desks import LIMIT, Bench, bench, served
from tests.order_manager.facts import change
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py._core.orders.ledger import Change, OrderChange
from project_x_py._core.submission import Accepted, OrderEdit
from project_x_py._runtime.journal import Journal
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_manager import OrderManager
from project_x_py.order_manager._memos import Memos
from project_x_py.order_manager._oco import OcoPairs
from project_x_py.simulator import SimulatedGateway, faults

ROUTE_MODIFY, ROUTE_CANCEL = "/api/Order/modify", "/api/Order/cancel"


@asynccontextmanager
async def paired(
    sizes: tuple[int, int] = (3, 3),
) -> AsyncIterator[tuple[SimulatedGateway, Bench, OcoPairs, int, int]]:
    """Two resting orders that are a pair, and a reader that keeps looking."""
    async with served() as gateway, bench(gateway) as made:
        pairs = OcoPairs(made.desk, made.tasks, Memos(None, made.account_id, made.tasks))
        made.listeners.append(pairs.on_change)
        numbers = []
        for size, up in zip(sizes, (0, 1), strict=True):
            outcome = await made.place(type=LIMIT, size=size, limit=made.limit + up)
            assert isinstance(outcome, Accepted)
            assert outcome.order_id is not None
            numbers.append(outcome.order_id)
        await made.reconciler.read()
        pairs.pair(*numbers)
        made.tasks.spawn(made.reconciler.run(), name="reconciler")
        yield gateway, made, pairs, numbers[0], numbers[1]
        made.tasks.raise_if_faulted()


def filling(made: Bench, order_id: int, filled: int, *, kind: Change) -> OrderChange:
    """A change as if contracts of an order had filled."""
    state = made.ledger.order(order_id)
    assert state is not None
    found: OrderChange = change(kind, state.snapshot(), filled=filled)
    return found


async def at_gateway(made: Bench, order_id: int) -> tuple[int, int]:
    """Status and size of an order there, a moment later."""
    await asyncio.sleep(3)
    row = await made.client.order_queries().order(made.account_id, order_id)
    assert row is not None
    return row.status, row.size


@in_virtual_time
async def test_a_fill_cancels_the_other() -> None:
    """For good, and the pair has ended."""
    async with paired() as (_, made, pairs, one, other):
        assert (pairs.other(one), pairs.other(other), len(pairs)) == (other, one, 1)
        pairs.on_change(filling(made, one, 3, kind=Change.FILLED))
        assert await at_gateway(made, other) == (3, 3)
        assert (pairs.other(one), pairs.other(other), len(pairs)) == (None, None, 0)


@in_virtual_time
async def test_partial_fills_are_given_up_once_each() -> None:
    """Two that come faster than an answer leave one of three, the third cancels."""
    async with paired() as (_, made, pairs, one, other):
        pairs.on_change(filling(made, one, 1, kind=Change.PARTIAL_FILL))
        pairs.on_change(filling(made, one, 1, kind=Change.PARTIAL_FILL))
        assert await at_gateway(made, other) == (1, 1)
        pairs.on_change(filling(made, one, 1, kind=Change.PARTIAL_FILL))
        assert (await at_gateway(made, other))[0] == 3


@in_virtual_time
async def test_a_size_that_the_user_changes_is_what_is_given_up_from() -> None:
    """After the user enlarges the other, a fill takes away from the new size."""
    async with paired() as (_, made, pairs, one, other):
        pairs.on_change(filling(made, one, 1, kind=Change.PARTIAL_FILL))
        assert await at_gateway(made, other) == (1, 2)
        edit = OrderEdit(
            account_id=made.account_id, order_id=other, contract_id=made.contract_id, size=5
        )
        assert isinstance(await made.client.order_gateway().modify(edit), Accepted)
        await asyncio.sleep(1)
        made.desk.doubt()
        await asyncio.sleep(1)
        pairs.on_change(filling(made, one, 1, kind=Change.PARTIAL_FILL))
        assert await at_gateway(made, other) == (1, 4)


@pytest.mark.parametrize("kind", [Change.CANCELLED, Change.EXPIRED, Change.REJECTED])
@in_virtual_time
async def test_an_end_without_a_fill_leaves_the_other(kind: Change) -> None:
    """The pair ends, the other order works on."""
    async with paired() as (_, made, pairs, one, other):
        pairs.on_change(filling(made, one, 0, kind=kind))
        assert len(pairs) == 0
        assert await at_gateway(made, other) == (1, 3)


@in_virtual_time
async def test_a_cancellation_that_is_lost_is_made_again_after_a_look() -> None:
    """Refused and cut requests alike: in the end the other does not work."""
    async with paired() as (gateway, made, pairs, one, other):
        gateway.faults.apply(faults.Cut(route=ROUTE_CANCEL))
        gateway.faults.apply(faults.Answer(route=ROUTE_CANCEL, code=5, message="busy"))
        gateway.faults.apply(faults.LoseAnswer(route=ROUTE_CANCEL))
        pairs.on_change(filling(made, one, 3, kind=Change.FILLED))
        await asyncio.sleep(8)
        assert (await at_gateway(made, other))[0] == 3


@in_virtual_time
async def test_a_pair_that_comes_too_late_acts_at_once() -> None:
    """One had ended before they were paired: a fill cancels the other, anything else does not."""
    async with paired() as (_, made, pairs, one, other):
        await made.desk.cancel(one)
        await asyncio.sleep(3)
        made.desk.doubt()
        await asyncio.sleep(1)
        pairs.pair(one, other)
        assert len(pairs) == 0
        filled = await made.place(type=2, limit=None)
        assert isinstance(filled, Accepted)
        await asyncio.sleep(2)
        made.desk.doubt()
        await asyncio.sleep(1)
        assert filled.order_id is not None
        pairs.pair(other, filled.order_id)
        assert (await at_gateway(made, other))[0] == 3


@in_virtual_time
async def test_an_order_is_in_one_pair() -> None:
    """A new pair ends the old one, and none is made with oneself."""
    async with paired() as (_, _made, pairs, one, other):
        pairs.pair(one, 77)
        assert (pairs.other(one), pairs.other(other)) == (77, None)
        with pytest.raises(ProjectXOrderError, match="itself"):
            pairs.pair(one, one)
        pairs.part(77)
        pairs.part(77)
        assert pairs.other(one) is None


@pytest.mark.parametrize("meanwhile", ["fills", "is cancelled", "nothing"])
def test_a_pair_outlives_its_program(tmp_path: Path, meanwhile: str) -> None:
    """What happened to one while nobody looked happens to the other with the next run's read."""

    @asynccontextmanager
    async def manager(client: ProjectX) -> AsyncIterator[OrderManager]:
        journal = Journal(tmp_path / "orders.sqlite", threaded=False)
        orders = OrderManager(client, EventBus(), journal=journal)
        assert await orders.initialize()
        try:
            yield orders
        finally:
            await orders.cleanup()

    async def run() -> None:
        async with (
            SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway,
            ProjectX(**login(gateway)) as client,
        ):
            await client.authenticate()
            bars = await client.get_bars("MNQ", days=1, interval=1)
            price = bars["close"][-1]
            async with manager(client) as orders:
                one = (await orders.place_limit_order("MNQ", 0, 1, price - 300)).orderId
                other = (await orders.place_limit_order("MNQ", 0, 1, price - 301)).orderId
                await orders.track_oco_pair(one, other)
                await asyncio.sleep(1)
            raw = client.order_gateway()
            if meanwhile == "fills":
                served = gateway.contracts[0]
                edit = OrderEdit(
                    account_id=client.get_account_info().id,
                    order_id=one,
                    contract_id=served.contract_id,
                    limit=served.grid.ticks(price) + 400,
                )
                assert isinstance(await raw.modify(edit), Accepted)
            elif meanwhile == "is cancelled":
                await raw.cancel(client.get_account_info().id, one)
            await asyncio.sleep(2)
            async with manager(client) as orders:
                await asyncio.sleep(3)
                found = {order.id for order in await orders.search_open_orders()}
                paired = await orders.get_oco_linked_order(other)
            assert (found, paired) == {
                "fills": (set(), None),
                "is cancelled": ({other}, None),
                "nothing": ({one, other}, one),
            }[meanwhile]

    run_virtual(run())


@in_virtual_time
async def test_what_filled_between_two_runs_is_given_up(tmp_path: Path) -> None:
    """Once: what an earlier run has given up already is not given up again."""
    async with paired() as (_, made, _old, one, other):
        journal = Journal(tmp_path / "orders.sqlite", threaded=False)
        journal.open()
        body = [
            {"order_id": one, "size": 3, "filled": 0},
            {"order_id": other, "size": 3, "filled": 0},
        ]
        name = f"{one}-{other}"
        await journal.remember("oco", name, made.account_id, msgspec.json.encode(body))
        state = made.ledger.order(one)
        assert state is not None
        row = msgspec.structs.replace(state.snapshot(), filled=1)
        for _ in range(2):
            memos = Memos(journal, made.account_id, made.tasks)
            pairs = OcoPairs(made.desk, made.tasks, memos)
            assert sorted(pairs.take_up()) == sorted((one, other))
            made.listeners[:] = [pairs.on_change]
            made.desk.hear(row)
            pairs.on_read()
            assert await at_gateway(made, other) == (1, 2)
        journal.close()
