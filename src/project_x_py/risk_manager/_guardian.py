"""Refuses what the user's limits, or the firm's, would not let stand, before the firm does.

The worst case counts: every position at its stop, every working order filled, every order whose
fate is unknown filled as well. Reasons are data.

Invariants (``tests/risk_manager/test_guardian.py``): an order that passes keeps the worst case
within every limit; only orders that add risk are asked about; a reason names figure and limit; with
a trading day, which begins at 17:00 in Chicago, its losses and trades begin anew.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for
from project_x_py._core.exposure import Held, OpenOrder, exposure_of, open_order_of, worst_size
from project_x_py._core.products import parse_contract_id, product_for_code
from project_x_py._core.rules import (
    AccountRules,
    Denial,
    Exposure,
    RuleName,
    RuleState,
    rules_for,
)
from project_x_py._core.time import CHICAGO, to_datetime

if TYPE_CHECKING:
    from project_x_py._core.orders.intents import Intent
    from project_x_py._ports import Clock, LastPrices, OpenOrders, PositionMoney
    from project_x_py.risk_manager.config import RiskConfig

__all__ = ["Guardian", "Refused"]

Refused = Callable[[str, list[Denial]], None]
"""Told of a refusal: contract id and every reason."""

CALENDAR = "ES"
"""Whose trading day the account's is."""


class Guardian:
    """Judges entries of one account.

    Args:
        name: The account's, which tells the firm's rules.
        config: The user's limits.
        clock: Tells the day and the hour.
        prices: Who knows last prices.
        refused: Told of refusals in contracts that nobody else asks about.
    """

    def __init__(
        self,
        name: str,
        config: RiskConfig,
        clock: Clock,
        prices: LastPrices | None,
        refused: Refused,
    ) -> None:
        self.config = config
        self.orders: OpenOrders | None = None
        self.money: PositionMoney | None = None
        self.checked = 0
        self.denied = 0
        self.extra_loss = Decimal(0)
        """Losses of the day that a user told of and no fill shows."""
        self.extra_trades = 0
        self.rules: AccountRules = rules_for(name, size_thousands=config.express_size_thousands)
        self._clock = clock
        self._prices = prices
        self._refused = refused
        self._refused_in: dict[str, Refused] = {}
        self._state: RuleState | None = None
        self._calendar = calendar_for(CALENDAR)
        self._day_ns = self._calendar.day_start_ns(clock.now_ns())

    def tell_refusals(self, contract_id: str, refused: Refused) -> None:
        """Have refusals in one contract told to ``refused``."""
        self._refused_in[contract_id] = refused

    def deny(self, intent: Intent) -> str | None:
        """Return why an entry must not be sent, None when it may."""
        order = open_order_of(intent)
        found = self.denials(order, self._without(order.tag))
        if not found:
            return None
        self._refused_in.get(order.contract_id, self._refused)(order.contract_id, found)
        return "; ".join(denial.message for denial in found)

    def denials(
        self, order: OpenOrder, others: tuple[OpenOrder, ...] | None = None
    ) -> list[Denial]:
        """Return every reason against an order that adds risk.

        Args:
            order: What is wanted.
            others: What works already; all that does when left out.
        """
        self.checked += 1
        working = self._without(None) if others is None else others
        risk = self.risk_of(order)
        found = self.state().deny(
            contract_id=order.contract_id,
            size=order.size,
            risk_per_contract=risk,
            exposure=self.exposure(working),
            exch_ns=self._clock.now_ns(),
        )
        found += self._own(order, working, risk)
        self.denied += bool(found)
        return found

    def largest(self, contract_id: str, risk_per_contract: Decimal, side: int = 0) -> int:
        """Return the largest order that would pass at this moment."""
        low, high = 0, self.config.max_position_size
        working = self._without(None)
        while low < high:
            size = (low + high + 1) // 2
            order = OpenOrder(tag="", contract_id=contract_id, side=side, size=size)
            denied = self.state().deny(
                contract_id=contract_id,
                size=size,
                risk_per_contract=risk_per_contract,
                exposure=self.exposure(working),
                exch_ns=self._clock.now_ns(),
            ) or self._own(order, working, risk_per_contract)
            low, high = (low, size - 1) if denied else (size, high)
        return low

    def headroom(self) -> Decimal | None:
        """Return the dollars that may still be lost before the nearest limit, at the worst."""
        exposure = self.exposure(self._without(None))
        firm = self.state().headroom(exposure)
        balance = self.balance()
        own = self.config.day_limit(balance) - self.day_loss() + exposure.open_profit
        own -= exposure.at_risk
        return own if firm is None else min(own, firm)

    def state(self) -> RuleState:
        """Return where the account stands against the firm's rules."""
        self.roll()
        balance, begun = self.balance(), self._begun()
        if self._state is None:
            told = self.config.highest_balance
            highest = max(self.rules.start, begun) if told is None else max(told, begun)
            self._state = RuleState(self.rules, balance, highest=highest, day_start=begun)
        self._state.settle(balance)
        self._state.day_start = begun
        return self._state

    def roll(self) -> None:
        """Begin a trading day when one has begun: its losses and trades are none yet."""
        begin_ns = self._calendar.day_start_ns(self._clock.now_ns())
        if begin_ns == self._day_ns:
            return
        self._day_ns = begin_ns
        self.extra_loss, self.extra_trades = Decimal(0), 0
        if self._state is not None:
            self._state.settle(self._begun())
            self._state.end_day()

    def _begun(self) -> Decimal:
        """Return the balance that the trading day began with, as far as is known."""
        day = self.money.day_realised() if self.money is not None else None
        return self.balance() - (day or 0)

    def exposure(self, orders: tuple[OpenOrder, ...]) -> Exposure:
        """Return what is at stake with these orders."""
        return exposure_of(self.held(), orders, _tick_value, int(self.config.default_stop_distance))

    def risks(self) -> dict[str, Decimal]:
        """Return the dollars at stake by contract, of what is held."""
        orders = self.orders.open_orders() if self.orders is not None else ()
        distance = int(self.config.default_stop_distance)
        return {
            name: exposure_of(
                {name: one},
                [order for order in orders if order.contract_id == name],
                _tick_value,
                distance,
            ).at_risk
            for name, one in self.held().items()
        }

    def held(self) -> dict[str, Held]:
        """Return the positions with their open profits; one without a price counts as even."""
        money = self.money
        if money is None:
            return {}
        return {
            name: Held(net, money.open_profit(name) or Decimal(0), self._last(name))
            for name, net in money.nets().items()
        }

    def balance(self) -> Decimal:
        """Return the realised balance."""
        return Decimal(0) if self.money is None else self.money.balance()

    def day_loss(self) -> Decimal:
        """Return what the trading day has lost, never below zero."""
        self.roll()
        day = self.money.day_realised() if self.money is not None else None
        return max(Decimal(0), self.extra_loss - (day or Decimal(0)))

    def day_trades(self) -> int:
        """Return how many positions were closed on the trading day."""
        self.roll()
        return self.extra_trades + (0 if self.money is None else self.money.day_trades())

    def risk_of(self, order: OpenOrder) -> Decimal:
        """Return the dollars that a contract of an order loses at its stop, slippage included.

        An order without a stop counts with the default distance.
        """
        price = order.price if order.price is not None else self._last(order.contract_id)
        ticks = int(self.config.default_stop_distance)
        if price is not None and order.protected_at is not None:
            ticks = abs(price - order.protected_at)
        return (ticks + self.config.slippage_ticks) * _tick_value(order.contract_id)

    def _own(self, order: OpenOrder, others: tuple[OpenOrder, ...], risk: Decimal) -> list[Denial]:
        """Return what the user's own limits have against an order."""
        config, balance = self.config, self.balance()
        nets = {} if self.money is None else self.money.nets()
        same = [one for one in others if one.contract_id == order.contract_id]
        size = worst_size(nets.get(order.contract_id, 0), [*same, order])
        before = worst_size(nets.get(order.contract_id, 0), same)
        names = {*nets, *(one.contract_id for one in others), order.contract_id}
        groups = [_group(name) for name in names]
        group = groups.count(_group(order.contract_id))
        loss, limit = self.day_loss(), config.day_limit(balance)
        trade = config.trade_limit(balance)
        stake = self.exposure(others)
        total = stake.at_risk + order.size * risk
        room = limit - loss + stake.open_profit - stake.at_risk
        most = config.portfolio_limit(balance)
        found = [
            _over(
                RuleName.POSITION_SIZE, "contracts held or working", size,
                config.max_position_size, config.max_position_size - before,
            ),
            _over(RuleName.OPEN_POSITIONS, "positions", len(names), config.max_positions, 0),
            _over(
                RuleName.OPEN_POSITIONS, "positions of one group", group,
                config.max_correlated_positions, 0,
            ),
            _over(
                RuleName.DAILY_TRADES, "trades of the day", self.day_trades() + 1,
                config.max_daily_trades, 0,
            ),
            _over(
                RuleName.OWN_DAILY_LOSS, "dollars lost on the day at the worst",
                limit - room + order.size * risk, limit,
                _most(room, risk), reach=True,
            ),
            _over(
                RuleName.TRADE_RISK, "dollars at risk", order.size * risk, trade,
                _most(trade, risk),
            ),
            _over(
                RuleName.TRADE_RISK, "dollars at risk in all positions", total, most,
                _most(most - stake.at_risk, risk),
            ),
            self._by_hour(),
        ]  # fmt: skip
        return [denial for denial in found if denial is not None]

    def _by_hour(self) -> Denial | None:
        if not self.config.restrict_trading_hours:
            return None
        now = to_datetime(self._clock.now_ns(), CHICAGO).time()
        if any(begin <= now < end for begin, end in self.config.hours()):
            return None
        hours = ", ".join(f"{begin} to {end}" for begin, end in self.config.allowed_trading_hours)
        zero = Decimal(0)
        return Denial(
            rule=RuleName.TRADING_HOURS,
            message=f"entries are allowed {hours} in Chicago, and it is {now:%H:%M}",
            figure=zero,
            limit=zero,
            largest=0,
        )

    def _without(self, tag: str | None) -> tuple[OpenOrder, ...]:
        if self.orders is None:
            return ()
        return tuple(one for one in self.orders.open_orders() if tag is None or one.tag != tag)

    def _last(self, contract_id: str) -> int | None:
        known = None if self._prices is None else self._prices.last_price(contract_id)
        return None if known is None else known[0]


def _over(
    rule: RuleName,
    what: str,
    figure: Decimal | int,
    limit: Decimal | int,
    largest: int,
    *,
    reach: bool = False,
) -> Denial | None:
    if figure < limit or (figure == limit and not reach):
        return None
    return Denial(
        rule=rule,
        message=f"{rule.value}: {figure} {what}, {limit} are the limit",
        figure=Decimal(figure),
        limit=Decimal(limit),
        largest=max(0, largest),
    )


def _most(room: Decimal, each: Decimal) -> int:
    """Return the contracts that may lose ``each`` within some dollars."""
    return int(max(Decimal(0), room) // each) if each else 0


def _tick_value(contract_id: str) -> Decimal:
    return product_for_code(parse_contract_id(contract_id).code).tick_value


def _group(contract_id: str) -> str:
    return product_for_code(parse_contract_id(contract_id).code).group
