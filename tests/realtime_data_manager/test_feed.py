"""Trades wait for history, within bounds."""

from __future__ import annotations

from project_x_py._core.bars import Bar, timeframe
from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py.realtime_data_manager import _feed
from project_x_py.realtime_data_manager._bars import ContractBars
from project_x_py.realtime_data_manager._feed import HOLD_NS, HOLD_TRADES, BarFeed
from project_x_py.realtime_data_manager._history import Past

START = parse_ns("2026-09-01T14:00:00Z")
NAMES = ("1sec", "1min")


def _made() -> BarFeed:
    return BarFeed(ContractBars([timeframe(name) for name in NAMES], 100), None)


def _trade(at_ns: int, price: int = 100) -> Trade:
    return Trade("C", price, 1, Aggressor.BUY, at_ns, at_ns)


def _bar(start_ns: int, price: int, volume: int) -> Bar:
    return Bar(start_ns, price, price, price, price, volume, 0, 0, 0)


def test_nothing_moves_while_trades_wait() -> None:
    """Neither trades nor the clock change a bar; the newest price is known all the same."""
    feed = _made()
    feed.take([_trade(START)], START)
    feed.hold()
    assert feed.take([_trade(START + NS, 107)], START + NS) == []
    assert feed.close_due(START + 2 * NS) == []
    assert feed.newest_waiting() == 107
    assert feed.newest_ns() == START + NS
    assert feed.bars.trades == 1
    events = feed.release(START + 3 * NS)
    assert [event.timeframe for event in events if event.closed] == ["1sec", "1sec"]
    assert feed.bars.trades == 2


def test_waiting_is_bounded_in_time_and_number() -> None:
    """When history does not come, bars go on with what there is."""
    feed = _made()
    feed.hold()
    feed.take([_trade(START)], START)
    assert feed.take([_trade(START + HOLD_NS)], START + HOLD_NS + 1) != []
    assert not feed.holding
    feed.hold()
    feed.take([_trade(START + HOLD_NS)] * (HOLD_TRADES + 1), START + HOLD_NS)
    assert not feed.holding
    assert feed.bars.trades == HOLD_TRADES + 3


def test_what_history_changes_is_told_once() -> None:
    """Different bars are amended, missing ones that were told of too, ended ones are closed."""
    feed = _made()
    feed.take([_trade(START), _trade(START + NS), _trade(START + 2 * NS)], START + 2 * NS)
    past = Past(
        {
            "1sec": [_bar(START, 100, 1), _bar(START + NS, 100, 5), _bar(START + 2 * NS, 99, 2)],
            "1min": [_bar(START, 100, 8)],
        },
        START + 3 * NS,
    )
    since = {"1sec": START, "1min": START}
    events = feed.replace(
        past, START + 4 * NS, since=since, told_ns=START + 2 * NS, why=_feed.BACKFILLED
    )
    seconds = [event for event in events if event.timeframe == "1sec"]
    assert [(e.amended is not None, e.closed is not None) for e in seconds] == [
        (True, False),
        (False, True),
    ]
    assert feed.bars.marks["1sec"] == {START + NS: "backfilled", START + 2 * NS: "backfilled"}
    assert not [event for event in events if event.timeframe == "1min"]
    forming = feed.bars.builders["1min"].forming
    assert forming is not None
    assert forming.volume == 8
    feed.take([_trade(START + 3 * NS), _trade(START + 4 * NS)], START + 4 * NS)
    forming = feed.bars.builders["1min"].forming
    assert forming is not None
    assert forming.volume == 9, "a trade from before the join is in history"
    assert feed.next_end_ns(START + 4 * NS) == START + 5 * NS
    assert feed.bars.newest_close() == 100
