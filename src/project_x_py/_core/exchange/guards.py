"""What the platform does for positions, beside what orders ask for.

Two settings act here: legs are cancelled when their position is gone (a quirk, off as on the real
gateway), and in position-bracket mode the platform keeps a stop and a target for every position.

Assumptions about the latter: they are plain orders without tag and parent, placed at distances
from the average entry price when the position opens, sized to it as it changes, and one loses what
the other fills. Nothing is documented of them.

Invariant (``tests/core/exchange/test_guards.py``): a guarded position has working guards of exactly
its size; a flat one has none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.brackets import nearest
from project_x_py._core.exchange.codes import BracketMode, OrderStatus, OrderType
from project_x_py._core.exchange.gate import Change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.exchange.accounts import Account, PositionBracket
    from project_x_py._core.exchange.desk import Desk
    from project_x_py._core.exchange.ledger import Ledger
    from project_x_py._core.exchange.orders import Order, OrderStore
    from project_x_py._core.exchange.positions import Position
    from project_x_py._core.exchange.quirks import ExchangeQuirks

__all__ = ["PositionGuards"]


class PositionGuards:
    """Looks after positions.

    Args:
        accounts: Whose positions, by id.
        orders: Where legs are found, and guards kept.
        desk: Works and ends orders.
        ledger: Tells the time.
        quirks: What is switched on.
    """

    def __init__(
        self,
        accounts: Mapping[int, Account],
        orders: OrderStore,
        desk: Desk,
        ledger: Ledger,
        quirks: ExchangeQuirks,
    ) -> None:
        self._accounts = accounts
        self._orders = orders
        self._desk = desk
        self._ledger = ledger
        self._quirks = quirks
        self._guards: dict[tuple[int, str], tuple[Order, ...]] = {}

    def of(self, account_id: int, contract_id: str) -> tuple[Order, ...]:
        """Return the orders that guard a position, working or not."""
        return self._guards.get((account_id, contract_id), ())

    def all(self) -> tuple[tuple[Order, ...], ...]:
        """Return the orders that guard, position by position."""
        return tuple(self._guards.values())

    def take_up(self, guards: tuple[Order, ...]) -> None:
        """Let orders that exist go on guarding their position."""
        self._guards[guards[0].account_id, guards[0].contract_id] = guards

    def look(self, account_id: int, contract_id: str) -> None:
        """Do what is due after fills of an account in a contract."""
        account = self._accounts[account_id]
        position = account.positions.get(contract_id)
        if position is None and self._quirks.cancel_legs_when_flat:
            for order in self._orders.working(contract_id, account_id):
                if order.parent is not None and order.status != OrderStatus.SUSPENDED:
                    self._desk.end(order, OrderStatus.CANCELLED)
        guarded = account.spec.bracket_mode is BracketMode.POSITION
        bracket = account.spec.position_bracket
        if guarded and bracket is not None:
            self._guard(account, contract_id, position, bracket)

    def _guard(
        self,
        account: Account,
        contract_id: str,
        position: Position | None,
        bracket: PositionBracket,
    ) -> None:
        key = account.spec.id, contract_id
        net = position.net if position is not None else 0
        side = SELL if net > 0 else BUY
        guards = self._guards.get(key, ())
        if guards and (not net or guards[0].side != side):
            del self._guards[key]
            for guard in guards:
                if guard.is_working:
                    self._desk.end(guard, OrderStatus.CANCELLED)
            guards = ()
        if position is None:
            return
        if not guards:
            self._open(account, contract_id, position, bracket)
            return
        for guard in guards:
            if guard.is_working and guard.remaining != abs(net):
                size = guard.filled + abs(net)
                self._desk.change(guard, Change(size, None, None, None))

    def _open(
        self, account: Account, contract_id: str, position: Position, bracket: PositionBracket
    ) -> None:
        side = SELL if position.net > 0 else BUY
        average = nearest(position.average.numerator, position.average.denominator)
        away = 1 if side == SELL else -1
        guards: list[Order] = []
        for kind, ticks in (
            (OrderType.STOP, bracket.stop_ticks),
            (OrderType.LIMIT, bracket.target_ticks),
        ):
            if ticks is None:
                continue
            guard = self._orders.add(
                account.spec.id,
                contract_id,
                type=kind,
                side=side,
                size=abs(position.net),
                ns=self._ledger.now_ns,
            )
            guard.hidden = not self._quirks.position_brackets_visible
            if kind == OrderType.STOP:
                guard.stop = average - away * ticks
            else:
                guard.limit = average + away * ticks
            guards.append(guard)
        self._guards[account.spec.id, contract_id] = tuple(guards)
        if len(guards) > 1:
            guards[0].sibling, guards[1].sibling = guards[1], guards[0]
        for guard in guards:
            if guard.is_working:
                self._desk.start(guard)
