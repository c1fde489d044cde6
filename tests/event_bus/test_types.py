"""The names of events are the documented ones."""

from __future__ import annotations

import copy
import pickle

import pytest

from project_x_py.event_bus import EventType
from project_x_py.event_bus._types import CONFLATED, UNBOUNDED, event_name, known_event, normalise

NAMES = """
new_bar data_update quote_update trade_tick orderbook_update market_depth_update order_placed
order_filled order_partial_fill order_cancelled order_rejected order_expired order_modified
position_opened position_closed position_updated position_pnl_update risk_limit_warning
risk_limit_exceeded stop_loss_triggered take_profit_triggered connected disconnected reconnecting
authenticated error warning memory_warning rate_limit_warning latency_warning
"""
DOCUMENTED = NAMES.split()


def test_members_are_the_documented_ones_and_three_more() -> None:
    """Each documented member is its value in capitals; three events come on top."""
    assert len(DOCUMENTED) == 30
    expected = {*DOCUMENTED, "bar_closed", "feed_stale", "feed_gap"}
    assert {member.value for member in EventType} == expected
    assert all(member.name == member.value.upper() for member in EventType)


@pytest.mark.checklist(55)
def test_position_update_is_an_alias() -> None:
    """POSITION_UPDATE is POSITION_UPDATED itself."""
    assert EventType.POSITION_UPDATE is EventType.POSITION_UPDATED
    assert EventType["POSITION_UPDATE"].value == "position_updated"


def test_members_stay_themselves_as_keys_and_through_copies() -> None:
    """A member found by value, unpickled or copied is the same dictionary key."""
    table = {member: member.value for member in EventType}
    for member in EventType:
        same = (EventType(member.value), pickle.loads(pickle.dumps(member)), copy.deepcopy(member))
        assert [table[one] for one in same] == [member.value] * 3


def test_names_become_members() -> None:
    """A value becomes its member, a name of one's own stays, anything else is refused."""
    assert normalise("new_bar") is EventType.NEW_BAR
    assert normalise(EventType.NEW_BAR) is EventType.NEW_BAR
    assert normalise("my_signal") == "my_signal"
    assert [event_name(kind) for kind in (EventType.ERROR, "mine")] == ["error", "mine"]
    with pytest.raises(ValueError, match="not 7"):
        normalise(7)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("wrong", "close"),
    [("new_bars", "new_bar"), ("NEW_BAR", "new_bar"), ("stop_adjust", "stop_adjusted")],
)
def test_unknown_names_are_refused_with_close_matches(wrong: str, close: str) -> None:
    """A mistyped name is refused and the likely one is shown."""
    with pytest.raises(ValueError, match=rf"'{wrong}'.*{close}"):
        known_event(wrong, frozenset())


def test_known_names() -> None:
    """The risk manager's names and names subscribed to are known."""
    assert known_event("trade_recorded", frozenset()) == "trade_recorded"
    assert known_event("mine", frozenset({"mine"})) == "mine"
    with pytest.raises(ValueError, match=r"unknown event 'mine'$"):
        known_event("mine", frozenset())


def test_no_event_of_money_is_conflated() -> None:
    """Only the four kinds of market state are conflated, and none that may wait without limit."""
    assert {member.value for member in CONFLATED} == {
        "quote_update",
        "orderbook_update",
        "market_depth_update",
        "data_update",
    }
    assert not CONFLATED & UNBOUNDED
    money = {m for m in EventType if m.value.startswith(("order_", "position_"))}
    assert money == UNBOUNDED
