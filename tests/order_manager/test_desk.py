"""Orders leave once, and what became of them is always found out."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace
from tests.order_manager.desks import MARKET, Bench, bench, served
from tests.virtual import in_virtual_time

from project_x_py._core.orders import state as codes
from project_x_py._core.orders.intents import (
    QUICK_SETTLE_NS,
    SETTLE_NS,
    Intent,
    IntentState,
    Protection,
    Purpose,
)
from project_x_py._core.orders.ledger import Change
from project_x_py._core.records import OrderUpdate
from project_x_py._core.submission import (
    Accepted,
    Lane,
    Listed,
    OrderEdit,
    OrderSearch,
    Refused,
    Uncertain,
)
from project_x_py._runtime.together import together
from project_x_py.exceptions import ProjectXOrderError, RiskLimitExceeded
from project_x_py.simulator import faults


class OneOnly:
    """A gate that lets one contract be at stake."""

    def __init__(self) -> None:
        self.ledger: Any = None

    def deny(self, intent: Intent) -> str | None:
        """Count what works and what is unknown."""
        buys, sells = self.ledger.committed(intent.request.contract_id)
        return "one contract is the limit" if buys + sells > 1 else None


@in_virtual_time
async def test_an_order_is_placed_once_and_told_of_once() -> None:
    """The answer is Accepted, the ledger has the order, and the event came after it."""
    async with served() as gateway, bench(gateway) as made:
        outcome = await made.place("run-1")
        assert isinstance(outcome, Accepted)
        state = made.ledger.by_tag("run-1")
        assert state is not None
        assert (state.id, made.kinds) == (outcome.order_id, [Change.PLACED])
        assert await made.at_gateway() == [("run-1", codes.OPEN)]
        with pytest.raises(ProjectXOrderError, match="used before"):
            await made.place("run-1")
        assert len(made.desk.answer_ns) == 1


@in_virtual_time
async def test_a_refusal_is_an_outcome_and_an_event() -> None:
    """Off-grid sizes and doubled tags are the gateway's to refuse; its text is in the event."""
    async with served() as gateway, bench(gateway) as made:
        outcome = await made.place(size=0)
        assert isinstance(outcome, Refused)
        assert made.kinds == [Change.REJECTED]
        assert made.told[0][0].reason == outcome.message
        assert made.ledger.outstanding() == []


@in_virtual_time
async def test_a_lost_answer_is_found_by_its_tag() -> None:
    """The order is accepted, the answer is lost; a read shows it, and it was sent once."""
    async with served() as gateway, bench(gateway) as made:
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/place", times=1))
        outcome = await made.place("run-1")
        assert isinstance(outcome, Uncertain)
        assert outcome.sent
        submission = made.ledger.submission("run-1")
        assert submission is not None
        assert submission.state is IntentState.UNKNOWN
        assert made.ledger.committed(made.contract_id) == (1, 0)
        reading = made.tasks.spawn(made.reconciler.run(), name="reconciler")
        assert await made.desk.settled("run-1", 5) is submission
        assert submission.state is IntentState.CONFIRMED
        assert made.told[0][1]
        assert await made.at_gateway() == [("run-1", codes.OPEN)]
        reading.cancel()


@in_virtual_time
async def test_an_order_that_never_arrived_is_proved_absent() -> None:
    """The connection dies before the gateway sees the request: two settled reads prove it."""
    async with served() as gateway, bench(gateway) as made:
        gateway.faults.apply(faults.Cut(route="/api/Order/place", times=1))
        outcome = await made.place("run-1")
        assert isinstance(outcome, Uncertain)
        began = asyncio.get_running_loop().time()
        reading = made.tasks.spawn(made.reconciler.run(), name="reconciler")
        submission = await made.desk.settled("run-1", 10)
        assert submission is not None
        assert submission.state is IntentState.ABSENT
        assert 2 <= asyncio.get_running_loop().time() - began <= 3.5
        assert (made.kinds, await made.at_gateway()) == ([], [])
        reading.cancel()


@in_virtual_time
async def test_nothing_is_ever_concluded_while_the_gateway_is_away() -> None:
    """Half a minute of failing reads leaves a submission unknown; then it is found."""
    async with served() as gateway, bench(gateway) as made:
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/place", times=1))
        await made.place("run-1")
        gateway.faults.apply(faults.Refuse(status=503, times=100_000))
        reading = made.tasks.spawn(made.reconciler.run(), name="reconciler")
        assert await made.desk.settled("run-1", 30) is None
        submission = made.ledger.submission("run-1")
        assert submission is not None
        assert submission.state is IntentState.UNKNOWN
        assert made.reconciler.reads == 0
        gateway.faults.requests.clear()
        assert await made.desk.settled("run-1", 60) is submission
        assert [tag for tag, _ in await made.at_gateway()] == ["run-1"]
        reading.cancel()


@in_virtual_time
async def test_a_limit_lets_one_of_two_pass() -> None:
    """Two orders of one moment cannot both take the last contract, and the loser sends nothing."""
    gate = OneOnly()
    async with served() as gateway, bench(gateway, gate=gate) as made:
        gate.ledger = made.ledger
        results: list[object] = []

        async def attempt() -> None:
            try:
                results.append(await made.place())
            except RiskLimitExceeded as exc:
                results.append(str(exc))

        await together(attempt() for _ in range(3))
        accepted = [one for one in results if isinstance(one, Accepted)]
        assert (len(accepted), results.count("one contract is the limit")) == (1, 2)
        assert len(await made.at_gateway()) == 1


@in_virtual_time
async def test_a_caller_that_is_cancelled_leaves_no_order_behind_unseen() -> None:
    """The cancellation passes through; the order goes on and is in the ledger."""
    async with served() as gateway, bench(gateway) as made:
        gateway.faults.apply(faults.DelayAnswers(seconds=1, route="/api/Order/place"))
        calling = made.tasks.spawn(made.place("run-1"), name="caller")
        await asyncio.sleep(0.5)
        calling.cancel()
        with pytest.raises(asyncio.CancelledError):
            await calling
        submission = await made.desk.settled("run-1", 5)
        assert submission is not None
        assert submission.state is IntentState.CONFIRMED
        assert await made.at_gateway() == [("run-1", codes.OPEN)]


@in_virtual_time
async def test_an_entry_that_cannot_be_written_down_is_not_sent(tmp_path: Path) -> None:
    """A full disk stops entries; a protective order leaves all the same."""
    async with served() as gateway, bench(gateway, tmp_path / "intents.sqlite") as made:
        journal = made.desk._journal
        assert journal is not None
        database = journal._opened()
        (pages,) = database.execute("PRAGMA page_count").fetchone()
        database.execute(f"PRAGMA max_page_count = {pages}")
        entry = None
        for _ in range(40):
            entry = await made.place()
            if isinstance(entry, Uncertain):
                break
        assert isinstance(entry, Uncertain)
        assert not entry.sent
        assert "cannot be written" in entry.reason
        placed = len(await made.at_gateway())
        assert isinstance(await made.place("stop-1", Lane.PROTECTIVE), Accepted)
        assert len(await made.at_gateway()) == placed + 1
        assert made.desk.journal_failures >= 2


@in_virtual_time
async def test_a_new_run_takes_up_what_the_last_one_did_not_see(tmp_path: Path) -> None:
    """An order whose answer was lost with its process is found again, not sent again."""
    path = tmp_path / "intents.sqlite"
    async with served() as gateway:
        async with bench(gateway, path) as made:
            gateway.faults.apply(faults.DelayAnswers(seconds=9, route="/api/Order/place", times=1))
            made.tasks.spawn(made.place("run-1"), name="caller")
            await asyncio.sleep(1)
            assert made.ledger.order(0) is None
        async with bench(gateway, path) as made:
            journal = made.desk._journal
            assert journal is not None
            (submission,) = made.desk.restore(journal.entries())
            assert submission.state is IntentState.UNKNOWN
            assert made.desk.restore(journal.entries()) == []
            assert await made.reconciler.read()
            assert submission.state is IntentState.CONFIRMED
            assert [row[0] for row in await made.at_gateway()] == ["run-1"]


@in_virtual_time
async def test_what_protects_is_not_waited_for_after_a_restart(tmp_path: Path) -> None:
    """Its connection ended with the run that sent it; an entry is waited for all the same."""
    path = tmp_path / "intents.sqlite"
    async with served() as gateway, bench(gateway, path) as made:
        journal = made.desk._journal
        assert journal is not None
        entry = replace(made.intent("run-1"), protection=Protection(stop=1))
        stop = replace(made.intent("run-1.s1"), purpose=Purpose.STOP, protects="run-1")
        for intent in (entry, stop):
            await journal.record(intent.tag, made.account_id, msgspec.json.encode(intent))
        began_ns = made.client.clock.monotonic_ns()
        found = {one.intent.tag: one for one in made.desk.restore(journal.entries())}
        assert found["run-1"].proof_due_ns == began_ns + SETTLE_NS
        assert found["run-1.s1"].proof_due_ns == began_ns + QUICK_SETTLE_NS


@in_virtual_time
async def test_edits_and_cancellations_are_sent_once(tmp_path: Path) -> None:
    """Their truth comes from the gateway, whether their answer arrives or not."""
    async with served() as gateway, bench(gateway, tmp_path / "intents.sqlite") as made:
        placed = await made.place("run-1")
        assert isinstance(placed, Accepted)
        assert placed.order_id is not None
        await asyncio.sleep(1)
        await made.reconciler.read()
        edit = OrderEdit(
            account_id=made.account_id,
            order_id=placed.order_id,
            contract_id=made.contract_id,
            limit=made.limit - 4,
        )
        assert isinstance(await made.desk.modify(edit, lane=Lane.ENTRY), Accepted)
        gateway.faults.apply(faults.LoseAnswer(route="/api/Order/cancel", times=1))
        assert isinstance(await made.desk.cancel(placed.order_id), Uncertain)
        await asyncio.sleep(1)
        assert await made.reconciler.read()
        assert made.kinds == [Change.PLACED, Change.MODIFIED, Change.CANCELLED]
        assert not isinstance(await made.desk.cancel(placed.order_id), Accepted)


@in_virtual_time
async def test_positions_are_closed_through_the_desk() -> None:
    """A part, then the rest; what is not there is refused."""
    async with served() as gateway, bench(gateway) as made:
        placed = await made.place(type=MARKET, limit=None, size=3)
        assert isinstance(placed, Accepted)
        await asyncio.sleep(1)
        assert isinstance(await made.desk.reduce_position(made.contract_id, 1), Accepted)
        await asyncio.sleep(1)
        assert isinstance(await made.desk.close_position(made.contract_id), Accepted)
        await asyncio.sleep(1)
        assert isinstance(await made.desk.close_position(made.contract_id), Refused)


@in_virtual_time
async def test_what_was_not_sent_is_not_unknown() -> None:
    """A request that the budget turned away is over, and its tag may not be used again."""
    async with served() as gateway, bench(gateway) as made:
        made.contract_id = "CON.F.US.NOPE.U26"
        outcome = await made.place("run-1")
        assert isinstance(outcome, Uncertain | Refused)
        assert made.ledger.outstanding() == []


@in_virtual_time
async def test_closing_while_a_call_waits_is_uncertain_not_a_cancellation() -> None:
    """The caller was not cancelled, so it is told that the order's fate is not known."""
    async with served() as gateway, bench(gateway) as made:
        gateway.faults.apply(faults.DelayAnswers(seconds=5, route="/api/Order/place"))
        outcomes: list[object] = []

        async def call() -> None:
            outcomes.append(await made.place("run-1"))

        async with asyncio.TaskGroup() as group:
            group.create_task(call())
            await asyncio.sleep(1)
            await made.tasks.aclose()
        assert isinstance(outcomes[0], Uncertain)
        assert outcomes[0].sent


@in_virtual_time
async def test_an_edit_before_the_first_word_of_the_hub_is_told_once() -> None:
    """The hub's late row of the placement takes nothing back, its row of the edit is no news."""
    async with served() as gateway, bench(gateway) as made:
        outcome = await made.place("run-1")
        assert isinstance(outcome, Accepted)
        assert outcome.order_id is not None
        (placed,) = await _rows(made)
        edit = OrderEdit(
            account_id=made.account_id,
            order_id=outcome.order_id,
            contract_id=made.contract_id,
            limit=made.limit - 4,
        )
        assert isinstance(await made.desk.modify(edit, lane=Lane.ENTRY), Accepted)
        (moved,) = await _rows(made)
        for row in (placed, moved, placed, moved):
            made.desk.hear(row)
        assert made.kinds == [Change.PLACED, Change.MODIFIED]
        state = made.ledger.by_tag("run-1")
        assert state is not None
        assert state.snapshot().limit == made.limit - 4


async def _rows(made: Bench) -> tuple[OrderUpdate, ...]:
    """What the gateway has, which a hub would tell."""
    await asyncio.sleep(0.1)
    listed = await made.client.order_queries().orders(OrderSearch(account_id=made.account_id))
    assert isinstance(listed, Listed)
    return listed.rows
