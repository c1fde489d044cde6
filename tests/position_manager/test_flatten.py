"""Flat is proved or not said."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.order_manager.desks import MARKET, Bench, bench, served
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py._core.submission import Outcome
from project_x_py.position_manager._flatten import Flattener
from project_x_py.simulator import SimulatedGateway, faults
from project_x_py.trading_suite import TradingSuite


class Door:
    """Cancels and closes through a desk.

    Args:
        made: The bench whose desk it is.
    """

    def __init__(self, made: Bench) -> None:
        self.made = made
        self.closes = 0

    async def close_at_gateway(self, contract_id: str) -> Outcome:
        """Close at the gateway."""
        self.closes += 1
        return await self.made.desk.close_position(contract_id)

    async def cancel_working(self, contract_id: str | None) -> int:
        """Read, cancel, and count what is left."""
        if not await self.made.reconciler.read():
            return 1
        working = list(self.made.ledger.working(contract_id))
        for state in working:
            await self.made.desk.cancel(state.id)
        return len(working) + len(self.made.ledger.outstanding(contract_id))


def flattener(made: Bench) -> tuple[Flattener, Door]:
    door = Door(made)
    queries = made.client.order_queries()
    return Flattener(made.account_id, door, queries, made.client.clock), door


async def loaded(made: Bench) -> None:
    """Two held, one order resting."""
    await made.place(type=MARKET, limit=None, size=2)
    await made.place()
    await asyncio.sleep(1)


@in_virtual_time
async def test_everything_goes_and_it_is_proved() -> None:
    """Orders are cancelled, the position is closed once, two reads a settle time apart show it."""
    async with served() as gateway, bench(gateway) as made:
        await loaded(made)
        flat, door = flattener(made)
        began = asyncio.get_running_loop().time()
        proof = await flat.flatten()
        assert (proof.proved, proof.closed, proof.reason) == (True, {made.contract_id: 2}, None)
        assert door.closes == 1
        assert asyncio.get_running_loop().time() - began >= 1


@in_virtual_time
async def test_without_reads_nothing_is_proved() -> None:
    """The answer names the reason, and a later call proves it."""
    async with served() as gateway, bench(gateway) as made:
        await loaded(made)
        flat, _ = flattener(made)
        gateway.faults.apply(faults.Refuse(route="/api/Position/searchOpen", status=503, times=999))
        proof = await flat.flatten(timeout_s=5)
        assert not proof.proved
        assert proof.reason
        gateway.faults.requests.clear()
        assert (await flat.flatten()).proved


@in_virtual_time
async def test_a_close_whose_answer_is_lost_is_not_doubled() -> None:
    """The position is closed, not reversed."""
    async with served() as gateway, bench(gateway) as made:
        await loaded(made)
        flat, door = flattener(made)
        gateway.faults.apply(faults.LoseAnswer(route="/api/Position/closeContract"))
        proof = await flat.flatten()
        assert proof.proved
        assert door.closes == 1
        listed = await made.client.order_queries().positions(made.account_id)
        assert listed.rows == ()


@in_virtual_time
async def test_another_contract_is_left_alone() -> None:
    """Flattening one contract does not touch what is held of another."""
    async with served() as gateway, bench(gateway) as made:
        await loaded(made)
        flat, door = flattener(made)
        proof = await flat.flatten("CON.F.US.EP.U26")
        assert (proof.proved, door.closes) == (True, 0)


@in_virtual_time
async def test_queries_that_used_up_the_budget_do_not_delay_the_proof() -> None:
    """Proofs go with the cancellations they prove, whoever else asks for what is left."""
    async with served() as gateway:
        limits = replace(gateway.config, requests_per_minute=60, burst_limit=60)
        ways = {**login(gateway), "config": limits}
        suite = await TradingSuite.create("MNQ", **ways, timeframes=["1min"], initial_days=1)
        price = await suite.data.get_current_price()
        assert price is not None
        await suite.orders.place_market_order("MNQ", 0, 2)
        for n in range(3):
            await suite.orders.place_limit_order("MNQ", 0, 1, round(price) - 100 - n)
        asking = [asyncio.ensure_future(suite.client.list_accounts()) for _ in range(100)]
        await asyncio.sleep(1)
        assert not all(one.done() for one in asking)
        began = asyncio.get_running_loop().time()
        proof = await suite.flatten()
        assert proof.proved, proof
        assert asyncio.get_running_loop().time() - began <= 3
        for one in asking:
            one.cancel()
        await asyncio.wait(asking)
        await suite.disconnect()


@in_virtual_time
async def test_a_contract_that_is_listed_no_more_is_taken_off_with_proof() -> None:
    """Held when the account is first read, in a contract that the gateway denies by its id."""
    async with SimulatedGateway(in_process=True, instruments=("MNQ", "MES")) as gateway:
        first = await TradingSuite.create("MNQ", **login(gateway), initial_days=1)
        held = str(first.instrument_id)
        await first.orders.place_market_order("MNQ", 0, 2)
        await first.disconnect()
        unlisted = faults.Answer(route="/api/Contract/searchById", code=1, times=999)
        gateway.faults.apply(unlisted)
        second = await TradingSuite.create("MES", **login(gateway), initial_days=1)
        await asyncio.sleep(15)
        assert [one.contractId for one in await second.positions.get_all_positions()] == [held]
        closed = await second.positions.partially_close_position(held, 1)
        assert (closed["success"], closed["contract_id"]) == (True, held)
        proof = await second.flatten()
        assert (proof.proved, proof.closed) == (True, {held: 1})
        await second.disconnect()


@in_virtual_time
async def test_what_the_gateway_does_not_close_is_named_with_its_reason() -> None:
    """A contract that was held over a roll; it is asked for ever less often, but for ever."""
    async with served() as gateway, bench(gateway) as made:
        await loaded(made)
        gateway.faults.apply(faults.Roll(contract_id=made.contract_id))
        flat, door = flattener(made)
        proof = await flat.flatten()
        assert (proof.proved, proof.held) == (False, {made.contract_id: 2})
        assert made.contract_id in str(proof.reason)
        assert "ContractNotActive" in str(proof.reason)
        assert door.closes <= 10
