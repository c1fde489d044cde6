"""The past of simulated contracts: sane bars that add up to each other."""

from __future__ import annotations

from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from project_x_py._core.bars import Bar, BarBuilder
from project_x_py._core.calendar import calendar_for
from project_x_py._core.products import PRODUCTS
from project_x_py._core.records import Aggressor
from project_x_py._core.time import DAY_NS, HOUR_NS, MINUTE_NS, NS, parse_ns
from project_x_py._core.timeframes import bar_start, timeframe, timeframe_of
from project_x_py.simulator._history import BarHistory, DayState
from project_x_py.simulator._profiles import MINUTES, day_shape, profile_for
from project_x_py.simulator._rows import LiveRows, minutes_of

LIVE_NS = parse_ns("2026-09-10T15:31:27Z")
PRICE = 96_000


def history(ticker: str = "MNQ", *, seed: int = 1, live_ns: int = LIVE_NS) -> BarHistory:
    """A history that joins a market at ``PRICE``."""
    calendar = calendar_for(ticker)
    return BarHistory(profile_for(ticker), calendar, seed=seed, live_ns=live_ns, price=PRICE)


def past(
    store: BarHistory, unit: int, number: int, days: float, now_ns: int = LIVE_NS
) -> list[Bar]:
    """Closed bars of the last days, oldest first."""
    start = now_ns - int(days * DAY_NS)
    return store.bars(unit, number, start, now_ns, 10**9, False, now_ns)[::-1]


def merged(bars: list[Bar], unit: int, number: int) -> list[Bar]:
    """Bars of a longer timeframe, by the plain definition."""
    tf = timeframe_of(unit, number)
    found = []
    for start, group in groupby(bars, lambda bar: bar_start(tf, bar.start_ns)):
        parts = list(group)
        found.append(
            Bar(
                start,
                parts[0].open,
                max(bar.high for bar in parts),
                min(bar.low for bar in parts),
                parts[-1].close,
                *(sum(getattr(bar, f) for bar in parts) for f in Bar.__struct_fields__[5:]),
            )
        )
    return found


@pytest.mark.parametrize("ticker", ["MNQ", "ZC", "HE", "QM", "MBT"])
def test_past_ends_with_the_first_price(ticker: str) -> None:
    """The newest close is the price that the market starts at; bars are sane and in sessions."""
    bars, calendar = past(history(ticker), 2, 1, 5), calendar_for(ticker)
    assert bars[-1].close == PRICE
    assert len(bars) > 300
    for bar in bars:
        assert calendar.is_open(bar.start_ns)
        assert bar.low <= min(bar.open, bar.close) <= max(bar.open, bar.close) <= bar.high
        assert 0 < bar.trades <= bar.volume == bar.buy_volume + bar.sell_volume
        assert bar.trades > 1 or bar.low == bar.high
    starts = [bar.start_ns for bar in bars]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize(("unit", "number"), [(2, 5), (2, 7), (3, 1), (3, 4), (4, 1), (5, 1)])
def test_longer_bars_are_made_of_minutes(unit: int, number: int) -> None:
    """Every longer bar equals the aggregation of the minutes in it."""
    store = history()
    first = bar_start(timeframe("1week"), LIVE_NS - 20 * DAY_NS)
    minutes = store.bars(2, 1, first, LIVE_NS, 10**9, True, LIVE_NS)[::-1]
    longer = store.bars(unit, number, first, LIVE_NS, 10**9, True, LIVE_NS)[::-1]
    assert longer == [bar for bar in merged(minutes, unit, number) if bar.start_ns >= first]


def test_old_hours_are_made_of_the_same_days() -> None:
    """Beyond the minutes there are hours for a year, and days and months are made of them."""
    store = history()
    hours, days = past(store, 3, 1, 400), past(store, 4, 1, 400)
    assert LIVE_NS - hours[0].start_ns > 360 * DAY_NS
    assert past(store, 2, 1, 400)[0].start_ns > LIVE_NS - 65 * DAY_NS
    assert [bar for bar in merged(hours, 4, 1) if bar in days] == days
    months = past(store, 6, 1, 400)
    assert [bar for bar in merged(days, 6, 1) if bar in months] == months
    assert len(months) >= 11


@pytest.mark.parametrize("ticker", ["MNQ", "QM"])
def test_seconds_add_up_to_minutes(ticker: str) -> None:
    """Seconds of the last day aggregate to exactly the minutes, and a lone print is flat."""
    store = history(ticker)
    seconds, minutes = past(store, 1, 1, 0.9), past(store, 2, 1, 0.9)
    assert merged(seconds, 2, 1)[1:] == minutes[-len(merged(seconds, 2, 1)) + 1 :]
    assert all(bar.trades > 1 or bar.low == bar.high for bar in seconds)
    assert (
        past(store, 1, 15, 0.5)
        == [bar for bar in merged(seconds, 1, 15) if bar.start_ns >= LIVE_NS - DAY_NS // 2][
            : len(past(store, 1, 15, 0.5))
        ]
    )
    assert past(store, 1, 1, 3)[0].start_ns >= LIVE_NS - DAY_NS


def test_days_do_not_depend_on_the_order_of_questions() -> None:
    """Asking for little first, or for everything at once, gives the same bars."""
    bit, all_at_once = history(), history()
    past(bit, 2, 1, 1)
    assert past(bit, 2, 1, 63) == past(all_at_once, 2, 1, 63)
    assert past(history(seed=2), 2, 1, 1) != past(bit, 2, 1, 1)


def test_newest_are_kept_and_bounds_are_half_open() -> None:
    """``start <= t < end``, newest first, the newest ``limit``."""
    store = history()
    minute = LIVE_NS - LIVE_NS % MINUTE_NS
    bars = store.bars(2, 1, minute - 5 * MINUTE_NS, minute - MINUTE_NS, 100, False, LIVE_NS)
    assert [minute - bar.start_ns for bar in bars] == [k * MINUTE_NS for k in (2, 3, 4, 5)]
    assert store.bars(2, 1, 0, LIVE_NS, 3, False, LIVE_NS) == past(store, 2, 1, 1)[:-4:-1]
    assert store.bars(2, 1, LIVE_NS, LIVE_NS - 1, 3, False, LIVE_NS) == []
    assert store.bars(2, 1, 0, LIVE_NS, 0, False, LIVE_NS) == []
    assert store.bars(2, 1, LIVE_NS + DAY_NS, LIVE_NS + 2 * DAY_NS, 9, True, LIVE_NS) == []


@pytest.mark.parametrize(("unit", "number"), [(0, 1), (7, 1), (2, 0)])
def test_unknown_units_are_refused(unit: int, number: int) -> None:
    """There are seconds to months, at least one of them."""
    with pytest.raises(ValueError, match=r"unit"):
        history().bars(unit, number, 0, LIVE_NS, 10, False, LIVE_NS)


def test_forming_bar_only_on_request() -> None:
    """A bar that has not ended is told with ``partial`` alone, and never one after now."""
    store = history()
    store.add_trade(PRICE + 1, 2, Aggressor.BUY, LIVE_NS + NS)
    store.add_trade(PRICE - 1, 3, Aggressor.SELL, LIVE_NS + 2 * NS)
    now = LIVE_NS + 3 * NS
    minute = LIVE_NS - LIVE_NS % MINUTE_NS
    forming = store.bars(2, 1, minute, now, 5, True, now)
    assert forming == [Bar(minute, PRICE + 1, PRICE + 1, PRICE - 1, PRICE - 1, 5, 2, 2, 3)]
    assert store.bars(2, 1, minute, now, 5, False, now) == []
    later = minute + MINUTE_NS
    assert store.bars(2, 1, minute, later, 5, False, later) == forming
    assert store.bars(2, 1, 0, LIVE_NS, 1, False, LIVE_NS)[0].start_ns < minute


@settings(max_examples=60)
@given(
    trades=st.lists(
        st.tuples(
            st.integers(-9, 9), st.integers(0, 4), st.sampled_from(Aggressor), st.integers(0, 400)
        ),
        min_size=1,
        max_size=60,
    ),
    unit=st.sampled_from([(1, 1), (1, 30), (2, 1), (2, 2)]),
)
def test_live_bars_are_those_of_the_trades(
    trades: list[tuple[int, int, Aggressor, int]], unit: tuple[int, int]
) -> None:
    """Bars since the start equal those of the client's builder, with trades in exchange order."""
    live = LIVE_NS - LIVE_NS % HOUR_NS
    store, builder = history(live_ns=live), BarBuilder(timeframe_of(*unit), 1000)
    for away, size, aggressor, second in sorted(trades, key=lambda trade: trade[3]):
        store.add_trade(PRICE + away, size, aggressor, live + second * NS)
        builder.add(PRICE + away, size, aggressor, live + second * NS)
    now = live + HOUR_NS // 2
    builder.close_due(now)
    expected = [builder.series.bar(k) for k in range(len(builder.series))]
    assert store.bars(*unit, live, now, 1000, True, now)[::-1] == expected


def test_late_trade_goes_into_its_own_second() -> None:
    """A trade older than the newest second is counted where it belongs."""
    rows = LiveRows()
    rows.add(10, 1, Aggressor.BUY, 100 * NS)
    rows.add(12, 1, Aggressor.BUY, 105 * NS)
    rows.add(9, 2, Aggressor.SELL, 102 * NS)
    rows.add(13, 1, Aggressor.NONE, 100 * NS)
    table = rows.table(0)
    assert table[0].tolist() == [100 * NS, 102 * NS, 105 * NS]
    assert table[:, 0].tolist()[1:] == [10, 13, 10, 13, 2, 2, 1, 0]
    assert table[:, 1].tolist()[1:] == [9, 9, 9, 9, 2, 1, 0, 2]


def test_old_seconds_become_minutes() -> None:
    """Seconds are kept for a day; what they were made of stays in the minutes."""
    rows = LiveRows()
    start = parse_ns("2026-09-01T00:00:00Z")
    for second in range(2 * 86_400 + 100):
        price = 1000 + second * second % 37
        rows.add(price, 1, Aggressor.BUY, start + second * NS)
    assert rows.seconds(0)[0, 0] >= start + DAY_NS - MINUTE_NS
    minutes = minutes_of(rows.table(0))
    assert minutes[0, 0] == start
    assert minutes[5].sum() == 2 * 86_400 + 100
    rows.add(5000, 1, Aggressor.BUY, start)
    assert minutes_of(rows.table(0))[2].max() == 5000


def test_day_state_is_the_day_so_far() -> None:
    """Open, high, low, last and volume of the running day, and the close before it."""
    store = history()
    day = past(store, 4, 1, 5)[-1]
    forming = store.bars(4, 1, day.start_ns + HOUR_NS, LIVE_NS, 1, True, LIVE_NS)[0]
    assert store.day_state(LIVE_NS) == DayState(
        forming.open, forming.high, forming.low, PRICE, forming.volume, day.close
    )


def test_first_minute_of_a_day_has_only_a_close_before_it() -> None:
    """At 17:00 nothing has traded yet, and the last price is the previous close."""
    opening = parse_ns("2026-09-10T22:00:00Z")
    state = history(live_ns=opening).day_state(opening)
    assert state == DayState(None, None, None, PRICE, 0, PRICE)


def test_holiday_has_no_bars() -> None:
    """Thanksgiving's afternoon and Christmas Day are closed in the past, too."""
    live = parse_ns("2026-12-28T15:00:00Z")
    starts = [bar.start_ns for bar in past(history(live_ns=live), 2, 1, 40, live)]
    for closed in ("2026-12-25T12:00:00Z", "2026-12-26T12:00:00Z", "2026-12-21T22:30:00Z"):
        instant = parse_ns(closed)
        assert not any(instant <= start < instant + 20 * MINUTE_NS for start in starts)


def test_volume_has_a_shape_over_the_day() -> None:
    """Regular hours trade more than the night, their open more than noon."""
    bars = past(history(), 2, 30, 30)
    by_hour: dict[int, list[int]] = {}
    for bar in bars:
        by_hour.setdefault(bar.start_ns // MINUTE_NS % 1440 // 30, []).append(bar.volume)
    mean = {half: sum(volumes) / len(volumes) for half, volumes in by_hour.items()}
    night, opening, noon = mean[8], mean[27], mean[34]
    assert opening > 1.5 * noon > 1.5 * night


def test_every_listed_product_has_a_profile() -> None:
    """No product of the gateway's list lacks a market, and none is off its grid or too coarse."""
    for product in PRODUCTS:
        profile = profile_for(product.ticker)
        ticks = profile.level / float(product.tick_size)
        assert 500 < ticks < 200_000
        assert profile.group == product.group
        shape = day_shape(profile.group)
        assert len(shape) == MINUTES
        assert 0.8 < sum(sorted(shape)[-300:]) / 300 < 1.6


@pytest.mark.parametrize("unit", [1, 2, 3, 4])
def test_a_past_that_is_made_in_steps_is_the_same(unit: int) -> None:
    """Steps make it some days at a time, may be left, and leave nothing for the question to do."""
    whole, stepped = history(), history()
    expected = past(whole, unit, 1, 400)
    steps = stepped.prepare(unit, 0, LIVE_NS)
    next(steps)
    before = stepped.bars(4, 1, LIVE_NS - 5 * DAY_NS, LIVE_NS, 10, True, LIVE_NS)
    assert before == whole.bars(4, 1, LIVE_NS - 5 * DAY_NS, LIVE_NS, 10, True, LIVE_NS)
    left = sum(1 for _ in steps)
    assert (left > 3) == (unit > 1)
    assert list(stepped.prepare(unit, 0, LIVE_NS)) == []
    assert past(stepped, unit, 1, 400) == expected
    assert list(stepped.prepare(unit, LIVE_NS, LIVE_NS)) == []
