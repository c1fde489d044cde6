"""What a client is told of: one id per call, owners respected, refusals undone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.realtime.peer import ACCOUNT, MES, MNQ, Owner, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid


@in_virtual_time
async def test_each_id_is_a_call_of_its_own() -> None:
    """Six calls subscribe to two contracts, six end it, and accounts take no argument."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ, MES, MNQ])
    assert await client.subscribe_market_data([MNQ])
    assert client.get_stats()["subscribed_contracts"] == 2
    assert await client.unsubscribe_market_data([MNQ, MES])
    assert await client.unsubscribe_market_data([MNQ])
    kinds = ("ContractQuotes", "ContractTrades", "ContractMarketDepth")
    expected = [
        (verb + kind, [contract_id])
        for verb in ("Subscribe", "Unsubscribe")
        for contract_id in (MNQ, MES)
        for kind in kinds
    ]
    assert peer.calls("market") == expected
    assert await client.subscribe_user_updates()
    assert await client.unsubscribe_user_updates()
    assert peer.calls("user") == [
        ("SubscribeAccounts", []),
        ("SubscribeOrders", [ACCOUNT]),
        ("SubscribePositions", [ACCOUNT]),
        ("SubscribeTrades", [ACCOUNT]),
        ("UnsubscribeAccounts", []),
        ("UnsubscribeOrders", [ACCOUNT]),
        ("UnsubscribePositions", [ACCOUNT]),
        ("UnsubscribeTrades", [ACCOUNT]),
    ]
    assert client.get_stats()["subscribed_contracts"] == 0
    await client.cleanup()


@in_virtual_time
async def test_an_owners_contract_stays() -> None:
    """One of two owners may leave without silencing the other."""
    peer, book, bars = Peer(), Owner(), Owner()
    client = peer.client()
    client.attach(MNQ, TickGrid(0.25), book, rank=0)
    client.attach(MNQ, TickGrid(0.25), bars, rank=1)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    client.detach(MNQ, bars)
    assert await client.unsubscribe_market_data([MNQ])
    assert client.get_stats()["subscribed_contracts"] == 1
    client.detach(MNQ, book)
    assert await client.unsubscribe_market_data([MNQ])
    assert client.get_stats()["subscribed_contracts"] == 0
    await client.cleanup()


@in_virtual_time
async def test_a_refusal_is_false_with_its_reason() -> None:
    """Nothing of a refused call stays wanted; what was wanted before does."""
    peer = Peer()
    client = peer.client()
    assert not await client.subscribe_market_data([MNQ])
    assert client.last_error == "subscribe, market hub: the market hub is not connected"
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.refused_methods = {"SubscribeContractTrades": "no such contract"}
    assert not await client.subscribe_market_data([MNQ, MES])
    assert "SubscribeContractTrades: no such contract" in str(client.last_error)
    assert client.get_stats()["subscribed_contracts"] == 1
    peer.refused_methods = {"UnsubscribeOrders": "no", "SubscribeAccounts": "no argument, please"}
    assert not await client.subscribe_user_updates()
    peer.refused_methods.pop("SubscribeAccounts")
    assert await client.subscribe_user_updates()
    assert not await client.unsubscribe_user_updates()
    await client.cleanup()


@pytest.mark.parametrize("wrong", [MNQ, None, [None], [""], 5, [[MNQ]]])
@in_virtual_time
async def test_what_is_no_list_of_ids_is_a_mistake(wrong: Any) -> None:
    """ValueError before anything is sent."""
    client = Peer().client()
    with pytest.raises(ValueError, match="as a list"):
        await client.subscribe_market_data(wrong)
    with pytest.raises(ValueError, match="as a list"):
        await client.unsubscribe_market_data(wrong)


@in_virtual_time
async def test_a_contract_is_renewed_although_somebody_is_fed_with_it() -> None:
    """Quotes and depth, which begin with a snapshot; prints go on, so that none is missed."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    client.attach(MNQ, TickGrid(0.25, 0.5), Owner(), rank=0)
    assert await client.subscribe_market_data([MNQ])
    before = len(peer.calls("market"))
    assert await client.renew_market_data(MNQ)
    assert [call for call, _ in peer.calls("market")[before:]] == [
        verb + kind
        for verb in ("Unsubscribe", "Subscribe")
        for kind in ("ContractQuotes", "ContractMarketDepth")
    ]
    assert client.get_stats()["subscribed_contracts"] == 1
    assert await client.renew_market_data(MES)
    assert len(peer.calls("market")) == before + 4 + 3
    await client.cleanup()
