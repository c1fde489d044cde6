"""What the platform does for positions."""

from __future__ import annotations

from decimal import Decimal

import pytest
from tests.exchange_strategies import MS, PRICE, World, kinds

from project_x_py._core.exchange.accounts import AccountSpec, PositionBracket
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import BracketMode, OrderStatus

MARKET, STOP, LIMIT = 2, 4, 1


def guarded(stop: int | None = 8, target: int | None = 12, **quirks: object) -> World:
    spec = AccountSpec(
        id=1,
        name="A",
        balance=Decimal(50_000),
        bracket_mode=BracketMode.POSITION,
        position_bracket=PositionBracket(stop_ticks=stop, target_ticks=target),
    )
    return World(accounts=(spec,), quirks=dict(quirks))


def working(world: World) -> list[tuple[int, int, int, int | None]]:
    return [
        (o.type, o.side, o.size - o.filled, o.stop if o.type == STOP else o.limit)
        for o in world.exchange.queries.open_orders(1)
    ]


def test_a_position_gets_a_stop_and_a_target() -> None:
    """Plain orders without parent and tag, at distances from the average, of its size."""
    world = guarded()
    world.buy(3)
    assert working(world) == [(STOP, SELL, 3, PRICE - 7), (LIMIT, SELL, 3, PRICE + 13)]
    rows = world.exchange.queries.open_orders(1)
    assert [(r.parent_id, r.linked_id, r.custom_tag) for r in rows] == [(None, None, None)] * 2


def test_guards_follow_the_size_and_go_with_the_position() -> None:
    """Adding and reducing resizes them; flat cancels both; a turn makes new ones."""
    world = guarded()
    world.buy(3)
    world.buy(2)
    assert [row[2] for row in working(world)] == [5, 5]
    world.sell(4)
    assert [row[2] for row in working(world)] == [1, 1]
    world.sell(3)
    assert working(world) == [(STOP, BUY, 2, PRICE + 8), (LIMIT, BUY, 2, PRICE - 12)]
    world.close()
    assert working(world) == []


def test_one_guard_takes_from_the_other() -> None:
    """The stop closes the position, the target ends, and nothing is left."""
    world = guarded()
    world.buy(2)
    world.hit(SELL, 71)
    assert (world.net(), working(world)) == (0, [])
    assert kinds(world.log)[-1] == "order 3 CANCELLED"


@pytest.mark.parametrize(("stop", "target", "kind"), [(8, None, STOP), (None, 12, LIMIT)])
def test_either_guard_may_be_left_out(stop: int | None, target: int | None, kind: int) -> None:
    """Only what is set is placed."""
    world = guarded(stop, target)
    world.sell(1)
    assert [row[0] for row in working(world)] == [kind]


def test_a_cancelled_guard_stays_cancelled() -> None:
    """The platform does not place it again for the same position."""
    world = guarded()
    world.buy(1)
    first = world.exchange.queries.open_orders(1)[0].id
    world.cancel(first)
    world.buy(1)
    assert working(world) == [(LIMIT, SELL, 2, PRICE + 13)]


def test_a_guard_that_is_hit_at_once_is_the_only_one() -> None:
    """A stop that the market has passed closes the position, and the target never works."""
    world = guarded(1, 12)
    world.trade(PRICE - 1)
    world.buy(2)
    assert (world.net(), working(world)) == (0, [])


def test_hidden_guards_work_unseen() -> None:
    """With the switch off nobody is told of them, but they close the position."""
    world = guarded(position_brackets_visible=False)
    world.buy(2)
    assert working(world) == []
    hidden = world.exchange._guards.of(1, world.exchange._markets.popitem()[0])
    assert [world.exchange.queries.order(1, guard.id) for guard in hidden] == [None, None]


def test_accounts_in_this_mode_may_have_no_guards() -> None:
    """Nothing set, nothing placed."""
    spec = AccountSpec(id=1, name="A", balance=Decimal(1), bracket_mode=BracketMode.POSITION)
    world = World(accounts=(spec,))
    world.buy(1)
    assert working(world) == []


def test_legs_may_go_with_their_position() -> None:
    """With the switch on, flat cancels the working legs; a waiting bracket's stay."""
    world = World(quirks={"cancel_legs_when_flat": True})
    entry = world.bracket(MARKET, BUY, 2)
    world.wait(10 * MS)
    waiting = world.bracket(LIMIT, BUY, 1, limit=PRICE - 20)
    world.close()
    assert [world.status(entry + i) for i in (1, 2)] == [OrderStatus.CANCELLED] * 2
    assert [world.status(waiting + i) for i in (1, 2)] == [OrderStatus.SUSPENDED] * 2
