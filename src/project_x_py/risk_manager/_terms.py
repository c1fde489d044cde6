"""On what terms a managed trade would be entered: prices, size, risk, and what speaks against it.

Invariants (``tests/risk_manager/test_managed_trade.py``): a trade always has a stop, on the losing
side of its entry; what it may lose there is within its own limit and the account's; a refusal
carries its reasons as data.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.exposure import OpenOrder
from project_x_py._core.grid import Rounding
from project_x_py._core.rules import Denial, RuleName
from project_x_py.exceptions import RiskLimitExceeded
from project_x_py.risk_manager._prices import BUY, target_price
from project_x_py.risk_manager._sizing import contracts_for, stop_dollars, whole

if TYPE_CHECKING:
    from project_x_py._core.grid import TickGrid
    from project_x_py.risk_manager.risk_manager import RiskManager
    from project_x_py.types.response_types import RiskValidationResponse

__all__ = ["Terms", "TradeNotAllowedError", "TradeTerms", "protective"]


class TradeNotAllowedError(RiskLimitExceeded, ValueError):
    """A limit, the user's or the firm's, does not allow a trade; nothing was sent.

    Args:
        denials: Every reason, with figure, limit and the largest size that would pass.
    """

    def __init__(self, denials: list[Denial]) -> None:
        super().__init__("; ".join(denial.message for denial in denials))
        self.denials = denials


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Terms of one entry; prices are points on the grid.

    Attributes:
        side: 0 buys, 1 sells.
        size: Contracts.
        entry: Where it is expected to fill.
        stop: Where it is given up.
        target: Where the profit is taken, None for nowhere.
        risk_usd: Dollars lost at the stop.
        validation: What the account's limits say.
    """

    side: int
    size: int
    entry: float
    stop: float
    target: float | None
    risk_usd: Decimal
    validation: RiskValidationResponse


def protective(price: float, side: int, grid: TickGrid) -> float:
    """Return a stop of a bought (0) or sold (1) position on the grid, at the tick that risks less.

    Args:
        price: In points.
        side: Of the entry.
        grid: Of the contract.
    """
    return grid.aligned(price, Rounding.UP if side == BUY else Rounding.DOWN)


class TradeTerms:
    """Works terms out for one contract.

    Args:
        risk: Limits, sizes and stops of the account.
        contract_id: The full id.
        grid: Of the contract.
        max_risk_percent: Share of the balance that the trade may lose, 0.01 for one percent.
        max_risk_amount: The same in dollars; the smaller of both holds.
    """

    def __init__(
        self,
        risk: RiskManager,
        contract_id: str,
        grid: TickGrid,
        max_risk_percent: float | None,
        max_risk_amount: float | None,
    ) -> None:
        self.contract_id = contract_id
        self.grid = grid
        self._risk = risk
        self._percent = max_risk_percent
        self._amount = max_risk_amount

    def limit_usd(self) -> Decimal:
        """Return the dollars that the trade may lose at its stop."""
        balance = self._risk.guardian.balance()
        own = []
        if self._percent is not None:
            own.append(balance * Decimal(str(self._percent)))
        if self._amount is not None:
            own.append(Decimal(str(self._amount)))
        return min(own) if own else self._risk.config.trade_limit(balance)

    def risk_usd(self, size: int, entry: float | Decimal, stop: float | Decimal) -> Decimal:
        """Return the dollars that contracts lose between two prices in points."""
        return stop_dollars(entry, stop, self.grid) * size

    async def work_out(
        self,
        side: int,
        entry: float,
        stop: float | None,
        target: float | None,
        size: int | None,
        *,
        risked_usd: Decimal = Decimal(0),
        with_target: bool = True,
    ) -> Terms:
        """Return the terms of an entry.

        Args:
            side: 0 buys, 1 sells.
            entry: Where it is expected to fill, in points.
            stop: In points; by the settings when left out.
            target: In points; by the settings when left out.
            size: Contracts; as many as the risk allows when left out.
            risked_usd: What the trade may lose already.
            with_target: Whether a target is made when none is given.

        Raises:
            TradeNotAllowedError: A limit is in the way, or not even one contract is allowed.
            InvalidOrderParameters: A price is on the wrong side, or the size is none.
        """
        config, grid = self._risk.config, self.grid
        if size is not None:
            whole("size", size)
        entry = grid.aligned(entry)
        if stop is None:
            stop = await self._risk.default_stop(entry, side, grid)
        stop = protective(stop, side, grid)
        # The multiple is not used: this is the check that the stop is where it can protect.
        made = target_price(entry, stop, side, config.default_risk_reward_ratio, grid)
        if target is None and with_target and config.use_take_profit:
            target = made
        target = None if target is None else grid.aligned(target)
        each = stop_dollars(entry, stop, grid)
        room = max(Decimal(0), self.limit_usd() - risked_usd)
        order = OpenOrder(
            tag="",
            contract_id=self.contract_id,
            side=side,
            size=size or 1,
            price=grid.ticks(entry),
            protected_at=grid.ticks(stop),
        )
        if size is None:
            counted = self._risk.guardian.risk_of(order)
            most = self._risk.guardian.largest(self.contract_id, counted, side)
            size = max(1, min(contracts_for(room, each), most))
            order = _sized(order, size)
        denials, validation = self._risk.judge(order)
        if size * each > room:
            denials.append(_too_risky(size * each, room, contracts_for(room, each)))
        if denials:
            raise TradeNotAllowedError(denials)
        return Terms(
            side=side,
            size=size,
            entry=entry,
            stop=stop,
            target=target,
            risk_usd=size * each,
            validation=validation,
        )


def _sized(order: OpenOrder, size: int) -> OpenOrder:
    return OpenOrder(
        tag=order.tag,
        contract_id=order.contract_id,
        side=order.side,
        size=size,
        price=order.price,
        protected_at=order.protected_at,
    )


def _too_risky(risk: Decimal, room: Decimal, largest: int) -> Denial:
    return Denial(
        rule=RuleName.TRADE_RISK,
        message=f"the trade would lose ${risk} at its stop, and may lose ${room}",
        figure=risk,
        limit=room,
        largest=largest,
    )
