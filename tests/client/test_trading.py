"""Orders and positions at the gateway: sent once, and read as what they prove."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.client.gateways import Answer, Parts, envelope, with_client, with_parts

from project_x_py._core.submission import (
    Accepted,
    Lane,
    Listed,
    OrderEdit,
    OrderRequest,
    OrderSearch,
    Outcome,
    Refused,
    Uncertain,
)
from project_x_py._ports import OrderGateway
from project_x_py.client import ProjectX
from project_x_py.client._codes import CODES, UNDECIDED
from project_x_py.client._grids import Grids
from project_x_py.client._trading import GatewayOrders
from project_x_py.exceptions import (
    CircuitBreakerError,
    ProjectXConnectionError,
    ProjectXInstrumentError,
    ProjectXServerError,
)
from project_x_py.simulator import SimulatedGateway, faults

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
MNQ = "CON.F.US.MNQ.U26"
LIMIT, MARKET, STOP, TRAIL = 1, 2, 4, 5
BUY, SELL = 0, 1
DOOR = {"WWW-Authenticate": "Bearer"}
ROW = {
    "id": MNQ, "name": "MNQU6", "description": "Micro", "tickSize": 0.25, "tickValue": 0.5,
    "activeContract": True, "symbolId": "F.US.MNQ",
}  # fmt: skip

Act = Callable[[OrderGateway], Awaitable[Outcome]]


def _order(kind: int = LIMIT, **changes: Any) -> OrderRequest:
    settings = {"account_id": 1, "contract_id": MNQ, "type": kind, "side": BUY, "size": 1}
    return OrderRequest(**{**settings, **changes})


ACTS: dict[str, Act] = {
    "/Order/place": lambda orders: orders.place(_order(limit=80_000)),
    "/Order/modify": lambda orders: orders.modify(
        OrderEdit(account_id=1, order_id=9, contract_id=MNQ, limit=80_001)
    ),
    "/Order/cancel": lambda orders: orders.cancel(1, 9),
    "/Position/closeContract": lambda orders: orders.close_position(1, MNQ),
    "/Position/partialCloseContract": lambda orders: orders.reduce_position(1, MNQ, 1),
}
PATHS = sorted(ACTS)


def _outcome(path: str, *answers: Answer | Exception) -> tuple[Outcome, int]:
    """What an act comes to, and how many requests it took."""

    async def use(parts: Parts) -> tuple[Outcome, int]:
        parts.network.script("/Contract/searchById", envelope(contract=ROW))
        parts.network.script(path, *answers)
        orders = GatewayOrders(parts.calls, Grids(None, parts.instruments))
        return await ACTS[path](orders), parts.network.count(path)

    return with_parts(use)


def _trading(use: Callable[[SimulatedGateway, ProjectX, OrderGateway], Awaitable[None]]) -> None:
    async def main(gateway: SimulatedGateway, client: ProjectX) -> None:
        await use(gateway, client, client.order_gateway())

    with_client(main, start=OPEN)


async def _second(client: ProjectX) -> None:
    """Let the exchange do what it was told."""
    await client.clock.sleep_until(client.clock.now_ns() + 1_000_000_000)


@pytest.mark.parametrize("path", PATHS)
def test_every_code_of_every_endpoint_is_read_by_its_own_table(path: str) -> None:
    """A code that names a refusal is Refused under its name; pending and unknown are Uncertain."""
    for code, name in enumerate(CODES[path]):
        if not code:
            continue
        outcome, requests = _outcome(path, envelope(code, "said so", orderId=77))
        assert requests == 1
        if code in UNDECIDED[path]:
            assert isinstance(outcome, Uncertain)
            assert outcome.sent
        else:
            assert isinstance(outcome, Refused)
            assert (outcome.code, outcome.name) == (code, name)
            assert "said so" in outcome.message
            assert outcome.order_id == (77 if path == "/Order/place" else None)
    assert isinstance(_outcome(path, envelope(99))[0], Uncertain)


@pytest.mark.parametrize("path", PATHS)
def test_success_is_accepted(path: str) -> None:
    """A success is Accepted; a new order without its id, or a code beside a success, is not."""
    expected = Accepted(5) if path == "/Order/place" else Accepted()
    assert _outcome(path, envelope(orderId=5)) == (expected, 1)
    odd = Answer(b'{"success":true,"errorCode":3,"orderId":5}')
    assert isinstance(_outcome(path, odd)[0], Uncertain)
    odd = Answer(b'{"success":false,"errorCode":0,"orderId":5}')
    assert isinstance(_outcome(path, odd)[0], Uncertain)
    if path == "/Order/place":
        assert isinstance(_outcome(path, envelope(orderId=None))[0], Uncertain)
        assert isinstance(_outcome(path, envelope(orderId="five"))[0], Uncertain)


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("answer", "sent"),
    [
        (ProjectXConnectionError("reset", sent=True), True),
        (ProjectXConnectionError("no route", sent=False), False),
        (Answer(b"", 429), True),
        (Answer(b"", 500), True),
        (Answer(b"", 503), True),
        (Answer(b"", 408), True),
        (Answer(b"", 301), True),
        (Answer(b"<html>moment</html>"), True),
        (Answer(b'{"success":true,"errorCo'), True),
        (Answer(b""), True),
        (Answer(b"", 401), True),
    ],
)
def test_what_proves_nothing_is_uncertain_and_sent_once(
    path: str, answer: Answer | Exception, sent: bool
) -> None:
    """A lost, late, failed or spoilt answer is Uncertain; one request went, whatever it was."""
    outcome, requests = _outcome(path, answer)
    assert isinstance(outcome, Uncertain)
    assert outcome.sent is sent
    assert outcome.ended is isinstance(answer, Answer)
    assert requests == 1
    assert outcome.reason


@pytest.mark.parametrize("hung_up", [True, False])
def test_whether_the_gateway_hung_up_is_handed_on(hung_up: bool) -> None:
    """After a time-out at this end the request may still be on its way."""
    lost = ProjectXConnectionError("gone", sent=True, hung_up=hung_up)
    outcome, _ = _outcome("/Order/place", lost)
    assert isinstance(outcome, Uncertain)
    assert outcome.ended is hung_up


@pytest.mark.parametrize("path", PATHS)
def test_a_401_from_the_door_is_gone_through_once_more(path: str) -> None:
    """Turned away with the challenge, it goes again with another token; twice is not sent."""
    outcome, requests = _outcome(path, Answer(b"", 401, DOOR), envelope(orderId=5))
    assert isinstance(outcome, Accepted)
    assert requests == 2
    outcome, requests = _outcome(path, Answer(b"", 401, DOOR))
    assert isinstance(outcome, Uncertain)
    assert not outcome.sent
    assert requests == 2


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("status", [400, 403, 404, 405, 413, 415, 422])
def test_what_the_gateway_cannot_read_is_refused(path: str, status: int) -> None:
    """A request that does not bind is not carried out: Refused, with the status."""
    outcome, requests = _outcome(path, Answer(b"what is this", status))
    assert isinstance(outcome, Refused)
    assert outcome.code == status
    assert requests == 1


def test_a_full_budget_refuses_with_nothing_sent() -> None:
    """An entry that would leave too late is Uncertain with ``sent`` False, and did not leave."""

    async def use(parts: Parts) -> None:
        parts.network.script("/Contract/searchById", envelope(contract=ROW))
        parts.network.script("/Order/place", envelope(orderId=5))
        orders = GatewayOrders(parts.calls, Grids(None, parts.instruments))
        assert isinstance(await orders.place(_order(limit=1)), Accepted)
        for _ in range(170):
            await parts.http.budget.acquire(Lane.PROTECTIVE)
        outcome = await orders.place(_order(limit=1))
        assert isinstance(outcome, Uncertain)
        assert not outcome.sent
        assert parts.network.count("/Order/place") == 1
        protective = await orders.place(_order(STOP, stop=1), lane=Lane.PROTECTIVE)
        assert isinstance(protective, Accepted)

    with_parts(use)


def test_prices_leave_as_a_person_would_type_them() -> None:
    """Ticks become the shortest decimals; brackets and the tag go only when given."""

    async def use(parts: Parts) -> None:
        row = {**ROW, "id": "CON.F.US.JY6.U26", "tickSize": 0.0000005, "tickValue": 6.25}
        parts.network.script("/Contract/searchById", envelope(contract=row))
        parts.network.script("/Order/place", envelope(orderId=5))
        parts.network.script("/Order/modify", envelope())
        orders = GatewayOrders(parts.calls, Grids(None, parts.instruments))
        await orders.place(
            _order(
                contract_id=row["id"],
                limit=13_545,
                tag="mine",
                stop_bracket=(-10, STOP),
                target_bracket=(20, LIMIT),
            )
        )
        await orders.place(_order(TRAIL, contract_id=row["id"], trail=13_001))
        await orders.modify(
            OrderEdit(account_id=1, order_id=7, contract_id=row["id"], size=3, stop=13_000)
        )
        first, second, third = (body for path, body, _ in parts.network.seen if "/Order/" in path)
        assert first == {
            "accountId": 1, "contractId": row["id"], "type": 1, "side": 0, "size": 1,
            "limitPrice": 0.0067725, "stopPrice": None, "trailPrice": None, "customTag": "mine",
            "stopLossBracket": {"ticks": -10, "type": 4},
            "takeProfitBracket": {"ticks": 20, "type": 1},
        }  # fmt: skip
        assert second["trailPrice"] == 0.0065005
        assert not {"customTag", "stopLossBracket", "takeProfitBracket"} & set(second)
        assert third == {"accountId": 1, "orderId": 7, "size": 3, "stopPrice": 0.0065}
        assert parts.network.count("/Contract/searchById") == 1

    with_parts(use)


def test_a_contract_that_nobody_knows_is_the_callers_mistake() -> None:
    """It is raised before anything is sent; a gateway that cannot be asked is not."""

    async def use(parts: Parts) -> None:
        orders = GatewayOrders(parts.calls, Grids(None, parts.instruments))
        parts.network.script("/Contract/searchById", envelope(1, contract=None))
        with pytest.raises(ProjectXInstrumentError, match="MNQ"):
            await orders.place(_order(limit=1))
        parts.network.script("/Contract/searchById", Answer(b"", 503))
        outcome = await orders.place(_order(limit=1))
        assert isinstance(outcome, Uncertain)
        assert not outcome.sent
        assert parts.network.count("/Order/place") == 0

    with_parts(use)


def test_an_order_lives_on_the_gateway() -> None:
    """Placed, changed, cancelled, and cancelled again: each answer is what the exchange did."""

    async def use(gateway: SimulatedGateway, client: ProjectX, orders: OrderGateway) -> None:
        account = client.get_account_info().id
        bid = gateway.market.snapshot(MNQ).bids[0][0]
        placed = await orders.place(_order(account_id=account, limit=bid - 100, tag="t-1"))
        assert isinstance(placed, Accepted)
        assert placed.order_id is not None
        edit = OrderEdit(
            account_id=account, order_id=placed.order_id, contract_id=MNQ, limit=bid - 120, size=2
        )
        assert await orders.modify(edit) == Accepted()
        assert await orders.cancel(account, placed.order_id) == Accepted()
        await _second(client)
        again = await orders.cancel(account, placed.order_id)
        assert isinstance(again, Refused | Uncertain)
        twice = await orders.place(_order(account_id=account, limit=bid - 100, tag="t-1"))
        assert isinstance(twice, Refused)
        assert twice.name == "OrderRejected"

    _trading(use)


def test_a_position_is_closed_in_parts() -> None:
    """Part of a position, then the rest; what is not there is refused by name."""

    async def use(gateway: SimulatedGateway, client: ProjectX, orders: OrderGateway) -> None:
        account = client.get_account_info().id
        queries = client.order_queries()
        nothing = await orders.close_position(account, MNQ)
        assert isinstance(nothing, Refused)
        assert nothing.name == "PositionNotFound"

        async def net() -> list[int]:
            await _second(client)
            held = await queries.positions(account)
            assert isinstance(held, Listed)
            return [position.net for position in held.rows]

        assert isinstance(await orders.place(_order(MARKET, account_id=account, size=3)), Accepted)
        assert await net() == [3]
        too_much = await orders.reduce_position(account, MNQ, 9)
        assert isinstance(too_much, Refused)
        assert too_much.name == "InvalidCloseSize"
        assert await orders.reduce_position(account, MNQ, 1) == Accepted()
        assert await net() == [2]
        assert await orders.close_position(account, MNQ) == Accepted()
        assert await net() == []

    _trading(use)


@pytest.mark.parametrize(
    ("fault", "placed"),
    [
        (faults.LoseAnswer(route="/api/Order/place"), 1),
        (faults.SpoilAnswer(how="truncated", route="/api/Order/place"), 1),
        (faults.SpoilAnswer(how="html", route="/api/Order/place"), 1),
        (faults.DelayAnswers(seconds=99, route="/api/Order/place"), 1),
        (faults.Cut(route="/api/Order/place"), 0),
        (faults.Refuse(status=429, route="/api/Order/place"), 0),
        (faults.Refuse(status=503, route="/api/Order/place"), 0),
    ],
)
def test_one_call_is_never_two_orders(fault: faults.Fault, placed: int) -> None:
    """Whatever happens to the answer, the exchange has at most the one order, and the call says
    that it does not know."""

    async def use(gateway: SimulatedGateway, client: ProjectX, orders: OrderGateway) -> None:
        account = client.get_account_info().id
        bid = gateway.market.snapshot(MNQ).bids[0][0]
        gateway.faults.apply(fault)
        outcome = await orders.place(_order(account_id=account, limit=bid - 100, tag="one"))
        assert isinstance(outcome, Uncertain)
        assert outcome.sent
        found = await client.order_queries().orders(OrderSearch(account_id=account))
        assert isinstance(found, Listed)
        assert [order.custom_tag for order in found.rows] == ["one"] * placed

    _trading(use)


def test_what_has_to_be_known_of_a_contract_is_asked_in_the_lane_of_its_order() -> None:
    """A gateway that fails queries, and a budget used up by them, hold no protective order."""

    async def use(parts: Parts) -> None:
        orders = GatewayOrders(parts.calls, Grids(None, parts.instruments))
        parts.network.script("/Account/search", Answer(status=503))
        for _ in range(5):
            with pytest.raises(ProjectXServerError):
                await parts.calls.ask("/Account/search", {})
        with pytest.raises(CircuitBreakerError):
            await parts.calls.ask("/Account/search", {})
        parts.network.script("/Contract/searchById", envelope(contract=ROW))
        parts.network.script("/Order/place", envelope(orderId=7))
        began_ns = parts.clock.monotonic_ns()
        assert await orders.place(_order(limit=80_000), lane=Lane.PROTECTIVE) == Accepted(7)
        assert parts.clock.monotonic_ns() == began_ns

    with_parts(use, retry_attempts=0, requests_per_minute=6)
