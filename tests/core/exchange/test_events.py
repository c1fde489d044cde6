"""Rows, events and their digest."""

from __future__ import annotations

from decimal import Decimal

from tests.exchange_strategies import MS, PRODUCT, World

from project_x_py._core.exchange.events import events_digest


def lively() -> World:
    world = World(fees=True)
    world.bracket(2, 0, 12, tag="run")
    world.wait(10 * MS)
    world.sell(3, account_id=2)
    world.hit(0, 40)
    return world


def test_the_digest_is_the_same_on_every_python() -> None:
    """A fixed script of commands and market events has a fixed digest."""
    assert events_digest(lively().log) == (
        "0ddb2c48d15277823f0a2424f2cde4e7c70705aaf5740f6c3003df7172df8557"
    )


def test_the_digest_tells_any_difference() -> None:
    """Leaving out an event, or one more contract, changes it."""
    world = lively()
    assert events_digest(world.log) != events_digest(world.log[:-1])
    assert events_digest([]) != events_digest(world.log[:1])


def test_events_are_numbered() -> None:
    """Numbers count up by one from one, and times never go back."""
    log = lively().log
    assert [event.seq for event in log] == list(range(1, len(log) + 1))
    assert sorted(event.ns for event in log) == [event.ns for event in log]


def test_prices_of_rows_are_told_in_points() -> None:
    """A sweep of two levels averages off the grid; an order without fills has no price."""
    world = World()
    row = world.row(world.buy(12))
    assert row.filled_price(PRODUCT.grid) == Decimal(repr((96_001 * 10 + 96_002 * 2) / 12 * 0.25))
    (position,) = world.exchange.queries.positions(1)
    assert position.average_price(PRODUCT.grid) == row.filled_price(PRODUCT.grid)
    resting = world.order(1, 0, 1, limit=95_999).order_id
    assert resting is not None
    assert world.row(resting).filled_price(PRODUCT.grid) is None


def test_an_event_keeps_the_state_of_its_moment() -> None:
    """Rows told earlier do not change with the order."""
    world = World()
    order = world.order(1, 0, 2, limit=96_000).order_id
    before = world.log[-1].row
    assert order is not None
    world.hit(1, 30)
    assert world.row(order).filled == 2
    assert before.filled == 0  # type: ignore[union-attr]
