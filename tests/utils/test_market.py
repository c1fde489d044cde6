"""Timeframes, contract ids and trading hours."""

from __future__ import annotations

import datetime as dt

import pytest

from project_x_py._core.products import PRODUCTS, active_contract
from project_x_py._core.time import CHICAGO, from_datetime
from project_x_py._core.timeframes import TIMEFRAMES
from project_x_py._runtime.clock import HOLD, ReplayClock
from project_x_py._runtime.endpoints import REPLAY_CLOCK_VARIABLE
from project_x_py.exceptions import InvalidFieldError
from project_x_py.utils import (
    convert_timeframe_to_seconds,
    extract_symbol_from_contract_id,
    get_market_session_info,
    is_market_hours,
    validate_contract_id,
)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1sec", 1),
        ("15sec", 15),
        ("1min", 60),
        ("5min", 300),
        ("1hr", 3600),
        ("4hr", 14400),
        ("1day", 86400),
        ("1week", 604800),
        ("1month", 2592000),
        ("2 weeks", 1209600),
        ("3H", 10800),
        ("30S", 30),
        ("5m", 300),
        ("2months", 5184000),
    ],
)
def test_timeframe_seconds(text: str, seconds: int) -> None:
    """A number and a unit in any usual spelling; a month counts as 30 days."""
    assert convert_timeframe_to_seconds(text) == seconds


def test_documented_timeframes_convert() -> None:
    """Every timeframe that bars are kept in converts, and agrees with its own length."""
    for name, timeframe in TIMEFRAMES.items():
        seconds = convert_timeframe_to_seconds(name)
        assert seconds > 0
        assert timeframe.seconds in (None, seconds)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("5mn", "5min"),
        ("1M", "1min or 1month"),
        ("", "1sec"),
        ("0min", "did you mean"),
        ("min", "min"),
        ("1.5hr", "hr"),
        ("-5min", "5min"),
        ("5parsec", "'5parsec'"),
    ],
)
def test_unknown_timeframes_are_refused(text: str, told: str) -> None:
    """What is no timeframe is a ValueError with close matches, never a number."""
    with pytest.raises(ValueError, match="is no timeframe") as caught:
        convert_timeframe_to_seconds(text)
    assert told in str(caught.value)


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.ticker)
def test_every_listed_product_is_recognised(product: object) -> None:
    """Ids, names and tickers of all products give their product, digits in them or not."""
    contract = active_contract(product, dt.date(2026, 9, 1))  # type: ignore[arg-type]
    assert extract_symbol_from_contract_id(contract.contract_id) == contract.code
    assert extract_symbol_from_contract_id(contract.name) == contract.ticker
    assert extract_symbol_from_contract_id(contract.ticker) == contract.ticker


@pytest.mark.parametrize(
    ("text", "symbol"),
    [
        ("CON.F.US.M2K.U25", "M2K"),
        ("CON.F.US.6E.U5", "6E"),
        ("CON.F.US.EP.Z25", "EP"),
        ("MNQU25", "MNQ"),
        ("6EU5", "6E"),
        ("M6E", "M6E"),
    ],
)
def test_symbols_of_contract_ids(text: str, symbol: str) -> None:
    """One- and two-digit years and products with digits are fine."""
    assert extract_symbol_from_contract_id(text) == symbol
    assert validate_contract_id(text) is True


@pytest.mark.parametrize(
    "text", ["", "invalid.contract", "CON.F.US.EP", "mnq", "CON.F.US.EP.A25", "12"]
)
def test_other_texts_are_no_contracts(text: str) -> None:
    """What has none of the forms has no symbol."""
    assert extract_symbol_from_contract_id(text) is None
    assert validate_contract_id(text) is False


def at(monkeypatch: pytest.MonkeyPatch, *moment: int) -> None:
    """Let the configured gateway stand at a Chicago time."""
    now_ns = from_datetime(dt.datetime(*moment, tzinfo=CHICAGO), CHICAGO)  # type: ignore[misc]
    monkeypatch.setenv(REPLAY_CLOCK_VARIABLE, ReplayClock(now_ns, HOLD, 1.0).dumps())
    for name in ("API", "USER_HUB", "MARKET_HUB"):
        monkeypatch.setenv(f"PROJECTX_{name}_URL", "http://127.0.0.1:1/x")


@pytest.mark.parametrize(
    ("moment", "is_open", "state"),
    [
        ((2026, 9, 1, 10, 0), True, "open"),
        ((2026, 9, 1, 16, 30), False, "break"),
        ((2026, 9, 5, 10, 0), False, "closed"),
        ((2026, 12, 25, 10, 0), False, "closed"),
    ],
)
def test_market_hours_follow_the_exchange(
    moment: tuple[int, ...], is_open: bool, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hours know the daily break, weekends and holidays, by the gateway's own time."""
    at(monkeypatch, *moment)
    assert is_market_hours() is is_open
    info = get_market_session_info("UTC")
    assert (info["is_open"], info["state"], info["timezone"]) == (is_open, state, "UTC")
    assert info["current_time"] == dt.datetime(*moment, tzinfo=CHICAGO)  # type: ignore[misc]
    assert info["current_time"].utcoffset() == dt.timedelta(0)
    assert info["current_time"] < info["next_close"]
    assert info["current_time"] < info["next_open"]


def test_trade_date_is_the_next_day_after_five(monkeypatch: pytest.MonkeyPatch) -> None:
    """The evening trades for the next day."""
    at(monkeypatch, 2026, 9, 1, 18, 0)
    assert get_market_session_info()["trade_date"] == dt.date(2026, 9, 2)


def test_unknown_zone_is_refused() -> None:
    """A zone that does not exist is an error, also where it would not matter."""
    with pytest.raises(InvalidFieldError, match="Mars"):
        is_market_hours("Mars")
    with pytest.raises(InvalidFieldError, match="Mars"):
        get_market_session_info("Mars")
