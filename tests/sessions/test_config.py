"""Session types, times and configurations."""

from __future__ import annotations

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from project_x_py.sessions import (
    DEFAULT_SESSIONS,
    SessionConfig,
    SessionTimes,
    SessionType,
    resolve_session_product,
)

CHICAGO = ZoneInfo("America/Chicago")
DOCUMENTED = """
ES NQ YM RTY MES MNQ MYM M2K CL MCL QM NG QG RB HO GC MGC QO SI SIL QI PL PA HG QC ZB ZN ZF ZT ZQ
2YY 5YY 10Y 30Y 6E 6B 6J 6C 6A 6S 6N 6M M6E M6B M6A MJY MSF MCD MIR ZC ZS ZW ZM ZL KE ZO ZR XC XK
XW LE HE GF DC BTC MBT ETH MET VX VXM
"""


def at(text: str, zone: ZoneInfo = CHICAGO) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def times(*clocks: str) -> SessionTimes:
    return SessionTimes(*(time.fromisoformat(clock) for clock in clocks))


def test_a_type_equals_its_text_and_is_hashable() -> None:
    """A session type compares with its text, keys a mapping, and is made from text of any case."""
    assert SessionType.RTH == "RTH"
    assert {SessionType.ETH: 1}["ETH"] == 1
    assert SessionType("rth") is SessionType.RTH
    assert [member.value for member in SessionType] == ["ETH", "RTH", "CUSTOM"]


def test_every_documented_product_has_sessions() -> None:
    """The 70 documented products are there, and those that the gateway lists beyond them."""
    documented = DOCUMENTED.split()
    assert len(documented) == 70
    assert set(documented) <= set(DEFAULT_SESSIONS)
    assert {"MNG", "MHG", "NKD", "TN", "UB", "E7"} <= set(DEFAULT_SESSIONS)


@pytest.mark.parametrize(
    ("tickers", "expected"),
    [
        ("ES NQ MNQ BTC MET", ("09:30", "16:00", "18:00", "17:00")),
        ("CL MCL NG RB HO", ("09:00", "14:30", "18:00", "17:00")),
        ("GC MGC SI SIL QO QI", ("08:20", "13:30", "18:00", "17:00")),
        ("PL PA", ("08:20", "13:05", "18:00", "17:00")),
        ("HG QC", ("08:20", "13:00", "18:00", "17:00")),
        ("ZB ZN ZF ZT ZQ 2YY 30Y", ("08:20", "15:00", "18:00", "17:00")),
        ("6E 6J M6A MIR", ("08:20", "15:00", "18:00", "17:00")),
        ("ZC ZS ZW ZM ZL KE ZO ZR", ("09:30", "14:20", "20:00", "14:20")),
        ("LE HE GF", ("09:30", "14:05")),
        ("DC", ("09:30", "14:10", "18:00", "17:00")),
        ("VX VXM", ("09:30", "16:15", "18:00", "17:00")),
    ],
)
def test_documented_times(tickers: str, expected: tuple[str, ...]) -> None:
    """Times are on the clock of New York; currencies and grains have the exchange's own hours."""
    for ticker in tickers.split():
        assert DEFAULT_SESSIONS[ticker] == times(*expected), ticker


def test_regular_hours_lie_within_electronic_ones() -> None:
    """For each product, over midnight too; and a window that does not is told apart."""
    assert all(hours.is_rth_within_eth() for hours in DEFAULT_SESSIONS.values())
    assert not times("09:30", "16:00", "18:00", "15:00").is_rth_within_eth()
    assert not times("16:30", "18:30", "18:00", "17:00").is_rth_within_eth()
    assert times("23:00", "02:00", "18:00", "17:00").is_rth_within_eth()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((time(9), time(9)), "same time"),
        ((time(9), time(10), time(8), time(8)), "same time"),
        ((time(9), time(10), time(8)), "both"),
        ((time(9, tzinfo=UTC), time(10)), "rth_start must be a naive time"),
        (("09:30", time(10)), "rth_start must be a naive time"),
        ((time(9, 0, 0, 1), time(10)), "whole seconds"),
        ((None, time(10)), "rth_start"),
    ],
)
def test_times_that_cannot_be_right(arguments: tuple[time, ...], message: str) -> None:
    """Empty windows, half an electronic session and anything but a naive time are refused."""
    with pytest.raises(ValueError, match=message):
        SessionTimes(*arguments)


def test_a_configuration_takes_text_and_defaults() -> None:
    """The defaults are the documented ones, and a type may be given as text."""
    plain = SessionConfig()
    assert plain.session_type is SessionType.ETH
    assert plain.market_timezone == "America/New_York"
    assert plain.use_exchange_timezone
    assert plain.product_sessions is None
    assert SessionConfig(session_type="RTH").session_type is SessionType.RTH  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"session_type": "LUNCH"}, "unknown session type 'LUNCH'"),
        ({"session_type": 3}, "unknown session type 3"),
        ({"market_timezone": "New York"}, "IANA zone"),
        ({"market_timezone": ""}, "IANA zone"),
        ({"product_sessions": {"ES": ("09:30", "16:00")}}, "must be SessionTimes"),
    ],
)
def test_a_configuration_that_cannot_be_right(keywords: dict[str, object], message: str) -> None:
    """A wrong type, zone or entry is refused when the configuration is made."""
    with pytest.raises(ValueError, match=message):
        SessionConfig(**keywords)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["MNQ", "mnq", "MNQU6", "CON.F.US.MNQ.U26", "F.US.MNQ"])
def test_a_product_by_any_of_its_names(name: str) -> None:
    """A ticker, a contract name, a contract id and a symbol id speak of the same product."""
    own = times("10:00", "11:00")
    assert SessionConfig().get_session_times(name) is DEFAULT_SESSIONS["MNQ"]
    assert SessionConfig(product_sessions={"MNQ": own}).get_session_times(name) == own
    assert SessionConfig(product_sessions={name: own}).get_session_times("MNQM7") == own
    assert SessionConfig(product_sessions={name: own}).get_session_times("ES") != own


@pytest.mark.parametrize("name", ["GF", "GFQ6", "CON.F.US.GF.Q26", "F.US.GF"])
def test_a_product_the_gateway_does_not_list(name: str) -> None:
    """Documented products beyond the gateway's list are found by the same names."""
    assert SessionConfig().get_session_times(name) is DEFAULT_SESSIONS["GF"]


@pytest.mark.parametrize("name", ["MNX", "", "index", "CON.F.US.NOPE.U26"])
def test_an_unknown_product_is_refused(name: str) -> None:
    """The error is a ValueError that names the product and what to do."""
    config = SessionConfig()
    for ask in (config.get_session_times, config.sessions_of):
        with pytest.raises(ValueError, match=f"no sessions are known for {name!r}"):
            ask(name)
    with pytest.raises(ValueError, match=r"did you mean MNQ"):
        config.is_market_open(at("2024-07-01T10:00"), "MNX")


@pytest.mark.parametrize(
    ("moment", "product", "session"),
    [
        ("2024-07-01T02:00", "ES", "ETH"),
        ("2024-07-01T08:30", "ES", "RTH"),
        ("2024-07-01T14:59:59", "ES", "RTH"),
        ("2024-07-01T15:00", "ES", "ETH"),
        ("2024-07-01T16:00", "ES", "BREAK"),
        ("2024-06-28T18:00", "ES", "BREAK"),
        ("2024-06-30T16:59", "ES", "BREAK"),
        ("2024-06-30T17:00", "ES", "ETH"),
        ("2024-01-01T10:00", "ES", "BREAK"),
        ("2024-07-04T10:00", "ES", "ETH"),
        ("2024-07-04T12:00", "ES", "BREAK"),
        ("2024-12-31T10:00", "ES", "RTH"),
        ("2024-07-02T07:50", "ZC", "BREAK"),
        ("2024-07-02T03:00", "LE", "BREAK"),
        ("2024-07-02T09:00", "LE", "RTH"),
        ("2024-07-01T15:30", "6E", "ETH"),
    ],
)
def test_the_current_session(moment: str, product: str, session: str) -> None:
    """Nights are ETH, and weekends, holidays and daily pauses are a break."""
    config = SessionConfig()
    assert config.get_current_session(at(moment), product) == session
    assert config.is_market_open(at(moment), product) == (session != "BREAK")
    regular = SessionConfig(session_type=SessionType.RTH)
    assert regular.is_market_open(at(moment), product) == (session == "RTH")


def test_the_zone_of_a_users_hours_counts() -> None:
    """Hours of the user's are on the clock of market_timezone, or UTC if that is asked for."""
    hours = {"ES": times("10:00", "11:00")}
    for zone, flag, opens in (
        ("America/New_York", True, "2024-07-01T14:00+00:00"),
        ("America/Chicago", True, "2024-07-01T15:00+00:00"),
        ("America/Chicago", False, "2024-07-01T10:00+00:00"),
    ):
        config = SessionConfig(SessionType.RTH, zone, flag, hours)
        moment = datetime.fromisoformat(opens)
        assert config.is_market_open(moment, "ES"), zone
        assert config.get_current_session(moment, "ES") == "RTH"
        assert not config.is_market_open(moment.replace(hour=moment.hour + 1), "ES")
        assert not config.is_market_open(moment.replace(hour=moment.hour - 1), "ES")


@pytest.mark.parametrize(
    ("symbol", "ticker"),
    [
        ("MNQU5", "MNQ"),
        ("CON.F.US.MNQ.U25", "MNQ"),
        ("F.US.EP", "ES"),
        (" zrh6 ", "ZR"),
        ("VX", "VX"),
    ],
)
def test_the_product_of_a_symbol(symbol: str, ticker: str) -> None:
    """Any name of a product or of a contract leads to its ticker; anything else is refused."""
    assert resolve_session_product(symbol) == ticker
    with pytest.raises(ValueError, match="no sessions are known for 'MNX'"):
        resolve_session_product("MNX")


def test_a_naive_datetime_is_refused() -> None:
    """A datetime without a zone could be several instants."""
    with pytest.raises(ValueError, match="no time zone"):
        SessionConfig().is_market_open(datetime(2024, 7, 1, 10), "ES")  # noqa: DTZ001
