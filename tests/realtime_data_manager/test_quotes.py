"""Sparse quotes add up: what was known once stays known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.records import Quote
from project_x_py.realtime_data_manager._quotes import MergedQuote

FIELDS = ("bid", "ask", "last")
SPARSE = st.fixed_dictionaries(
    {}, optional={name: st.integers(-9, 9) for name in (*FIELDS, "volume")}
)


@given(st.lists(SPARSE, max_size=20))
def test_the_newest_known_value_of_each_field_stays(updates: list[dict[str, int]]) -> None:
    """After any updates each field is the last one that was sent, None if none was."""
    merged = MergedQuote()
    for at, update in enumerate(updates):
        merged.merge(Quote(contract_id="C", exch_ns=at, recv_ns=at, **update))
    for name in FIELDS:
        sent = [update[name] for update in updates if name in update]
        assert getattr(merged, name) == (sent[-1] if sent else None)
    volumes = [update["volume"] for update in updates if "volume" in update]
    assert merged.volume == (volumes[-1] if volumes else 0)


def test_the_last_price_is_the_newest_of_trades_and_quotes() -> None:
    """A sparse quote after a trade tells the trade's price; a late trade does not hide a quote."""
    merged = MergedQuote()
    merged.merge(Quote(contract_id="C", exch_ns=1, recv_ns=1, bid=8, last=9))
    merged.trade(16, 2)
    merged.merge(Quote(contract_id="C", exch_ns=3, recv_ns=3, bid=7))
    assert (merged.bid, merged.last) == (7, 16)
    merged.merge(Quote(contract_id="C", exch_ns=5, recv_ns=5, last=10))
    merged.trade(17, 4)
    assert merged.last == 10


def test_the_middle_needs_both_sides() -> None:
    """It is down to a tick, and none is told of crossed prices."""
    merged = MergedQuote()
    merged.merge(Quote(contract_id="C", exch_ns=1, recv_ns=1, bid=8))
    assert merged.middle() is None
    merged.merge(Quote(contract_id="C", exch_ns=2, recv_ns=2, ask=11))
    assert merged.middle() == 9
    merged.merge(Quote(contract_id="C", exch_ns=3, recv_ns=3, ask=8))
    assert merged.middle() is None


def test_a_price_beyond_any_is_left_out_and_counted() -> None:
    """It changes nothing, in either direction; what else the update tells is taken."""
    merged = MergedQuote()
    merged.merge(Quote(contract_id="C", exch_ns=1, recv_ns=1, bid=8, ask=9, last=8, volume=3))
    worst = Quote(contract_id="C", exch_ns=2, recv_ns=2, bid=-(10**300), ask=10, last=10**300)
    merged.merge(worst)
    assert (merged.bid, merged.ask, merged.last, merged.volume) == (8, 10, 8, 3)
    assert (merged.exch_ns, merged.refused) == (2, 2)
