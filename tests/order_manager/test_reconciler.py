"""Queries are the truth, and an incomplete one is nothing."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.desks import MARKET, bench, served
from tests.virtual import in_virtual_time

from project_x_py._core.orders import state as codes
from project_x_py._core.orders.ledger import Change
from project_x_py._core.records import PositionUpdate, TradeUpdate
from project_x_py._core.submission import Absent, Accepted, Lane, Listed
from project_x_py.order_manager import _reconciler as reconcilers
from project_x_py.order_manager._reconciler import Reconciler
from project_x_py.simulator import faults


class Keeper:
    """Keeps what it is told of positions and fills."""

    def __init__(self) -> None:
        self.listed: tuple[PositionUpdate, ...] = ()
        self.fills: dict[int, TradeUpdate] = {}
        self.asof_ns = 0

    def hear_positions(self, listed: tuple[PositionUpdate, ...], asof_ns: int) -> None:
        """Take a complete list."""
        self.listed, self.asof_ns = listed, asof_ns

    def hear_fill(self, fill: TradeUpdate) -> None:
        """Take a fill."""
        self.fills[fill.id] = fill

    def holds_positions(self) -> bool:
        """Whether anything is held."""
        return bool(self.listed)


@in_virtual_time
async def test_what_others_did_is_found() -> None:
    """Orders, fills and positions of another client are told of as reconciled."""
    async with served() as gateway, bench(gateway) as other, bench(gateway) as made:
        keeper = made.reconciler.positions = Keeper()
        await other.place("theirs-1")
        await other.place("theirs-2", type=MARKET, limit=None, size=2)
        await asyncio.sleep(2)
        assert await made.reconciler.read()
        assert {change.order.custom_tag for change, _ in made.told} == {"theirs-1", "theirs-2"}
        assert all(reconciled for _, reconciled in made.told)
        assert [position.net for position in keeper.listed] == [2]
        assert sum(fill.size for fill in keeper.fills.values()) == 2
        told = len(made.told)
        assert await made.reconciler.read()
        assert len(made.told) == told


@in_virtual_time
async def test_suspended_legs_are_seen() -> None:
    """A bracket's children wait out of sight of the open orders, and are in the ledger."""
    async with served() as gateway, bench(gateway) as made:
        placed = await made.place("run-1", stop_bracket=(-40, 4), target_bracket=(40, 1))
        assert isinstance(placed, Accepted)
        assert placed.order_id is not None
        await asyncio.sleep(1)
        assert await made.reconciler.read()
        legs = made.ledger.children(placed.order_id)
        assert {leg.status for leg in legs} == {codes.SUSPENDED}
        assert {leg.tag for leg in legs} == {"run-1-SL", "run-1-TP"}


@in_virtual_time
async def test_a_read_that_fails_changes_nothing() -> None:
    """Refusals, lists that are not there and garbage prove nothing; the next read does."""
    async with served() as gateway, bench(gateway) as made:
        keeper = made.reconciler.positions = Keeper()
        await made.place("run-1", type=MARKET, limit=None)
        await asyncio.sleep(1)
        assert await made.reconciler.read()
        held, told = keeper.listed, len(made.told)
        for route in ("/api/Order/v2/query", "/api/Position/searchOpen"):
            gateway.faults.apply(faults.Refuse(route=route, status=500, times=50))
            assert not await made.reconciler.read()
            assert made.reconciler.last_error is not None
            gateway.faults.requests.clear()
        assert (keeper.listed, len(made.told)) == (held, told)
        assert made.reconciler.failures == 2
        assert await made.reconciler.read()
        assert made.reconciler.last_error is None


@in_virtual_time
async def test_an_order_that_left_every_list_is_asked_for() -> None:
    """One that was working and ended out of sight is looked up by its number."""
    async with served() as gateway, bench(gateway) as other, bench(gateway) as made:
        placed = await other.place("theirs-1")
        assert isinstance(placed, Accepted)
        assert placed.order_id is not None
        await asyncio.sleep(1)
        assert await made.reconciler.read()
        await asyncio.sleep(3 * reconcilers.MARGIN_NS / 1e9)
        assert await made.reconciler.read()
        await other.desk.cancel(placed.order_id)
        await asyncio.sleep(3 * reconcilers.MARGIN_NS / 1e9)
        made.reconciler._since_ns = made.client.clock.now_ns()
        assert await made.reconciler.read()
        assert made.kinds == [Change.PLACED, Change.CANCELLED]


@in_virtual_time
async def test_reads_are_paced_by_what_is_at_stake() -> None:
    """Every ten seconds while something works, every sixty when flat, at once when asked.

    Once more for an order that only its answer has told of.
    """
    async with served() as gateway, bench(gateway) as made:
        reading = made.tasks.spawn(made.reconciler.run(), name="reconciler")
        await asyncio.sleep(121)
        assert made.reconciler.reads == 3
        await made.place("run-1")
        made.reconciler.ask()
        await asyncio.sleep(31)
        assert 3 + 4 < made.reconciler.reads <= 3 + 6
        made.reconciler.ask()
        await asyncio.sleep(1)
        assert 3 + 4 < made.reconciler.reads <= 3 + 6
        assert made.reconciler.last_read_ns is not None
        reading.cancel()


@pytest.mark.parametrize(
    "listing", [Absent("no list"), Listed((), left_out=1), Listed((), whole=False)]
)
def test_a_list_of_orders_that_may_lack_a_row_counts_for_nothing(listing: object) -> None:
    """Nothing is merged, nothing is proved absent, and the reason is kept."""

    class Short:
        async def orders(self, search: object, *, lane: object = None) -> object:
            return listing

        async def positions(self, account_id: int, *, lane: Lane = Lane.RECONCILE) -> object:
            return Listed(())

    @in_virtual_time
    async def run() -> None:
        async with served() as gateway, bench(gateway) as made:
            reader = Reconciler(made.desk, Short(), clock=made.client.clock)
            assert not await reader.read()
            assert (reader.reads, reader.last_read_ns) == (0, None)
            assert reader.last_error == "the list of orders was not complete"

    run()
