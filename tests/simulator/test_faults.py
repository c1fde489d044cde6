"""Faults strike as often as asked for, and where."""

from __future__ import annotations

import pytest

from project_x_py.exceptions import ProjectXError
from project_x_py.simulator._faults import Faults


def test_a_refusal_strikes_so_often() -> None:
    """Two refusals answer two requests, the third is looked at."""
    faults = Faults()
    faults.refuse_next(503, times=2)
    struck = [faults.refusal("/api/Order/place") for _ in range(3)]
    assert [refusal and refusal.status for refusal in struck] == [503, 503, None]


def test_a_refusal_of_one_route_waits_for_it() -> None:
    """Other routes pass meanwhile; case does not matter."""
    faults = Faults()
    faults.refuse_next(429, route="/api/Order/Place", retry_after_s=2)
    assert faults.refusal("/api/Account/search") is None
    struck = faults.refusal("/api/order/place/")
    assert struck is not None
    assert struck.headers == {"Retry-After": "2"}


def test_a_refusal_of_any_route_leaves_hubs_alone() -> None:
    """A hub is refused only by name."""
    faults = Faults()
    faults.refuse_next(500)
    assert faults.refusal("/hubs/market") is None
    faults.refuse_next(502, route="/hubs/market")
    struck = faults.refusal("/hubs/market")
    assert struck is not None
    assert struck.status == 502


def test_mistakes_are_named() -> None:
    """A status that is no refusal and a hub that does not exist are errors."""
    faults = Faults()
    faults.attach("market", lambda: 0, lambda: None)
    with pytest.raises(ProjectXError, match="400 to 599"):
        faults.refuse_next(200)
    with pytest.raises(ProjectXError, match="the hubs are 'market'"):
        faults.mute("markets")


def test_a_hub_is_woken_when_it_may_speak_again() -> None:
    """Muting one hub leaves the other; unmuting tells the hub."""
    faults, woken = Faults(), []
    faults.attach("market", lambda: 2, lambda: woken.append("market"))
    faults.attach("user", lambda: 3, lambda: woken.append("user"))
    faults.mute("market")
    assert (faults.is_muted("market"), faults.is_muted("user")) == (True, False)
    faults.unmute()
    assert not faults.is_muted("market")
    assert woken == ["market", "user"]
    assert faults.drop_connections() == 5
