"""From what a caller writes to what the gateway is asked: every mistake is found here.

Prices come in points and leave in ticks. One off the grid goes to the nearest tick, and a
protective stop to the tick that risks less. Nothing here talks to anybody.

Invariant (``tests/order_manager/test_requests.py``): a request that leaves this module has every
price its type needs and no other, on the grid, on the side of the market where it can rest.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.grid import Rounding
from project_x_py._core.submission import OrderRequest
from project_x_py.exceptions import OffGridError, ProjectXOrderError
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import OrderUpdate
    from project_x_py._core.submission import BracketTicks, OrderEdit

__all__ = [
    "LONGEST_TAG",
    "LONGEST_TRAIL_TICKS",
    "as_edited",
    "bracket_ticks",
    "check_edit",
    "check_target",
    "checked_account",
    "checked_order_id",
    "checked_side",
    "checked_size",
    "checked_tag",
    "checked_type",
    "edit_ticks",
    "order_request",
    "order_tag",
    "protective_ticks",
    "ticks_of",
]

LONGEST_TAG = 60
"""The gateway adds to the tags of legs, and its own limit is not known."""

LONGEST_TRAIL_TICKS = 1_000
"""The gateway refuses to trail further when an order is placed, and does not look when edited."""

LARGEST = 2**31 - 1
"""The largest size or number of ticks that the gateway's own numbers hold."""

LARGEST_ID = 2**63 - 1

FURTHEST_POINTS = 10_000_000
"""No contract trades as far from zero."""

_LEG_SUFFIXES = ("-SL", "-TP")

_NEEDS: dict[OrderType, tuple[str, ...]] = {
    OrderType.LIMIT: ("limit_price",),
    OrderType.MARKET: (),
    OrderType.STOP_LIMIT: ("limit_price", "stop_price"),
    OrderType.STOP: ("stop_price",),
    OrderType.TRAILING_STOP: ("trail_price",),
    OrderType.JOIN_BID: (),
    OrderType.JOIN_ASK: (),
}

_PRICES = frozenset({"limit_price", "stop_price", "trail_price"})

_HAS: dict[OrderType, frozenset[str]] = {
    **{kind: frozenset(names) for kind, names in _NEEDS.items()},
    OrderType.JOIN_BID: frozenset({"limit_price"}),
    OrderType.JOIN_ASK: frozenset({"limit_price"}),
}
"""The prices that a working order has; one that joined the book rests at a limit."""


def checked_type(order_type: int, *, stop_limit: bool) -> OrderType:
    """Return the order type.

    Args:
        order_type: One of 1 to 7.
        stop_limit: Whether stop-limit orders may be sent.

    Raises:
        ProjectXOrderError: It is none that can be placed.
    """
    try:
        found = OrderType(order_type)
    except ValueError:
        found = OrderType.UNKNOWN
    if found is OrderType.UNKNOWN or isinstance(order_type, bool):
        names = ", ".join(f"{one.value} {one.name}" for one in _NEEDS)
        raise ProjectXOrderError(f"order_type is one of {names}, not {order_type!r}")
    if found is OrderType.STOP_LIMIT and not stop_limit:
        raise ProjectXOrderError(
            "the gateway does not list stop-limit orders among those it takes; set "
            "enable_stop_limit in the order manager's config to send one all the same"
        )
    return found


def checked_side(side: int) -> OrderSide:
    """Return the side: 0 buys, 1 sells.

    Raises:
        ProjectXOrderError: It is neither.
    """
    if isinstance(side, bool) or side not in (0, 1):
        raise ProjectXOrderError(f"side is 0 (buy) or 1 (sell), not {side!r}")
    return OrderSide(side)


def checked_size(size: object, largest: int | None = None) -> int:
    """Return a number of contracts.

    Raises:
        ProjectXOrderError: It is no whole number above zero, or above ``largest``.
    """
    if isinstance(size, bool) or not isinstance(size, int) or size < 1 or size > LARGEST:
        raise ProjectXOrderError(f"size is a whole number of contracts above zero, not {size!r}")
    if largest is not None and size > largest:
        raise ProjectXOrderError(f"size {size} is above max_order_size {largest}")
    return size


def checked_order_id(order_id: object) -> int:
    """Return the number of an order.

    Raises:
        ProjectXOrderError: It can be none.
    """
    if isinstance(order_id, bool) or not isinstance(order_id, int) or order_id < 1:
        raise ProjectXOrderError(f"an order's id is a whole number above zero, not {order_id!r}")
    if order_id > LARGEST_ID:
        raise ProjectXOrderError(f"no order has an id as large as {order_id}")
    return order_id


def checked_account(account_id: object, own: int) -> None:
    """Refuse any account but the own one; None means it.

    Raises:
        ProjectXOrderError: It is another one, or can be none.
    """
    if account_id is None or (account_id == own and not isinstance(account_id, bool)):
        return
    raise ProjectXOrderError(
        f"this manager trades account {own}, not {account_id!r}; create one with a client of "
        "that account"
    )


def checked_tag(tag: object) -> str:
    """Return a custom tag.

    Raises:
        ProjectXOrderError: It is empty, too long, or ends as the gateway's legs do.
    """
    if not isinstance(tag, str) or not tag.strip() or len(tag) > LONGEST_TAG:
        raise ProjectXOrderError(
            f"a custom tag is text of 1 to {LONGEST_TAG} characters, not {tag!r}"
        )
    if tag.endswith(_LEG_SUFFIXES):
        raise ProjectXOrderError(f"tags ending in -SL and -TP belong to bracket legs: {tag!r}")
    return tag


def ticks_of(name: str, price: float | Decimal, grid: TickGrid) -> int:
    """Return a price in ticks, the nearest one when it is off the grid.

    Raises:
        ProjectXOrderError: It is no finite number.
    """
    if isinstance(price, bool) or not isinstance(price, int | float | Decimal):
        raise ProjectXOrderError(f"{name} is a price in points, not {price!r}")
    exact = Decimal(price)
    if exact.is_finite() and abs(exact) > FURTHEST_POINTS:
        raise ProjectXOrderError(f"{name} is within {FURTHEST_POINTS} points, not {price!r}")
    try:
        return grid.ticks(price, rounding=Rounding.NEAREST)
    except OffGridError as exc:
        raise ProjectXOrderError(f"{name}: {exc}") from exc


def protective_ticks(name: str, price: float | Decimal, side: int, grid: TickGrid) -> int:
    """Return the price of a protective stop in ticks; off the grid, the tick that risks less.

    Args:
        name: For the message.
        price: In points.
        side: Of the stop: a sell stop protects a long position.
        grid: The contract's.

    Raises:
        ProjectXOrderError: It is no finite number.
    """
    ticks_of(name, price, grid)
    rounding = Rounding.UP if side == OrderSide.SELL else Rounding.DOWN
    return grid.ticks(price, rounding=rounding)


def bracket_ticks(
    name: str, bracket: Mapping[str, int] | None, side: int, *, is_stop: bool
) -> BracketTicks | None:
    """Return a native bracket leg as signed ticks from the fill, whatever sign it was given.

    Args:
        name: For the message.
        bracket: Keys ``ticks`` (distance) and ``type``: 4 or 5 for a stop, 1 for a target.
        side: Of the entry.
        is_stop: Whether it is the stop.

    Raises:
        ProjectXOrderError: A key is missing, or the type is not allowed.
    """
    if bracket is None:
        return None
    kinds = (4, 5) if is_stop else (1,)
    default = kinds[0]
    ticks, kind = bracket.get("ticks"), bracket.get("type", default)
    if isinstance(ticks, bool) or not isinstance(ticks, int) or not 0 < abs(ticks) <= LARGEST:
        raise ProjectXOrderError(f"{name} needs ticks, a distance above zero, not {ticks!r}")
    if kind not in kinds:
        raise ProjectXOrderError(f"{name} has a type of {kinds}, not {kind!r}")
    against = is_stop == (side == OrderSide.BUY)
    return (-abs(ticks) if against else abs(ticks), int(kind))


def order_request(
    *,
    account_id: int,
    contract_id: str,
    grid: TickGrid,
    order_type: OrderType,
    side: OrderSide,
    size: int,
    tag: str,
    last: int | None,
    prices: Mapping[str, float | Decimal | None],
    trail_distance: float | Decimal | None = None,
    stop_bracket: BracketTicks | None = None,
    target_bracket: BracketTicks | None = None,
) -> OrderRequest:
    """Return the request of an order.

    Args:
        account_id: Whose order.
        contract_id: The full id.
        grid: The contract's.
        order_type: As checked.
        side: As checked.
        size: As checked.
        tag: As checked.
        last: Price of the last trade in ticks, None when it is not known or too old.
        prices: ``limit_price``, ``stop_price`` and ``trail_price`` in points, None for none.
        trail_distance: How far a trailing stop follows, in points, instead of ``trail_price``.
        stop_bracket: Native leg.
        target_bracket: Native leg.

    Raises:
        ProjectXOrderError: A price is missing, needless, or on the wrong side of the market.
    """
    given = {name for name, price in prices.items() if price is not None}
    if trail_distance is not None:
        if order_type is not OrderType.TRAILING_STOP or "trail_price" in given:
            raise ProjectXOrderError(
                "trail_distance is for a trailing stop, and instead of trail_price"
            )
        given.add("trail_price")
    needed = set(_NEEDS[order_type])
    if missing := sorted(needed - given):
        raise ProjectXOrderError(f"a {order_type.name} order needs {' and '.join(missing)}")
    if needless := sorted(given - needed):
        raise ProjectXOrderError(f"a {order_type.name} order has no {' and no '.join(needless)}")
    found = {
        name: ticks_of(name, price, grid) for name, price in prices.items() if price is not None
    }
    if trail_distance is not None:
        found["trail_price"] = _trail(trail_distance, side, grid, last)
    _check_sides(order_type, side, found, last, grid)
    return OrderRequest(
        account_id=account_id,
        contract_id=contract_id,
        type=int(order_type),
        side=int(side),
        size=size,
        limit=found.get("limit_price"),
        stop=found.get("stop_price"),
        trail=found.get("trail_price"),
        tag=tag,
        stop_bracket=stop_bracket,
        target_bracket=target_bracket,
    )


def as_edited(order: OrderUpdate, edit: OrderEdit) -> OrderRequest:
    """Return the order that a working one would become, with what is left of it to fill."""
    return OrderRequest(
        account_id=order.account_id,
        contract_id=order.contract_id,
        type=order.type,
        side=order.side,
        size=max(0, (order.size if edit.size is None else edit.size) - order.filled),
        limit=order.limit if edit.limit is None else edit.limit,
        stop=order.stop if edit.stop is None else edit.stop,
        trail=edit.trail,
        tag=order.custom_tag,
    )


def order_tag(order: OrderUpdate) -> str:
    """Return the tag of an order, or one of its own where somebody else placed it without."""
    return order.custom_tag or f"order-{order.id}"


def edit_ticks(name: str, price: float | Decimal | None, grid: TickGrid) -> int | None:
    """Return an edited price in ticks, None for one that stays as it is."""
    return None if price is None else ticks_of(name, price, grid)


def check_edit(order: OrderUpdate, edit: OrderEdit, last: int | None, grid: TickGrid) -> None:
    """Refuse a price that the order does not have, and a stop where the market is already.

    The gateway takes both: it drops the one without a word, and lets a trailing stop follow from
    any distance, so that points in place of a price would leave nothing protected.

    Raises:
        ProjectXOrderError: The order has no such price, or would not rest there.
    """
    try:
        kind = OrderType(order.type)
    except ValueError:
        return
    given = {"limit_price": edit.limit, "stop_price": edit.stop, "trail_price": edit.trail}
    found = {name: ticks for name, ticks in given.items() if ticks is not None}
    if needless := sorted(found.keys() - _HAS.get(kind, _PRICES)):
        raise ProjectXOrderError(
            f"order {order.id} is a {kind.name} order, which has no {' and no '.join(needless)}"
        )
    if kind in (OrderType.STOP, OrderType.TRAILING_STOP):
        _check_sides(kind, OrderSide(order.side), found, last, grid)


def check_target(request: OrderRequest, last: int | None, grid: TickGrid) -> None:
    """Refuse a target that the market has passed already, when its price is known.

    Raises:
        ProjectXOrderError: It would fill at once.
    """
    if request.limit is None or last is None:
        return
    sells = request.side == OrderSide.SELL
    if (request.limit <= last) if sells else (request.limit >= last):
        raise ProjectXOrderError(
            f"a target at {grid.price(request.limit)} would fill at once, the last price is "
            f"{grid.price(last)}; close the position to leave at the market"
        )


def _trail(distance: float | Decimal, side: OrderSide, grid: TickGrid, last: int | None) -> int:
    if last is None:
        raise ProjectXOrderError(
            "trail_distance needs the last price, and none is known; give trail_price instead"
        )
    ticks = ticks_of("trail_distance", distance, grid)
    if ticks < 1:
        raise ProjectXOrderError(f"trail_distance is at least one tick, not {distance}")
    return last - ticks if side is OrderSide.SELL else last + ticks


def _check_sides(
    order_type: OrderType,
    side: OrderSide,
    found: Mapping[str, int],
    last: int | None,
    grid: TickGrid,
) -> None:
    """Refuse a stop that the market has passed already, when its price is known."""
    name = "trail_price" if order_type is OrderType.TRAILING_STOP else "stop_price"
    ticks = found.get(name)
    if ticks is None or last is None:
        return
    wrong = ticks >= last if side is OrderSide.SELL else ticks <= last
    if wrong:
        where = "below" if side is OrderSide.SELL else "above"
        raise ProjectXOrderError(
            f"{name} {grid.price(ticks)} of a {side.name.lower()} order must be {where} the last "
            f"price {grid.price(last)}"
        )
    if order_type is OrderType.TRAILING_STOP and abs(ticks - last) > LONGEST_TRAIL_TICKS:
        raise ProjectXOrderError(
            f"{name} {grid.price(ticks)} is {abs(ticks - last)} ticks away, at most "
            f"{LONGEST_TRAIL_TICKS} are allowed"
        )
