"""Outages as objects."""

import pytest

from project_x_py._core.gaps import MARKET_KINDS, FeedGap, GapReason


def gap(**changes: object) -> FeedGap:
    values = {
        "hub": "market",
        "contract_id": "CON.F.US.EP.U26",
        "from_ns": 1_000,
        "reason": GapReason.SILENT,
        "missed": MARKET_KINDS,
    }
    return FeedGap(**{**values, **changes})


def test_it_is_open_until_it_is_closed() -> None:
    """Closing sets the end and leaves the rest."""
    opened = gap()
    closed = opened.closed(2_000)
    assert opened.is_open
    assert not closed.is_open
    assert (closed.from_ns, closed.to_ns, closed.reason) == (1_000, 2_000, GapReason.SILENT)


def test_it_never_ends_before_it_began() -> None:
    """A clock that stepped back gives an empty gap."""
    assert gap().closed(500).to_ns == 1_000


def test_it_closes_once() -> None:
    """A second end is a mistake of the caller."""
    with pytest.raises(ValueError, match="closed already"):
        gap().closed(2_000).closed(3_000)
    with pytest.raises(ValueError, match="user"):
        gap(hub="user", contract_id=None).closed(2_000).closed(3_000)


def test_what_was_read_anew_is_named_once() -> None:
    """Kinds add up in the hub's order; kinds that were not missed are left out."""
    told = gap().with_backfilled(("depth",)).with_backfilled(("trades", "depth", "orders"))
    assert told.backfilled == ("trades", "depth")
