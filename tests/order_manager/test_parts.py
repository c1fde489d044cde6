"""What passes between the parts of a manager."""

from __future__ import annotations

import asyncio

from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py.event_bus import EventBus
from project_x_py.simulator import faults


@in_virtual_time
async def test_after_an_outage_the_account_is_in_doubt_until_it_was_read() -> None:
    """The hub drops and comes back; then one read, sooner than any pace calls for."""
    async with managed() as (gateway, desk):
        orders = desk.orders
        assert orders.doubt is None
        reads = orders._parts.reconciler.reads
        gateway.faults.apply(faults.Refuse(route="/api/Order/v2/query", status=503, times=2))
        gateway.faults.apply(faults.Drop(hub="user"))
        doubts = set()
        for _ in range(200):
            await asyncio.sleep(0.1)
            doubts.add(orders.doubt)
        assert doubts == {None, "the account is being read again after an outage of its hub"}
        assert orders.doubt is None
        assert orders._parts.reconciler.reads > reads


@in_virtual_time
async def test_events_go_to_the_bus_of_their_contract() -> None:
    """And to no other; what leads on from there is the bus's own matter."""
    own = EventBus()
    own.enable_history()
    async with managed(bus_for=lambda _contract_id: own) as (_, desk):
        await desk.orders.place_limit_order("MNQ", 0, 1, desk.price - 50)
        await asyncio.sleep(1)
        assert [event.type.value for event in own.get_history()] == ["order_placed"]
        assert desk.events == []
    await own.aclose(1)


@in_virtual_time
async def test_nothing_is_known_before_the_first_read() -> None:
    """A manager that could not read says so."""
    async with managed() as (_, desk):
        desk.orders._parts.reconciler.last_read_ns = None
        assert desk.orders.doubt == "the account has not been read yet"
