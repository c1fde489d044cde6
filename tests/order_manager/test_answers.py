"""An answer says what the gateway has shown."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.desks import Bench, bench, served
from tests.virtual import in_virtual_time

from project_x_py._core.submission import (
    Absent,
    Accepted,
    Lane,
    Listed,
    OrderSearch,
    Refused,
    Uncertain,
)
from project_x_py.exceptions import (
    OrderSubmissionUncertainError,
    ProjectXConnectionError,
    ProjectXOrderError,
)
from project_x_py.order_manager._answers import NEVER_ARRIVED, Answers
from project_x_py.simulator import faults

PLACE, QUERY = "/api/Order/place", "/api/Order/v2/query"


class Told:
    """Queries that answer with what they are given."""

    def __init__(self, listing: object) -> None:
        self.listing = listing

    async def orders(self, search: object, *, lane: object = None) -> object:
        """The same listing for orders."""
        return self.listing

    async def positions(self, account_id: int, *, lane: Lane = Lane.RECONCILE) -> object:
        """And for positions."""
        return self.listing


def answers(made: Bench, queries: object | None = None) -> Answers:
    """Answers on a bench whose contracts all have the one grid."""

    async def grid(contract_id: str) -> object:
        return contract_id

    return Answers(made.desk, queries or made.client.order_queries(), grid)  # type: ignore[arg-type]


@in_virtual_time
async def test_accepted_and_refused_are_the_gateways_words() -> None:
    """With its number, its code and its text."""
    async with served() as gateway, bench(gateway) as made:
        outcome = await made.place("one")
        said = await answers(made).response("one", outcome)
        assert isinstance(outcome, Accepted)
        assert (said.success, said.orderId, said.errorCode) == (True, outcome.order_id, 0)
        gateway.faults.apply(faults.Answer(route=PLACE, code=2, message="no funds"))
        outcome = await made.place("two")
        said = await answers(made).response("two", outcome)
        assert isinstance(outcome, Refused)
        assert (said.success, said.errorCode) == (False, 2)
        assert str(said.errorMessage).endswith("no funds")


@in_virtual_time
async def test_a_lost_answer_waits_for_the_truth() -> None:
    """Found: its number. Proved absent: a code of our own. Not to be asked: an exception."""
    async with served() as gateway, bench(gateway) as made:
        made.tasks.spawn(made.reconciler.run(), name="reconciler")
        gateway.faults.apply(faults.LoseAnswer(route=PLACE))
        said = await answers(made).response("one", await made.place("one"))
        assert said.success
        assert said.orderId
        gateway.faults.apply(faults.Cut(route=PLACE))
        said = await answers(made).response("two", await made.place("two"))
        assert (said.success, said.errorCode) == (False, NEVER_ARRIVED)
        gateway.faults.apply(faults.LoseAnswer(route=PLACE))
        gateway.faults.apply(faults.Refuse(route=QUERY, status=503, times=10_000))
        outcome = await made.place("three")
        with pytest.raises(OrderSubmissionUncertainError, match="three"):
            await answers(made).response("three", outcome)


@in_virtual_time
async def test_nothing_sent_is_an_error_of_the_connection() -> None:
    """Named with the tag and the reason."""
    async with served() as gateway, bench(gateway) as made:
        with pytest.raises(ProjectXConnectionError, match="one was not sent: cable"):
            await answers(made).response("one", Uncertain("cable", sent=False))


@in_virtual_time
async def test_an_order_that_is_asked_for_is_merged() -> None:
    """What another program placed is found, and None is what the account has not."""
    async with served() as gateway, bench(gateway) as made:
        elsewhere = await made.client.order_gateway().place(made.intent("else").request)
        assert isinstance(elsewhere, Accepted)
        assert elsewhere.order_id is not None
        found = await answers(made).known(elsewhere.order_id)
        assert found is not None
        assert found.custom_tag == "else"
        assert made.ledger.order(elsewhere.order_id) is not None
        assert await answers(made).known(elsewhere.order_id + 1) is None


@pytest.mark.parametrize(
    "listing", [Absent("no list"), Listed((), left_out=1), Listed((), whole=False)]
)
@in_virtual_time
async def test_a_list_that_may_lack_a_row_is_an_error(listing: object) -> None:
    """Of orders and of positions alike; never a short list, never flat."""
    async with served() as gateway, bench(gateway) as made:
        asking = answers(made, Told(listing))
        with pytest.raises(ProjectXOrderError, match="orders was not complete"):
            await asking.listed(OrderSearch(account_id=made.account_id))
        with pytest.raises(ProjectXOrderError, match="positions was not complete"):
            await asking.net(made.contract_id)


@in_virtual_time
async def test_what_is_held_is_asked_for() -> None:
    """Signed, and of the contract that is named only."""
    async with served() as gateway, bench(gateway) as made:
        assert await answers(made).net(made.contract_id) == 0
        await made.place(type=2, side=1, limit=None, size=2)
        await asyncio.sleep(1)
        assert await answers(made).net(made.contract_id) == -2
        assert await answers(made).net("CON.F.US.EP.Z26") == 0
