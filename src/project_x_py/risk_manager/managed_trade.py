"""One trade from its entry to its last exit, never without a stop.

An entry goes out as a bracket: its stop is there as it fills, at the gateway where that takes
brackets. Leaving the block cancels what has not filled and leaves what is held with its stop; what
no stop covers is closed.

Invariants (``tests/risk_manager/test_managed_trade.py``):

- one call sends one order for each intent, whatever is lost or cancelled on the way;
- nothing is held without a stop after the block, whichever way it was left;
- the stop moves as asked, a stop that follows only tightens;
- money is tick difference times tick value, by the fills.
"""

from __future__ import annotations

import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from project_x_py._core.rules import Denial, RuleName
from project_x_py._runtime.together import outlived
from project_x_py.exceptions import InvalidOrderParameters, ProjectXError
from project_x_py.risk_manager._entries import TradeEntries
from project_x_py.risk_manager._prices import BUY
from project_x_py.risk_manager._sizing import finite, share
from project_x_py.risk_manager._terms import Terms, TradeNotAllowedError, TradeTerms, protective
from project_x_py.risk_manager._trade_views import entered_view, summary_view
from project_x_py.risk_manager._trailing import Trail, tightened
from project_x_py.types.trading import OrderType

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from project_x_py.event_bus import EventBus
    from project_x_py.models import Position
    from project_x_py.risk_manager._parties import LastPrice, TradePositions, TradingOrders
    from project_x_py.risk_manager.risk_manager import RiskManager

__all__ = ["ManagedTrade"]

logger = logging.getLogger(__name__)

SELL = 1

SIDES = {"BUY": BUY, "LONG": BUY, "SELL": SELL, "SHORT": SELL}

ENTRY_TYPES = {OrderType.MARKET: "market", OrderType.LIMIT: "limit", OrderType.STOP: "stop"}

FILL_S = 5.0
"""How long an entry at the market is waited for."""

EXIT_S = 10.0
"""How long an exit at the market is waited for."""

KNOWN_S = 10.0
"""How long an order whose answer was lost is waited for when the block is left."""

SAFE_S = 6.0
"""How long a stop is waited for when the block is left, before what is held is closed."""


class ManagedTrade:
    """A trade of one contract, used as ``async with``; needs a running loop.

    Args:
        risk_manager: Limits, sizes and stops of the account.
        order_manager: Places the orders.
        position_manager: Knows what is held.
        instrument_id: Contract id, name or ticker.
        data_manager: Tells the last price where the risk manager has none.
        event_bus: Where ``trade_recorded`` is published; the risk manager's when left out.
        max_risk_percent: Share of the balance that the trade may lose, 0.01 for one percent.
        max_risk_amount: The same in dollars; the smaller of both holds.

    Raises:
        ValueError: A limit that cannot be.
    """

    def __init__(
        self,
        risk_manager: RiskManager,
        order_manager: TradingOrders,
        position_manager: TradePositions,
        instrument_id: str,
        data_manager: LastPrice | None = None,
        event_bus: EventBus | None = None,
        max_risk_percent: float | None = None,
        max_risk_amount: float | None = None,
    ) -> None:
        try:
            if max_risk_percent is not None:
                share("max_risk_percent", max_risk_percent)
            if max_risk_amount is not None and finite("max_risk_amount", max_risk_amount) <= 0:
                raise ValueError(f"max_risk_amount is dollars above zero, not {max_risk_amount}")
        except InvalidOrderParameters as exc:
            raise ValueError(str(exc)) from exc
        self.instrument_id = instrument_id
        self.last_error: str | None = None
        """Why the last call that returned False did so."""
        self.results: list[dict[str, Any]] = []
        """What was recorded of it, see :meth:`record_trade_result`."""
        self._risk = risk_manager
        self._orders = order_manager
        self._positions = position_manager
        self._data = data_manager
        self._bus = risk_manager.event_bus if event_bus is None else event_bus
        self._limits = max_risk_percent, max_risk_amount
        self._entries = TradeEntries(order_manager.trade_door)
        self._terms: TradeTerms | None = None
        self._entering = False
        self._trail: Trail | None = None
        self._asked: Terms | None = None

    @property
    def risk_manager(self) -> RiskManager:
        """Limits, sizes and stops of the account."""
        return self._risk

    @property
    def order_manager(self) -> TradingOrders:
        """Places the orders."""
        return self._orders

    @property
    def position_manager(self) -> TradePositions:
        """Knows what is held."""
        return self._positions

    async def __aenter__(self) -> Self:
        await self._known_terms()
        self._risk.note_trade(ended=False)
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> bool:
        """Cancel what has not filled; what is held stays with its stop, or is closed without one.

        Goes on to its end when it is cancelled itself. An exception of the block is never held
        back.
        """
        self._risk.note_trade(ended=True)
        if self._entries.tags:
            work = self._risk.tasks.spawn(self._wind_up(), name=f"trade-{self.instrument_id}")
            await outlived(work, lambda: ProjectXError("the risk manager was closed meanwhile"))
        return False

    async def enter_long(
        self,
        entry_price: float | None = None,
        stop_loss: float | None = None,
        take_profit: float | None = None,
        size: int | None = None,
        order_type: OrderType = OrderType.MARKET,
    ) -> dict[str, Any]:
        """Buy, with a stop from the first fill on.

        Args:
            entry_price: In points; for a market order only the price that is reckoned with, the
                last one when left out.
            stop_loss: In points; by the settings when left out.
            take_profit: In points; by the settings when left out.
            size: Contracts; as many as the trade's risk allows when left out.
            order_type: MARKET (waits for the fill), LIMIT or STOP.

        Returns:
            Keys entry_order, stop_order, target_order (responses, None while there is none),
            position (None while nothing is held), size, risk_amount (dollars at the stop),
            validation. A refusal by the gateway is an ``entry_order`` with ``success`` False.

        Raises:
            ValueError: The trade has begun already, no price is known, the order type is another,
                or a limit does not allow it; the last is a ``RiskLimitExceeded`` as well, with the
                reasons in ``denials``.
            InvalidOrderParameters: A price is on the wrong side of the entry.
            OrderSubmissionUncertainError: It was sent, and nobody can say what became of it; what
                fills is protected all the same.
        """
        return await self._enter(BUY, entry_price, stop_loss, take_profit, size, order_type)

    async def enter_short(
        self,
        entry_price: float | None = None,
        stop_loss: float | None = None,
        take_profit: float | None = None,
        size: int | None = None,
        order_type: OrderType = OrderType.MARKET,
    ) -> dict[str, Any]:
        """Sell, with a stop from the first fill on; see :meth:`enter_long`.

        Raises:
            ValueError: As there, and when ``stop_loss`` is left out.
        """
        if stop_loss is None:
            raise ValueError("a short needs stop_loss: its loss has no end by itself")
        return await self._enter(SELL, entry_price, stop_loss, take_profit, size, order_type)

    async def enter_market(
        self, size: int, side: str = "BUY", stop_loss: float | None = None
    ) -> dict[str, Any]:
        """Enter at the market; ``side`` is BUY or SELL. See :meth:`enter_long`."""
        found = SIDES.get(str(side).upper())
        if found is None:
            raise ValueError(f"side is one of {', '.join(SIDES)}, not {side!r}")
        if found == BUY:
            return await self.enter_long(stop_loss=stop_loss, size=size)
        return await self.enter_short(stop_loss=stop_loss, size=size)

    async def enter_bracket(
        self, size: int, entry_price: float, stop_loss: float, take_profit: float
    ) -> dict[str, Any]:
        """Enter at a limit, with stop and target; buys when the stop is below the entry.

        See :meth:`enter_long`.
        """
        enter = self.enter_long if stop_loss < entry_price else self.enter_short
        return await enter(entry_price, stop_loss, take_profit, size, OrderType.LIMIT)

    async def calculate_position_size(
        self,
        entry_price: float,
        stop_loss: float,
        risk_percent: float | None = None,
        risk_amount: float | None = None,
    ) -> int:
        """Return the whole contracts that lose at most the risk at the stop; the trade's own limit
        when neither is given."""
        if risk_percent is None and risk_amount is None:
            risk_amount = float((await self._known_terms()).limit_usd())
        found = await self._risk.calculate_position_size(
            entry_price,
            stop_loss,
            risk_amount,
            risk_percent,
            await self._risk.instrument_of(self.instrument_id),
        )
        return found["position_size"]

    async def wait_for_fill(self, timeout: float = 30.0) -> bool:
        """Wait until the entry has filled; False when it has ended otherwise, or not in time.

        Raises:
            ValueError: ``timeout`` is no number of seconds from 0 on.
        """
        if not timeout >= 0:
            raise ValueError(f"timeout is seconds from 0 on, not {timeout!r}")
        await self._entries.until(lambda: not self._entries.pending, timeout)
        return self.is_filled()

    def is_filled(self) -> bool:
        """Tell whether everything that was asked for has been entered."""
        states = self._entries.states()
        return bool(states) and all(state.filled >= state.size for state in states)

    async def scale_in(
        self, additional_size: int, new_stop_loss: float | None = None
    ) -> dict[str, Any]:
        """Enter more at the market, with the same stop and target, or all with another stop.

        Args:
            additional_size: Contracts.
            new_stop_loss: In points, for what is held as well.

        Returns:
            As :meth:`enter_long`, and stop_moved: whether the stop of what was held is there.

        Raises:
            ValueError: Scaling in is switched off, nothing is held, what is held loses (unless
                ``martingale_enabled``), or a limit does not allow it.
        """
        config, entries = self._risk.config, self._entries
        if not config.scale_in_enabled:
            raise ValueError("scale_in_enabled is off in the risk settings")
        terms, side, held = await self._known_terms(), entries.side, entries.held
        average, stop = entries.average_entry(), entries.stop
        if side is None or not held or average is None or stop is None:
            raise ValueError("nothing is held with a stop, so nothing can be added to")
        price = await self._price(None)
        grid = terms.grid
        if not config.martingale_enabled and entries.open_ticks(grid.ticks(price)) < 0:
            text = "the trade loses, and martingale_enabled is off"
            raise TradeNotAllowedError([_plain(RuleName.TRADE_RISK, text)])
        wanted = grid.price(stop) if new_stop_loss is None else new_stop_loss
        exact = protective(wanted, side, grid)
        loses = (average - grid.ticks(exact)) * (1 if side == BUY else -1) * held
        risked = max(Decimal(0), Decimal(round(loses)) * grid.tick_value)
        target = None if entries.target is None else grid.price(entries.target)
        asked = await terms.work_out(
            side, price, exact, target, additional_size, risked_usd=risked, with_target=False
        )
        view = await self._send(asked, OrderType.MARKET, None)
        moved = True
        if new_stop_loss is not None and view["entry_order"].success:
            moved = await self.adjust_stop(new_stop_loss)
        return {**view, "stop_moved": moved}

    async def scale_out(self, exit_size: int, limit_price: float | None = None) -> dict[str, Any]:
        """Leave with a part; stop and target shrink as it fills.

        Args:
            exit_size: Contracts.
            limit_price: In points; at the market when left out. A limit takes the place of as
                much of the target.

        Returns:
            Keys success, exit_order (the first), exit_orders, size, remaining, limit_price.

        Raises:
            ValueError: Scaling out is switched off, or as many are not held.
        """
        if not self._risk.config.scale_out_enabled:
            raise ValueError("scale_out_enabled is off in the risk settings")
        return await self._leave(exit_size, limit_price)

    async def exit_partial(self, size: int) -> bool:
        """Leave with a part at the market; False with the reason in ``last_error``.

        Raises:
            ValueError: As many are not held.
        """
        found = await self._leave(size, None)
        return bool(found["success"])

    async def adjust_stop(self, new_stop_loss: float) -> bool:
        """Move the stop of the whole trade, in either direction within the trade's risk.

        Args:
            new_stop_loss: In points; off the grid it goes to the tick that risks less.

        Returns:
            Whether it is there; False with the reason in ``last_error``, the stop then being
            where it was.
        """
        terms, entries = await self._known_terms(), self._entries
        side, average = entries.side, entries.average_entry()
        if side is None or not (entries.held or entries.pending):
            return self._no("nothing is held or about to be")
        ticks = terms.grid.ticks(protective(new_stop_loss, side, terms.grid))
        stop, way = entries.stop, 1 if side == BUY else -1
        if average is not None and (stop is None or way * (stop - ticks) > 0):
            loses = Decimal(round(way * (average - ticks) * entries.held)) * terms.grid.tick_value
            if loses > terms.limit_usd():
                return self._no(f"${loses} would be at risk, ${terms.limit_usd()} are allowed")
        if not await entries.move_stop(ticks):
            return self._no(self._orders.last_error or "the stop was not moved")
        return True

    async def adjust_stop_loss(self, new_stop: float) -> bool:
        """Move the stop of the whole trade; the same as :meth:`adjust_stop`."""
        return await self.adjust_stop(new_stop)

    async def check_trailing_stop(self) -> bool:
        """Let the stop follow the last price, by ``trailing_stop_distance`` once the profit has
        reached ``trailing_stop_trigger``; return whether it was moved. It only ever tightens."""
        terms, entries = await self._known_terms(), self._entries
        average, stop, config = entries.average_entry(), entries.stop, self._risk.config
        if not entries.held or average is None or stop is None or entries.side is None:
            return False
        if self._trail is None:
            self._trail = Trail(
                terms.contract_id,
                0,
                entries.side == BUY,
                round(average),
                stop,
                int(config.trailing_stop_distance),
                int(config.trailing_stop_trigger),
            )
        self._trail.stop = stop
        wanted = tightened(self._trail, terms.grid.ticks(await self._price(None)))
        return wanted is not None and await self.adjust_stop(terms.grid.price(wanted))

    async def monitor_position(self) -> dict[str, Any]:
        """Return how the trade stands, and let its stop follow where the settings say so.

        Keys: those of :meth:`get_trade_summary`, and position, protected, trailing_stop_moved.
        """
        moved = self._risk.config.use_trailing_stops and await self.check_trailing_stop()
        return {
            **await self.get_trade_summary(),
            "position": await self._position(),
            "protected": self._entries.is_safe,
            "trailing_stop_moved": moved,
        }

    async def close_position(self) -> dict[str, Any] | None:
        """Cancel what has not filled and leave with everything at the market.

        Returns:
            None when nothing is held; else keys success (nothing is held any more), contract_id,
            closed_size, remaining, error, realized_pnl.
        """
        terms, entries = await self._known_terms(), self._entries
        await entries.give_up(KNOWN_S)
        held = entries.held
        if not held:
            return None
        answers = await entries.leave(held)
        refused = [one.errorMessage for one in answers if not one.success]
        await entries.until(lambda: not entries.held, 0 if refused else EXIT_S)
        left = entries.held
        error = next(iter(refused), None if not left else "the exit has not filled yet")
        return {
            "success": not left,
            "contract_id": terms.contract_id,
            "closed_size": held - left,
            "remaining": left,
            "error": None if not left else error,
            "realized_pnl": float(self._dollars(terms)),
        }

    async def emergency_exit(self) -> bool:
        """Cancel and close by every way there is; return whether nothing is held any more.

        When exits of its own do not do it, the position manager flattens the contract, and keeps
        at it. False has the reason in ``last_error``.
        """
        terms = await self._known_terms()
        try:
            found = await self.close_position()
        except ProjectXError as exc:
            found = {"success": False, "error": str(exc)}
        if (found is None or found["success"]) and not self._entries.pending:
            return True
        self.last_error = None if found is None else found["error"]
        try:
            done = await self._positions.close_all_positions(terms.contract_id)
        except ProjectXError as exc:
            return self._no(str(exc))
        if not done["proved"]:
            return self._no("; ".join(done["errors"]))
        return True

    async def record_trade_result(self, result: dict[str, Any]) -> None:
        """Keep a result with the trade and announce ``trade_recorded``.

        Limits are fed by the account's own fills, so nothing is counted a second time.

        Args:
            result: Facts of one's own; ``pnl`` (dollars) and ``duration`` (seconds) are announced,
                by the fills when left out.
        """
        summary = await self.get_trade_summary()
        self.results.append(dict(result))
        guardian = self._risk.guardian
        data = {
            "position_id": summary["contract_id"],
            "pnl": result.get("pnl", summary["realized_pnl"]),
            "duration": result.get("duration", result.get("duration_seconds", 0)),
            "daily_loss": float(guardian.day_loss()),
            "daily_trades": guardian.day_trades(),
        }
        self._bus.publish("trade_recorded", data, "risk")

    async def get_trade_summary(self) -> dict[str, Any]:
        """Return the trade so far; money in dollars before costs, prices in points.

        Keys: contract_id, symbol, status (new, working, open, closed, cancelled), side, size,
        held, entry_price, exit_price, current_price, stop_loss, take_profit, risk_amount,
        max_risk, realized_pnl, unrealized_pnl, total_pnl, unprotected_ms (how long contracts of
        it were held without a working stop, from when a fill was known until its stop was),
        entry_orders, stop_orders, target_orders, results.
        """
        terms = await self._known_terms()
        price = self._risk.last_price(terms.contract_id)
        return summary_view(self._entries, terms, price, self.results)

    async def get_summary(self) -> dict[str, Any]:
        """Return the trade so far; the same as :meth:`get_trade_summary`."""
        return await self.get_trade_summary()

    async def _enter(
        self,
        side: int,
        entry_price: float | None,
        stop_loss: float | None,
        take_profit: float | None,
        size: int | None,
        order_type: OrderType,
    ) -> dict[str, Any]:
        if order_type not in ENTRY_TYPES:
            names = ", ".join(kind.name for kind in ENTRY_TYPES)
            raise ValueError(f"order_type is one of {names}, not {order_type!r}")
        if order_type is not OrderType.MARKET and entry_price is None:
            raise ValueError(f"a {OrderType(order_type).name} entry needs entry_price")
        if self._entering or self._entries.filled or self._entries.pending:
            raise ValueError("the trade has begun: add to it with scale_in")
        self._entering = True
        try:
            terms = await self._known_terms()
            entry = await self._price(entry_price)
            asked = await terms.work_out(side, entry, stop_loss, take_profit, size)
            return await self._send(asked, order_type, entry_price)
        finally:
            self._entering = False

    async def _send(
        self, asked: Terms, order_type: OrderType, entry_price: float | None
    ) -> dict[str, Any]:
        """Send an entry; one at the market is waited for."""
        terms = await self._known_terms()
        self._asked = asked
        price = None if order_type is OrderType.MARKET and entry_price is None else asked.entry
        answer = await self._entries.enter(
            terms.contract_id,
            asked.side,
            asked.size,
            (price, asked.stop, asked.target),
            ENTRY_TYPES[order_type],
        )
        if order_type is OrderType.MARKET and answer.success:
            await self._entries.until(self._is_settled, FILL_S)
        if not answer.success:
            self.last_error = answer.error_message
        return entered_view(answer, asked, await self._position())

    async def _leave(self, size: int, limit_price: float | None) -> dict[str, Any]:
        held = self._entries.held - sum(state.leaving for state in self._entries)
        if not 0 < size <= held or size != int(size):
            raise ValueError(f"of {held} contracts that are held {size!r} cannot be left")
        answers = await self._entries.leave(size, limit_price)
        success = bool(answers) and all(one.success for one in answers)
        if not success:
            self.last_error = next((one.errorMessage for one in answers if not one.success), None)
        elif limit_price is None:
            goal = self._entries.held if not answers else held - size
            await self._entries.until(lambda: self._entries.held <= goal, EXIT_S)
        return {
            "success": success,
            "exit_order": answers[0] if answers else None,
            "exit_orders": answers,
            "size": size,
            "remaining": self._entries.held,
            "limit_price": limit_price,
        }

    async def _wind_up(self) -> None:
        """Let go of what has not filled, and see that what is held has its stop."""
        entries = self._entries
        try:
            while not await entries.give_up(KNOWN_S):
                # The guard protects whatever of it fills meanwhile.
                logger.warning(
                    "an entry of %s is not cancelled yet, trying on: %s",
                    self.instrument_id,
                    entries.last_error,
                )
        finally:
            if entries.held and not await entries.until(lambda: entries.is_safe, SAFE_S):
                logger.error("%s is held without a stop; closing it", self.instrument_id)
                await self.emergency_exit()

    async def _known_terms(self) -> TradeTerms:
        if self._terms is None:
            contract = await self._risk.instrument_of(self.instrument_id)
            grid = self._risk.grid_of(contract)
            self._terms = TradeTerms(self._risk, contract.id, grid, *self._limits)
        return self._terms

    async def _price(self, given: float | None) -> float:
        """Return a price to reckon with, in points on the grid.

        Raises:
            ValueError: None is known.
        """
        terms = await self._known_terms()
        if given is not None:
            return terms.grid.aligned(given)
        last = self._risk.last_price(terms.contract_id)
        if last is not None:
            return terms.grid.price(last)
        known = None if self._data is None else await self._data.get_current_price()
        if known is None:
            raise ValueError("no price is known yet; give entry_price")
        return terms.grid.aligned(known)

    async def _position(self) -> Position | None:
        return await self._positions.get_position((await self._known_terms()).contract_id)

    def _is_settled(self) -> bool:
        return not self._entries.pending and self._entries.is_safe

    def _dollars(self, terms: TradeTerms) -> Decimal:
        ticks = self._entries.realised_ticks()
        return Decimal(ticks.numerator) * terms.grid.tick_value / Decimal(ticks.denominator)

    def _no(self, reason: str) -> bool:
        self.last_error = reason
        return False


def _plain(rule: RuleName, text: str) -> Denial:
    return Denial(rule=rule, message=text, figure=Decimal(0), limit=Decimal(0), largest=0)
