"""The records that every other part passes around."""

from __future__ import annotations

import pytest

from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade


def test_records_are_frozen() -> None:
    """A record cannot be changed once it is made."""
    trade = Trade("CON.F.US.EP.H24", 19_201, 44, Aggressor.NONE, 1, 2)
    with pytest.raises(AttributeError):
        trade.price = 1  # type: ignore[misc]  # the point of the test
    assert trade == Trade("CON.F.US.EP.H24", 19_201, 44, Aggressor.NONE, 1, 2)


def test_a_sparse_quote_leaves_the_rest_unknown() -> None:
    """What a quote does not carry is None, never zero."""
    quote = Quote(contract_id="CON.F.US.EP.H24", exch_ns=1, recv_ns=2, bid=19_200)
    assert (quote.bid, quote.ask, quote.last, quote.volume) == (19_200, None, None, None)


def test_depth_levels_stay_in_order() -> None:
    """The levels of a message keep the order in which they apply."""
    levels = (DepthLevel(6, 0, 0, 1), DepthLevel(2, 19_200, 5, 1))
    assert Depth("CON.F.US.EP.H24", levels, 2).levels == levels
