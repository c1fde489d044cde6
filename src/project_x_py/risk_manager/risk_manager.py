"""Sizes, limits, stops and targets of one account, in dollars through the tick value.

Invariants (``tests/risk_manager/test_risk_manager.py``): limits are fed by real fills; what is
attached to a position is one pair of which only one fills; stops that follow only tighten.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from project_x_py._core.exposure import OpenOrder
from project_x_py._core.grid import TickGrid
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.event_bus import EventType
from project_x_py.exceptions import InvalidOrderParameters
from project_x_py.risk_manager._figures import RiskFigures
from project_x_py.risk_manager._guardian import Guardian
from project_x_py.risk_manager._prices import BUY, stop_price, target_price, trailing_price
from project_x_py.risk_manager._sizing import (
    contracts_for,
    finite,
    kelly_share,
    share,
    stop_dollars,
)
from project_x_py.risk_manager._trailing import Trail, TrailingStops
from project_x_py.risk_manager._watch import RiskWatch, figures_of
from project_x_py.risk_manager.config import RiskConfig
from project_x_py.risk_manager.statistics import RiskStatisticsMixin

if TYPE_CHECKING:
    from project_x_py._core.rules import Denial
    from project_x_py._ports import OrderSource, PriceSource
    from project_x_py.event_bus import EventBus
    from project_x_py.models import Instrument, Order, Position
    from project_x_py.risk_manager._parties import BarSource, RiskOrders, RiskPositions
    from project_x_py.types.response_types import (
        PositionSizingResponse,
        RiskAnalysisResponse,
        RiskValidationResponse,
    )

__all__ = ["RiskManager"]

logger = logging.getLogger(__name__)

SELL = 1
STOP_TYPES = frozenset({4, 5})
ATR_BARS, ATR_PERIOD = 100, 14


class RiskManager(RiskStatisticsMixin):
    """Says how large, how far, and when to stop; needs a running loop.

    Args:
        project_x: A client that is logged in.
        order_manager: Places and moves protective orders.
        event_bus: Where risk events are published.
        position_manager: Knows positions and money; may be set later.
        config: The user's limits.
        data_manager: Bars for average true ranges.
        prices: Last prices and trades, for stops that follow.
        instrument: The contract that is meant where a call names none.
        guardian: Judge of the account, where managers of several contracts share one.
        timeframe: Of the bars for average true ranges.
    """

    def __init__(
        self,
        project_x: OrderSource,
        order_manager: RiskOrders,
        event_bus: EventBus,
        position_manager: RiskPositions | None = None,
        config: RiskConfig | None = None,
        data_manager: BarSource | None = None,
        *,
        prices: PriceSource | None = None,
        instrument: Instrument | None = None,
        guardian: Guardian | None = None,
        timeframe: str = "5min",
    ) -> None:
        account = project_x.get_account_info()
        self.event_bus = event_bus
        self.instrument = instrument
        self._source = project_x
        self._orders = order_manager
        self._bars = data_manager
        self._grids: dict[str, TickGrid] = {}
        self._timeframe = timeframe
        self._prices = prices
        self.tasks = Supervisor(f"risk-{account.id}")
        self._watch = RiskWatch(event_bus, project_x.clock, order_manager.position_door)
        self._leads = guardian is None
        self.guardian = guardian or Guardian(
            account.name, config or RiskConfig(), project_x.clock, prices, self._watch.refused
        )
        if instrument is not None:
            self.guardian.tell_refusals(instrument.id, self._watch.refused)
        self.config = self.guardian.config
        self.guardian.orders = order_manager.position_door
        self._figures = RiskFigures(self.guardian, self._watch, project_x.clock)
        self._trails = TrailingStops(self._move, self.tasks, order_manager.memos)
        self._filled = self._watch.on_filled
        event_bus.on(EventType.ORDER_FILLED, self._filled)
        if prices is not None:
            prices.add_price_listener(self._trails.on_price)
        if position_manager is not None:
            self.set_position_manager(position_manager)

    def set_position_manager(self, position_manager: RiskPositions) -> None:
        """Take positions and money from a manager from now on."""
        self.guardian.money = position_manager.money
        if self._leads:
            # Managers that share a judge would each announce the same limit.
            self._watch.follow(self.guardian)

    def resume(self) -> int:
        """Let the stops of an earlier run follow again, which the order journal tells of.

        Returns:
            How many stops follow.

        Raises:
            JournalError: The journal cannot be read.
        """
        return self._trails.resume(None if self.instrument is None else self.instrument.id)

    async def cleanup(self) -> None:
        """Watch no more; stops stay where they are."""
        if self._prices is not None:
            self._prices.remove_price_listener(self._trails.on_price)
        self._trails.close()
        await self.event_bus.off(EventType.ORDER_FILLED, self._filled)
        await self.tasks.aclose()

    async def calculate_position_size(
        self,
        entry_price: float,
        stop_loss: float,
        risk_amount: float | None = None,
        risk_percent: float | None = None,
        instrument: Instrument | None = None,
        use_kelly: bool | None = None,
    ) -> PositionSizingResponse:
        """Return the whole contracts that lose at most the risk at the stop.

        Args:
            entry_price: In points.
            stop_loss: In points.
            risk_amount: Dollars; the trade limit of the settings when left out.
            risk_percent: Share of the balance instead, 0.01 for one percent.
            instrument: The contract; needed where the manager has none of its own.
            use_kelly: Whether Kelly's share bounds the risk; the setting when left out.

        Raises:
            InvalidOrderParameters: No contract, no distance, or no risk allowed.
        """
        contract = self._contract(instrument)
        grid = TickGrid(contract.tickSize, contract.tickValue)
        balance, config = self.guardian.balance(), self.config
        risk = config.trade_limit(balance)
        if risk_amount is not None:
            risk = finite("risk_amount", risk_amount)
        elif risk_percent is not None:
            risk = balance * share("risk_percent", risk_percent)
        if risk <= 0:
            raise InvalidOrderParameters(f"the risk is dollars above zero, not {risk}")
        kelly = self._kelly(config.use_kelly_criterion if use_kelly is None else use_kelly)
        if kelly is not None:
            risk = min(risk, balance * kelly)
        each = stop_dollars(entry_price, stop_loss, grid)
        size = min(contracts_for(risk, each), config.max_position_size)
        return {
            "position_size": size,
            "risk_amount": float(size * each),
            "risk_percent": float(size * each / balance) if balance > 0 else 0.0,
            "entry_price": entry_price,
            "stop_loss": stop_loss,
            "tick_size": contract.tickSize,
            "account_balance": float(balance),
            "kelly_fraction": None if kelly is None else float(kelly),
            "max_position_size": config.max_position_size,
            "sizing_method": "fixed_risk" if kelly is None else "kelly",
        }

    async def calculate_kelly_position_size(
        self, base_size: int, win_rate: float, avg_win: float, avg_loss: float
    ) -> int:
        """Return a size times Kelly's share of given figures; ``win_rate`` from 0 to 1."""
        if not 0 <= win_rate <= 1 or avg_win <= 0 or avg_loss == 0:
            raise InvalidOrderParameters("win_rate is 0 to 1, avg_win and avg_loss are dollars")
        b = Decimal(str(avg_win)) / abs(Decimal(str(avg_loss)))
        p = Decimal(str(win_rate))
        share = max(Decimal(0), (p * b - (1 - p)) / b) * self.config.kelly_fraction
        return int(base_size * min(share, self.config.kelly_fraction))

    async def validate_trade(
        self, order: Order, current_positions: list[Position] | None = None
    ) -> RiskValidationResponse:
        """Judge an order without sending it; ``current_positions`` are known and not needed."""
        contract_id = order.contractId
        grid = await self._grid(contract_id)
        price = order.limitPrice if order.limitPrice is not None else order.stopPrice
        wanted = OpenOrder(
            tag="",
            contract_id=contract_id,
            side=order.side,
            size=order.size,
            price=None if price is None else grid.ticks(price),
        )
        return self.judge(wanted)[1]

    def judge(self, order: OpenOrder) -> tuple[list[Denial], RiskValidationResponse]:
        """Return the reasons against an order as data, and what :meth:`validate_trade` says."""
        denials = self.guardian.denials(order)
        figures = figures_of(self.guardian)
        return denials, {
            "is_valid": not denials,
            "reasons": [denial.message for denial in denials],
            "warnings": self._watch.warnings(self.guardian),
            "current_risk": float(figures.at_risk),
            "daily_loss": float(self.guardian.day_loss()),
            "daily_trades": self.guardian.day_trades(),
            "position_count": len(self.guardian.held()),
            "portfolio_risk": figures.share,
        }

    async def attach_risk_orders(
        self,
        position: Position,
        stop_loss: float | None = None,
        take_profit: float | None = None,
        use_trailing: bool | None = None,
    ) -> dict[str, Any]:
        """Place a stop and a target for a position, of which only one fills.

        Args:
            position: What is held.
            stop_loss: In points; by the settings when left out.
            take_profit: In points; by the settings when left out.
            use_trailing: Whether the stop follows the price; the setting when left out.

        Returns:
            Keys position_id, stop_loss, take_profit, bracket_order (both responses),
            use_trailing, risk_reward_ratio.

        Raises:
            ProjectXOrderError: A price is impossible; nothing or the stop alone was placed.
        """
        config = self.config
        contract_id, entry = position.contractId, position.averagePrice
        side = BUY if position.is_long else SELL
        grid = await self._grid(contract_id)
        if stop_loss is None and config.use_stop_loss:
            stop_loss = await self._stop(entry, side, grid, None)
        if take_profit is None and config.use_take_profit and stop_loss is not None:
            ratio = config.default_risk_reward_ratio
            take_profit = target_price(entry, stop_loss, side, ratio, grid)
        stop = target = None
        if stop_loss is not None:
            stop = await self._orders.add_stop_loss(contract_id, stop_loss, position.size)
        if take_profit is not None:
            target = await self._orders.add_take_profit(contract_id, take_profit, position.size)
        if stop is not None and target is not None and stop.success and target.success:
            await self._orders.track_oco_pair(stop.orderId, target.orderId)
        trailing = config.use_trailing_stops if use_trailing is None else use_trailing
        if trailing and stop is not None and stop.success and stop_loss is not None:
            self._follow(position, stop.orderId, stop_loss, grid)
        risk = None if stop_loss is None else abs(entry - stop_loss)
        found = {
            "position_id": position.id,
            "stop_loss": stop_loss,
            "take_profit": take_profit,
            "bracket_order": {"stop": stop, "target": target},
            "use_trailing": trailing,
            "risk_reward_ratio": None
            if not risk or take_profit is None
            else abs(take_profit - entry) / risk,
        }
        self.event_bus.publish("risk_orders_placed", {"position": position, **found}, "risk")
        return found

    async def adjust_stops(
        self, position: Position, new_stop: float, order_id: int | None = None
    ) -> bool:
        """Move the stop of a position, as asked for, in either direction.

        Args:
            position: What is held.
            new_stop: In points; off the grid it goes to the tick that risks less.
            order_id: The stop; all that work for the position when left out.

        Returns:
            Whether it is there; False when there is no stop, or the gateway refuses.
        """
        grid = await self._grid(position.contractId)
        exact = trailing_price(new_stop, BUY if position.is_long else SELL, Decimal(0), grid)
        moving = [] if order_id is None else [int(order_id)]
        if order_id is None:
            side = SELL if position.is_long else BUY
            working = await self._orders.search_open_orders(position.contractId, side)
            moving = [order.id for order in working if order.type in STOP_TYPES]
        done = [await self._orders.modify_order(one, stop_price=exact) for one in moving]
        for one, moved in zip(moving, done, strict=True):
            if moved:
                data = {"position": position, "new_stop": exact, "order_id": str(one)}
                self.event_bus.publish("stop_adjusted", data, "risk")
        return bool(done) and all(done)

    async def calculate_stop_loss(
        self, entry_price: float, side: int, atr_value: float | None = None
    ) -> float:
        """Return the stop of an entry by the settings, in points on the contract's grid."""
        contract = self._contract(None)
        grid = TickGrid(contract.tickSize, contract.tickValue)
        return await self._stop(entry_price, side, grid, atr_value)

    async def calculate_take_profit(
        self,
        entry_price: float,
        stop_loss: float,
        side: int,
        risk_reward_ratio: float | None = None,
    ) -> float:
        """Return the target at a multiple of the stop's distance, in points on the grid."""
        contract = self._contract(None)
        ratio = self.config.default_risk_reward_ratio
        if risk_reward_ratio is not None:
            ratio = Decimal(str(risk_reward_ratio))
        grid = TickGrid(contract.tickSize, contract.tickValue)
        return target_price(entry_price, stop_loss, side, ratio, grid)

    async def should_activate_trailing_stop(
        self, entry_price: float, current_price: float, side: int
    ) -> bool:
        """Tell whether the profit has reached ``trailing_stop_trigger`` ticks."""
        contract = self._contract(None)
        moved = Decimal(str(current_price)) - Decimal(str(entry_price))
        ticks = moved / Decimal(str(contract.tickSize)) * (1 if side == BUY else -1)
        return ticks >= self.config.trailing_stop_trigger

    def calculate_trailing_stop(self, current_price: float, side: int) -> float:
        """Return where a stop that follows belongs at a price, in points on the grid."""
        contract = self._contract(None)
        grid = TickGrid(contract.tickSize, contract.tickValue)
        return trailing_price(current_price, side, self.config.trailing_stop_distance, grid)

    async def stop_trailing_stops(self, position_id: str | None = None) -> None:
        """Let stops stay where they are: those of a contract by its id, or all."""
        self._trails.forget(position_id)

    async def get_risk_metrics(self) -> RiskAnalysisResponse:
        """Return risk in use against its limits, in dollars; unknown figures are None."""
        return self._watch.metrics(self.guardian)

    async def analyze_portfolio_risk(self) -> dict[str, Any]:
        """Return what is at stake, at its worst.

        Keys: total_risk, portfolio_risk, headroom, units, open_profit, position_count, positions,
        warnings. ``units`` are tenths of a mini contract; ``headroom`` is dollars before the
        nearest limit.
        """
        return self._watch.portfolio(self.guardian)

    async def analyze_trade_risk(
        self,
        instrument: Instrument,
        entry_price: float,
        stop_loss: float,
        take_profit: float | None,
        position_size: int,
    ) -> dict[str, Any]:
        """Return what a trade would risk and win.

        Keys: risk_amount, reward_amount, risk_reward_ratio, risk_percent, within_limits, reasons,
        largest_size.
        """
        grid = TickGrid(instrument.tickSize, instrument.tickValue)
        risk = stop_dollars(entry_price, stop_loss, grid)
        reward = None if take_profit is None else stop_dollars(entry_price, take_profit, grid)
        order = OpenOrder(
            tag="",
            contract_id=instrument.id,
            side=BUY if stop_loss < entry_price else SELL,
            size=position_size,
            price=grid.ticks(grid.aligned(entry_price)),
            protected_at=grid.ticks(grid.aligned(stop_loss)),
        )
        denials = self.guardian.denials(order)
        balance = self.guardian.balance()
        return {
            "risk_amount": float(risk * position_size),
            "reward_amount": None if reward is None else float(reward * position_size),
            "risk_reward_ratio": None if reward is None else float(reward / risk),
            "risk_percent": float(risk * position_size / balance) if balance > 0 else None,
            "within_limits": not denials,
            "reasons": [denial.message for denial in denials],
            "largest_size": self.guardian.largest(instrument.id, risk),
        }

    async def record_trade_result(
        self, position_id: str, pnl: float, duration_seconds: int
    ) -> None:
        """Count a result that no fill of this account shows; real fills are counted anyway."""
        self.guardian.extra_loss -= finite("pnl", pnl)
        self.guardian.extra_trades += 1
        data = {
            "position_id": position_id,
            "pnl": pnl,
            "duration": duration_seconds,
            "daily_loss": float(self.guardian.day_loss()),
            "daily_trades": self.guardian.day_trades(),
        }
        self.event_bus.publish("trade_recorded", data, "risk")

    async def add_trade_result(
        self,
        instrument: str,
        pnl: float,
        entry_price: float | None = None,
        exit_price: float | None = None,
        size: int | None = None,
        side: int | None = None,
    ) -> None:
        """Count a result that no fill of this account shows; the same as the other call."""
        await self.record_trade_result(instrument, pnl, 0)

    async def update_trade_statistics(self) -> None:
        """Look at the limits now; figures are of fills and need no update."""
        self._watch.look(self.guardian)

    async def check_daily_reset(self) -> None:
        """Begin a new trading day when one has begun; every judgement does so by itself."""
        self._watch.look(self.guardian)

    def note_trade(self, *, ended: bool) -> None:
        """Count a managed trade whose block is entered or left."""
        if ended:
            self._figures.trades_ended += 1
        else:
            self._figures.trades_begun += 1

    async def instrument_of(self, name: str) -> Instrument:
        """Return a contract by id, name or ticker."""
        return await self._source.get_instrument(name)

    def grid_of(self, contract: Instrument) -> TickGrid:
        """Return the prices of a contract."""
        return TickGrid(contract.tickSize, contract.tickValue)

    def last_price(self, contract_id: str) -> int | None:
        """Return the last price in ticks, None before any."""
        known = None if self._prices is None else self._prices.last_price(contract_id)
        return None if known is None else known[0]

    async def default_stop(self, entry: float, side: int, grid: TickGrid) -> float:
        """Return the stop of an entry by the settings, in points on a contract's grid."""
        return await self._stop(entry, side, grid, None)

    def _contract(self, instrument: Instrument | None) -> Instrument:
        contract = instrument or self.instrument
        if contract is None:
            raise InvalidOrderParameters("instrument is needed: its tick value makes dollars")
        return contract

    async def _grid(self, contract_id: str) -> TickGrid:
        grid = self._grids.get(contract_id)
        if grid is None:
            # A stop that has to move does not wait for a turn of queries.
            contract = await self._source.get_instrument(contract_id)
            grid = self._grids[contract_id] = TickGrid(contract.tickSize, contract.tickValue)
        return grid

    def _kelly(self, wanted: bool) -> Decimal | None:
        results = [] if self.guardian.money is None else self.guardian.money.results()
        if not wanted or len(results) < self.config.min_trades_for_kelly:
            return None
        return kelly_share(results, self.config.kelly_fraction)

    async def _stop(self, entry: float, side: int, grid: TickGrid, atr: float | None) -> float:
        if atr is None and self.config.stop_loss_type == "atr" and self._bars is not None:
            atr = await self._average_true_range()
        return stop_price(entry, side, self.config, grid, atr)

    async def _average_true_range(self) -> float | None:
        frame = None
        if self._bars is not None:
            frame = await self._bars.get_data(self._timeframe, bars=ATR_BARS)
        if frame is None or frame.height <= ATR_PERIOD:
            return None
        from project_x_py.indicators import ATR

        value = ATR(frame, period=ATR_PERIOD)[f"atr_{ATR_PERIOD}"][-1]
        return None if value is None else float(value)

    def _follow(self, position: Position, order_id: int, stop: float, grid: TickGrid) -> None:
        entry = grid.ticks(grid.aligned(position.averagePrice))
        self._trails.add(
            Trail(
                position.contractId,
                order_id,
                position.is_long,
                entry,
                grid.ticks(grid.aligned(stop)),
                int(self.config.trailing_stop_distance),
                int(self.config.trailing_stop_trigger),
            )
        )

    async def _move(self, trail: Trail, stop: int) -> int | None:
        """Move a stop, unless it is as tight already; return where it is, None when it is over."""
        order = await self._orders.get_order_by_id(trail.order_id)
        if order is None or order.is_terminal:
            return None
        grid = await self._grid(trail.contract_id)
        held = trail.stop if order.stopPrice is None else grid.ticks(grid.aligned(order.stopPrice))
        if (held >= stop) if trail.is_long else (held <= stop):
            return held
        if await self._orders.modify_order(trail.order_id, stop_price=grid.price(stop)):
            return stop
        logger.warning("stop %d stays at %s for a while", trail.order_id, order.stopPrice)
        return held
