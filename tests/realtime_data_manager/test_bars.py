"""Every trade is in every timeframe once, and what ended or began is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.bars import timeframe
from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py.realtime_data_manager._bars import ContractBars

START = parse_ns("2026-09-01T14:00:00Z")
NAMES = ("1sec", "5sec", "1min")


def _bars() -> ContractBars:
    return ContractBars([timeframe(name) for name in NAMES], 1000)


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
        bars.add(_trade(now, price, size))
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
    assert [event.timeframe for event in bars.add(_trade(START, 10))] == list(NAMES)
    assert bars.add(_trade(START + NS // 2, 11)) == []
    (event,) = bars.add(_trade(START + NS, 12))
    assert event.timeframe == "1sec"
    assert event.closed is not None
    assert event.opened is not None
    assert (event.closed.open, event.closed.close, event.opened.open) == (10, 11, 12)


def test_the_clock_ends_what_is_due() -> None:
    """close_due ends the bars whose end has come; the next boundary is the shortest timeframe's."""
    bars = _bars()
    assert bars.next_end_ns(START) is None
    bars.add(_trade(START, 10))
    assert bars.next_end_ns(START) == START + NS
    assert [event.timeframe for event in bars.close_due(START + 5 * NS)] == ["1sec", "5sec"]
    assert bars.newest_close() == 10
