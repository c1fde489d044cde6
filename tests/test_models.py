"""Models: what they accept, what they refuse, and how they read and write payloads."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import math
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py import models
from project_x_py.exceptions import InvalidFieldError, ProjectXDataError
from project_x_py.models import (
    Account,
    BracketOrderResponse,
    Instrument,
    MarketDataEvent,
    Order,
    OrderPlaceResponse,
    OrderUpdateEvent,
    Position,
    PositionUpdateEvent,
    ProjectXConfig,
    Trade,
)
from project_x_py.types import OrderSide, OrderStatus, OrderType

CONTRACT = "CON.F.US.MNQ.U26"
TIME = "2026-09-01T14:30:05.24817+00:00"

PAYLOADS: dict[type, dict[str, Any]] = {
    Account: {
        "id": 20514377,
        "name": "PRAC-1",
        "balance": -150.25,
        "canTrade": True,
        "isVisible": True,
        "simulated": True,
    },
    Instrument: {
        "id": CONTRACT,
        "name": "MNQU6",
        "description": "Micro E-mini Nasdaq-100",
        "tickSize": 0.25,
        "tickValue": 0.5,
        "activeContract": True,
        "symbolId": "F.US.MNQ",
    },
    Order: {
        "id": 3391000103,
        "accountId": 20514377,
        "contractId": CONTRACT,
        "creationTimestamp": TIME,
        "updateTimestamp": None,
        "status": 1,
        "type": 1,
        "side": 1,
        "size": 3,
        "symbolId": "F.US.MNQ",
        "fillVolume": 1,
        "limitPrice": 24120.5,
        "stopPrice": None,
        "filledPrice": 24120.333,
        "customTag": "tag",
    },
    Position: {
        "id": 811000417,
        "accountId": 20514377,
        "contractId": CONTRACT,
        "creationTimestamp": TIME,
        "type": 1,
        "size": 2,
        "averagePrice": 24101.375,
    },
    Trade: {
        "id": 2990001202,
        "accountId": 20514377,
        "contractId": CONTRACT,
        "creationTimestamp": TIME,
        "price": 24104.25,
        "profitAndLoss": None,
        "fees": 0.36,
        "side": 1,
        "size": 1,
        "voided": False,
        "orderId": 3391000210,
    },
    OrderPlaceResponse: {
        "orderId": 3391000101,
        "success": True,
        "errorCode": 0,
        "errorMessage": None,
    },
    OrderUpdateEvent: {"orderId": 1, "status": 2, "fillVolume": None, "updateTimestamp": TIME},
    PositionUpdateEvent: {
        "positionId": 1,
        "contractId": CONTRACT,
        "size": 0,
        "averagePrice": 1.5,
        "updateTimestamp": TIME,
    },
    MarketDataEvent: {
        "contractId": CONTRACT,
        "lastPrice": -3.5,
        "bid": None,
        "ask": 2.0,
        "volume": 10,
        "timestamp": TIME,
    },
}
KINDS = list(PAYLOADS)


def an_order(**changes: Any) -> Order:
    return Order.from_api({**PAYLOADS[Order], **changes})


def a_position(**changes: Any) -> Position:
    return Position.from_api({**PAYLOADS[Position], **changes})


@pytest.mark.parametrize("kind", KINDS)
def test_payload_reads_and_writes_back(kind: type[Order]) -> None:
    """A payload becomes a model and the same payload again, through JSON too."""
    model = kind.from_api(PAYLOADS[kind])
    assert model.to_dict() == PAYLOADS[kind]
    assert kind.from_api(json.loads(json.dumps(model.to_dict()))) == model
    assert kind(**PAYLOADS[kind]) == model


@pytest.mark.parametrize("kind", KINDS)
def test_unknown_fields_are_ignored(kind: type[Order]) -> None:
    """A field that the gateway adds changes nothing."""
    assert kind.from_api({**PAYLOADS[kind], "brandNew": 1}) == kind(**PAYLOADS[kind])


@pytest.mark.parametrize("kind", KINDS)
def test_missing_required_field_is_named(kind: type[Order]) -> None:
    """A payload without a required field is refused by the name of the field."""
    for name, value in PAYLOADS[kind].items():
        payload = {key: item for key, item in PAYLOADS[kind].items() if key != name}
        nullable = "None" in str(kind.__annotations__[name])
        if nullable:
            assert getattr(kind.from_api(payload), name) is None, value
            continue
        with pytest.raises(ProjectXDataError, match=f"{kind.__name__}.{name} is missing"):
            kind.from_api(payload)
        with pytest.raises(ProjectXDataError, match=f"{kind.__name__}.{name} is missing"):
            kind.from_api({**PAYLOADS[kind], name: None})


@pytest.mark.parametrize("payload", [None, [], "order", 5])
def test_what_is_no_mapping_is_refused(payload: Any) -> None:
    """A payload that is no mapping is an error of the SDK, not an AttributeError."""
    with pytest.raises(ProjectXDataError, match="mapping"):
        Order.from_api(payload)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wrong", [object(), [], {}, b"x"])
def test_wrong_types_are_refused(kind: type[Order], wrong: Any) -> None:
    """No field takes a value of a foreign type, and the error names field and value."""
    for name in PAYLOADS[kind]:
        with pytest.raises(InvalidFieldError, match=f"{kind.__name__}.{name} must be ") as caught:
            kind(**{**PAYLOADS[kind], name: wrong})
        assert repr(wrong) in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "field", "value", "expected"),
    [
        (Order, "size", -1, "0 or more"),
        (Order, "size", 1.5, "whole number"),
        (Order, "size", "1", "whole number"),
        (Order, "size", True, "whole number"),
        (Order, "id", True, "whole number"),
        (Order, "status", -1, "code"),
        (Order, "status", "OPEN", "code"),
        (Order, "limitPrice", math.nan, "finite"),
        (Order, "limitPrice", math.inf, "finite"),
        (Order, "limitPrice", True, "number"),
        (Order, "limitPrice", "1", "number"),
        (Order, "fillVolume", -1, "0 or more"),
        (Order, "contractId", "", "not empty"),
        (Position, "size", -2, "0 or more"),
        (Position, "averagePrice", None, "number"),
        (Trade, "price", -math.inf, "finite"),
        (Trade, "voided", 0, "True or False"),
        (Instrument, "tickSize", 0, "above 0"),
        (Instrument, "tickSize", -0.25, "above 0"),
        (Instrument, "tickValue", 0.0, "above 0"),
        (Account, "canTrade", 1, "True or False"),
    ],
)
def test_impossible_values_are_refused(kind: type, field: str, value: Any, expected: str) -> None:
    """The error names model, field, value and what is expected."""
    with pytest.raises(InvalidFieldError) as caught:
        kind(**{**PAYLOADS[kind], field: value})
    text = str(caught.value)
    assert text.startswith(f"{kind.__name__}.{field} must be")
    assert expected in text
    assert repr(value) in text


def test_numbers_of_other_types_become_the_declared_ones() -> None:
    """Whole JSON numbers, decimals and numpy numbers are taken, as float or int."""
    order = an_order(limitPrice=24120, stopPrice=Decimal("1.5"), size=np.int64(3))
    assert (order.limitPrice, type(order.limitPrice)) == (24120.0, float)
    assert (order.stopPrice, type(order.stopPrice)) == (1.5, float)
    assert (order.size, type(order.size)) == (3, int)
    assert type(a_position(averagePrice=np.float64(1.5)).averagePrice) is float


def test_negative_prices_are_legal() -> None:
    """Oil has traded below zero, and spreads do."""
    assert an_order(limitPrice=-37.63).limitPrice == -37.63
    assert a_position(averagePrice=-1.5).total_cost == -3.0


@pytest.mark.parametrize("code", [9, 42, 2**31])
def test_unknown_codes_stay_numbers(code: int) -> None:
    """A code that the gateway invents is kept, named UNKNOWN, and trips no property."""
    order = an_order(status=code, type=code, side=code)
    assert (order.status, order.type, order.side) == (code, code, code)
    assert (order.status_str, order.type_str, order.side_str) == ("UNKNOWN",) * 3
    told = [order.is_working, order.is_terminal, order.is_buy, order.is_sell]
    assert not any(told)
    assert a_position(type=code).direction == "UNDEFINED"
    assert a_position(type=code).unrealized_pnl(5.0) == 0.0


def test_enums_are_taken_and_written_as_numbers() -> None:
    """A model built of enum members equals one built of codes, and writes codes."""
    members = an_order(status=OrderStatus.FILLED, type=OrderType.STOP, side=OrderSide.SELL)
    assert members == an_order(status=2, type=4, side=1)
    assert members.status == OrderStatus.FILLED
    assert {type(members.to_dict()[name]) for name in ("status", "type", "side")} == {int}


@pytest.mark.parametrize(
    ("status", "working", "terminal"),
    [
        (OrderStatus.NONE, False, False),
        (OrderStatus.OPEN, True, False),
        (OrderStatus.FILLED, False, True),
        (OrderStatus.CANCELLED, False, True),
        (OrderStatus.EXPIRED, False, True),
        (OrderStatus.REJECTED, False, True),
        (OrderStatus.PENDING, True, False),
        (OrderStatus.PENDING_CANCELLATION, True, False),
        (OrderStatus.SUSPENDED, True, False),
    ],
)
def test_working_and_terminal(status: OrderStatus, working: bool, terminal: bool) -> None:
    """An order that can still fill is working, one that cannot change any more is terminal."""
    order = an_order(status=status)
    assert (order.is_working, order.is_terminal) == (working, terminal)
    assert order.status_str == status.name


@given(size=st.integers(0, 1000), filled=st.none() | st.integers(0, 1000))
def test_fill_figures(size: int, filled: int | None) -> None:
    """Filled and remaining are whole and make up the size; the percentage is 0 to 100."""
    filled = None if filled is None else min(filled, size)
    order = an_order(size=size, fillVolume=filled)
    assert order.remaining_size == size - (filled or 0)
    assert type(order.remaining_size) is int
    assert order.filled_percent == ((filled or 0) / size * 100 if size else 0.0)


def test_filled_order_without_fill_volume_is_filled() -> None:
    """The gateway's open-order rows lack the fill volume; the status is enough then."""
    order = an_order(status=OrderStatus.FILLED, fillVolume=None)
    assert (order.filled_percent, order.remaining_size) == (100.0, 0)


@pytest.mark.parametrize(
    ("contract", "symbol"),
    [
        ("CON.F.US.MNQ.H25", "MNQ"),
        ("CON.F.US.M2K.U26", "M2K"),
        ("CON.F.US.EP.U26", "EP"),
        ("ESU6", "ESU6"),
    ],
)
def test_symbol_is_the_product_code(contract: str, symbol: str) -> None:
    """The symbol is the fourth part of a contract id, else the whole text."""
    assert an_order(contractId=contract).symbol == symbol
    assert a_position(contractId=contract).symbol == symbol


PRICES = st.integers(-400_000, 400_000)


@given(
    entry=PRICES,
    now=PRICES,
    size=st.integers(0, 500),
    direction=st.sampled_from([1, 2]),
    tick=st.sampled_from([(0.25, 12.5), (0.00005, 6.25), (0.1, 10.0), (0.0000005, 6.25)]),
)
def test_profit_by_ticks_is_exact(
    entry: int, now: int, size: int, direction: int, tick: tuple[float, float]
) -> None:
    """With a tick size the profit is ticks times tick value times size, to the cent and beyond."""
    tick_size, tick_value = tick
    step = Fraction(repr(tick_size))
    position = a_position(type=direction, size=size, averagePrice=float(entry * step))
    sign = 1 if direction == 1 else -1
    expected = float((now - entry) * Fraction(repr(tick_value)) * size * sign)
    assert position.unrealized_pnl(float(now * step), tick_value, tick_size) == expected


def test_profit_by_points_follows_the_documented_formula() -> None:
    """Without a tick size the second argument is worth one point."""
    assert a_position(type=1).unrealized_pnl(24111.375) == 20.0
    assert a_position(type=2).unrealized_pnl(24111.375, 2.0) == -40.0
    assert a_position(type=0).unrealized_pnl(24111.375) == 0.0


def test_profit_needs_numbers() -> None:
    """A price that is no number, or a tick size of zero, is refused by name."""
    with pytest.raises(InvalidFieldError, match="current_price"):
        a_position().unrealized_pnl(math.nan)
    with pytest.raises(InvalidFieldError, match="tick_size"):
        a_position().unrealized_pnl(1.0, 1.0, 0.0)


def test_position_items() -> None:
    """Fields and properties read as items; others are errors of their kind."""
    position = a_position()
    assert position["size"] == 2
    assert position["direction"] == "LONG"
    assert position["averagePrice"] == 24101.375
    with pytest.raises(KeyError, match="did you mean size"):
        position["sise"]
    with pytest.raises(KeyError):
        position["_rules"]
    with pytest.raises(TypeError):
        position["unrealized_pnl"]


def test_refusal_without_an_id_reads_as_id_zero() -> None:
    """The gateway sends a null id when it refuses for the account or the contract."""
    payload = {"orderId": None, "success": False, "errorCode": 8, "errorMessage": None}
    assert OrderPlaceResponse.from_api(payload) == OrderPlaceResponse(0, False, 8, None)
    with pytest.raises(ProjectXDataError, match="orderId is missing"):
        OrderPlaceResponse.from_api({**payload, "success": True})


def test_bracket_reads_back_with_its_parts() -> None:
    """The answers inside a bracket become dictionaries and answers again."""
    entry = OrderPlaceResponse(5, True, 0, None)
    bracket = BracketOrderResponse(
        True, 5, None, None, None, 99.0, 101, entry, None, None, "stop refused"
    )
    again = BracketOrderResponse.from_api(json.loads(json.dumps(bracket.to_dict())))
    assert again == bracket
    assert again.entry_response == entry
    assert type(bracket.take_profit_price) is float


def test_models_are_mutable_dataclasses_and_trade_has_slots() -> None:
    """Fields may be assigned, and fills, of which there are many, carry no dictionary."""
    order = an_order()
    order.status = OrderStatus.CANCELLED
    assert order.is_cancelled
    assert all(dataclasses.is_dataclass(getattr(models, name)) for name in models.__all__)
    assert not hasattr(Trade.from_api(PAYLOADS[Trade]), "__dict__")


def test_order_event_views() -> None:
    """An order event reads from the model, from a payload, and needs an order."""
    order = an_order(updateTimestamp=None, fillVolume=2)
    expected = OrderUpdateEvent(order.id, 1, 2, TIME)
    assert OrderUpdateEvent.from_event_data({"order": order, "order_id": 1}) == expected
    assert OrderUpdateEvent.from_event_data(order.to_dict()) == expected
    assert OrderUpdateEvent.from_event_data({"order": order.to_dict()}) == expected
    moment = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    placed = {"order_id": 5, "status": 6, "timestamp": moment}
    assert OrderUpdateEvent.from_event_data(placed) == OrderUpdateEvent(
        5, 6, None, "2026-09-01T00:00:00+00:00"
    )
    with pytest.raises(ProjectXDataError, match="status is missing"):
        OrderUpdateEvent.from_event_data({"order_id": 5})


def test_position_event_views() -> None:
    """A position event reads from a payload, also of a position that is flat, and a model."""
    flat = {**PAYLOADS[Position], "type": 0, "size": 0}
    expected = PositionUpdateEvent(811000417, CONTRACT, 0, 24101.375, TIME)
    assert PositionUpdateEvent.from_event_data(flat) == expected
    assert PositionUpdateEvent.from_event_data({"position": Position.from_api(flat)}) == expected
    with pytest.raises(ProjectXDataError, match="positionId is missing"):
        PositionUpdateEvent.from_event_data({})


def test_quote_event_views() -> None:
    """A quote event reads from the documented dictionary; before the first trade it refuses."""
    quote = {
        "bid": 1.0,
        "ask": None,
        "last": 1.25,
        "volume": 7,
        "symbol": "F.US.MNQ",
        "contract_id": CONTRACT,
        "timestamp": dt.datetime(2026, 9, 1, tzinfo=dt.UTC),
    }
    assert MarketDataEvent.from_event_data(quote) == MarketDataEvent(
        CONTRACT, 1.25, 1.0, None, 7, "2026-09-01T00:00:00+00:00"
    )
    with pytest.raises(ProjectXDataError, match="lastPrice is missing"):
        MarketDataEvent.from_event_data({**quote, "last": None})


def test_every_name_loads_and_others_are_refused() -> None:
    """The package loads its names lazily and lists exactly those."""
    assert dir(models) == sorted(models.__all__)
    for name in models.__all__:
        assert getattr(models, name).__name__ == name
    with pytest.raises(AttributeError, match="Ordr"):
        models.Ordr  # noqa: B018
    assert ProjectXConfig.from_api({"burst_limit": 3, "other": 1}).burst_limit == 3
