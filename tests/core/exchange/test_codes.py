"""The numbers of the wire."""

from __future__ import annotations

import pytest

from project_x_py._core.exchange import codes


@pytest.mark.parametrize(
    ("table", "names"),
    [
        (
            codes.OrderType,
            "UNKNOWN LIMIT MARKET STOP_LIMIT STOP TRAILING_STOP JOIN_BID JOIN_ASK",
        ),
        (
            codes.OrderStatus,
            "NONE OPEN FILLED CANCELLED EXPIRED REJECTED PENDING PENDING_CANCELLATION SUSPENDED",
        ),
        (
            codes.PlaceCode,
            "SUCCESS ACCOUNT_NOT_FOUND ORDER_REJECTED INSUFFICIENT_FUNDS ACCOUNT_VIOLATION "
            "OUTSIDE_TRADING_HOURS ORDER_PENDING UNKNOWN_ERROR CONTRACT_NOT_FOUND "
            "CONTRACT_NOT_ACTIVE ACCOUNT_REJECTED",
        ),
        (
            codes.ModifyCode,
            "SUCCESS ACCOUNT_NOT_FOUND ORDER_NOT_FOUND REJECTED PENDING UNKNOWN_ERROR "
            "ACCOUNT_REJECTED CONTRACT_NOT_FOUND",
        ),
        (
            codes.CancelCode,
            "SUCCESS ACCOUNT_NOT_FOUND ORDER_NOT_FOUND REJECTED PENDING UNKNOWN_ERROR "
            "ACCOUNT_REJECTED",
        ),
        (
            codes.CloseCode,
            "SUCCESS ACCOUNT_NOT_FOUND POSITION_NOT_FOUND CONTRACT_NOT_FOUND CONTRACT_NOT_ACTIVE "
            "ORDER_REJECTED ORDER_PENDING UNKNOWN_ERROR ACCOUNT_REJECTED",
        ),
        (
            codes.PartialCloseCode,
            "SUCCESS ACCOUNT_NOT_FOUND POSITION_NOT_FOUND CONTRACT_NOT_FOUND CONTRACT_NOT_ACTIVE "
            "INVALID_CLOSE_SIZE ORDER_REJECTED ORDER_PENDING UNKNOWN_ERROR ACCOUNT_REJECTED",
        ),
    ],
)
def test_numbers_are_those_of_the_documented_table(table: type, names: str) -> None:
    """Each enumeration counts up from zero in the documented order."""
    assert {name: int(member) for name, member in table.__members__.items()} == {  # type: ignore[attr-defined]
        name: number for number, name in enumerate(names.split())
    }


@pytest.mark.parametrize(
    ("number", "name"), [(1, "Limit"), (5, "TrailingStop"), (0, "Unknown"), (99, "99")]
)
def test_types_are_named_as_in_messages(number: int, name: str) -> None:
    """A type has the gateway's name, an unknown one its digits."""
    assert codes.type_name(number) == name
