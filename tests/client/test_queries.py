"""What the gateway knows of orders, positions and fills."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.client.gateways import Answer, Parts, envelope, with_client, with_parts

from project_x_py._core.submission import Absent, Accepted, Listed, OrderRequest, OrderSearch
from project_x_py.client import ProjectX
from project_x_py.client._grids import Grids
from project_x_py.client._queries import GatewayQueries
from project_x_py.exceptions import (
    ProjectXDataError,
    ProjectXOrderError,
    ProjectXPositionError,
    ProjectXServerError,
)
from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
MNQ, ES = "CON.F.US.MNQ.U26", "CON.F.US.EP.U26"
QUERY = "/Order/v2/query"
SEARCH = OrderSearch(account_id=1)
GRIDS = {MNQ: 0.25, ES: 0.25}


def _row(number: int, **changes: Any) -> dict[str, Any]:
    return {
        "id": number, "accountId": 1, "contractId": MNQ, "symbolId": "F.US.MNQ", "status": 1,
        "creationTimestamp": "2026-09-01T14:30:05+00:00", "updateTimestamp": None, "type": 1,
        "side": 0, "size": 1, "limitPrice": 20_000.0, "stopPrice": None, "fillVolume": 0,
        "filledPrice": None, "customTag": f"tag-{number}", **changes,
    }  # fmt: skip


def _contract(body: dict[str, Any]) -> Answer:
    size = GRIDS.get(body["contractId"])
    if size is None:
        return envelope(1, contract=None)
    row = {
        "id": body["contractId"], "name": "X", "description": "", "tickSize": size,
        "tickValue": 0.5, "activeContract": True, "symbolId": "F.US.X",
    }  # fmt: skip
    return envelope(contract=row)


def _queries(parts: Parts) -> GatewayQueries:
    parts.network.handlers["/Contract/searchById"] = _contract
    return GatewayQueries(parts.calls, Grids(None, parts.instruments), parts.clock)


class Pages:
    """The v2 query over rows that may change between its pages, at most a hundred at once.

    Args:
        rows: All orders of the account.
        change: Called with the rows after each page.
    """

    def __init__(self, rows: list[dict[str, Any]], change: Any = None, total: bool = True) -> None:
        self.rows, self.change, self.total = rows, change, total
        self.requests = 0

    def __call__(self, body: dict[str, Any]) -> Answer:
        self.requests += 1
        wanted = body["filter"].get("statuses")
        fits = sorted(
            (row for row in self.rows if not wanted or row["status"] in wanted),
            key=lambda row: row["id"],
        )
        first = body["pageOffset"]
        page = fits[first : first + min(body["pageSize"], 100)]
        answer = envelope(orders=page, totalCount=len(fits) if self.total else None)
        if self.change is not None:
            self.change(self.rows)
        return answer


def _read(pages: Pages, search: OrderSearch = SEARCH) -> Listed[Any]:
    async def use(parts: Parts) -> Listed[Any]:
        parts.network.handlers[QUERY] = pages
        found = await _queries(parts).orders(search)
        assert isinstance(found, Listed)
        return found

    return with_parts(use)


@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 199, 200, 350])
@pytest.mark.parametrize("total", [True, False])
def test_all_pages_come_once(count: int, total: bool) -> None:
    """Every order once, oldest first, however many pages, with a total and without."""
    found = _read(Pages([_row(number) for number in range(1, count + 1)], total=total))
    assert [order.id for order in found.rows] == list(range(1, count + 1))
    assert found.complete


def test_orders_in_every_working_state_are_asked_for() -> None:
    """Suspended legs come with the others; filters are applied here as well as there."""
    rows = [_row(1), _row(2, status=8, parentOrderId=1), _row(3, status=2), _row(4, contractId=ES)]
    found = _read(Pages(rows), OrderSearch(account_id=1, statuses=(1, 6, 7, 8), contract_id=MNQ))
    assert [(order.id, order.status, order.parent_id) for order in found.rows] == [
        (1, 1, None),
        (2, 8, 1),
    ]


def test_rows_that_move_between_pages_are_noticed() -> None:
    """An order that leaves the filter while pages are read shifts the rest: it is read anew."""
    moved = []

    def fill_one(rows: list[dict[str, Any]]) -> None:
        if not moved:
            rows[0]["status"] = 2
            moved.append(True)

    pages = Pages([_row(number) for number in range(1, 251)], fill_one)
    found = _read(pages, OrderSearch(account_id=1, statuses=(1,)))
    assert [order.id for order in found.rows] == list(range(2, 251))
    assert found.complete


def test_rows_that_never_rest_make_an_incomplete_list() -> None:
    """When each page finds the rows moved, the list says that it may lack some."""
    pages = Pages([_row(number) for number in range(1, 1000)], lambda rows: rows.pop(0))
    found = _read(pages)
    assert not found.complete
    assert not found.whole


def test_a_row_that_cannot_be_read_makes_an_incomplete_list() -> None:
    """What is left out is counted, so that a missing order is never taken for absent."""
    rows: list[Any] = [_row(1), _row(2, size=-1), _row(3, contractId="CON.F.US.NOBODY.U26")]
    found = _read(Pages(rows))
    assert [order.id for order in found.rows] == [1]
    assert found.left_out == 2
    assert not found.complete


def test_foreign_contracts_are_told_of_like_any_other() -> None:
    """An order in a contract that nobody here trades comes with its prices, asked for once."""

    async def use(parts: Parts) -> None:
        parts.network.handlers[QUERY] = Pages([_row(1), _row(2, contractId=ES), _row(3)])
        queries = _queries(parts)
        for _ in range(2):
            found = await queries.orders(SEARCH)
            assert isinstance(found, Listed)
            assert [order.limit for order in found.rows] == [80_000] * 3
        assert parts.network.count("/Contract/searchById") == 2

    with_parts(use)


@pytest.mark.parametrize(
    ("path", "key"),
    [(QUERY, "orders"), ("/Position/searchOpen", "positions"), ("/Trade/search", "trades")],
)
def test_absent_is_not_empty(path: str, key: str) -> None:
    """A success without its list is Absent; with an empty one it is a complete, empty list."""

    async def use(parts: Parts) -> None:
        queries = _queries(parts)

        async def ask() -> Any:
            if key == "orders":
                return await queries.orders(SEARCH)
            return await (queries.positions(1) if key == "positions" else queries.fills(1, 0))

        parts.network.script(path, envelope())
        assert isinstance(await ask(), Absent)
        parts.network.script(path, envelope(**{key: None}))
        assert isinstance(await ask(), Absent)
        parts.network.script(path, envelope(**{key: []}))
        assert await ask() == Listed(())
        parts.network.script(path, envelope(**{key: {}}))
        with pytest.raises(ProjectXDataError, match=key):
            await ask()
        parts.network.script(path, Answer(b"", 503))
        with pytest.raises(ProjectXServerError):
            await ask()
        parts.network.script(path, envelope(1))
        with pytest.raises((ProjectXOrderError, ProjectXPositionError), match="AccountNotFound"):
            await ask()

    with_parts(use)


def test_one_order_by_its_id() -> None:
    """An order in whatever state, None for one that is not there, an error for a wrong one."""

    async def use(parts: Parts) -> None:
        queries = _queries(parts)
        path = "/Order/searchById"
        parts.network.script(path, envelope(order=_row(7, status=5)))
        found = await queries.order(1, 7)
        assert found is not None
        assert (found.id, found.status) == (7, 5)
        with pytest.raises(ProjectXOrderError, match="another"):
            await queries.order(1, 8)
        parts.network.script(path, envelope(1, order=None))
        assert await queries.order(1, 7) is None
        parts.network.script(path, envelope(order=None))
        with pytest.raises(ProjectXOrderError):
            await queries.order(1, 7)
        parts.network.script(path, envelope(42))
        with pytest.raises(ProjectXOrderError, match="42"):
            await queries.order(1, 7)

    with_parts(use)


def test_the_gateway_and_the_queries_agree() -> None:
    """A bracket with suspended legs, a fill, its trade and its position, as the exchange has
    them."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        account = client.get_account_info().id
        orders, queries = client.order_gateway(), client.order_queries()
        bid = gateway.market.snapshot(MNQ).bids[0][0]
        began = client.clock.now_ns()
        waiting = OrderRequest(
            account_id=account, contract_id=MNQ, type=1, side=0, size=1, limit=bid - 400,
            tag="bracket", stop_bracket=(-40, 4), target_bracket=(80, 1),
        )  # fmt: skip
        assert isinstance(await orders.place(waiting), Accepted)
        at_market = OrderRequest(
            account_id=account, contract_id=MNQ, type=2, side=1, size=2, tag="market"
        )
        filled = await orders.place(at_market)
        assert isinstance(filled, Accepted)
        await asyncio.sleep(1)
        found = await queries.orders(OrderSearch(account_id=account))
        assert isinstance(found, Listed)
        assert found.complete
        by_tag = {order.custom_tag: order for order in found.rows}
        assert set(by_tag) == {"bracket", "bracket-SL", "bracket-TP", "market"}
        assert by_tag["bracket-SL"].status == by_tag["bracket-TP"].status == 8
        assert by_tag["bracket"].limit == bid - 400
        assert by_tag["market"].filled == 2
        working = await queries.orders(OrderSearch(account_id=account, statuses=(1, 6, 7, 8)))
        assert isinstance(working, Listed)
        assert {order.custom_tag for order in working.rows} == set(by_tag) - {"market"}
        held = await queries.positions(account)
        assert isinstance(held, Listed)
        assert [(position.contract_id, position.net) for position in held.rows] == [(MNQ, -2)]
        fills = await queries.fills(account, began, client.clock.now_ns())
        assert isinstance(fills, Listed)
        assert sum(fill.size for fill in fills.rows) == 2
        assert {fill.order_id for fill in fills.rows} == {filled.order_id}
        later = OrderSearch(account_id=account, created_after_ns=client.clock.now_ns() + 1)
        assert await queries.orders(later) == Listed(())
        before = OrderSearch(account_id=account, created_before_ns=began - 1)
        assert await queries.orders(before) == Listed(())
        assert filled.order_id is not None
        one = await queries.order(account, filled.order_id)
        assert one is not None
        assert one.custom_tag == "market"

    with_client(use, start=OPEN)
