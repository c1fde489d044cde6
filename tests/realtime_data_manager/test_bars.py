"""Every trade is in every timeframe once, and what ended or began is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.bars import timeframe
from project_x_py._core.calendar import calendar_for
from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py.realtime_data_manager._bars import ContractBars

START = parse_ns("2026-09-01T14:00:00Z")
NAMES = ("1sec", "5sec", "1min")


def _bars(late_ns: int = 3600 * NS) -> ContractBars:
    return ContractBars([timeframe(name) for name in NAMES], 1000, late_ns)


def _trade(at_ns: int, price: int, size: int = 1) -> Trade:
    return Trade("C", price, size, Aggressor.BUY, at_ns, at_ns)


@given(
    st.lists(
        st.tuples(st.integers(-2 * NS, 9 * NS), st.integers(-50, 50), st.integers(0, 9)),
        min_size=1,
        max_size=80,
    )
)
def test_volume_and_count_are_the_same_in_every_timeframe(
    steps: list[tuple[int, int, int]],
) -> None:
    """However trades come, each timeframe holds all of them; the last price is the newest one's."""
    bars, now, newest = _bars(), START, (-1, 0)
    for step, price, size in steps:
        now = max(START, now + step)
        bars.add([_trade(now, price, size)])
        if now >= newest[0]:
            newest = (now, price)
    for builder in bars.builders.values():
        held = [builder.series.bar(i) for i in range(len(builder.series))]
        held += [builder.forming] if builder.forming is not None else []
        assert sum(bar.trades for bar in held) == len(steps)
        assert sum(bar.volume for bar in held) == sum(size for _, _, size in steps)
    assert bars.last_price == newest[1]


def test_events_tell_each_bar_that_ended_and_began() -> None:
    """A trade of a later second ends and begins the bars whose time it passes, and no others."""
    bars = _bars()
    assert [event.timeframe for event in bars.add([_trade(START, 10)])] == list(NAMES)
    assert bars.add([_trade(START + NS // 2, 11)]) == []
    (event,) = bars.add([_trade(START + NS, 12)])
    assert event.timeframe == "1sec"
    assert event.closed is not None
    assert event.opened is not None
    assert (event.closed.open, event.closed.close, event.opened.open) == (10, 11, 12)


def test_the_clock_ends_what_is_due() -> None:
    """close_due ends the bars whose end has come; the next boundary is the shortest timeframe's."""
    bars = _bars()
    assert bars.next_end_ns(START) is None
    bars.add([_trade(START, 10)])
    assert bars.next_end_ns(START) == START + NS
    assert [event.timeframe for event in bars.close_due(START + 5 * NS)] == ["1sec", "5sec"]
    assert bars.newest_close() == 10


def test_a_late_trade_amends_every_timeframe_or_none() -> None:
    """Within the watermark it is in its bars, told of once a message; beyond it, in no bar."""
    bars = _bars(late_ns=10 * NS)
    bars.add([_trade(START, 10), _trade(START + 7 * NS, 12)])
    events = bars.add([_trade(START + NS // 2, 20), _trade(START + NS // 2, 25)])
    assert [(e.timeframe, e.amended.high if e.amended else None) for e in events] == [
        ("1sec", 25),
        ("5sec", 25),
    ]
    assert bars.marks["1sec"] == {START: "late"}
    bars.add([_trade(START + 70 * NS, 13)])
    before = {name: builder.version for name, builder in bars.builders.items()}
    assert bars.add([_trade(START + 59 * NS, 99)]) == []
    assert {name: builder.version for name, builder in bars.builders.items()} == before
    assert bars.too_late == 1


def test_trades_that_history_holds_are_not_counted_again() -> None:
    """A trade from before the join moves the last price and no bar."""
    bars = _bars()
    bars.joined_ns = START + NS
    assert bars.add([_trade(START, 10)]) == []
    assert (bars.last_price, bars.trades) == (10, 0)
    assert len(bars.add([_trade(START + NS, 11)])) == len(NAMES)


def test_marks_are_bounded() -> None:
    """However many bars are amended, only marks of bars that are held are kept."""
    bars = ContractBars([timeframe("1sec")], 5, 3600 * NS)
    for second in range(100):
        bars.add([_trade(START + second * NS, 10)])
        bars.add([_trade(START + (second - 1) * NS, 9)])
    assert len(bars.marks["1sec"]) <= 11


def test_a_session_that_is_over_ends_its_bars() -> None:
    """At Friday's close the bars of the week's end are over: no trade can come before they end."""
    friday_close = parse_ns("2026-09-04T21:00:00Z")
    bars = ContractBars([timeframe(name) for name in ("1min", "4hr", "1day", "1week")], 10)
    calendar = calendar_for("ES")
    bars.add([_trade(friday_close - NS, 10)])
    assert bars.next_end_ns(friday_close - NS, calendar) == friday_close
    ended = bars.close_due(friday_close, calendar)
    assert [event.timeframe for event in ended] == ["1min", "4hr", "1day", "1week"]
    assert bars.next_end_ns(friday_close, calendar) is None


def test_the_daily_break_ends_the_day_and_not_the_week() -> None:
    """At a weekday's close the day's bars end; the week goes on after the break."""
    close = parse_ns("2026-09-02T21:00:00Z")
    bars = ContractBars([timeframe(name) for name in ("1hr", "1day", "1week")], 10)
    bars.add([_trade(close - NS, 10)])
    ended = bars.close_due(close, calendar_for("ES"))
    assert [event.timeframe for event in ended] == ["1hr", "1day"]
