"""An entry with its legs: guarded from before it is sent, reported as the gateway has it."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.desks import LIMIT, MARKET, Watched, served, watched
from tests.virtual import in_virtual_time

from project_x_py._core.submission import Accepted, OrderRequest, Refused, Uncertain
from project_x_py.exceptions import ProjectXOrderError, RiskLimitExceeded
from project_x_py.order_manager._brackets import NO_NATIVE, BracketDesk, BracketPlan, check_bracket
from project_x_py.simulator import faults

PLACE = "/api/Order/place"
STOP = 4


def plan(found: Watched, *, side: int = 0, kind: int = MARKET, off: int = 0) -> BracketPlan:
    """A bracket around the market, or around a price that nobody trades at."""
    made = found.bench
    market = made.limit + 200
    reference = market + off
    request = OrderRequest(
        account_id=made.account_id,
        contract_id=made.contract_id,
        type=kind,
        side=side,
        size=1,
        limit=reference if kind == LIMIT else None,
    )
    sign = 1 if side == 0 else -1
    return BracketPlan(request, reference, reference - 300 * sign, reference + 300 * sign)


def brackets(found: Watched) -> BracketDesk:
    """A bracket desk with its own tags."""
    numbers = iter(range(100))
    return BracketDesk(
        found.bench.desk,
        found.guard,
        found.bench.client.clock,
        lambda: f"bracket-{next(numbers)}",
    )


def test_legs_are_signed_distances() -> None:
    """From the reference; without the gateway's legs the request is the entry alone."""
    request = OrderRequest(account_id=1, contract_id="c", type=2, side=0, size=1)
    made = BracketPlan(request, 100, 90, 120)
    native = made.entry("t", native=True)
    assert (native.stop_bracket, native.target_bracket, native.tag) == ((-10, 4), (20, 1), "t")
    alone = made.entry("t", native=False)
    assert (alone.stop_bracket, alone.target_bracket) == (None, None)
    only = BracketPlan(request, 100, 90, None).entry("t", native=True)
    assert (only.stop_bracket, only.target_bracket) == ((-10, 4), None)


@pytest.mark.parametrize(
    ("side", "stop", "target", "wrong"),
    [
        (0, 100, 120, "stop_loss_price"),
        (0, 101, 120, "stop_loss_price"),
        (0, 90, 100, "take_profit_price"),
        (0, 90, 99, "take_profit_price"),
        (1, 100, 80, "stop_loss_price"),
        (1, 99, 80, "stop_loss_price"),
        (1, 110, 100, "take_profit_price"),
        (1, 110, 101, "take_profit_price"),
        (0, 0, 120, "stop_loss_price 0 is no price"),
        (1, 110, 0, "take_profit_price 0 is no price"),
        (0, 99, 101, ""),
        (1, 101, 99, ""),
        (0, None, None, ""),
    ],
)
def test_legs_lie_where_they_protect_and_profit(
    side: int, stop: int | None, target: int | None, wrong: str
) -> None:
    """At the entry, or on its other side, is a mistake that is named."""
    request = OrderRequest(account_id=1, contract_id="c", type=2, side=side, size=1)
    made = BracketPlan(request, 100, stop, target)
    if wrong:
        with pytest.raises(ProjectXOrderError, match=wrong):
            check_bracket(made, float, None)
    else:
        check_bracket(made, float, None)


@pytest.mark.parametrize(
    ("kind", "side", "last", "wrong"),
    [
        (MARKET, 0, 91, False),
        (MARKET, 0, 90, True),
        (LIMIT, 0, 80, True),
        (LIMIT, 0, 150, False),
        (STOP, 0, 80, False),
        (MARKET, 1, 109, False),
        (MARKET, 1, 110, True),
        (LIMIT, 1, 130, True),
        (STOP, 1, 130, False),
    ],
)
def test_a_stop_that_the_market_has_passed_is_refused(
    kind: int, side: int, last: int, *, wrong: bool
) -> None:
    """Also where the entry's own price hides it; a stop entry fills only beyond its price."""
    request = OrderRequest(account_id=1, contract_id="c", type=kind, side=side, size=1)
    made = BracketPlan(request, 100, 90 if side == 0 else 110, None)
    if wrong:
        with pytest.raises(ProjectXOrderError, match=f"the last price {last}"):
            check_bracket(made, float, last)
    else:
        check_bracket(made, float, last)


@in_virtual_time
async def test_an_entry_is_guarded_before_it_is_sent() -> None:
    """Its answer may be lost and its fill may come first; the guard knows of it already."""
    async with served() as gateway, watched(gateway) as found:
        gateway.faults.apply(faults.LoseAnswer(route=PLACE))
        tag, outcome = await brackets(found).send(plan(found))
        assert isinstance(outcome, Uncertain)
        assert found.guard.guarded(tag) is not None
        await asyncio.sleep(5)
        assert sorted(found.working()) == [(LIMIT, 1), (4, 1)]


@in_virtual_time
async def test_legs_are_reported_as_the_gateway_has_them() -> None:
    """Ids of working orders; an entry that rests with our own legs has none yet."""
    async with served() as gateway, watched(gateway) as found:
        desk = brackets(found)
        tag, outcome = await desk.send(plan(found))
        assert isinstance(outcome, Accepted)
        stop, target = await desk.legs(tag)
        stops, targets = found.guard.legs(tag)
        assert ([leg.id for leg in stops], [leg.id for leg in targets]) == ([stop], [target])
        assert desk.native
        desk.native = False
        tag, outcome = await desk.send(plan(found, kind=LIMIT, off=-200))
        assert isinstance(outcome, Accepted)
        assert await desk.legs(tag) == (None, None)
        assert await desk.legs("no such entry") == (None, None)


@in_virtual_time
async def test_the_legs_of_a_market_entry_are_waited_for() -> None:
    """Its fill may be told of late, and it does not rest for that."""
    async with served() as gateway, watched(gateway) as found:
        desk = brackets(found)
        desk.native = False
        gateway.faults.apply(faults.DelayMessages(hub="user", seconds=0.5))
        tag, outcome = await desk.send(plan(found))
        assert isinstance(outcome, Accepted)
        stop, target = await desk.legs(tag)
        assert stop is not None
        assert target is not None


@in_virtual_time
async def test_an_account_without_brackets_is_asked_once() -> None:
    """Its refusal is remembered; each entry still is one order, and guarded."""
    async with served() as gateway, watched(gateway) as found:
        desk = brackets(found)
        gateway.faults.apply(faults.Answer(route=PLACE, code=2, message=f"{NO_NATIVE} are on"))
        tag, outcome = await desk.send(plan(found))
        assert isinstance(outcome, Accepted)
        assert desk.native is False
        await asyncio.sleep(2)
        assert sorted(found.working()) == [(LIMIT, 1), (4, 1)]
        assert found.net == 1
        assert found.guard.tags() == (tag,)


@in_virtual_time
async def test_a_refusal_leaves_nothing_behind() -> None:
    """Neither an order nor a guard."""
    async with served() as gateway, watched(gateway) as found:
        desk = brackets(found)
        gateway.faults.apply(faults.Answer(route=PLACE, code=2, message="no funds"))
        _, outcome = await desk.send(plan(found))
        assert isinstance(outcome, Refused)
        assert desk.native is None
        await asyncio.sleep(1)
        assert (found.guard.tags(), found.working()) == ((), [])


@in_virtual_time
async def test_a_gate_that_says_no_leaves_no_guard() -> None:
    """The risk gate refuses before anything is sent."""

    class Closed:
        def deny(self, intent: object) -> str:
            return "enough for today"

    async with served() as gateway, watched(gateway) as found:
        found.bench.desk.gate = Closed()
        with pytest.raises(RiskLimitExceeded, match="enough"):
            await brackets(found).send(plan(found))
        assert found.guard.tags() == ()
