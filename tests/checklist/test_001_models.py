"""The statements of the models and exceptions page, and its utilities, one test each."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import Any

import polars as pl
import pytest

from project_x_py import exceptions, models
from project_x_py._core.grid import TickGrid
from project_x_py._core.products import PRODUCTS, parse_contract_id, product_for_ticker
from project_x_py.config import create_custom_config
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXError,
    ProjectXInstrumentError,
    ProjectXOrderError,
    ProjectXPositionError,
    ProjectXRateLimitError,
    ProjectXServerError,
)
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
from project_x_py.types import OrderSide, OrderStatus, OrderType, PositionType
from project_x_py.utils import (
    calculate_position_sizing,
    calculate_tick_value,
    convert_timeframe_to_seconds,
    create_data_snapshot,
)

CONTRACT = "CON.F.US.MGC.M25"
TIME = "2024-01-01T10:00:00Z"
NAMES = [
    "Account",
    "BracketOrderResponse",
    "Instrument",
    "MarketDataEvent",
    "Order",
    "OrderPlaceResponse",
    "OrderUpdateEvent",
    "Position",
    "PositionUpdateEvent",
    "ProjectXConfig",
    "Trade",
]


def an_order(**changes: Any) -> Order:
    values: dict[str, Any] = {
        "id": 12345,
        "accountId": 1001,
        "contractId": CONTRACT,
        "creationTimestamp": TIME,
        "updateTimestamp": "2024-01-01T10:00:05Z",
        "status": OrderStatus.OPEN,
        "type": OrderType.LIMIT,
        "side": OrderSide.BUY,
        "size": 5,
        "limitPrice": 2050.0,
    }
    return Order(**{**values, **changes})


def a_position(kind: int = PositionType.LONG, contract: str = CONTRACT) -> Position:
    return Position(67890, 1001, contract, TIME, kind, 5, 2050.0)


def parameters(model: type) -> list[str]:
    return list(inspect.signature(model).parameters)


@pytest.mark.checklist(103)
def test_instrument_signature() -> None:
    """Instrument takes its seven fields by these names, in this order, the last optional."""
    assert str(inspect.signature(Instrument)).startswith("(id: ")
    assert parameters(Instrument) == [
        "id",
        "name",
        "description",
        "tickSize",
        "tickValue",
        "activeContract",
        "symbolId",
    ]
    assert Instrument("a", "b", "c", 0.1, 1.0, True).symbolId is None


@pytest.mark.checklist(105)
def test_create_data_snapshot() -> None:
    """The snapshot has row count, timespan and statistics, for an empty frame too."""
    frame = pl.DataFrame({"close": [1.0, 2.0]})
    for data, rows in ((frame, 2), (pl.DataFrame(), 0)):
        snapshot = create_data_snapshot(data)
        assert snapshot["row_count"] == rows
        assert {"timespan", "statistics", "description"} <= set(snapshot)
    assert create_data_snapshot(frame, "MGC 5min data")["description"] == "MGC 5min data"


@pytest.mark.checklist(106)
def test_convert_timeframe_to_seconds() -> None:
    """The documented conversions."""
    texts = ("5min", "1hr", "1min", "1day")
    assert [convert_timeframe_to_seconds(text) for text in texts] == [300, 3600, 60, 86400]


@pytest.mark.checklist(107)
@pytest.mark.parametrize("text", ["1M", "5minn", "bogus", "", "0min", "0"])
def test_unknown_timeframes_are_rejected(text: str) -> None:
    """A text that is no timeframe is a ValueError, and a month is right."""
    with pytest.raises(ValueError, match="timeframe"):
        convert_timeframe_to_seconds(text)
    assert convert_timeframe_to_seconds("1month") == 30 * 86400


@pytest.mark.checklist(108)
def test_models_exports() -> None:
    """The module exports exactly the documented models."""
    assert sorted(models.__all__) == NAMES


@pytest.mark.checklist(109)
@pytest.mark.parametrize("name", NAMES)
def test_models_are_dataclasses(name: str) -> None:
    """Every model is a dataclass whose fields are typed and taken by keyword."""
    model = getattr(models, name)
    assert dataclasses.is_dataclass(model)
    assert parameters(model) == [field.name for field in dataclasses.fields(model)]
    assert all(field.type for field in dataclasses.fields(model))


@pytest.mark.checklist(110)
def test_serialisation() -> None:
    """A model becomes a dictionary and JSON, and comes back, unknown fields or not."""
    order = an_order()
    payload = {**json.loads(json.dumps(order.to_dict())), "parentOrderId": 7}
    assert Order.from_api(payload) == order


@pytest.mark.checklist(111)
@pytest.mark.parametrize(
    ("field", "value"), [("size", -1), ("size", "5"), ("limitPrice", float("nan")), ("id", None)]
)
def test_validation_on_construction(field: str, value: Any) -> None:
    """A wrong type or a negative size is refused, naming the field and the value."""
    with pytest.raises(ProjectXDataError, match=f"Order.{field}") as caught:
        an_order(**{field: value})
    assert repr(value) in str(caught.value)


@pytest.mark.checklist(112)
def test_optional_fields_have_defaults() -> None:
    """The optional fields of orders and instruments, and all of the configuration, default."""
    order = Order(1, 2, CONTRACT, TIME, None, 1, 1, 0, 1)
    optional = ("symbolId", "fillVolume", "limitPrice", "stopPrice", "filledPrice", "customTag")
    assert [getattr(order, name) for name in optional] == [None] * 6
    assert ProjectXConfig() == ProjectXConfig()


@pytest.mark.checklist(113)
def test_enum_support() -> None:
    """Status, type and side take members and codes, and compare equal with both."""
    coded = an_order(status=1, type=1, side=0)
    assert coded == an_order()
    assert coded.status == OrderStatus.OPEN
    assert coded.type == OrderType.LIMIT
    assert coded.side == OrderSide.BUY
    assert a_position(1).type == PositionType.LONG == 1


@pytest.mark.checklist(114)
def test_construction_example() -> None:
    """The page's construction example runs."""
    instrument = Instrument(
        id="CON.F.US.MGC.M25",
        name="MGCH25",
        description="Mini Gold Futures March 2025",
        tickSize=0.1,
        tickValue=1.0,
        activeContract=True,
    )
    order = Order(
        id=12345,
        accountId=1001,
        contractId="CON.F.US.MGC.M25",
        creationTimestamp="2024-01-01T10:00:00Z",
        updateTimestamp="2024-01-01T10:00:05Z",
        status=OrderStatus.OPEN,
        type=OrderType.LIMIT,
        side=OrderSide.BUY,
        size=5,
        limitPrice=2050.0,
    )
    position = Position(
        id=67890,
        accountId=1001,
        contractId="CON.F.US.MGC.M25",
        creationTimestamp="2024-01-01T10:00:00Z",
        type=PositionType.LONG,
        size=5,
        averagePrice=2050.0,
    )
    config = ProjectXConfig(
        api_url="https://api.topstepx.com/api",
        user_hub_url="https://rtc.topstepx.com/hubs/user",
        market_hub_url="https://rtc.topstepx.com/hubs/market",
        timezone="America/Chicago",
    )
    assert config == ProjectXConfig()
    assert (instrument.name, order.is_open, position.is_long) == ("MGCH25", True, True)


@pytest.mark.checklist(115)
def test_account_fields() -> None:
    """Account has six required fields in the documented order and of the documented types."""
    found = {field.name: field.type for field in dataclasses.fields(Account)}
    assert list(found.items()) == [
        ("id", "int"),
        ("name", "str"),
        ("balance", "float"),
        ("canTrade", "bool"),
        ("isVisible", "bool"),
        ("simulated", "bool"),
    ]
    with pytest.raises(TypeError):
        Account(1, "a", 0.0, True, True)  # type: ignore[call-arg]


@pytest.mark.checklist(116)
def test_instrument_fields() -> None:
    """Instrument's fields hold the documented types."""
    found = Instrument("i", "n", "d", 1, 5, True).to_dict()
    assert [type(value) for value in found.values()] == [
        str,
        str,
        str,
        float,
        float,
        bool,
        type(None),
    ]


@pytest.mark.checklist(117)
def test_tick_value_is_of_one_tick() -> None:
    """Ten points of ES are forty ticks of 12.50 dollars."""
    instrument = Instrument("CON.F.US.EP.U25", "ESU5", "E-mini", 0.25, 12.5, True)
    position = Position(1, 1, instrument.id, TIME, PositionType.LONG, 1, 5000.0)
    assert position.unrealized_pnl(5010.0, instrument.tickValue, instrument.tickSize) == 500.0
    sized = calculate_position_sizing(50_000, 0.01, 5000, 4990, 12.5, 0.25)
    assert (sized["position_size"], sized["risk_per_contract"]) == (1, 500.0)
    assert calculate_tick_value(10.0, instrument.tickSize, instrument.tickValue) == 500.0
    assert product_for_ticker("ES").point_value == 50
    assert all(item.point_value == item.tick_value / item.tick_size for item in PRODUCTS)


@pytest.mark.checklist(118)
def test_order_fields() -> None:
    """Order has fifteen fields in the documented order."""
    assert parameters(Order) == [
        "id",
        "accountId",
        "contractId",
        "creationTimestamp",
        "updateTimestamp",
        "status",
        "type",
        "side",
        "size",
        "symbolId",
        "fillVolume",
        "limitPrice",
        "stopPrice",
        "filledPrice",
        "customTag",
    ]


@pytest.mark.checklist(119)
def test_status_codes() -> None:
    """The statuses have the documented codes."""
    assert [OrderStatus(code).name for code in range(7)] == (
        ["NONE", "OPEN", "FILLED", "CANCELLED", "EXPIRED", "REJECTED", "PENDING"]
    )


@pytest.mark.checklist(120)
def test_type_codes() -> None:
    """The order types have the documented codes, 0 among them."""
    assert [OrderType(code).name for code in range(8)] == (
        [
            "UNKNOWN",
            "LIMIT",
            "MARKET",
            "STOP_LIMIT",
            "STOP",
            "TRAILING_STOP",
            "JOIN_BID",
            "JOIN_ASK",
        ]
    )


@pytest.mark.checklist(121)
def test_side_codes() -> None:
    """0 is bid, which buys; 1 is ask, which sells."""
    assert (OrderSide.BUY, OrderSide.SELL) == (0, 1)


@pytest.mark.checklist(122)
@pytest.mark.parametrize("status", range(9))
def test_is_open(status: int) -> None:
    """An order is open in status 1 only."""
    assert an_order(status=status).is_open is (status == 1)


@pytest.mark.checklist(123)
@pytest.mark.parametrize("status", range(9))
def test_is_filled(status: int) -> None:
    """An order is filled in status 2 only."""
    assert an_order(status=status).is_filled is (status == 2)


@pytest.mark.checklist(124)
@pytest.mark.parametrize("status", range(9))
def test_is_cancelled(status: int) -> None:
    """An order is cancelled in status 3 only."""
    assert an_order(status=status).is_cancelled is (status == 3)


@pytest.mark.checklist(125)
@pytest.mark.parametrize("status", range(9))
def test_is_rejected(status: int) -> None:
    """An order is rejected in status 5 only."""
    assert an_order(status=status).is_rejected is (status == 5)


@pytest.mark.checklist(126)
@pytest.mark.parametrize("status", range(7))
def test_is_working(status: int) -> None:
    """Of the documented statuses, open and pending are working."""
    assert an_order(status=status).is_working is (status in (1, 6))


@pytest.mark.checklist(127)
@pytest.mark.parametrize("status", range(9))
def test_is_terminal(status: int) -> None:
    """Filled, cancelled, expired and rejected are terminal."""
    assert an_order(status=status).is_terminal is (status in (2, 3, 4, 5))


@pytest.mark.checklist(128)
@pytest.mark.parametrize("side", [0, 1])
def test_is_buy_is_sell(side: int) -> None:
    """Side 0 buys, side 1 sells."""
    order = an_order(side=side)
    assert (order.is_buy, order.is_sell) == (side == 0, side == 1)


@pytest.mark.checklist(129)
def test_side_str() -> None:
    """The side reads BUY or SELL."""
    assert [an_order(side=side).side_str for side in (0, 1)] == ["BUY", "SELL"]


@pytest.mark.checklist(130)
def test_type_str() -> None:
    """The type reads as its name."""
    assert [an_order(type=kind).type_str for kind in OrderType] == [kind.name for kind in OrderType]


@pytest.mark.checklist(131)
def test_status_str() -> None:
    """The status reads as its name."""
    found = [an_order(status=status).status_str for status in OrderStatus]
    assert found == [status.name for status in OrderStatus]


@pytest.mark.checklist(132)
def test_filled_percent() -> None:
    """The filled share is a float in percent."""
    assert an_order(fillVolume=2).filled_percent == 40.0
    assert an_order(fillVolume=5).filled_percent == 100.0
    assert an_order().filled_percent == 0.0
    assert type(an_order(fillVolume=5).filled_percent) is float


@pytest.mark.checklist(133)
def test_remaining_size() -> None:
    """What remains is size less fills, an int."""
    assert an_order(fillVolume=2).remaining_size == 3
    assert type(an_order(fillVolume=2).remaining_size) is int
    assert an_order().remaining_size == 5


@pytest.mark.checklist(134)
def test_order_symbol() -> None:
    """The symbol comes out of the contract id."""
    assert an_order().symbol == "MGC"


@pytest.mark.checklist(135)
def test_order_example() -> None:
    """The page's formatting of an order runs."""
    order = an_order()
    side_str = "Bid" if order.side == 0 else "Ask"
    text = f"Order {order.id}: {side_str} {order.size} {order.contractId}"
    assert text == "Order 12345: Bid 5 CON.F.US.MGC.M25"


@pytest.mark.checklist(136)
def test_order_place_response() -> None:
    """The answer to an order has four fields, and 0 is success."""
    assert parameters(OrderPlaceResponse) == ["orderId", "success", "errorCode", "errorMessage"]
    assert OrderPlaceResponse(5, True, 0, None).errorMessage is None


@pytest.mark.checklist(137)
def test_bracket_order_response() -> None:
    """The answer to a bracket has eleven fields in the documented order."""
    assert parameters(BracketOrderResponse) == [
        "success",
        "entry_order_id",
        "stop_order_id",
        "target_order_id",
        "entry_price",
        "stop_loss_price",
        "take_profit_price",
        "entry_response",
        "stop_response",
        "target_response",
        "error_message",
    ]


@pytest.mark.checklist(139)
def test_position_fields() -> None:
    """Position has seven fields, documented type codes, and no negative size."""
    assert parameters(Position) == (
        ["id", "accountId", "contractId", "creationTimestamp", "type", "size", "averagePrice"]
    )
    assert [kind.value for kind in PositionType] == [0, 1, 2]
    with pytest.raises(ProjectXDataError, match=r"Position\.size"):
        Position(1, 2, CONTRACT, TIME, PositionType.SHORT, -5, 2050.0)


@pytest.mark.checklist(140)
def test_is_long_is_short() -> None:
    """The direction follows the type."""
    found = [(a_position(kind).is_long, a_position(kind).is_short) for kind in PositionType]
    assert found == [(False, False), (True, False), (False, True)]


@pytest.mark.checklist(141)
def test_direction() -> None:
    """The direction reads as its name."""
    found = [a_position(kind).direction for kind in PositionType]
    assert found == ["UNDEFINED", "LONG", "SHORT"]


@pytest.mark.checklist(142)
def test_position_symbol() -> None:
    """The page's example of a symbol."""
    assert a_position(contract="CON.F.US.MNQ.H25").symbol == "MNQ"


@pytest.mark.checklist(143)
def test_signed_size() -> None:
    """Shorts count negative."""
    assert a_position(PositionType.LONG).signed_size == 5
    assert a_position(PositionType.SHORT).signed_size == -5


@pytest.mark.checklist(144)
def test_total_cost() -> None:
    """The cost is size times average price."""
    assert a_position().total_cost == 10250.0


@pytest.mark.checklist(145)
def test_unrealized_pnl() -> None:
    """A favourable move is a profit, for long and short."""
    assert a_position(PositionType.LONG).unrealized_pnl(2052.0) == 10.0
    assert a_position(PositionType.SHORT).unrealized_pnl(2048.0, tick_value=10.0) == 100.0
    assert a_position(PositionType.LONG).unrealized_pnl(2048.0) < 0
    assert list(inspect.signature(Position.unrealized_pnl).parameters)[1:3] == [
        "current_price",
        "tick_value",
    ]


@pytest.mark.checklist(147)
def test_trade_fields() -> None:
    """Trade has eleven fields; a half-turn has no profit."""
    assert parameters(Trade) == [
        "id",
        "accountId",
        "contractId",
        "creationTimestamp",
        "price",
        "profitAndLoss",
        "fees",
        "side",
        "size",
        "voided",
        "orderId",
    ]
    trade = Trade(1, 2, CONTRACT, TIME, 2050.0, None, 0.5, 0, 1, False, 3)
    text = f"${trade.profitAndLoss}" if trade.profitAndLoss else "Half-turn"
    assert text == "Half-turn"


@pytest.mark.checklist(148)
def test_trade_side() -> None:
    """Side 0 of a fill bought, 1 sold."""
    trade = Trade(1, 2, CONTRACT, TIME, 2050.0, 5.0, 0.5, OrderSide.BUY, 1, False, 3)
    assert trade.side == 0
    assert Trade.from_api({**trade.to_dict(), "side": 1}).side == OrderSide.SELL


@pytest.mark.checklist(149)
def test_order_update_event() -> None:
    """The view of an order's update has four fields."""
    assert parameters(OrderUpdateEvent) == ["orderId", "status", "fillVolume", "updateTimestamp"]


@pytest.mark.checklist(150)
def test_position_update_event() -> None:
    """The view of a position's update has five fields."""
    assert parameters(PositionUpdateEvent) == (
        ["positionId", "contractId", "size", "averagePrice", "updateTimestamp"]
    )


@pytest.mark.checklist(151)
def test_market_data_event() -> None:
    """The view of a quote has six fields."""
    assert parameters(MarketDataEvent) == [
        "contractId",
        "lastPrice",
        "bid",
        "ask",
        "volume",
        "timestamp",
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("api_url", "https://api.topstepx.com/api", marks=pytest.mark.checklist(153)),
        pytest.param(
            "realtime_url", "wss://realtime.topstepx.com/api", marks=pytest.mark.checklist(154)
        ),
        pytest.param(
            "user_hub_url", "https://rtc.topstepx.com/hubs/user", marks=pytest.mark.checklist(155)
        ),
        pytest.param(
            "market_hub_url",
            "https://rtc.topstepx.com/hubs/market",
            marks=pytest.mark.checklist(156),
        ),
        pytest.param("timezone", "America/Chicago", marks=pytest.mark.checklist(157)),
        pytest.param("timeout_seconds", 30, marks=pytest.mark.checklist(158)),
        pytest.param("retry_attempts", 3, marks=pytest.mark.checklist(159)),
        pytest.param("retry_delay_seconds", 2.0, marks=pytest.mark.checklist(160)),
        pytest.param("requests_per_minute", 60, marks=pytest.mark.checklist(161)),
        pytest.param("burst_limit", 10, marks=pytest.mark.checklist(162)),
    ],
)
def test_configuration_defaults(field: str, value: object) -> None:
    """The configuration defaults to TopstepX and the documented limits."""
    assert getattr(ProjectXConfig(), field) == value


@pytest.mark.checklist(166)
def test_custom_endpoints() -> None:
    """Both a custom configuration and an assignment change the URLs."""
    custom = create_custom_config("https://a.com/hubs/user", "https://a.com/hubs/market")
    assigned = ProjectXConfig()
    assigned.user_hub_url = "https://a.com/hubs/user"
    assigned.market_hub_url = "https://a.com/hubs/market"
    assigned.validate()
    assert custom == assigned


@pytest.mark.checklist(167)
def test_configuration_is_validated() -> None:
    """A configuration that cannot be right is refused with every fault named."""
    with pytest.raises(ProjectXDataError, match=r"api_url.*timezone.*timeout_seconds"):
        ProjectXConfig(api_url="nowhere", timezone="Mars", timeout_seconds=-1)


@pytest.mark.checklist(168)
def test_base_exception() -> None:
    """Every exception of the SDK derives from the one base."""
    kinds = [getattr(exceptions, name) for name in exceptions.__all__]
    assert all(issubclass(kind, ProjectXError) for kind in kinds)


KINDS = [
    ProjectXConnectionError,
    ProjectXAuthenticationError,
    ProjectXServerError,
    ProjectXRateLimitError,
    ProjectXDataError,
    ProjectXInstrumentError,
    ProjectXOrderError,
    ProjectXPositionError,
]
"""The documented exceptions; who raises each is proved where it is raised."""


@pytest.mark.parametrize("kind", KINDS)
def test_documented_exceptions(kind: type[ProjectXError]) -> None:
    """Each takes message, code and data, and is caught as the base."""
    with pytest.raises(ProjectXError) as caught:
        raise kind("message", 5, {"a": 1})
    error = caught.value
    assert (str(error), error.error_code, error.response_data) == ("message", 5, {"a": 1})
    assert (kind("m").error_code, kind("m").response_data) == (None, {})


@pytest.mark.checklist(173)
def test_data_error_is_raised_for_wrong_data() -> None:
    """A payload without a field, a wrong value and a price off the grid are data errors."""
    for wrong in (
        lambda: Order.from_api({"id": 1}),
        lambda: an_order(size=-1),
        lambda: TickGrid(0.25).ticks(0.3),
    ):
        with pytest.raises(ProjectXDataError):
            wrong()


@pytest.mark.checklist(174)
def test_instrument_error_is_raised_for_unknown_instruments() -> None:
    """A ticker that is not listed and a text that is no contract id are instrument errors."""
    with pytest.raises(ProjectXInstrumentError, match="XYZ"):
        product_for_ticker("XYZ")
    with pytest.raises(ProjectXInstrumentError, match="contract id"):
        parse_contract_id("MNQ")
