"""Contract cards: answers that go wrong on the way."""

from __future__ import annotations

import msgspec
import pytest
from tests.contract.cards import card
from tests.simulator.trading import BUY, JOIN_BID, START, Trader

from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.simulator import faults

PLACE = "/api/Order/place"


@card()
async def test_af01_half_a_body(trader: Trader) -> None:
    """The order is placed; the answer is a 200 with half of its body, and nothing says so."""
    trader.gateway.faults.apply(faults.SpoilAnswer(route=PLACE, how="truncated"))
    body = {"accountId": trader.account, "contractId": trader.contract.contract_id}
    order = msgspec.json.encode({**body, "type": JOIN_BID, "side": BUY, "size": 1})
    reply = await trader.reply(PLACE, order)
    assert reply.status == 200
    with pytest.raises(msgspec.DecodeError):
        msgspec.json.decode(reply.body)
    await trader.hear(lambda e: e[2].get("status") == 1)


@card()
async def test_af02_a_torn_answer(trader: Trader) -> None:
    """The order is placed; the connection breaks off within the answer, and the next one works."""
    trader.gateway.faults.apply(faults.TearAnswer(route=PLACE))
    with pytest.raises(ProjectXConnectionError) as torn:
        await trader.place(JOIN_BID, BUY)
    assert torn.value.sent
    await trader.hear(lambda e: e[2].get("status") == 1)
    assert len((await trader.ask("Order/search", startTimestamp=START))["orders"]) == 1
