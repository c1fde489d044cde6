"""Accounts: what they may do, what they hold, what they have.

Balances are micro-dollars and hold realised results only. Costs leave the balance with the fill
that causes them, or are kept aside until the day is settled.

Invariant (``tests/core/exchange/test_accounts.py``): balance = opening balance + realised profit -
costs paid, at every moment.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal  # noqa: TC003 - msgspec reads it
from typing import TYPE_CHECKING

from project_x_py._core.exchange.codes import BracketMode
from project_x_py._core.exchange.events import AccountRow, PositionRow
from project_x_py._core.exchange.money import micros, usd
from project_x_py._core.rules import AccountRules  # noqa: TC001 - msgspec reads it

if TYPE_CHECKING:
    from project_x_py._core.exchange.events import TradeRow
    from project_x_py._core.exchange.positions import Position

__all__ = ["Account", "AccountSpec", "PositionBracket"]


@dataclass(frozen=True, slots=True)
class PositionBracket:
    """Protective orders the platform keeps for every position of an account.

    ``stop_ticks`` and ``target_ticks`` are distances from the average entry price, above zero;
    None leaves that order out.
    """

    stop_ticks: int | None = None
    target_ticks: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSpec:
    """An account as it begins.

    Attributes:
        id: Its number.
        name: Shown name; stage and size are encoded here only.
        balance: Dollars.
        can_trade: Whether it may place orders.
        violated: Whether it broke a rule; together with ``can_trade`` off, orders get code 4
            instead of 10.
        visible: Whether the platform shows it.
        live: Whether it is a live account; those are not ``simulated`` and take no orders here.
        follower: Whether it copies another account; such may not cancel.
        bracket_mode: Whether orders may carry brackets.
        position_bracket: What the platform does for positions in the other mode; None for nothing.
        position_limit: Most contracts of one product, either way; None for no limit.
        margin: Dollars of balance needed per contract; None for none.
        rules: The firm's limits that end or lock it; None keeps none.
    """

    id: int
    name: str
    balance: Decimal
    can_trade: bool = True
    violated: bool = False
    visible: bool = True
    live: bool = False
    follower: bool = False
    bracket_mode: BracketMode = BracketMode.AUTO_OCO
    position_bracket: PositionBracket | None = None
    position_limit: int | None = None
    margin: Decimal | None = None
    rules: AccountRules | None = None


class Account:
    """An account at work.

    Attributes:
        spec: How it began, and what it may do.
        can_trade: Whether it may place orders now.
        violated: Whether it broke a rule.
        balance: Micro-dollars.
        owed: Costs not yet paid from the balance, micro-dollars.
        margin: Micro-dollars needed per contract, None for none.
        positions: Those that are open, by contract id.
        trades: All executions, oldest first.
    """

    __slots__ = (
        "balance", "can_trade", "margin", "owed", "positions", "spec", "trades", "violated",
    )  # fmt: skip

    def __init__(self, spec: AccountSpec) -> None:
        self.spec = spec
        self.can_trade = spec.can_trade
        self.violated = spec.violated
        self.balance = micros(spec.balance)
        self.margin = None if spec.margin is None else micros(spec.margin)
        self.owed = 0
        self.positions: dict[str, Position] = {}
        self.trades: list[TradeRow] = []

    def net(self, contract_id: str) -> int:
        """Return the signed contracts held."""
        position = self.positions.get(contract_id)
        return position.net if position is not None else 0

    def settle(self) -> bool:
        """Pay what is owed; return whether anything was."""
        if not self.owed:
            return False
        self.balance -= self.owed
        self.owed = 0
        return True

    def row(self) -> AccountRow:
        """Return the account as it is told."""
        return AccountRow(
            id=self.spec.id,
            name=self.spec.name,
            balance=usd(self.balance),
            can_trade=self.can_trade,
            visible=self.spec.visible,
            simulated=not self.spec.live,
        )

    def position_row(self, contract_id: str, position: Position) -> PositionRow:
        """Return a position of this account as it is told."""
        return PositionRow(
            id=position.id,
            account_id=self.spec.id,
            contract_id=contract_id,
            created_ns=position.created_ns,
            net=position.net,
            average_num=position.average.numerator,
            average_den=position.average.denominator,
        )
