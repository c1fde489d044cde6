"""Which commands are taken, and why the others are not.

The checks go from the request to the market: type, side, size, tag, prices, brackets; then hours;
then what depends on the market's price; then what the account can carry. The first that fails
answers.

Invariant (``tests/core/exchange/test_gate.py``): an accepted order has every price its type needs,
on the grid, and a market to go to.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.exchange import rejections as words
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import (
    BracketMode,
    ModifyCode,
    OrderStatus,
    OrderType,
    PlaceCode,
)
from project_x_py._core.exchange.rejections import Refusal
from project_x_py._core.exchange.triggers import trailing_stop
from project_x_py.exceptions import OffGridError

if TYPE_CHECKING:
    from project_x_py._core.exchange.accounts import Account
    from project_x_py._core.exchange.commands import Bracket, ModifyOrder, PlaceOrder, Price
    from project_x_py._core.exchange.markets import ContractMarket
    from project_x_py._core.exchange.orders import Order, OrderStore
    from project_x_py._core.exchange.quirks import ExchangeQuirks
    from project_x_py._core.grid import TickGrid

__all__ = ["Change", "Gate", "Ticket"]

MAX_TRAIL_TICKS = 1000
_MAX_PRICE = Decimal(10**12)
_MIN_EXPONENT = -20
"""No tick is as fine as this, and a finer number is not worth exact arithmetic."""

_LIMITS = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})
_STOP_LEGS = frozenset({OrderType.STOP, OrderType.TRAILING_STOP})


class Ticket(NamedTuple):
    """The prices of an accepted order in ticks; ``trail`` is a distance."""

    limit: int | None
    stop: int | None
    trail: int | None


class Change(NamedTuple):
    """An accepted modification; None leaves a member as it is."""

    size: int | None
    limit: int | None
    stop: int | None
    trail: int | None


class _RefusedError(Exception):
    """Carries the words of a refusal, and its code where that is not the usual one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class Gate:
    """Checks commands.

    Args:
        orders: Whose tags and working orders count.
        quirks: What is unknown of the real checks.
    """

    def __init__(self, orders: OrderStore, quirks: ExchangeQuirks) -> None:
        self._orders = orders
        self._quirks = quirks

    def place(
        self, order: PlaceOrder, account: Account, market: ContractMarket | None, ns: int
    ) -> Ticket | Refusal:
        """Return the prices of an order in ticks, or why it is refused."""
        try:
            self._check_order(order)
            self._check_brackets(order, account)
            if market is None:
                raise _RefusedError(words.NO_SYMBOL)
            ticket = self._ticket(order, market)
            if not market.is_tradable(ns):
                raise _RefusedError(words.CLOSED, self._quirks.outside_hours_code)
            if not market.has_price:
                raise _RefusedError(words.NO_SYMBOL)
            ticket = self._check_market(order, ticket, market)
            self._check_means(account, market, order.side, order.size)
        except _RefusedError as refused:
            code = refused.code if refused.code is not None else PlaceCode.ORDER_REJECTED
            return Refusal(int(code), refused.message, recorded=True)
        return ticket

    def modify(
        self,
        change: ModifyOrder,
        order: Order,
        account: Account,
        market: ContractMarket,
        ns: int,
    ) -> Change | Refusal:
        """Return a modification in ticks, or why it is refused."""
        try:
            if order.status == OrderStatus.SUSPENDED and not self._quirks.modify_suspended:
                raise _RefusedError(words.SUSPENDED)
            if not market.is_tradable(ns):
                raise _RefusedError(words.CLOSED)
            accepted = self._change(change, order, market)
            self._check_new_size(accepted.size, order, account, market)
        except _RefusedError as refused:
            return Refusal(int(ModifyCode.REJECTED), refused.message)
        return accepted

    def _check_order(self, order: PlaceOrder) -> None:
        """Type, side, size, tag, link: all that needs no market."""
        known = order.type in OrderType.__members__.values() and order.type != OrderType.UNKNOWN
        if not known or (order.type == OrderType.STOP_LIMIT and not self._quirks.stop_limit):
            raise _RefusedError(words.TYPE)
        if order.side not in (BUY, SELL):
            raise _RefusedError(words.SIDE)
        joins_other = (OrderType.JOIN_BID, SELL), (OrderType.JOIN_ASK, BUY)
        if (order.type, order.side) in joins_other and not self._quirks.join_other_side:
            raise _RefusedError(words.SIDE)
        self._check_size(order.size)
        if order.custom_tag:
            legs = ("-SL", order.stop_loss), ("-TP", order.take_profit)
            self._check_tag(order.account_id, order.custom_tag)
            for suffix, leg in legs:
                if leg is not None:
                    self._check_tag(order.account_id, order.custom_tag + suffix)
        if self._quirks.honour_linked_order_id and order.linked_order_id is not None:
            linked = self._orders.get(order.account_id, order.linked_order_id)
            if linked is None or not linked.is_working or linked.sibling is not None:
                raise _RefusedError(words.NO_LINKED_ORDER)

    def _check_size(self, size: int) -> None:
        if not 0 < size <= self._quirks.max_order_size:
            raise _RefusedError(words.SIZE)

    def _check_tag(self, account_id: int, tag: str) -> None:
        longest = self._quirks.max_tag_length
        if longest is not None and len(tag) > longest:
            raise _RefusedError(words.LONG_TAG)
        if self._quirks.ascii_tags and not (tag.isascii() and tag.isprintable()):
            raise _RefusedError(words.INVALID_TAG)
        if self._orders.is_used(account_id, tag):
            raise _RefusedError(words.DUPLICATE_TAG)

    def _check_brackets(self, order: PlaceOrder, account: Account) -> None:
        stop, target, quirks = order.stop_loss, order.take_profit, self._quirks
        if stop is None and target is None:
            return
        if account.spec.bracket_mode is not BracketMode.AUTO_OCO:
            raise _RefusedError(words.BRACKET_MODE)
        if stop is not None:
            if stop.type not in _STOP_LEGS:
                raise _RefusedError(words.leg_type("stop loss", stop.type))
            self._check_ticks("stop loss", stop, order.side, below=order.side == BUY)
        if target is not None:
            if target.type != OrderType.LIMIT:
                raise _RefusedError(words.leg_type("take profit", target.type))
            self._check_ticks("take profit", target, order.side, below=order.side == SELL)
        if not quirks.single_leg_brackets and (stop is None or target is None):
            raise _RefusedError(words.SINGLE_LEG)

    def _check_ticks(self, leg: str, bracket: Bracket, side: int, *, below: bool) -> None:
        ticks = bracket.ticks
        wrong = ticks >= 0 if below else ticks <= 0
        if wrong and (self._quirks.signed_bracket_ticks or not ticks):
            raise _RefusedError(words.leg_ticks(leg, ticks, side, below))
        least = self._quirks.min_bracket_ticks
        if abs(ticks) < least:
            raise _RefusedError(words.few_ticks(leg, ticks, least))

    def _ticket(self, order: PlaceOrder, market: ContractMarket) -> Ticket:
        """Convert the prices that an order's type needs; the others are left out."""
        limit = stop = trail = None
        if order.type in _LIMITS:
            limit = _ticks("limit", order.limit_price, market.grid)
        if order.type in _STOPS:
            stop = _ticks("stop", order.stop_price, market.grid)
        if order.type == OrderType.TRAILING_STOP:
            if order.trail_price is None:
                raise _RefusedError(words.NO_TRAIL)
            trail = _ticks("trail", order.trail_price, market.grid)
        return Ticket(limit, stop, trail)

    def _check_market(self, order: PlaceOrder, ticket: Ticket, market: ContractMarket) -> Ticket:
        """What depends on the market's price; returns the ticket with the trail as a distance."""
        limit, stop, trail = ticket
        if limit is not None:
            self._check_band(limit, market)
        if stop is not None:
            self._check_stop(stop, order.side, market)
        if trail is not None:
            last = _last(market)
            trail = _distance(trail, last)
            if trail > MAX_TRAIL_TICKS:
                raise _RefusedError(words.TRAIL_TOO_FAR)
            stop = trailing_stop(order.side, last, trail)
        return Ticket(limit, stop, trail)

    def _check_band(self, limit: int, market: ContractMarket) -> None:
        width, centre = self._quirks.price_band_bp, market.centre()
        if width is None or centre is None:
            return
        band = max(abs(centre) * width // 10_000, self._quirks.price_band_min_ticks)
        if abs(limit - centre) > band:
            raise _RefusedError(words.BAND)

    def _check_stop(self, stop: int, side: int, market: ContractMarket) -> None:
        reference = market.reference(side)
        if reference is None or self._quirks.wrong_side_stop == "trigger":
            return
        if stop <= reference if side == BUY else stop >= reference:
            raise _RefusedError(words.WRONG_SIDE)

    def _check_means(self, account: Account, market: ContractMarket, side: int, extra: int) -> None:
        """Whether the account can carry the position if all it works on that side fills."""
        spec, contract_id = account.spec, market.contract_id
        if spec.position_limit is None and account.margin is None:
            return
        working = sum(
            order.remaining
            for order in self._orders.working(contract_id, spec.id)
            if order.side == side and order.parent is None and not order.hidden
        )
        net = account.net(contract_id) * (1 if side == BUY else -1)
        after = net + working + extra
        if spec.position_limit is not None and after > spec.position_limit:
            raise _RefusedError(words.POSITION_LIMIT)
        if account.margin is not None and after * account.margin > account.balance:
            raise _RefusedError(words.MARGIN, self._quirks.margin_code)

    def _change(self, change: ModifyOrder, order: Order, market: ContractMarket) -> Change:
        """Convert the prices of a modification that its order's type has."""
        kind, grid = order.type, market.grid
        limit = stop = trail = None
        required = not self._quirks.null_leaves_unchanged
        if kind in _LIMITS and (required or change.limit_price is not None):
            limit = _ticks("limit", change.limit_price, grid)
            self._check_band(limit, market)
        if kind in _STOPS and (required or change.stop_price is not None):
            stop = _ticks("stop", change.stop_price, grid)
            if not order.triggered:
                self._check_stop(stop, order.side, market)
        if kind == OrderType.TRAILING_STOP and (required or change.trail_price is not None):
            if change.trail_price is None:
                raise _RefusedError(words.NO_TRAIL)
            trail = _distance(_ticks("trail", change.trail_price, grid), _last(market))
            if trail > MAX_TRAIL_TICKS and self._quirks.modify_trail_capped:
                raise _RefusedError(words.TRAIL_TOO_FAR)
        return Change(change.size, limit, stop, trail)

    def _check_new_size(
        self, size: int | None, order: Order, account: Account, market: ContractMarket
    ) -> None:
        if size is None:
            return
        self._check_size(size)
        if size <= order.filled and self._quirks.size_below_filled == "reject":
            raise _RefusedError(words.SIZE)
        if order.parent is not None and size - order.filled > order.open_for_legs:
            raise _RefusedError(words.LEG_TOO_LARGE)
        if size > order.size and order.parent is None:
            self._check_means(account, market, order.side, size - order.size)


def _ticks(which: str, price: Price | None, grid: TickGrid) -> int:
    """Return a price in ticks.

    Numbers that no instrument is near to are refused before they are computed with, because exact
    arithmetic on a number of a million digits is not done in time.
    """
    if price is None:
        raise _RefusedError(words.missing(which))
    if isinstance(price, Decimal):
        exponent = price.as_tuple().exponent
        sane = (
            isinstance(exponent, int)
            and exponent >= _MIN_EXPONENT
            and price.copy_abs() <= _MAX_PRICE
        )
    else:
        sane = abs(price) <= float(_MAX_PRICE)
    try:
        if sane:
            return grid.ticks(price)
    except OffGridError:
        sane = False
    raise _RefusedError(words.off_grid(which))


def _last(market: ContractMarket) -> int:
    """Return the last trade's price, which trailing needs."""
    if market.last is None:
        raise _RefusedError(words.NO_LAST_PRICE)
    return market.last


def _distance(level: int, last: int) -> int:
    """Return how far a trailing stop at a level stays from the last trade, in ticks."""
    if level == last:
        raise _RefusedError(words.NO_TRAIL)
    return abs(last - level)
