"""Days on which calendars go wrong, through the public filter."""

from __future__ import annotations

from datetime import UTC, timedelta

import polars as pl
import pytest
from tests.sessions.bars import at, minute_bars

from project_x_py.sessions import SessionType, aggregate_with_sessions, filter_session

PRODUCTS = {
    "index": "MNQ",
    "fx": "6E",
    "rates": "ZN",
    "energy": "CL",
    "metals": "GC",
    "crypto": "MBT",
    "grains": "ZC",
    "livestock": "LE",
}


def trade_day(day: str, product: str, kind: str = "ETH") -> tuple[int, str, str]:
    """Minutes in session of a trade date, and the Chicago clocks of the first and the last."""
    end = at(f"{day} 17:00")
    start = end - timedelta(days=1)
    moments = pl.datetime_range(
        start.astimezone(UTC), end.astimezone(UTC), "1m", closed="left", eager=True
    )
    frame = pl.DataFrame({"timestamp": moments})
    kept = filter_session(frame, kind, product)["timestamp"]
    if not len(kept):
        return 0, "", ""
    clocks = kept.dt.convert_time_zone("America/Chicago").dt.strftime("%H:%M")
    return len(kept), clocks[0], clocks[-1]


def last_minutes(day: str, kind: str = "ETH") -> dict[str, str]:
    """The last minute of each group on a trade date; none where it is closed."""
    return {group: trade_day(day, product, kind)[2] for group, product in PRODUCTS.items()}


@pytest.mark.parametrize(
    ("friday", "monday", "utc_hours"),
    [
        ("2024-03-08", "2024-03-11", (14, 13)),
        ("2024-11-01", "2024-11-04", (13, 14)),
        ("2025-03-07", "2025-03-10", (14, 13)),
        ("2026-10-30", "2026-11-02", (13, 14)),
    ],
)
def test_clock_change_weekends(friday: str, monday: str, utc_hours: tuple[int, int]) -> None:
    """Both days open at 08:30 in Chicago, an hour of UTC apart, and are as long as ever."""
    for day, hour in zip((friday, monday), utc_hours, strict=True):
        assert at(f"{day} 08:30").astimezone(UTC).hour == hour
        assert trade_day(day, "ES") == (1380, "17:00", "15:59")
        assert trade_day(day, "ES", "RTH") == (390, "08:30", "14:59")
        assert trade_day(day, "ZC") == (765 + 290, "19:00", "13:19")


def test_thanksgiving_2024() -> None:
    """Thursday halts at noon or 13:30, Friday ends early, and grains miss their evening."""
    assert last_minutes("2024-11-28") == {
        "index": "11:59",
        "fx": "15:59",
        "rates": "11:59",
        "energy": "13:29",
        "metals": "13:29",
        "crypto": "15:59",
        "grains": "",
        "livestock": "",
    }
    assert set(last_minutes("2024-11-28", "RTH").values()) == {""}
    assert last_minutes("2024-11-29") == {
        "index": "12:14",
        "fx": "12:14",
        "rates": "12:14",
        "energy": "12:44",
        "metals": "12:44",
        "crypto": "12:44",
        "grains": "12:04",
        "livestock": "12:04",
    }
    assert trade_day("2024-11-29", "ES", "RTH") == (225, "08:30", "12:14")
    assert trade_day("2024-11-29", "ZC") == (215, "08:30", "12:04")


def test_christmas_2024() -> None:
    """The eve ends early, the day is closed, and only grains wait until the next morning."""
    assert last_minutes("2024-12-24") == {
        "index": "12:14",
        "fx": "12:14",
        "rates": "12:14",
        "energy": "12:44",
        "metals": "12:44",
        "crypto": "12:14",
        "grains": "12:04",
        "livestock": "12:04",
    }
    assert set(last_minutes("2024-12-25").values()) == {""}
    assert trade_day("2024-12-26", "ES") == (1380, "17:00", "15:59")
    assert trade_day("2024-12-26", "ZC") == (290, "08:30", "13:19")


def test_a_christmas_eve_on_a_friday_is_the_holiday() -> None:
    """In 2021 Christmas was a Saturday: Friday is closed, and Thursday as always."""
    assert set(last_minutes("2021-12-24").values()) == {""}
    assert trade_day("2021-12-23", "ES") == (1380, "17:00", "15:59")


@pytest.mark.parametrize("day", ["2022-04-15", "2024-03-29", "2025-04-18", "2027-03-26"])
def test_good_friday_is_closed(day: str) -> None:
    """Without an employment report nothing trades."""
    assert set(last_minutes(day).values()) == {""}


@pytest.mark.parametrize("day", ["2023-04-07", "2026-04-03"])
def test_good_friday_with_an_employment_report(day: str) -> None:
    """Financial products trade for a short morning, and there is no regular session."""
    last = last_minutes(day)
    assert last["index"] == "08:14"
    assert last["fx"] == last["rates"] == last["crypto"] == "10:14"
    assert last["energy"] == last["metals"] == last["grains"] == last["livestock"] == ""
    assert set(last_minutes(day, "RTH").values()) == {""}


def test_days_of_mourning() -> None:
    """Index futures end at 08:30; rates are closed in 2018 and short in 2025; gold is as ever."""
    assert trade_day("2018-12-05", "ES") == (930, "17:00", "08:29")
    assert trade_day("2018-12-05", "ES", "RTH")[0] == 0
    assert trade_day("2018-12-05", "ZN")[0] == 0
    assert trade_day("2025-01-09", "ZN")[2] == "12:14"
    assert trade_day("2025-01-09", "GC", "RTH")[0] == 310


def test_new_year_and_independence_day() -> None:
    """1 January is closed, 4 July halts, and 31 December is a usual day."""
    assert set(last_minutes("2024-01-01").values()) == {""}
    assert trade_day("2024-12-31", "ES", "RTH") == (390, "08:30", "14:59")
    assert trade_day("2024-07-04", "ES") == (1140, "17:00", "11:59")
    assert trade_day("2024-07-04", "ES", "RTH")[0] == 0


def test_friday_evening_is_closed_and_sunday_evening_open() -> None:
    """The week ends on Friday at 16:00; Monday's trade date begins on Sunday."""
    moments = [at("2024-06-28 18:00"), at("2024-06-29 12:00"), at("2024-06-30 17:00")]
    frame = pl.DataFrame(
        {"timestamp": moments}, schema={"timestamp": pl.Datetime("us", "America/Chicago")}
    )
    assert filter_session(frame, "ETH", "ES")["timestamp"].to_list() == moments[2:]


async def test_a_day_of_clock_change_has_its_hourly_bars() -> None:
    """The session after a clock change has 23 bars of an hour, as any other."""
    data = minute_bars("2024-03-08 17:00", 71)
    made = await aggregate_with_sessions(data, "1hr", SessionType.ETH)
    assert made.height == 23
    assert made["timestamp"][0] == at("2024-03-10 17:00")
