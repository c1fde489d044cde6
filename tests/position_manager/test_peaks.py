"""Lowest and highest price while a contract is held."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project_x_py.position_manager._peaks import PeakBook


@given(st.lists(st.integers(-500, 500), min_size=1), st.lists(st.integers(-500, 500)))
def test_it_spans_the_prices_since_the_position_began(before: list[int], since: list[int]) -> None:
    """An earlier position leaves nothing, and contracts do not mix."""
    book = PeakBook()
    for price in before:
        book.take("one", price)
        book.take("other", price)
    book.begin("one")
    for price in since:
        book.take("one", price)
    assert book.seen("one") == ((min(since), max(since)) if since else None)
    assert book.seen("other") == (min(before), max(before))
