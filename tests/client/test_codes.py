"""One number, many meanings: codes by endpoint."""

from __future__ import annotations

import pytest

from project_x_py._core.exchange import codes as venue
from project_x_py.client._codes import CODES, UNDECIDED, code_name, refusal_text


@pytest.mark.parametrize(
    ("path", "theirs"),
    [
        ("/Order/place", venue.PlaceCode),
        ("/Order/modify", venue.ModifyCode),
        ("/Order/cancel", venue.CancelCode),
        ("/Position/closeContract", venue.CloseCode),
        ("/Position/partialCloseContract", venue.PartialCloseCode),
    ],
)
def test_the_tables_are_those_of_the_gateway(path: str, theirs: type[venue.PlaceCode]) -> None:
    """The exchange, which keeps numbers of its own, has the same names for them."""
    words = [name.replace("_", "").casefold() for name in theirs.__members__]
    assert [name.casefold() for name in CODES[path]] == words


def test_the_same_number_means_something_else_elsewhere() -> None:
    """Two is a rejection of a new order, and an order that is not there for cancel."""
    assert code_name("/Order/place", 2) == "OrderRejected"
    assert code_name("/Order/cancel", 2) == "OrderNotFound"
    assert code_name("/Position/closeContract", 5) == "OrderRejected"
    assert code_name("/Position/partialCloseContract", 5) == "InvalidCloseSize"
    assert code_name("/Order/place", 42) == "code 42"
    assert code_name("/Order/place", -1) == "code -1"
    assert code_name("/No/such", 1) == "code 1"


@pytest.mark.parametrize("path", sorted(UNDECIDED))
def test_pending_and_unknown_prove_nothing(path: str) -> None:
    """Exactly the codes that name no outcome count as undecided."""
    open_ended = {
        number
        for number, name in enumerate(CODES[path])
        if name.endswith("Pending") or name == "UnknownError"
    }
    assert UNDECIDED[path] == open_ended


def test_a_refusal_is_explained() -> None:
    """The gateway's own sentence comes with what it means; a code without one with its name."""
    text = refusal_text(
        "/Order/place",
        2,
        "Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets.",
    )
    assert "OrderRejected" in text
    assert "risk settings" in text
    assert "no reason given" in refusal_text("/Order/modify", 3, None)
    assert "linked" in refusal_text("/Auth/loginKey", 9, None)
    assert "code 42" in refusal_text("/Order/place", 42, None)
