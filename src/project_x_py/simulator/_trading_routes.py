"""The routes that trade, and those that tell of orders, positions and executions.

What binds is handed to the exchange as it is: the numbers it does not like are its to refuse, with
the codes of each route's own enumeration. Prices and sizes must be JSON numbers, enumerations
integers; anything else is a 400 before a handler sees it.

Invariant (``tests/simulator/test_trading_rest.py``): every route has a card with its documented
answer and its error codes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec

from project_x_py._core.exchange.commands import Bracket, ModifyOrder, PlaceOrder
from project_x_py._core.exchange.queries import OrderQuery
from project_x_py._core.time import parse_ns
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator._rest import BindingError, Call, Route, answered, refused, succeeded
from project_x_py.simulator._times import check_instants, instant

if TYPE_CHECKING:
    from project_x_py._core.exchange.commands import Outcome

__all__ = ["TRADING_ROUTES"]

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
Count = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]
Offset = Annotated[int, msgspec.Meta(ge=0, le=2**31 - 1)]
Switch = Annotated[int, msgspec.Meta(ge=0, le=1)]

NOT_FOUND = 1
"""What every search calls an account or an order that is not there."""
BY_ID, DESCENDING = 1, 1


class BracketLeg(msgspec.Struct, rename="camel"):
    """One leg of a bracket; both members are required."""

    ticks: Int32
    type: Int32

    def leg(self) -> Bracket:
        """Return the leg as the exchange takes it."""
        return Bracket(self.ticks, self.type)


class Place(msgspec.Struct, rename="camel"):
    """Body of ``Order/place``."""

    contract_id: str
    account_id: Int32 = 0
    type: Int32 = 0
    side: Int32 = 0
    size: Int32 = 0
    limit_price: float | None = None
    stop_price: float | None = None
    trail_price: float | None = None
    custom_tag: str | None = None
    stop_loss_bracket: BracketLeg | None = None
    take_profit_bracket: BracketLeg | None = None
    linked_order_id: Int64 | None = None


class Modify(msgspec.Struct, rename="camel"):
    """Body of ``Order/modify``."""

    account_id: Int32 = 0
    order_id: Int64 = 0
    size: Int32 | None = None
    limit_price: float | None = None
    stop_price: float | None = None
    trail_price: float | None = None


class OneOrder(msgspec.Struct, rename="camel"):
    """Body of ``Order/cancel`` and ``Order/searchById``."""

    account_id: Int32 = 0
    order_id: Int64 = 0


class OneAccount(msgspec.Struct, rename="camel"):
    """Body of the searches for what is open."""

    account_id: Int32 = 0


class Span(msgspec.Struct, rename="camel"):
    """Body of ``Order/search`` and ``Trade/search``."""

    account_id: Int32 = 0
    start_timestamp: str | msgspec.UnsetType = msgspec.UNSET
    end_timestamp: str | None = None

    def __post_init__(self) -> None:
        if self.start_timestamp is not msgspec.UNSET:
            _check_instant(self.start_timestamp)
        _check_instant(self.end_timestamp)


PAGE_SIZE = 100
"""Rows of a page when the caller does not say."""


class OrderFilter(msgspec.Struct, rename="camel"):
    """What ``Order/v2/query`` looks for; the account is required."""

    account_id: Int32
    statuses: list[Int32] | None = None
    contract_id: str | None = None
    created_after: str | None = None
    created_before: str | None = None

    def __post_init__(self) -> None:
        _check_instant(self.created_after)
        _check_instant(self.created_before)


class SearchOrdersQueryRequest(msgspec.Struct, rename="camel"):
    """Body of ``Order/v2/query``; its name is part of a captured message.

    All but the filter may be left out or null.
    """

    filter: OrderFilter
    page_size: Count | None = None
    page_offset: Offset | None = None
    sort_by: Switch | None = None
    sort_direction: Switch | None = None
    include_total_count: bool | None = None


class Close(msgspec.Struct, rename="camel"):
    """Body of ``Position/closeContract``."""

    contract_id: str
    account_id: Int32 = 0


class PartialClose(msgspec.Struct, rename="camel"):
    """Body of ``Position/partialCloseContract``."""

    contract_id: str
    account_id: Int32 = 0
    size: Int32 = 0


def place(call: Call, ask: Place) -> bytes:
    """Answer with the id of the order, which a refused one has as well."""
    stop, target = ask.stop_loss_bracket, ask.take_profit_bracket
    outcome = call.venue.floor.place(
        PlaceOrder(
            account_id=ask.account_id,
            contract_id=ask.contract_id,
            type=ask.type,
            side=ask.side,
            size=ask.size,
            limit_price=ask.limit_price,
            stop_price=ask.stop_price,
            trail_price=ask.trail_price,
            custom_tag=ask.custom_tag,
            stop_loss=None if stop is None else stop.leg(),
            take_profit=None if target is None else target.leg(),
            linked_order_id=ask.linked_order_id,
        )
    )
    return answered(outcome.code, outcome.message, orderId=outcome.order_id)


def modify(call: Call, ask: Modify) -> bytes:
    """Answer whether an order is changed."""
    change = ModifyOrder(
        account_id=ask.account_id,
        order_id=ask.order_id,
        size=ask.size,
        limit_price=ask.limit_price,
        stop_price=ask.stop_price,
        trail_price=ask.trail_price,
    )
    return _bare(call.venue.floor.modify(change))


def cancel(call: Call, ask: OneOrder) -> bytes:
    """Answer whether an order is cancelled."""
    return _bare(call.venue.floor.cancel(ask.account_id, ask.order_id))


def close_contract(call: Call, ask: Close) -> bytes:
    """Answer whether a position is being closed; the order's id is not told."""
    return _bare(call.venue.floor.close_position(ask.account_id, ask.contract_id))


def partial_close(call: Call, ask: PartialClose) -> bytes:
    """Answer whether part of a position is being closed."""
    return _bare(call.venue.floor.partial_close(ask.account_id, ask.contract_id, ask.size))


def search_orders(call: Call, ask: Span) -> bytes:
    """Answer with the orders of a time span, oldest first."""
    queries, rows = call.venue.floor.queries, call.venue.rows
    if queries.account(ask.account_id) is None:
        return refused("orders", NOT_FOUND)
    if ask.start_timestamp is msgspec.UNSET:
        return _without_start(call, "orders")
    _check_span(call, ask)
    found = queries.orders(
        ask.account_id, parse_ns(ask.start_timestamp), instant(ask.end_timestamp)
    )
    return succeeded(orders=[rows.order(row) for row in found])


def open_orders(call: Call, ask: OneAccount) -> bytes:
    """Answer with the orders of status 1."""
    queries, rows = call.venue.floor.queries, call.venue.rows
    if queries.account(ask.account_id) is None:
        return refused("orders", NOT_FOUND)
    return succeeded(orders=[rows.order(row) for row in queries.open_orders(ask.account_id)])


def order_by_id(call: Call, ask: OneOrder) -> bytes:
    """Answer with one order in whatever state."""
    queries = call.venue.floor.queries
    known = queries.account(ask.account_id) is not None
    row = queries.order(ask.account_id, ask.order_id) if known else None
    return (
        refused("order", NOT_FOUND) if row is None else succeeded(order=call.venue.rows.order(row))
    )


def query_orders(call: Call, ask: SearchOrdersQueryRequest) -> bytes:
    """Answer with some of the orders that fit a filter, and how many there are."""
    queries, rows, wanted = call.venue.floor.queries, call.venue.rows, ask.filter
    if queries.account(wanted.account_id) is None:
        return answered(NOT_FOUND, None, orders=None, totalCount=None)
    check_instants(
        call,
        ("filter.createdAfter", wanted.created_after),
        ("filter.createdBefore", wanted.created_before),
    )
    page = queries.query(
        OrderQuery(
            account_id=wanted.account_id,
            statuses=wanted.statuses or (),
            contract_id=wanted.contract_id,
            created_after_ns=instant(wanted.created_after),
            created_before_ns=instant(wanted.created_before),
            by_id=ask.sort_by == BY_ID,
            descending=ask.sort_direction in (None, DESCENDING),
            offset=ask.page_offset or 0,
            limit=PAGE_SIZE if ask.page_size is None else ask.page_size,
        )
    )
    return succeeded(orders=[rows.order(row) for row in page.rows], totalCount=page.total)


def open_positions(call: Call, ask: OneAccount) -> bytes:
    """Answer with the positions that are not flat."""
    queries, rows = call.venue.floor.queries, call.venue.rows
    if queries.account(ask.account_id) is None:
        return refused("positions", NOT_FOUND)
    return succeeded(positions=[rows.position(row) for row in queries.positions(ask.account_id)])


def search_trades(call: Call, ask: Span) -> bytes:
    """Answer with the executions of a time span, newest first."""
    queries, rows = call.venue.floor.queries, call.venue.rows
    if queries.account(ask.account_id) is None:
        return refused("trades", NOT_FOUND)
    if ask.start_timestamp is msgspec.UNSET:
        return _without_start(call, "trades")
    _check_span(call, ask)
    found = queries.trades(
        ask.account_id, parse_ns(ask.start_timestamp), instant(ask.end_timestamp)
    )
    return succeeded(trades=[rows.trade(row) for row in found])


def _bare(outcome: Outcome) -> bytes:
    return answered(outcome.code, outcome.message)


def _check_span(call: Call, ask: Span) -> None:
    start = None if ask.start_timestamp is msgspec.UNSET else ask.start_timestamp
    check_instants(call, ("startTimestamp", start), ("endTimestamp", ask.end_timestamp))


def _without_start(call: Call, key: str) -> bytes:
    """Answer a search whose start is missing, as when its name is misspelt."""
    if call.venue.quirks.strict_start:
        raise BindingError("$.startTimestamp", "The StartTimestamp field is required.")
    return succeeded(**{key: []})


def _check_instant(text: str | None) -> None:
    if text is None:
        return
    try:
        parse_ns(text)
    except ProjectXDataError:
        raise ValueError("The JSON value could not be converted to a date") from None


TRADING_ROUTES = (
    Route("/api/Order/place", place, Place),
    Route("/api/Order/modify", modify, Modify),
    Route("/api/Order/cancel", cancel, OneOrder),
    Route("/api/Order/search", search_orders, Span),
    Route("/api/Order/searchOpen", open_orders, OneAccount),
    Route("/api/Order/searchById", order_by_id, OneOrder),
    Route("/api/Order/v2/query", query_orders, SearchOrdersQueryRequest),
    Route("/api/Position/searchOpen", open_positions, OneAccount),
    Route("/api/Position/closeContract", close_contract, Close),
    Route("/api/Position/partialCloseContract", partial_close, PartialClose),
    Route("/api/Trade/search", search_trades, Span),
)
"""Every route that trades or tells of trading."""
