"""Tells what of an exchange has changed since somebody wrote it down, and takes it up again.

Whoever keeps an exchange asks for the changes before anybody else is told of them, writes them
down in one piece, and then says so. What is asked for again is told again.

Invariants (``tests/core/exchange/test_keeping.py``): pictures put together change by change are
those of the whole; what did not change is not told; no id is ever given out twice.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.exchange.image import (
    AccountImage,
    ExchangeImage,
    OrderImage,
    PositionImage,
    linked,
)
from project_x_py._core.products import parse_contract_id, product_for_code

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from project_x_py._core.exchange.accounts import Account
    from project_x_py._core.exchange.events import TradeRow
    from project_x_py._core.exchange.guards import PositionGuards
    from project_x_py._core.exchange.image import Errand, Kept
    from project_x_py._core.exchange.ledger import Ledger
    from project_x_py._core.exchange.orders import OrderStore
    from project_x_py._core.exchange.platform import Platform
    from project_x_py._core.exchange.rulebook import RuleBook

__all__ = ["Changes", "Keeping"]


class Changes(msgspec.Struct, frozen=True):
    """What is not written down yet; ``exchange`` is None where nothing of it has changed."""

    exchange: ExchangeImage | None
    accounts: tuple[AccountImage, ...]
    orders: tuple[OrderImage, ...]
    trades: tuple[TradeRow, ...]

    def __bool__(self) -> bool:
        return bool(self.exchange or self.accounts or self.orders or self.trades)


class Keeping:
    """Watches the parts of one exchange.

    Args:
        accounts: By id.
        orders: All of them.
        ledger: Gives out ids.
        guards: The platform's protective orders.
        platform: Knows what is to be flattened.
        rules: The firm's limits.
        on_the_way: Returns the commands that travel, and the closing orders that do.
    """

    def __init__(
        self,
        accounts: Mapping[int, Account],
        orders: OrderStore,
        ledger: Ledger,
        guards: PositionGuards,
        platform: Platform,
        rules: RuleBook,
        on_the_way: Callable[[], tuple[tuple[Errand, ...], tuple[int, ...]]],
    ) -> None:
        self._accounts = accounts
        self._orders = orders
        self._ledger = ledger
        self._guards = guards
        self._platform = platform
        self._rules = rules
        self._on_the_way = on_the_way
        self._exchange: ExchangeImage | None = None
        self._written: dict[int, AccountImage] = {}
        self._working: dict[int, OrderImage] = {}
        self._next_order = orders.next_id
        self._traded: dict[int, int] = {}

    def changes(self) -> Changes:
        """Return what has changed since :meth:`written`."""
        exchange = self._whole()
        accounts = tuple(
            image
            for account in self._accounts.values()
            if (image := self._account(account)) != self._written.get(image.spec.id)
        )
        trades = [
            row
            for number, account in self._accounts.items()
            for row in account.trades[self._traded.get(number, 0) :]
        ]
        return Changes(
            exchange if exchange != self._exchange else None,
            accounts,
            tuple(self._changed_orders()),
            tuple(trades),
        )

    def written(self, changes: Changes) -> None:
        """Take note that changes are on record."""
        if changes.exchange is not None:
            self._exchange = changes.exchange
            self._next_order = changes.exchange.next_order
        for account in changes.accounts:
            self._written[account.spec.id] = account
        for order in changes.orders:
            self._working[order.id] = order
            if not self._orders.by_id(order.id).is_working:
                del self._working[order.id]
        for trade in changes.trades:
            self._traded[trade.account_id] = self._traded.get(trade.account_id, 0) + 1

    def take_up(self, kept: Kept) -> None:
        """Give the parts what another exchange had, and count it as written."""
        orders = linked(kept.orders)
        self._orders.take_up(orders.values(), kept.exchange.next_order)
        for image in kept.orders:
            if image.holds_tag and image.tag is not None:
                self._orders.use_tag(image.account_id, image.tag)
        self._ledger.go_on(kept.exchange.next_trade, kept.exchange.next_position)
        for account_image in kept.accounts:
            self._take_up_account(account_image)
        for trade in kept.trades:
            self._accounts[trade.account_id].trades.append(trade)
        for ids in kept.exchange.guards:
            self._guards.take_up(tuple(orders[order_id] for order_id in ids))
        self._platform.take_up(kept.exchange.unflat)
        self._exchange = kept.exchange
        self._written = {image.spec.id: image for image in kept.accounts}
        self._working = {one.id: one for one in kept.orders if orders[one.id].is_working}
        self._next_order = kept.exchange.next_order
        self._traded = {number: len(one.trades) for number, one in self._accounts.items()}

    def _take_up_account(self, image: AccountImage) -> None:
        account = self._accounts[image.spec.id]
        account.can_trade, account.violated = image.can_trade, image.violated
        account.balance, account.owed = image.balance, image.owed
        for held in image.positions:
            product = product_for_code(parse_contract_id(held.contract_id).code)
            account.positions[held.contract_id] = held.position(self._ledger.tick_value(product))
        if image.rules is not None:
            self._rules.take_up(image.spec.id, image.rules)

    def _whole(self) -> ExchangeImage:
        trade_id, position_id = self._ledger.next_ids
        errands, closing = self._on_the_way()
        return ExchangeImage(
            next_order=self._orders.next_id,
            next_trade=trade_id,
            next_position=position_id,
            errands=errands,
            guards=tuple(tuple(order.id for order in guards) for guards in self._guards.all()),
            closing=closing,
            unflat=self._platform.unflat,
        )

    def _account(self, account: Account) -> AccountImage:
        return AccountImage(
            spec=account.spec,
            can_trade=account.can_trade,
            violated=account.violated,
            balance=account.balance,
            owed=account.owed,
            positions=tuple(
                PositionImage.of(contract_id, position)
                for contract_id, position in account.positions.items()
            ),
            rules=self._rules.image(account.spec.id),
        )

    def _changed_orders(self) -> list[OrderImage]:
        """Return the orders that work, or worked when last written, or are younger than that."""
        ids = set(self._working)
        ids.update(order.id for order in self._orders.all_working())
        ids.update(range(self._next_order, self._orders.next_id))
        changed: list[OrderImage] = []
        for order_id in sorted(ids):
            order = self._orders.by_id(order_id)
            image = OrderImage.of(order, holds_tag=self._orders.holds_tag(order))
            if image != self._working.get(order_id):
                changed.append(image)
        return changed
