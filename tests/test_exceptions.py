"""The exception tree, what every exception carries, and what none of them ever holds."""

from __future__ import annotations

import inspect
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py import exceptions
from project_x_py._core.redact import redact
from project_x_py.exceptions import (
    InvalidFieldError,
    OffGridError,
    OrderSubmissionUncertainError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXError,
    ProjectXOrderError,
)

EVERY = [getattr(exceptions, name) for name in exceptions.__all__]
TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJlLXBhcnQ"


@pytest.mark.parametrize("kind", EVERY)
def test_every_exception_has_the_one_constructor(kind: type[ProjectXError]) -> None:
    """Message, code and data are kept, and the text of the exception is the message."""
    error = kind("no such order", 7, {"orderId": 5})
    assert (str(error), error.error_code, error.response_data) == (
        "no such order",
        7,
        {"orderId": 5},
    )
    assert isinstance(error, ProjectXError)
    assert list(inspect.signature(kind).parameters)[:3] == [
        "message",
        "error_code",
        "response_data",
    ]


@pytest.mark.parametrize("kind", EVERY)
def test_code_and_data_are_optional(kind: type[ProjectXError]) -> None:
    """Without code and data there is None and an empty dict, not one shared between errors."""
    first, second = kind("a"), kind("b")
    assert first.error_code is None
    assert first.response_data == {}
    assert first.response_data is not second.response_data


@pytest.mark.parametrize("kind", EVERY)
def test_exceptions_survive_pickling(kind: type[ProjectXError]) -> None:
    """A process pool gets the same exception back."""
    error = kind("refused", 2, {"errorMessage": "closed"})
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is kind
    assert (str(again), vars(again)) == (str(error), vars(error))


def test_tree() -> None:
    """The special errors stand below the documented ones they refine."""
    assert issubclass(OffGridError, ProjectXDataError)
    assert issubclass(OffGridError, ValueError)
    assert issubclass(InvalidFieldError, ProjectXDataError)
    assert issubclass(InvalidFieldError, ValueError)
    assert issubclass(OrderSubmissionUncertainError, ProjectXOrderError)


def test_module_draws_every_exception() -> None:
    """The tree in the module's docstring has each exception once."""
    assert exceptions.__doc__
    drawn = [
        word
        for line in exceptions.__doc__.splitlines()
        if line.strip().startswith(("├", "│", "└", "ProjectXError"))
        for word in [line.strip("│├└─ ").split(" ")[0]]
    ]
    assert sorted(drawn) == sorted(exceptions.__all__)


def test_connection_error_tells_whether_bytes_left() -> None:
    """``sent`` is False unless said otherwise, and survives pickling."""
    assert ProjectXConnectionError("refused").sent is False
    assert pickle.loads(pickle.dumps(ProjectXConnectionError("cut", sent=True))).sent is True


@pytest.mark.parametrize(
    "text",
    [
        f"wss://rtc.topstepx.com/hubs/user?access_token={TOKEN}",
        f"Authorization: Bearer {TOKEN}",
        '{"userName": "me", "apiKey": "0123456789abcdef"}',
        "{'api_key': '0123456789abcdef'}",
        r"body: {\"apiKey\": \"0123456789abcdef\"}",
        "PROJECT_X_API_KEY=0123456789abcdef",
        "jwt_token='0123456789abcdef'",
        f"token {TOKEN[:40]} was cut",
    ],
)
def test_secrets_are_redacted(text: str) -> None:
    """Tokens and keys vanish from texts, exceptions and their data, however they are spelled."""
    error = ProjectXError(text, response_data={"note": text, "rows": [{"why": text}]})
    for shown in (redact(text), str(error), repr(error), repr(error.response_data)):
        assert "0123456789" not in shown
        assert TOKEN[:20] not in shown
        assert "[redacted]" in shown


def test_values_of_secret_keys_are_redacted_whatever_they_look_like() -> None:
    """The value under a secret key is removed from an exception's data by its key alone."""
    data = {"newToken": "short", "apiKey": "k", "orderId": 3, "nested": {"password": "p"}}
    assert ProjectXError("x", response_data=data).response_data == {
        "newToken": "[redacted]",
        "apiKey": "[redacted]",
        "orderId": 3,
        "nested": {"password": "[redacted]"},
    }
    assert data["newToken"] == "short"


@pytest.mark.parametrize(
    "text", ["the api_key must be longer", "token refresh failed", "Bearer token missing", ""]
)
def test_plain_words_are_left_alone(text: str) -> None:
    """A sentence that only speaks of keys and tokens is not touched."""
    assert redact(text) == text


@given(st.text(), st.sampled_from(["access_token=", "Bearer ", '{"token": "', "eyJ"]), st.text())
def test_redaction_is_idempotent(before: str, mark: str, after: str) -> None:
    """Redacting twice is redacting once."""
    once = redact(before + mark + after)
    assert redact(once) == once
