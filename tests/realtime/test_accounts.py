"""Account records to their owners: in order, of the own account, complete."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from tests.realtime.peer import ACCOUNT, MES, MNQ, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import AccountUpdate, OrderUpdate, PositionUpdate, TradeUpdate

if TYPE_CHECKING:
    from project_x_py.realtime import ProjectXRealtimeClient

Record = OrderUpdate | PositionUpdate | TradeUpdate | AccountUpdate


class Desk:
    """Keeps the records it is fed with, in order."""

    def __init__(self, name: str = "", order: list[str] | None = None) -> None:
        self.records: list[Record] = []
        self._name = name
        self._order = order if order is not None else []

    def note(self, record: Record) -> None:
        """Take a record of any kind."""
        self._order.append(self._name)
        self.records.append(record)

    on_order = on_position = on_fill = on_account = note

    @property
    def ids(self) -> list[int]:
        """The ids of the records."""
        return [record.id for record in self.records]


def order(number: int, contract_id: str = MNQ, **more: Any) -> dict[str, Any]:
    """An order as the hub tells of it."""
    return {
        "id": number,
        "accountId": ACCOUNT,
        "contractId": contract_id,
        "status": 1,
        "type": 1,
        "side": 0,
        "size": 2,
        "limitPrice": 24100.25,
        **more,
    }


def position(number: int, contract_id: str = MNQ, **more: Any) -> dict[str, Any]:
    """A position as the hub tells of it."""
    base = {"id": number, "accountId": ACCOUNT, "contractId": contract_id, "type": 1, "size": 1}
    return {**base, "averagePrice": 24100.25, **more}


def fill(number: int, contract_id: str = MNQ, **more: Any) -> dict[str, Any]:
    """A fill as the hub tells of it."""
    base = {"id": number, "accountId": ACCOUNT, "contractId": contract_id, "orderId": 1}
    return {**base, "price": 24100.5, "size": 1, "side": 0, **more}


async def connected(peer: Peer) -> ProjectXRealtimeClient:
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_user_updates()
    return client


@in_virtual_time
async def test_records_come_typed_and_in_the_order_of_arrival() -> None:
    """Wrapped, bare or listed; prices in ticks; one owner after the other by rank."""
    peer, told = Peer(), list[str]()
    client = await connected(peer)
    positions, orders = Desk("positions", told), Desk("orders", told)
    client.attach_user(positions, lambda _: TickGrid(0.25), rank=3)
    client.attach_user(orders, lambda _: TickGrid(0.25), rank=2)
    peer.emit("user", "GatewayUserOrder", {"action": 1, "data": order(1)})
    peer.emit("user", "GatewayUserTrade", [fill(2)])
    peer.emit("user", "GatewayUserPosition", position(3))
    peer.emit("user", "GatewayUserAccount", {"id": ACCOUNT, "balance": 1.5, "canTrade": True})
    await asyncio.sleep(1)
    assert orders.ids == positions.ids == [1, 2, 3, ACCOUNT]
    assert told == ["orders", "positions"] * 4
    first, second, third, fourth = orders.records
    assert isinstance(first, OrderUpdate)
    assert first.limit == 96401
    assert isinstance(second, TradeUpdate)
    assert second.price == 96402
    assert isinstance(third, PositionUpdate)
    assert third.net == 1
    assert isinstance(fourth, AccountUpdate)
    client.detach_user(orders)
    client.detach_user(orders)
    peer.emit("user", "GatewayUserOrder", order(4))
    await asyncio.sleep(1)
    assert (orders.ids[-1], positions.ids[-1]) == (ACCOUNT, 4)
    await client.cleanup()


@in_virtual_time
async def test_records_of_unknown_contracts_wait_for_their_grid() -> None:
    """Nothing is dropped, and what came for the same contract later does not overtake."""
    peer, desk, grids = Peer(), Desk(), dict[str, TickGrid]()
    client = await connected(peer)
    client.attach_user(desk, grids.get, rank=2)
    grids[MES] = TickGrid(0.25)
    peer.emit("user", "GatewayUserOrder", [order(1), order(2, MES)])
    peer.emit("user", "GatewayUserPosition", position(3))
    peer.emit("user", "GatewayUserTrade", fill(4))
    peer.emit("user", "GatewayUserAccount", {"id": ACCOUNT, "balance": 1, "canTrade": True})
    await asyncio.sleep(1)
    assert desk.ids == [2, ACCOUNT]
    assert client.get_stats()["records_waiting"] == 3
    client.grids_known()
    assert len(desk.ids) == 2
    grids[MNQ] = TickGrid(0.25)
    peer.emit("user", "GatewayUserOrder", order(5))
    await asyncio.sleep(1)
    assert desk.ids == [2, ACCOUNT]
    client.attach_user(desk, grids.get, rank=2)
    client.grids_known()
    assert desk.ids == [2, ACCOUNT, 1, 3, 4, 5]
    assert client.get_stats()["records_waiting"] == 0
    assert client.get_stats()["decode_errors"] == {}
    await client.cleanup()


@in_virtual_time
async def test_ids_may_be_numbers_or_texts_of_them() -> None:
    """Both name the same account; another account's records reach nobody, typed or raw."""
    peer, desk, raw = Peer(), Desk(), list[Any]()
    client = await connected(peer)
    client.attach_user(desk, lambda _: TickGrid(0.25), rank=2)
    for kind in ("order_update", "account_update"):
        await client.add_callback(kind, raw.append)
    peer.emit("user", "GatewayUserOrder", order(1, accountId=str(ACCOUNT)))
    peer.emit("user", "GatewayUserOrder", order(2) | {"id": "2", "parentOrderId": "1"})
    peer.emit("user", "GatewayUserOrder", order(3, accountId=7))
    peer.emit("user", "GatewayUserOrder", order(4, accountId="7"))
    peer.emit("user", "GatewayUserAccount", {"id": 7, "balance": 1, "canTrade": True})
    peer.emit("user", "GatewayUserAccount", {"id": str(ACCOUNT), "balance": 1, "canTrade": True})
    await asyncio.sleep(1)
    assert desk.ids == [1, 2, ACCOUNT]
    second = desk.records[1]
    assert isinstance(second, OrderUpdate)
    assert second.parent_id == 1
    assert [payload["id"] for payload in raw] == [1, "2", str(ACCOUNT)]
    await client.cleanup()


@in_virtual_time
async def test_what_cannot_be_read_is_counted_and_is_a_gap() -> None:
    """The good entry beside it applies; the account is in doubt until it was told so."""
    peer, desk = Peer(), Desk()
    client = await connected(peer)
    client.attach_user(desk, lambda _: TickGrid(0.25), rank=2)
    told: list[bool] = []
    client.add_gap_listener(lambda gap: told.append(gap.is_open))
    peer.emit("user", "GatewayUserOrder", [order(1, size=-1), order(2)])
    peer.emit("user", "GatewayUserOrder", {"id": 3})
    await asyncio.sleep(1)
    assert desk.ids == [2]
    assert told == [True, False]
    assert client.get_stats()["decode_errors"] == {
        "order: negative size": 1,
        "order: no account": 1,
    }
    assert client.is_connected()
    await client.cleanup()
