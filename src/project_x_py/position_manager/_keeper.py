"""What an account holds and what it made, from the gateway's statements and its fills.

Invariants (``tests/position_manager/test_keeper.py``):

- every change of a position is told once, whoever tells of it and how often;
- money is tick difference times tick value, exactly; a closed position's profit is told only when
  the fills account for all of it;
- *flat* is said only after a statement that is well newer than the last fill.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple, Protocol

from msgspec.structs import replace

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.positions import FillAccount, Holding, PositionBook, PositionKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.positions import PositionChange
    from project_x_py._core.records import PositionUpdate, TradeUpdate

__all__ = ["ClosedTrade", "PositionKeeper", "TellPosition", "dollars"]

KEPT_TRADES = 10_000


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A position from its first contract to its last. Money is dollars.

    Attributes:
        contract_id: What was held.
        opened_ns: When it was first stated.
        closed_ns: When it was stated flat.
        size: Largest number of contracts held.
        is_long: Which way.
        profit: Realised, before costs.
        costs: Fees and commissions of its fills.
    """

    contract_id: str
    opened_ns: int
    closed_ns: int
    size: int
    is_long: bool
    profit: Decimal
    costs: Decimal

    @property
    def net(self) -> Decimal:
        """Dollars made, costs paid."""
        return self.profit - self.costs


class TellPosition(Protocol):
    """Told of each change; ``pnl`` in dollars for a position that closed and is accounted for."""

    def __call__(self, change: PositionChange, pnl: Decimal | None) -> None: ...


@dataclass(slots=True)
class _Open:
    opened_ns: int
    largest: int
    is_long: bool


class _Totals(NamedTuple):
    """What the fills of a contract come to so far."""

    realised: Fraction
    costs: Fraction
    volume: int


class PositionKeeper:
    """Positions and their money for one account.

    Args:
        account_id: Whose; everything else is ignored.
        grid_for: The grid of a contract that is held.
        tell: Told of every change, after it.
    """

    def __init__(
        self, account_id: int, grid_for: Callable[[str], TickGrid], tell: TellPosition
    ) -> None:
        self.account_id = account_id
        self.book = PositionBook(account_id)
        self.closed: list[ClosedTrade] = []
        self.updates = 0
        self.last_ns: int | None = None
        self._grid_for = grid_for
        self._tell = tell
        self._listeners: list[Callable[[], None]] = []
        self._preludes: list[Callable[[], None]] = []
        self._accountants: list[Callable[[ClosedTrade], None]] = []
        self._before: frozenset[int] = frozenset()
        self._fills: dict[str, FillAccount] = {}
        self._open: dict[str, _Open] = {}
        self._waiting: dict[str, tuple[_Open, int]] = {}
        self._base: dict[str, _Totals] = {}
        self._volume: dict[str, int] = {}
        self._said_ns: dict[str, int] = {}
        self._listed_ns = 0
        self._known = False

    def add_listener(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every statement and every fill."""
        self._listeners.append(listener)

    def add_prelude(self, prelude: Callable[[], None]) -> None:
        """Call ``prelude`` before a fill is counted: what counts by the day closes the last one."""
        self._preludes.append(prelude)

    def add_accountant(self, accountant: Callable[[ClosedTrade], None]) -> None:
        """Call ``accountant`` with every trade once its fills account for it."""
        self._accountants.append(accountant)

    def passed(self, trade_ids: frozenset[int]) -> None:
        """Name fills that the first list of positions contains already; they count no more."""
        if not self._known:
            self._before = trade_ids

    def heard_fills(self) -> frozenset[int]:
        """Return the fills that were counted."""
        return frozenset().union(*(account.trade_ids for account in self._fills.values()))

    @property
    def is_known(self) -> bool:
        """Whether a complete list of positions was heard."""
        return self._known

    def hear_position(self, update: PositionUpdate) -> None:
        """Take one statement of the gateway."""
        if update.account_id != self.account_id:
            return
        self._said_ns[update.contract_id] = update.recv_ns
        self._changed(self.book.hear(update))

    def hear_positions(self, listed: tuple[PositionUpdate, ...], asof_ns: int) -> None:
        """Take a complete list, true as of the moment its read began."""
        stamped = [replace(row, recv_ns=asof_ns) for row in listed]
        if not self._known:
            self._known = True
            for row in stamped:
                self._begin_with(row)
        self._listed_ns = max(self._listed_ns, asof_ns)
        self._changed(self.book.hear_all(stamped, asof_ns))

    def hear_fill(self, fill: TradeUpdate) -> None:
        """Take a fill, once."""
        if fill.account_id != self.account_id or fill.id in self._before:
            return
        for prelude in self._preludes:
            prelude()
        account = self._account(fill.contract_id)
        flat = not account.holding.net and fill.contract_id not in self._waiting
        before = self._totals(fill.contract_id) if flat else None
        if account.add(fill):
            # A fill that is heard once more begins nothing.
            if before is not None:
                self._base[fill.contract_id] = before
            self._volume[fill.contract_id] = self._volume.get(fill.contract_id, 0) + fill.size
            self._account_for(fill.contract_id)
            self._notify()

    def holds_positions(self) -> bool:
        """Tell whether anything is held."""
        return len(self.book) > 0

    def net(self, contract_id: str) -> int:
        """Return the signed contracts held."""
        return self.book.net(contract_id)

    def net_after(self, contract_id: str, since_ns: int) -> int | None:
        """Return what is held by a statement well after ``since_ns``, None without one."""
        said_ns = max(self._said_ns.get(contract_id, 0), self._listed_ns)
        return self.book.net(contract_id) if said_ns > since_ns + SETTLE_NS else None

    def is_flat(self, contract_id: str, since_ns: int) -> bool:
        """Tell whether nothing is held, by a statement well after ``since_ns``."""
        return self.net_after(contract_id, since_ns) == 0

    def accounts_for(self, contract_id: str) -> bool:
        """Tell whether the fills come to what the gateway says is held."""
        return self._account(contract_id).holding.net == self.book.net(contract_id)

    def realised(self, contract_id: str | None = None) -> Decimal:
        """Return the dollars that fills since the start have realised, before costs."""
        return sum(
            (
                dollars(self._grid_for(name), account.holding.realised)
                for name, account in self._fills.items()
                if contract_id in (None, name)
            ),
            Decimal(0),
        )

    def costs(self, contract_id: str | None = None) -> Decimal:
        """Return the dollars of fees and commissions since the start."""
        return sum(
            (
                _decimal(account.fees_usd + account.commissions_usd)
                for name, account in self._fills.items()
                if contract_id in (None, name)
            ),
            Decimal(0),
        )

    def unrealised(self, contract_id: str, price: int) -> Decimal:
        """Return the open profit in dollars at ``price`` ticks, by the gateway's average price."""
        held = self.book.position(contract_id)
        if held is None:
            return Decimal(0)
        grid = self._grid_for(contract_id)
        return dollars(grid, held.net * (price - _average_ticks(held, grid)))

    def _changed(self, changes: list[PositionChange]) -> None:
        for change in changes:
            self.updates += 1
            self.last_ns = change.position.recv_ns
            contract_id = change.position.contract_id
            if change.kind is PositionKind.OPENED:
                self._opened(change)
            elif change.kind is PositionKind.UPDATED:
                kept = self._open.get(contract_id)
                if kept is not None:
                    kept.largest = max(kept.largest, abs(change.position.net))
            elif contract_id in self._open:
                self._waiting[contract_id] = (
                    self._open.pop(contract_id),
                    change.position.recv_ns,
                )
            pnl = self._account_for(contract_id) if change.kind is PositionKind.CLOSED else None
            self._tell(change, pnl)
        self._notify()

    def _opened(self, change: PositionChange) -> None:
        position = change.position
        self._open[position.contract_id] = _Open(
            position.recv_ns, abs(position.net), position.net > 0
        )

    def _account_for(self, contract_id: str) -> Decimal | None:
        """Settle a position that closed, once the fills explain what is held; return its profit."""
        waiting = self._waiting.get(contract_id)
        if waiting is None or not self.accounts_for(contract_id):
            return None
        kept, closed_ns = waiting
        before = self._base.get(contract_id, _Totals(Fraction(0), Fraction(0), 0))
        now = self._totals(contract_id)
        # No fills at all come to nothing held as well.
        if now.volume - before.volume < kept.largest:
            return None
        del self._waiting[contract_id]
        self._base[contract_id] = now
        profit = dollars(self._grid_for(contract_id), now.realised - before.realised)
        trade = ClosedTrade(
            contract_id,
            kept.opened_ns,
            closed_ns,
            kept.largest,
            kept.is_long,
            profit,
            _decimal(now.costs - before.costs),
        )
        self.closed.append(trade)
        del self.closed[:-KEPT_TRADES]
        for accountant in self._accountants:
            accountant(trade)
        return profit

    def _begin_with(self, held: PositionUpdate) -> None:
        """Count what was held before the first fill at the gateway's average price."""
        if held.contract_id in self._fills or not held.net:
            return
        average = _average_ticks(held, self._grid_for(held.contract_id))
        self._fills[held.contract_id] = FillAccount(Holding(held.net, held.net * average))

    def _totals(self, contract_id: str) -> _Totals:
        account = self._account(contract_id)
        return _Totals(
            account.holding.realised,
            account.fees_usd + account.commissions_usd,
            self._volume.get(contract_id, 0),
        )

    def _account(self, contract_id: str) -> FillAccount:
        return self._fills.setdefault(contract_id, FillAccount())

    def _notify(self) -> None:
        for listener in self._listeners:
            listener()


def dollars(grid: TickGrid, ticks: Fraction) -> Decimal:
    """Return ticks times contracts as dollars, to the hundredth of a cent."""
    return _decimal(ticks * Fraction(grid.tick_value))


def _average_ticks(held: PositionUpdate, grid: TickGrid) -> Fraction:
    return Fraction(str(held.average_price)) / Fraction(grid.tick_size)


def _decimal(value: Fraction) -> Decimal:
    return (Decimal(value.numerator) / Decimal(value.denominator)).quantize(Decimal("0.0001"))
