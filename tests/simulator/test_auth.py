"""Tokens of the simulated gateway."""

from __future__ import annotations

import base64
import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.time import NS
from project_x_py.simulator._auth import Access, bearer_of

NOW_S = 1_788_273_091
NOW_NS = NOW_S * NS
DAY_NS = 24 * 3600 * NS


@pytest.fixture
def access() -> Access:
    """Access with one user."""
    return Access("Trader", "secret-key", Random(1))


def payload_of(token: str) -> dict[str, object]:
    """The claims of a token, read as any client reads them."""
    part = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return claims


def test_token_has_three_parts_and_expires_in_a_day(access: Access) -> None:
    """A client that decodes the payload finds when the token expires, in seconds."""
    token = access.issue(NOW_NS)
    assert token.count(".") == 2
    assert payload_of(token)["exp"] == NOW_S + 24 * 3600


def test_a_token_is_admitted_for_a_day(access: Access) -> None:
    """Up to its expiry, and not at it."""
    token = access.issue(NOW_NS)
    assert access.admits(token, NOW_NS)
    assert access.admits(token, NOW_NS + DAY_NS - NS)
    assert not access.admits(token, NOW_NS + DAY_NS)


def test_a_log_out_ends_its_own_token_only(access: Access) -> None:
    """Other tokens of the user stay valid."""
    first, second = access.issue(NOW_NS), access.issue(NOW_NS)
    access.end(first)
    assert (access.admits(first, NOW_NS), access.admits(second, NOW_NS)) == (False, True)


def test_ending_all_leaves_later_tokens_valid(access: Access) -> None:
    """Every token so far is refused, the next one is not."""
    before = access.issue(NOW_NS)
    access.end_all()
    assert not access.admits(before, NOW_NS)
    assert access.admits(access.issue(NOW_NS), NOW_NS)


@given(st.integers(0, 400), st.characters(codec="ascii"))
def test_an_altered_token_is_refused(at: int, character: str) -> None:
    """Whatever single character is changed, the signature no longer fits."""
    access = Access("Trader", "secret-key", Random(1))
    token = access.issue(NOW_NS)
    at %= len(token)
    if token[at] != character:
        assert not access.admits(token[:at] + character + token[at + 1 :], NOW_NS)


@given(st.one_of(st.none(), st.text()))
def test_no_text_is_taken_for_a_token(text: str | None) -> None:
    """Anything that was not issued is refused without an error."""
    assert not Access("Trader", "secret-key", Random(1)).admits(text, NOW_NS)


def test_a_token_of_another_gateway_is_refused(access: Access) -> None:
    """Secrets differ from run to run."""
    assert not access.admits(Access("Trader", "secret-key", Random(2)).issue(NOW_NS), NOW_NS)


def test_the_user_name_is_compared_without_case(access: Access) -> None:
    """The key is compared exactly."""
    assert access.accepts("TRADER", "secret-key")
    assert not access.accepts("Trader", "Secret-key")
    assert not access.accepts("else", "secret-key")


def test_the_key_is_in_no_repr(access: Access) -> None:
    """Nothing secret shows."""
    assert "secret" not in repr(access)


@pytest.mark.parametrize(
    ("headers", "query", "token"),
    [
        ({"authorization": "Bearer abc"}, "", "abc"),
        ({"authorization": "bearer abc "}, "access_token=other", "abc"),
        ({}, "id=1&access_token=abc", "abc"),
        ({"authorization": "Basic abc"}, "", None),
        ({}, "token=abc", None),
    ],
)
def test_where_a_token_is_found(headers: dict[str, str], query: str, token: str | None) -> None:
    """In the Authorization header, else in the query under its one name."""
    assert bearer_of(headers, query) == token
