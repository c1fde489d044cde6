"""Flat is what the gateway has said, and said late enough."""

from __future__ import annotations

from tests.order_manager.facts import CONTRACT, held

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py.order_manager._holdings import Holdings


def test_flat_needs_a_statement_newer_than_the_fill() -> None:
    """One made before the fill, or hardly after it, proves nothing."""
    holdings = Holdings(1)
    assert not holdings.is_flat(CONTRACT, 0)
    holdings.hear_position(held(0, 5_000))
    assert not holdings.is_flat(CONTRACT, 5_000)
    holdings.hear_position(held(0, 5_000 + SETTLE_NS))
    assert not holdings.is_flat(CONTRACT, 5_000)
    holdings.hear_position(held(0, 5_001 + SETTLE_NS))
    assert holdings.is_flat(CONTRACT, 5_000)


def test_what_a_complete_list_lacks_is_flat() -> None:
    """As of the moment its read began, whatever the rows are stamped with."""
    holdings = Holdings(1)
    holdings.hear_positions((held(-2, 99),), 10)
    assert (holdings.net(CONTRACT), holdings.holds_positions()) == (-2, True)
    assert not holdings.is_flat(CONTRACT, 0)
    holdings.hear_positions((), SETTLE_NS + 20)
    assert (holdings.net(CONTRACT), holdings.holds_positions()) == (0, False)
    assert holdings.is_flat(CONTRACT, 19)
    assert not holdings.is_flat(CONTRACT, 20)


def test_an_older_statement_changes_nothing() -> None:
    """A list that began before a position was told of does not end it."""
    holdings = Holdings(1)
    holdings.hear_position(held(1, 100))
    holdings.hear_positions((), 50)
    assert holdings.net(CONTRACT) == 1
    assert not holdings.is_flat(CONTRACT, 0)
