"""What the gateway knows of orders, positions and fills, as complete as it can be had.

A list that is missing from a successful answer is ``Absent``: it must never be taken for "there is
nothing". Pages of orders are read by ascending id and overlap by one row, so that a row that moved
while they were read is noticed, and the reading begins anew. Entries that cannot be read are
counted, which makes the list incomplete.

Invariants (``tests/client/test_queries.py``): every order of the filter once, suspended legs
included; absent is never empty; a list that may lack a row says so.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from project_x_py._core.submission import Absent, Lane, Listed, Listing, OrderSearch
from project_x_py._core.time import format_iso
from project_x_py._wire.decode import (
    DecodeStats,
    decode_fills,
    decode_orders,
    decode_positions,
)
from project_x_py.exceptions import ProjectXOrderError

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import OrderUpdate, PositionUpdate, TradeUpdate
    from project_x_py._ports import Clock
    from project_x_py.client._calls import GatewayCalls
    from project_x_py.client._envelope import Envelope
    from project_x_py.client._grids import Grids

    Decode = Callable[[bytes, Callable[[str], TickGrid | None], int, DecodeStats], list["Record"]]

__all__ = ["GatewayQueries"]

Record = TypeVar("Record")

PAGE_ROWS = 100
"""The most rows of one page, whatever is asked for."""
RESTARTS = 3
"""How often pages are read anew because rows moved."""
BY_ID, ASCENDING = 1, 0
SLICE = 500
"""Rows that are decoded between two turns of the loop."""
NOT_FOUND = 1


class _Key(msgspec.Struct, rename="camel"):
    """What is needed of a row before it is decoded."""

    id: int | None = None
    contract_id: str | None = None


class GatewayQueries:
    """Reads orders, positions and fills; see ``_ports.OrderQueries``.

    Args:
        calls: Sends requests.
        grids: Tick grids by contract.
        clock: Stamps what is received.
    """

    def __init__(self, calls: GatewayCalls, grids: Grids, clock: Clock) -> None:
        self._calls = calls
        self._grids = grids
        self._clock = clock

    async def orders(
        self, search: OrderSearch, *, lane: Lane = Lane.RECONCILE
    ) -> Listing[OrderUpdate]:
        """Return all pages of the orders that fit, oldest first.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        pages = _Pages(())
        for _ in range(RESTARTS):
            read = await self._pages(search, lane)
            if isinstance(read, Absent):
                return read
            pages = read
            if pages.whole:
                break
        found = await self._decoded(pages.rows, decode_orders)
        wanted = [
            order
            for order in found.rows
            if search.contract_id in (None, order.contract_id)
            and (not search.statuses or order.status in search.statuses)
        ]
        return Listed(tuple(wanted), found.left_out, pages.whole)

    async def order(
        self, account_id: int, order_id: int, *, lane: Lane = Lane.RECONCILE
    ) -> OrderUpdate | None:
        """Return one order in whatever state; None when the account has no such order.

        Raises:
            ProjectXOrderError: The answer holds something else.
            ProjectXError: The gateway failed.
        """
        body = {"accountId": account_id, "orderId": order_id}
        try:
            answer = await self._calls.ask("/Order/searchById", body, lane=lane)
        except ProjectXOrderError as error:
            if error.error_code == NOT_FOUND:
                return None
            raise
        row = answer.members.get("order")
        found = await self._decoded((row,) if row is not None else (), decode_orders)
        for order in found.rows:
            if order.id == order_id:
                return order
        raise ProjectXOrderError(f"the gateway was asked for order {order_id} and told of another")

    async def positions(
        self, account_id: int, *, lane: Lane = Lane.RECONCILE
    ) -> Listing[PositionUpdate]:
        """Return the open positions; a contract that is flat has none.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        answer = await self._calls.ask("/Position/searchOpen", {"accountId": account_id}, lane=lane)
        rows = _list(answer, "positions")
        return rows if isinstance(rows, Absent) else await self._decoded(rows, decode_positions)

    async def fills(
        self,
        account_id: int,
        since_ns: int,
        until_ns: int | None = None,
        *,
        lane: Lane = Lane.RECONCILE,
    ) -> Listing[TradeUpdate]:
        """Return the executions of a time span, oldest first.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        body: dict[str, object] = {"accountId": account_id, "startTimestamp": _utc(since_ns)}
        if until_ns is not None:
            body["endTimestamp"] = _utc(until_ns)
        answer = await self._calls.ask("/Trade/search", body, lane=lane)
        rows = _list(answer, "trades")
        if isinstance(rows, Absent):
            return rows
        found = await self._decoded(rows, decode_fills)
        ordered = sorted(found.rows, key=lambda fill: (fill.exch_ns, fill.id))
        return Listed(tuple(ordered), found.left_out)

    async def _pages(self, search: OrderSearch, lane: Lane) -> _Pages | Absent:
        """Read every page once; it is not whole when rows moved meanwhile."""
        rows: dict[int, msgspec.Raw] = {}
        odd: list[msgspec.Raw] = []
        offset, last_id = 0, None
        while True:
            answer = await self._calls.ask("/Order/v2/query", _page_body(search, offset), lane=lane)
            page = _list(answer, "orders")
            if isinstance(page, Absent):
                return page
            total = answer.read("totalCount", int)
            ids = [_key(row).id for row in page]
            if last_id is not None and ids[:1] != [last_id]:
                return _Pages((*rows.values(), *odd), whole=False)
            for number, row in zip(ids, page, strict=True):
                if number is None:
                    odd.append(row)
                else:
                    rows[number] = row
            reached = offset + len(page)
            is_last = len(page) < PAGE_ROWS if total is None else reached >= total
            if is_last or not page or len(page) == (last_id is not None):
                whole = total is None or len(rows) + len(odd) >= total
                return _Pages((*rows.values(), *odd), whole=whole)
            last_id = ids[-1]
            # A last row without an id cannot be recognised on the next page.
            offset = reached if last_id is None else reached - 1

    async def _decoded(
        self, rows: tuple[msgspec.Raw, ...], decode: Decode[Record]
    ) -> Listed[Record]:
        await self._grids.learn(
            key.contract_id for key in map(_key, rows) if key.contract_id is not None
        )
        stats = DecodeStats()
        found: list[Any] = []
        for first in range(0, len(rows), SLICE):
            if first:
                await asyncio.sleep(0)
            part = b"[" + b",".join(bytes(row) for row in rows[first : first + SLICE]) + b"]"
            found += decode(part, self._grids.held, self._clock.now_ns(), stats)
        return Listed(tuple(found), stats.total)


class _Pages(msgspec.Struct):
    rows: tuple[msgspec.Raw, ...]
    whole: bool = False


def _list(answer: Envelope, key: str) -> tuple[msgspec.Raw, ...] | Absent:
    """Return the rows of a list as bytes; a null among them is nobody's row.

    Raises:
        ProjectXDataError: It is not a list.
    """
    rows = answer.read(key, list[msgspec.Raw])
    if rows is None:
        return Absent(f"{answer.path}: the answer has no list {key!r}")
    return tuple(row for row in rows if bytes(row) != b"null")


def _key(row: msgspec.Raw) -> _Key:
    try:
        return msgspec.json.decode(row, type=_Key)
    except msgspec.DecodeError:
        return _Key()


def _page_body(search: OrderSearch, offset: int) -> dict[str, object]:
    criteria: dict[str, object] = {"accountId": search.account_id}
    if search.statuses:
        criteria["statuses"] = list(search.statuses)
    if search.contract_id is not None:
        criteria["contractId"] = search.contract_id
    if search.created_after_ns is not None:
        criteria["createdAfter"] = _utc(search.created_after_ns)
    if search.created_before_ns is not None:
        criteria["createdBefore"] = _utc(search.created_before_ns)
    return {
        "filter": criteria,
        "pageSize": PAGE_ROWS,
        "pageOffset": offset,
        "sortBy": BY_ID,
        "sortDirection": ASCENDING,
        "includeTotalCount": True,
    }


def _utc(ns: int) -> str:
    return format_iso(ns).replace("+00:00", "Z")
