"""Types: the gateway's numbers, the documented keys, and what importing them costs."""

from __future__ import annotations

import subprocess
import sys
import typing
from decimal import Decimal

import pytest

from project_x_py import types
from project_x_py._core.products import PRODUCTS
from project_x_py.types import (
    AccountId,
    ContractId,
    DomType,
    OrderId,
    OrderSide,
    OrderStatus,
    OrderType,
    PositionId,
    PositionType,
    TradeLogType,
    api_responses,
)


@pytest.mark.parametrize(
    ("enum", "names"),
    [
        (OrderSide, "BUY SELL"),
        (
            OrderType,
            "UNKNOWN LIMIT MARKET STOP_LIMIT STOP TRAILING_STOP JOIN_BID JOIN_ASK",
        ),
        (
            OrderStatus,
            "NONE OPEN FILLED CANCELLED EXPIRED REJECTED PENDING PENDING_CANCELLATION SUSPENDED",
        ),
        (PositionType, "UNDEFINED LONG SHORT"),
        (TradeLogType, "BUY SELL"),
        (types.OrderbookSide, "BID ASK"),
        (
            DomType,
            "UNKNOWN ASK BID BEST_ASK BEST_BID TRADE RESET SESSION_LOW SESSION_HIGH "
            "NEW_BEST_BID NEW_BEST_ASK FILL",
        ),
    ],
)
def test_codes_are_the_gateways(enum: type[OrderSide], names: str) -> None:
    """The members count from 0 in the order of the gateway's codes, and equal the numbers."""
    assert {member.name: member.value for member in enum} == {
        name: code for code, name in enumerate(names.split())
    }
    assert all(member == member.value for member in enum)


def test_every_name_loads_and_others_are_refused() -> None:
    """The package loads its names lazily and lists exactly those."""
    assert len(types.__all__) == len(set(types.__all__)) > 100
    assert dir(types) == sorted(types.__all__)
    assert all(getattr(types, name) is not None for name in types.__all__)
    with pytest.raises(AttributeError, match="OrderSite"):
        types.OrderSite  # noqa: B018


def test_every_dictionary_resolves_and_says_what_it_is() -> None:
    """Each TypedDict has keys with types that resolve, and a line of documentation."""
    scope = {name: getattr(types, name) for name in types.__all__}
    from project_x_py.models import Order, Position

    scope |= {"Order": Order, "Position": Position}
    for name in types.__all__:
        kind = getattr(types, name)
        if typing.is_typeddict(kind):
            assert typing.get_type_hints(kind, localns=scope), name
            assert kind.__doc__, name


def test_required_and_optional_keys_are_told_apart() -> None:
    """A key that may be absent is optional at run time, too."""
    assert types.OrderUpdateData.__required_keys__ == {"order_id", "status", "timestamp"}
    assert types.OrderbookConfig.__required_keys__ == frozenset()
    assert types.TradingSuiteStats.__optional_keys__ == {"total_errors", "health_score"}


def test_two_error_dictionaries_keep_their_own_keys() -> None:
    """The name is documented twice: the package exports the full one."""
    assert "suggested_action" in types.ErrorResponse.__optional_keys__
    assert set(api_responses.ErrorResponse.__annotations__) == {
        "errorCode",
        "errorMessage",
        "details",
    }


def test_ids_cost_nothing() -> None:
    """The ids are the plain values at run time."""
    assert (OrderId(5), AccountId(6), PositionId(7)) == (5, 6, 7)
    assert ContractId("CON.F.US.EP.U26") == "CON.F.US.EP.U26"


def test_tick_sizes_fit_the_documented_precision() -> None:
    """Each listed tick size has at most eight decimals, and the zone is Chicago."""
    quantum = Decimal(1).scaleb(-types.TICK_SIZE_PRECISION)
    assert all(product.tick_size % quantum == 0 for product in PRODUCTS)
    assert types.DEFAULT_TIMEZONE == "America/Chicago"


def test_types_and_models_need_no_frame_library() -> None:
    """Loading every type and model loads neither polars nor numpy."""
    program = (
        "import sys\n"
        "from project_x_py import models, types\n"
        "for package in (types, models):\n"
        "    for name in package.__all__: getattr(package, name)\n"
        "print({'polars', 'numpy', 'aiohttp'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
