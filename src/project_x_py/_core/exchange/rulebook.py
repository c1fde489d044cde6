"""The firm's rules at work: a breach liquidates, a daily loss locks, positions are capped.

Only accounts that were given rules are looked at. Equity counts open positions at the last trade.

Assumptions: a breach acts at the trade that shows it, without delay; a lock of the day lasts to the
next 17:00 in Chicago; what works when an account breaches is cancelled.

Invariants (``tests/core/exchange/test_rulebook.py``): an account without rules is never touched; at
no moment can what is held and what works fill to more than is allowed.
"""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for
from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.image import RulesImage
from project_x_py._core.exchange.money import usd
from project_x_py._core.rules import RuleName, RuleState, size_units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from project_x_py._core.exchange.accounts import Account
    from project_x_py._core.exchange.desk import Desk
    from project_x_py._core.exchange.ledger import Ledger
    from project_x_py._core.exchange.markets import ContractMarket
    from project_x_py._core.exchange.orders import OrderStore
    from project_x_py._core.exchange.platform import Platform

__all__ = ["RuleBook"]


class RuleBook:
    """Keeps the rules of accounts that have any.

    Args:
        accounts: All of them.
        markets: Prices, by contract id.
        orders: What works.
        desk: Ends and liquidates.
        ledger: Tells the time, and of accounts.
        platform: Makes closing orders.
    """

    def __init__(
        self,
        accounts: Iterable[Account],
        markets: Mapping[str, ContractMarket],
        orders: OrderStore,
        desk: Desk,
        ledger: Ledger,
        platform: Platform,
    ) -> None:
        self._watched = {
            account.spec.id: (account, RuleState(account.spec.rules, account.spec.balance))
            for account in accounts
            if account.spec.rules is not None
        }
        self._markets = markets
        self._orders = orders
        self._desk = desk
        self._ledger = ledger
        self._platform = platform
        self._calendar = calendar_for("ES")
        self._day_ns = self._calendar.day_start_ns(ledger.now_ns)

    def after_market(self) -> None:
        """Look at the equity of accounts with rules, after the market has moved."""
        if not self._watched:
            return
        self._roll()
        for account, state in self._watched.values():
            if not account.positions:
                continue
            if not state.can_trade or state.locked_today:
                # A thin book may have taken only a part.
                self._liquidate(account)
                continue
            state.settle(usd(account.balance))
            broken = state.breach(self._open_profit(account))
            if broken is not None:
                self._act(account, state, broken)

    def too_large(self, account_id: int, contract_id: str, side: int, size: int) -> bool:
        """Tell whether so many contracts more could make more than the minis that are allowed.

        What works counts as filled, in every contract and on its worse side. What can only make a
        position smaller is never too large.
        """
        found = self._watched.get(account_id)
        if found is None:
            return False
        account, state = found
        state.settle(usd(account.balance))
        allowed = state.rules.units_allowed(state.profit)
        if allowed is None:
            return False
        ways = self._ways(account, contract_id)
        ways[side] += size
        after = account.net(contract_id) + (-ways[SELL] if side == SELL else ways[BUY])
        if abs(after) <= abs(account.net(contract_id)):
            return False
        total = _worst(account.net(contract_id), ways) * size_units(contract_id)
        for other in self._markets:
            if other != contract_id:
                worst = _worst(account.net(other), self._ways(account, other))
                total += worst * size_units(other)
        return total > allowed

    def _ways(self, account: Account, contract_id: str) -> list[int]:
        """Return the contracts that working orders may buy, and sell."""
        ways = [0, 0]
        for order in self._orders.working(contract_id, account.spec.id):
            if order.parent is None and not order.hidden:
                ways[order.side] += order.remaining
        return ways

    def image(self, account_id: int) -> RulesImage | None:
        """Return where an account stands; None for one without rules."""
        found = self._watched.get(account_id)
        if found is None:
            return None
        state = found[1]
        return RulesImage(
            highest=state.highest,
            day_start=state.day_start,
            best_day=state.best_day,
            can_trade=state.can_trade,
            locked_today=state.locked_today,
            day_ns=self._day_ns,
        )

    def take_up(self, account_id: int, image: RulesImage) -> None:
        """Go on from where an account stood; the day that began then ends when it is due."""
        found = self._watched.get(account_id)
        if found is None:
            return
        account, state = found
        state.settle(usd(account.balance))
        state.highest, state.day_start = image.highest, image.day_start
        state.best_day = image.best_day
        state.can_trade, state.locked_today = image.can_trade, image.locked_today
        self._day_ns = min(self._day_ns, image.day_ns)

    def _roll(self) -> None:
        """End the day of every account when a new one has begun."""
        begin_ns = self._calendar.day_start_ns(self._ledger.now_ns)
        if begin_ns == self._day_ns:
            return
        self._day_ns = begin_ns
        for account, state in self._watched.values():
            state.settle(usd(account.balance))
            locked = state.locked_today
            state.end_day()
            if locked and state.can_trade:
                account.can_trade = True
                self._ledger.write_account(account)

    def _open_profit(self, account: Account) -> Decimal:
        total = Fraction(0)
        for contract_id, position in account.positions.items():
            market = self._markets[contract_id]
            last = position.average if market.last is None else market.last
            total += position.net * (last - position.average) * Fraction(market.product.tick_value)
        return Decimal(total.numerator) / Decimal(total.denominator)

    def _act(self, account: Account, state: RuleState, broken: RuleName) -> None:
        """Cancel, close, and let the account trade no more: for the day, or for good."""
        if broken is RuleName.MAX_LOSS:
            state.can_trade = False
            account.violated = True
        else:
            state.locked_today = True
        account.can_trade = False
        self._ledger.write_account(account)
        self._liquidate(account)

    def _liquidate(self, account: Account) -> None:
        """Cancel and close what can be closed now."""
        for contract_id, market in self._markets.items():
            for order in list(self._orders.working(contract_id, account.spec.id)):
                self._desk.end(order, OrderStatus.CANCELLED)
            net = account.net(contract_id)
            venue = market.venue
            if net and (venue.best_bid if net > 0 else venue.best_ask) is not None:
                self._desk.liquidate(self._platform.closing_order(account, market, abs(net)))


def _worst(net: int, ways: list[int]) -> int:
    """Return the largest position, either way, that working orders can make."""
    return max(abs(net), abs(net + ways[BUY]), abs(net - ways[SELL]))
