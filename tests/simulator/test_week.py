"""Memory over days of a market that users trade in: what is kept is bounded, or asked for."""

from __future__ import annotations

import asyncio
import gc
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.golden.gateway_log import Recorder

from project_x_py._core.time import HOUR_NS
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import SimulatedGateway

MONDAY = datetime(2026, 8, 31, 14, 30, tzinfo=UTC)
EVERY_S = 600.0
STREAMS = ("ContractQuotes", "ContractTrades", "ContractMarketDepth")


@dataclass
class Weight:
    """What the process holds at a moment."""

    hour: float
    blocks: int
    resident: int
    orders: int


def resident_bytes() -> int:
    """Memory of the process as the system counts it, 0 where it does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


async def trade(gateway: SimulatedGateway, recorder: Recorder) -> int:
    """Place a bracketed entry and a limit order, and end both; return how many orders that made."""
    await recorder.login()
    contract = gateway.contracts[0]
    account = {"accountId": recorder.account}
    order = {**account, "contractId": contract.contract_id, "side": 0, "size": 1}
    last = gateway.market.snapshot(contract.contract_id).last or 0
    entry: dict[str, Any] = {
        "type": 2,
        "stopLossBracket": {"ticks": -20, "type": 4},
        "takeProfitBracket": {"ticks": 20, "type": 1},
    }
    placed = await recorder.ask("Order/place", {**order, **entry})
    price = contract.grid.price(last - 20)
    resting = await recorder.ask("Order/place", {**order, "type": 1, "limitPrice": price})
    if not placed["success"]:
        return 2
    await asyncio.sleep(5)
    await recorder.ask("Order/cancel", {**account, "orderId": resting["orderId"]})
    await recorder.ask("Position/closeContract", {**account, "contractId": contract.contract_id})
    found = await recorder.ask("Order/searchOpen", account)
    for row in found["orders"]:
        await recorder.ask("Order/cancel", {**account, "orderId": row["id"]})
    return 5


async def live(hours: float, every_hours: float) -> list[Weight]:
    """Trade every ten minutes with all streams open; weigh the process every so many hours."""
    weights: list[Weight] = []
    # The quietest product there is: a week of it takes two minutes.
    async with (
        SimulatedGateway(instruments=["E7"], start=MONDAY, in_process=True) as gateway,
        asyncio.TaskGroup() as tasks,
    ):
        recorder, orders = Recorder(gateway), 0
        await recorder.login()
        contract_id = gateway.contracts[0].contract_id
        market = await recorder.connect(
            "market", [(f"Subscribe{stream}", [contract_id]) for stream in STREAMS]
        )
        user = await recorder.connect("user", [("SubscribeAccounts", [])])
        listening = [tasks.create_task(listen(recorder, socket)) for socket in (market, user)]
        begun = gateway.clock.now_ns()
        while (hour := (gateway.clock.now_ns() - begun) / HOUR_NS) < hours:
            orders += await trade(gateway, recorder)
            recorder.rest.clear()
            if hour >= every_hours * len(weights):
                gc.collect()
                weights.append(Weight(hour, sys.getallocatedblocks(), resident_bytes(), orders))
            await asyncio.sleep(EVERY_S)
        assert gateway.connections == {"user": 1, "market": 1}
        for task in listening:
            task.cancel()
    return weights


async def listen(recorder: Recorder, socket: Any) -> None:
    """Take what comes and keep nothing."""
    await recorder.keep(socket, Forgetful())


class Forgetful(list[bytes]):
    """A list that nothing stays in."""

    def append(self, item: bytes) -> None:
        """Forget it."""


def growth(weights: list[Weight]) -> tuple[float, float]:
    """Blocks an order, and megabytes a day, between the first and the last weight."""
    first, last = weights[0], weights[-1]
    blocks = (last.blocks - first.blocks) / (last.orders - first.orders)
    days = (last.hour - first.hour) / 24
    return blocks, (last.resident - first.resident) / 1e6 / days


BLOCKS_AN_ORDER = 40
"""An order is kept for searches, with its execution and its times: some 25 objects."""


def test_hours_keep_nothing_but_orders() -> None:
    """After some warming up, what is held grows by the orders placed, and by nothing else."""
    weights = run_virtual(live(1.5, 0.25))
    assert len(weights) == 6
    assert growth(weights[2:])[0] < BLOCKS_AN_ORDER


@pytest.mark.soak
def test_a_week_keeps_nothing_but_orders() -> None:
    """From the second day of a week on, the process grows by its orders alone, in bytes as well."""
    weights = run_virtual(live(7 * 24, 6))
    blocks, megabytes = growth([w for w in weights if w.hour >= 54])
    print(*weights, sep="\n")
    print(f"{blocks:.1f} blocks an order, {megabytes:.2f} MB a day")
    assert blocks < BLOCKS_AN_ORDER
    assert megabytes < 2.0
