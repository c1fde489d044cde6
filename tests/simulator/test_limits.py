"""Request budgets are sliding windows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.time import NS
from project_x_py.simulator._limits import Budget, FixedWindow, Limits, SlidingWindow
from project_x_py.simulator._rest_quirks import RestQuirks


@given(st.lists(st.integers(0, 3 * NS), max_size=200), st.integers(1, 8))
def test_no_window_holds_more_than_its_limit(gaps: list[int], limit: int) -> None:
    """However requests come, no stretch of the window's length lets more through."""
    window = SlidingWindow(Budget(limit, 10))
    now, passed = 0, []
    for gap in gaps:
        now += gap
        wait = window.wait_ns(now)
        if wait == 0:
            passed.append(now)
        else:
            assert 0 < wait <= 10 * NS
    for at in passed:
        assert sum(at <= other < at + 10 * NS for other in passed) <= limit


def test_a_refused_request_is_not_counted() -> None:
    """Knocking all the time is let in as soon as there is room."""
    window = SlidingWindow(Budget(1, 10))
    assert [window.wait_ns(second * NS) for second in (0, 3, 9, 10)] == [0, 7 * NS, NS, 0]


@pytest.mark.parametrize(("bucket", "limit"), [("history", 50), ("rest", 200)])
def test_the_gateways_budgets(bucket: str, limit: int) -> None:
    """History takes 50 requests in 30 s, everything else 200 in 60 s, without a hint."""
    limits = Limits()
    assert [limits.refusal(bucket, 0) for _ in range(limit)] == [None] * limit
    assert limits.refusal(bucket, 0) == {}
    assert limits.refusal("rest" if bucket == "history" else "history", 0) is None


def test_retry_after_is_whole_seconds() -> None:
    """A refusal that names the wait rounds it up."""
    limits = Limits(Budget(1, 30), Budget(1, 60), retry_after=True)
    limits.refusal("rest", 0)
    assert limits.refusal("rest", NS // 2) == {"Retry-After": "60"}


@given(st.lists(st.integers(0, 3 * NS), max_size=200), st.integers(1, 8))
def test_no_fixed_stretch_holds_more_than_its_limit(gaps: list[int], limit: int) -> None:
    """Stretches begin at whole multiples of their length, and a wait ends with its stretch."""
    window = FixedWindow(Budget(limit, 10))
    now, passed = 0, []
    for gap in gaps:
        now += gap
        wait = window.wait_ns(now)
        if wait == 0:
            passed.append(now // (10 * NS))
        else:
            assert (now + wait) % (10 * NS) == 0
    assert all(passed.count(stretch) <= limit for stretch in set(passed))


def test_budgets_may_be_each_token_s_and_each_route_s() -> None:
    """What is counted apart has room of its own; the longest unused count is forgotten."""
    quirks = RestQuirks(rate_scope="token", rate_pooled=False)
    limits = Limits(rest=Budget(1, 60), quirks=quirks)
    asked = [("a", "x"), ("a", "x"), ("b", "x"), ("a", "y")]
    answers = [limits.refusal("rest", 0, token=token, path=path) for token, path in asked]
    assert answers == [None, {}, None, None]
    for number in range(Limits.MAX_WINDOWS):
        assert limits.refusal("rest", 0, token=str(number), path="x") is None
    assert limits.refusal("rest", 0, token="a", path="x") is None
