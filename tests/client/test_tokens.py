"""What is read off a token without its key."""

from __future__ import annotations

import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py.client._tokens import ASSUMED_LIFE_NS, is_token, token_life_ns

NS = 1_000_000_000


def jwt(**claims: object) -> str:
    """A token with claims, and a signature that nobody checks."""
    body = base64.urlsafe_b64encode(msgspec.json.encode(claims)).rstrip(b"=").decode()
    return f"eyJhbGciOiJIUzI1NiJ9.{body}.c2ln"


@given(st.text(max_size=200) | st.lists(st.text("aAzZ09-_={", max_size=40)).map(".".join))
def test_no_text_is_an_error(text: str) -> None:
    """Whatever comes as a token, reading it raises nothing and gives a life."""
    assert token_life_ns(text, 0)[0] > 0
    assert is_token(text) in (True, False)


@pytest.mark.parametrize("exp", [True, "soon", None, 1e300, [1], {}])
def test_an_end_that_cannot_be_is_no_end(exp: object) -> None:
    """An ``exp`` that is no time is ignored: the documented day is assumed."""
    assert token_life_ns(jwt(exp=exp), 5) == (ASSUMED_LIFE_NS, False)


def test_a_life_ends_at_its_claim() -> None:
    """``exp`` counts in seconds, with or without a fraction."""
    assert token_life_ns(jwt(exp=100), 40 * NS) == (60 * NS, False)
    assert token_life_ns(jwt(exp=100.5), 40 * NS) == (60 * NS + NS // 2, False)


def test_a_wrong_clock_does_not_end_a_fresh_token() -> None:
    """A token that had ended when it came lives for as long as its own claims say."""
    assert token_life_ns(jwt(iat=100, exp=160), 1_000_000 * NS) == (60 * NS, True)
    assert token_life_ns(jwt(exp=160), 1_000_000 * NS) == (ASSUMED_LIFE_NS, True)
    assert token_life_ns(jwt(iat=200, exp=160), 1_000_000 * NS) == (ASSUMED_LIFE_NS, True)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a b",
        "a\r\nX-Injected: 1",
        "tok\x00",
        "t\N{LATIN SMALL LETTER E WITH ACUTE}",
        "x" * 9000,
    ],
)
def test_what_fits_no_header_is_no_token(text: str) -> None:
    """Blanks, line ends, other scripts and endless texts are refused before they are sent."""
    assert not is_token(text)
    assert is_token("eyJ.abc.def")
