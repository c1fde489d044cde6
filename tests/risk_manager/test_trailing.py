"""Stops that follow."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project_x_py.risk_manager._trailing import Trail, tightened


@given(st.booleans(), st.lists(st.integers(-60, 60), min_size=1))
def test_a_stop_never_moves_away(is_long: bool, prices: list[int]) -> None:
    """It moves after the trigger only, towards the price only, and keeps its distance."""
    way = 1 if is_long else -1
    trail = Trail("c", 1, is_long, 0, -20 * way, 10, 15)
    reached = False
    for price in prices:
        reached = reached or way * price >= 15
        wanted = tightened(trail, price)
        if wanted is None:
            continue
        assert reached
        assert way * (wanted - trail.stop) > 0
        assert trail.best is not None
        assert way * (trail.best - wanted) == 10
        trail.stop = wanted
