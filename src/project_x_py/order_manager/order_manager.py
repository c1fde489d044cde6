"""Orders of one account: the documented calls over the desk, the guard and the reconciler.

Invariants (``tests/order_manager/test_order_manager.py``): a mistake of the caller is an exception
before anything leaves; a refusal by the gateway is a response with ``success`` False; one call
sends one order; a call never returns an outcome that the gateway did not show.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.orders.intents import Intent, Purpose
from project_x_py._core.orders.ledger import OrderLedger
from project_x_py._core.orders.state import CANCELLED, FILLED, WORKING
from project_x_py._core.submission import (
    Accepted,
    Lane,
    OrderEdit,
    OrderRequest,
    OrderSearch,
    Refused,
)
from project_x_py._runtime.supervisor import Supervisor
from project_x_py._runtime.together import together
from project_x_py.event_bus import EventType
from project_x_py.exceptions import (
    ProjectXConnectionError,
    ProjectXOrderError,
    RiskLimitExceeded,
)
from project_x_py.models import BracketOrderResponse, OrderPlaceResponse
from project_x_py.order_manager._answers import Answers
from project_x_py.order_manager._brackets import BracketDesk, BracketPlan
from project_x_py.order_manager._desk import OrderDesk
from project_x_py.order_manager._guard import ProtectionGuard
from project_x_py.order_manager._holdings import Holdings
from project_x_py.order_manager._intake import Intake
from project_x_py.order_manager._oco import OcoPairs
from project_x_py.order_manager._reconciler import Reconciler
from project_x_py.order_manager._requests import (
    checked_side,
    checked_size,
    edit_ticks,
    protective_ticks,
)
from project_x_py.order_manager._statistics import OrderCounters
from project_x_py.order_manager._views import event_data, order_model, symbol_of
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping
    from decimal import Decimal

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.records import (
        AccountUpdate,
        OrderUpdate,
        PositionUpdate,
        TradeUpdate,
    )
    from project_x_py._ports import LastPrices, OrderSource, UserFeed
    from project_x_py._runtime.journal import Journal
    from project_x_py.event_bus import EventBus
    from project_x_py.models import Order
    from project_x_py.order_manager._desk import OrderGate
    from project_x_py.types.config_types import OrderManagerConfig
    from project_x_py.types.stats_types import OrderManagerStats

__all__ = ["OrderManager"]

RANK = 2
"""Orders hear of account events after market data and before positions."""


class OrderManager:
    """Places, changes, cancels and finds the orders of one account.

    Await :meth:`initialize` before the first order.

    Args:
        project_x_client: A client that is logged in.
        event_bus: Where order events are published.
        config: Settings; ``max_order_size`` and ``max_orders_per_minute`` are kept, and
            ``enable_stop_limit`` lets stop-limit orders through.
        journal: Where intents are written down before they are sent; None keeps none.
        gate: Asked before every order that adds risk.
        prices: Who knows last prices; without it, sides of stops are the gateway's to judge.
    """

    def __init__(
        self,
        project_x_client: OrderSource,
        event_bus: EventBus,
        config: OrderManagerConfig | None = None,
        *,
        journal: Journal | None = None,
        gate: OrderGate | None = None,
        prices: LastPrices | None = None,
    ) -> None:
        account = project_x_client.get_account_info()
        self.account_id = account.id
        self.event_bus = event_bus
        self.config: OrderManagerConfig = config or {}
        self.last_error: str | None = None
        self._client = project_x_client
        self._clock = project_x_client.clock
        self._journal = journal
        self._supervisor = Supervisor(f"orders-{account.id}")
        self._feed: UserFeed | None = None
        self._counters = OrderCounters()
        self.holdings = Holdings(account.id)
        ledger = OrderLedger(account.id)
        self._intake = Intake(
            project_x_client,
            account.id,
            self.config,
            ledger=ledger,
            holdings=self.holdings,
            tasks=self._supervisor,
            learned=self._learned,
        )
        self._intake.prices = prices
        self._desk = OrderDesk(
            ledger,
            project_x_client.order_gateway(self._intake.held_grid),
            journal=journal,
            gate=gate,
            clock=self._clock,
            tasks=self._supervisor,
            tell=self._tell,
        )
        self._guard = ProtectionGuard(
            self._desk,
            clock=self._clock,
            tasks=self._supervisor,
            is_flat=self.holdings.is_flat,
            warn=self._warn,
        )
        self._oco = OcoPairs(self._desk, self._supervisor)
        queries = project_x_client.order_queries(self._intake.held_grid)
        self._answers = Answers(self._desk, queries, self._intake.grid)
        self._reconciler = Reconciler(
            self._desk,
            queries,
            clock=self._clock,
            grid=self._intake.grid,
            positions=self.holdings,
        )
        self._brackets = BracketDesk(self._desk, self._guard, self._clock, self._intake.next_tag)
        self._reading: asyncio.Task[None] | None = None

    async def initialize(self, realtime_client: UserFeed | None = None) -> bool:
        """Take up what an earlier run left, read the account, and follow it from now on.

        Args:
            realtime_client: Tells of orders as they change; without it reads alone do.

        Returns:
            True once a complete read was made; False with the reason in ``last_error``, reading
            then goes on until one succeeds.

        Raises:
            JournalError: The order journal cannot be opened.
        """
        self._supervisor.raise_if_faulted()
        if self._reading is not None:
            return True
        if self._journal is not None:
            self._journal.open()
            for submission in self._desk.restore(self._journal.entries()):
                wanted = submission.intent.protection
                if wanted is not None:
                    self._guard.protect(submission.intent.tag, wanted)
        if realtime_client is not None:
            self._feed = realtime_client
            realtime_client.attach_user(self, self._intake.grid_for, rank=RANK)
        known = await self._reconciler.read()
        self.last_error = self._reconciler.last_error
        self._reading = self._supervisor.spawn(self._reconciler.run(), name="reconciler")
        return known

    async def cleanup(self) -> None:
        """Stop following; working orders stay at the gateway, the real-time client stays open."""
        if self._feed is not None:
            self._feed.detach_user(self)
            self._feed = None
        self._reading = None
        await self._supervisor.aclose()
        if self._journal is not None:
            self._journal.close()

    async def place_order(
        self,
        contract_id: str,
        order_type: int,
        side: int,
        size: int,
        limit_price: float | Decimal | None = None,
        stop_price: float | Decimal | None = None,
        trail_price: float | Decimal | None = None,
        custom_tag: str | None = None,
        linked_order_id: int | None = None,
        account_id: int | None = None,
        *,
        trail_distance: float | Decimal | None = None,
        stop_loss_bracket: Mapping[str, int] | None = None,
        take_profit_bracket: Mapping[str, int] | None = None,
    ) -> OrderPlaceResponse:
        """Place one order, once.

        Args:
            contract_id: Contract id, name or ticker.
            order_type: 1 limit, 2 market, 3 stop-limit, 4 stop, 5 trailing stop, 6 join bid,
                7 join ask.
            side: 0 buys, 1 sells.
            size: Contracts.
            limit_price: In points, for types 1 and 3.
            stop_price: In points, for types 3 and 4.
            trail_price: Price level at which a trailing stop starts, in points.
            custom_tag: Unique on the account; one is made when left out.
            linked_order_id: An order of which only this one or that may fill.
            account_id: The manager's own account, nothing else.
            trail_distance: How far a trailing stop follows, in points, instead of
                ``trail_price``.
            stop_loss_bracket: The gateway's own leg, ``{"ticks": distance, "type": 4}``.
            take_profit_bracket: Likewise, type 1.

        Returns:
            The gateway's answer; a refusal has ``success`` False and its text.

        Raises:
            ProjectXOrderError: The order is impossible, or a limit of the config is reached.
            RiskLimitExceeded: The risk gate refused.
            ProjectXConnectionError: Nothing was sent.
            OrderSubmissionUncertainError: It was sent, and the gateway cannot be asked what
                became of it; asking goes on.
        """
        self._supervisor.raise_if_faulted()
        request = await self._intake.request(
            contract_id,
            order_type,
            side,
            size,
            {"limit_price": limit_price, "stop_price": stop_price, "trail_price": trail_price},
            account_id=account_id,
            custom_tag=custom_tag,
            trail_distance=trail_distance,
            legs=(stop_loss_bracket, take_profit_bracket),
        )
        response = await self._placed(request, Purpose.ENTRY, self._intake.lane(request))
        if linked_order_id is not None and response.success:
            self._oco.pair(response.orderId, linked_order_id)
        return response

    async def place_market_order(
        self, contract_id: str, side: int, size: int, account_id: int | None = None
    ) -> OrderPlaceResponse:
        """Place a market order; see :meth:`place_order`."""
        return await self.place_order(
            contract_id, OrderType.MARKET, side, size, account_id=account_id
        )

    async def place_limit_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        limit_price: float | Decimal,
        account_id: int | None = None,
    ) -> OrderPlaceResponse:
        """Place a limit order; see :meth:`place_order`."""
        return await self.place_order(
            contract_id, OrderType.LIMIT, side, size, limit_price, account_id=account_id
        )

    async def place_stop_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        stop_price: float | Decimal,
        account_id: int | None = None,
    ) -> OrderPlaceResponse:
        """Place a stop order; see :meth:`place_order`."""
        return await self.place_order(
            contract_id, OrderType.STOP, side, size, stop_price=stop_price, account_id=account_id
        )

    async def place_trailing_stop_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        trail_price: float | Decimal | None = None,
        account_id: int | None = None,
        *,
        trail_distance: float | Decimal | None = None,
    ) -> OrderPlaceResponse:
        """Place a trailing stop by its first price level, or by its distance in points."""
        return await self.place_order(
            contract_id,
            OrderType.TRAILING_STOP,
            side,
            size,
            trail_price=trail_price,
            trail_distance=trail_distance,
            account_id=account_id,
        )

    async def place_join_bid_order(
        self, contract_id: str, size: int, account_id: int | None = None
    ) -> OrderPlaceResponse:
        """Place a buy order at the best bid; see :meth:`place_order`."""
        return await self.place_order(
            contract_id, OrderType.JOIN_BID, OrderSide.BUY, size, account_id=account_id
        )

    async def place_join_ask_order(
        self, contract_id: str, size: int, account_id: int | None = None
    ) -> OrderPlaceResponse:
        """Place a sell order at the best ask; see :meth:`place_order`."""
        return await self.place_order(
            contract_id, OrderType.JOIN_ASK, OrderSide.SELL, size, account_id=account_id
        )

    async def place_bracket_order(
        self,
        contract_id: str,
        side: int,
        size: int,
        entry_price: float | Decimal | None,
        stop_loss_price: float | Decimal | None,
        take_profit_price: float | Decimal | None,
        entry_type: str = "limit",
        account_id: int | None = None,
    ) -> BracketOrderResponse:
        """Place an entry with a stop and a target; what fills is protected or closed.

        Args:
            contract_id: Contract id, name or ticker.
            side: 0 buys, 1 sells.
            size: Contracts.
            entry_price: In points; for a market entry the price that the legs are checked
                against, the last price when left out.
            stop_loss_price: In points; None for no stop.
            take_profit_price: In points; None for no target.
            entry_type: ``"limit"``, ``"market"`` or ``"stop"``.
            account_id: The manager's own account, nothing else.

        Returns:
            What was placed; ids of legs are None while there are none, as for an entry that
            rests and whose legs are placed as it fills. ``success`` False has the reason.

        Raises:
            ProjectXOrderError: The bracket is impossible.
            OrderSubmissionUncertainError: As for :meth:`place_order`; what fills is guarded.
        """
        self._supervisor.raise_if_faulted()
        plan = await self._intake.plan(
            contract_id,
            side,
            size,
            (entry_price, stop_loss_price, take_profit_price),
            entry_type,
            account_id,
        )
        self._counters.brackets += 1
        grid = await self._intake.grid(plan.request.contract_id)
        try:
            tag, outcome = await self._brackets.send(plan)
            response = await self._answers.response(tag, outcome)
        except (RiskLimitExceeded, ProjectXConnectionError) as exc:
            return self._failed_bracket(plan, grid, None, str(exc))
        if not response.success:
            return self._failed_bracket(plan, grid, response, response.errorMessage)
        stop_id, target_id = await self._brackets.legs(tag)
        entry = self._desk.ledger.order(response.orderId)
        filled = None if entry is None else entry.snapshot().average_fill
        resting = plan.request.limit if plan.request.limit is not None else plan.request.stop
        return BracketOrderResponse(
            success=True,
            entry_order_id=response.orderId,
            stop_order_id=stop_id,
            target_order_id=target_id,
            entry_price=filled
            if filled is not None
            else (None if resting is None else grid.price(resting)),
            stop_loss_price=None if plan.stop is None else grid.price(plan.stop),
            take_profit_price=None if plan.target is None else grid.price(plan.target),
            entry_response=response,
            stop_response=_leg_response(stop_id),
            target_response=_leg_response(target_id),
            error_message=None,
        )

    async def modify_order(
        self,
        order_id: int,
        limit_price: float | Decimal | None = None,
        stop_price: float | Decimal | None = None,
        size: int | None = None,
        *,
        trail_price: float | Decimal | None = None,
    ) -> bool:
        """Change a working order in place, once.

        Args:
            order_id: Its id.
            limit_price: New limit in points, None to leave it.
            stop_price: New stop in points, None to leave it.
            size: New total size, what has filled included; None to leave it.
            trail_price: New level of a trailing stop.

        Returns:
            Whether the order is as asked for; False with the reason in ``last_error``.

        Raises:
            ProjectXOrderError: Nothing to change, or a value that cannot be right.
        """
        self._supervisor.raise_if_faulted()
        if limit_price is None and stop_price is None and size is None and trail_price is None:
            raise ProjectXOrderError("name what to change: a price, a size, or both")
        if size is not None:
            checked_size(size, self.config.get("max_order_size"))
        order = await self._answers.known(order_id)
        if order is None:
            return self._no(f"the account has no order {order_id}")
        if order.status not in WORKING:
            return self._no(f"order {order_id} has ended")
        grid = await self._intake.grid(order.contract_id)
        edit = OrderEdit(
            account_id=self.account_id,
            order_id=order_id,
            contract_id=order.contract_id,
            size=size,
            limit=edit_ticks("limit_price", limit_price, grid),
            stop=edit_ticks("stop_price", stop_price, grid),
            trail=edit_ticks("trail_price", trail_price, grid),
        )
        outcome = await self._desk.modify(edit, lane=Lane.PROTECTIVE)
        if isinstance(outcome, Accepted):
            return True
        if isinstance(outcome, Refused):
            return self._no(outcome.message)
        found = await self._answers.asked(order_id) if outcome.sent else None
        if found is not None and _as_edited(found, edit):
            return True
        return self._no(outcome.reason)

    async def cancel_order(self, order_id: int, account_id: int | None = None) -> bool:
        """Cancel an order, once.

        Returns:
            True when it is cancelled or being cancelled; False when it has filled or ended
            otherwise, or cannot be cancelled, with the reason in ``last_error``.

        Raises:
            ProjectXOrderError: Another account.
        """
        self._supervisor.raise_if_faulted()
        self._intake.own(account_id)
        outcome = await self._desk.cancel(order_id)
        if isinstance(outcome, Accepted):
            return True
        found = await self._answers.asked(order_id)
        if found is None:
            return self._no(f"the account has no order {order_id}")
        if found.status == CANCELLED:
            return True
        if found.status not in WORKING:
            return self._no(
                f"order {order_id} has {'filled' if found.status == FILLED else 'ended'}"
            )
        text = outcome.message if isinstance(outcome, Refused) else outcome.reason
        return self._no(text)

    async def cancel_all_orders(
        self, contract_id: str | None = None, account_id: int | None = None
    ) -> dict[str, Any]:
        """Cancel every working order, of one contract when it is given.

        Returns:
            Keys total, cancelled, failed, errors (a text for each that failed).

        Raises:
            ProjectXOrderError: Another account, or the orders could not be read.
        """
        self._intake.own(account_id)
        wanted = None if contract_id is None else (await self._intake.contract(contract_id)).id
        if not await self._reconciler.read():
            raise ProjectXOrderError(f"working orders unknown: {self._reconciler.last_error}")
        ids = [state.id for state in self._desk.ledger.working(wanted)]
        errors: list[str] = []

        async def cancel(order_id: int) -> bool:
            outcome = await self._desk.cancel(order_id)
            if isinstance(outcome, Accepted):
                return True
            found = await self._answers.asked(order_id)
            if found is not None and found.status not in WORKING:
                return True
            text = outcome.message if isinstance(outcome, Refused) else outcome.reason
            errors.append(f"{order_id}: {text}")
            return False

        done = await together(cancel(order_id) for order_id in ids)
        cancelled = sum(done)
        return {
            "total": len(ids),
            "cancelled": cancelled,
            "failed": len(ids) - cancelled,
            "errors": errors,
        }

    async def search_open_orders(
        self,
        contract_id: str | None = None,
        side: int | None = None,
        account_id: int | None = None,
    ) -> list[Order]:
        """Return the working orders as the gateway has them now, suspended legs included.

        Raises:
            ProjectXOrderError: Another account, or a list that is not complete.
            ProjectXError: The gateway failed.
        """
        self._intake.own(account_id)
        wanted = None if contract_id is None else (await self._intake.contract(contract_id)).id
        if side is not None:
            checked_side(side)
        rows = await self._answers.listed(
            OrderSearch(
                account_id=self.account_id, statuses=tuple(sorted(WORKING)), contract_id=wanted
            )
        )
        return [
            order_model(row, await self._intake.grid(row.contract_id))
            for row in rows
            if side in (None, row.side)
        ]

    async def get_order_by_id(self, order_id: int) -> Order | None:
        """Return an order in whatever state; None when the account has none of that id.

        Raises:
            ProjectXError: The gateway failed.
        """
        order = await self._answers.known(order_id)
        return (
            None
            if order is None
            else order_model(order, await self._intake.grid(order.contract_id))
        )

    async def is_order_filled(self, order_id: int) -> bool:
        """Tell whether an order has filled completely."""
        order = await self._answers.known(order_id)
        return order is not None and order.status == FILLED

    async def close_position(
        self,
        contract_id: str,
        method: str = "market",
        limit_price: float | Decimal | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None:
        """Close what is held of a contract by one order; None when nothing is held.

        Args:
            contract_id: Contract id, name or ticker.
            method: ``"market"`` or ``"limit"``.
            limit_price: In points, for ``"limit"``.
            account_id: The manager's own account, nothing else.

        Raises:
            ProjectXOrderError: The method is none of these, or positions could not be read.
        """
        if method not in ("market", "limit"):
            raise ProjectXOrderError(f"method is 'market' or 'limit', not {method!r}")
        contract = await self._intake.contract(contract_id)
        net = await self._answers.net(contract.id)
        if not net:
            return None
        request = await self._intake.request(
            contract.id,
            OrderType.LIMIT if method == "limit" else OrderType.MARKET,
            OrderSide.SELL if net > 0 else OrderSide.BUY,
            abs(net),
            {"limit_price": limit_price, "stop_price": None, "trail_price": None},
            account_id=account_id,
        )
        return await self._placed(request, Purpose.EXIT, Lane.PROTECTIVE)

    async def add_stop_loss(
        self,
        contract_id: str,
        stop_price: float | Decimal,
        size: int | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None:
        """Place a stop for what is held; None when nothing is held.

        A price off the grid goes to the tick that risks less.
        """
        return await self._protect(contract_id, "stop_price", stop_price, size, account_id)

    async def add_take_profit(
        self,
        contract_id: str,
        limit_price: float | Decimal,
        size: int | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None:
        """Place a target for what is held; None when nothing is held."""
        return await self._protect(contract_id, "limit_price", limit_price, size, account_id)

    async def track_oco_pair(self, order1_id: int, order2_id: int) -> None:
        """Make a pair of two orders of which only one may fill."""
        self._oco.pair(order1_id, order2_id)

    async def get_oco_linked_order(self, order_id: int) -> int | None:
        """Return the other order of a pair."""
        return self._oco.other(order_id)

    def get_order_statistics(self) -> OrderManagerStats:
        """Return what was done since the start, measured."""
        return self._counters.documented(self._desk.answer_ns, self._intake.invalid)

    async def get_order_statistics_async(self) -> OrderManagerStats:
        """Return the same as :meth:`get_order_statistics`."""
        return self.get_order_statistics()

    def get_average_fill_time(self) -> float:
        """Return the mean milliseconds from placing to the last fill."""
        return self._counters.average_fill_ms

    def get_average_slippage(self) -> float:
        """Return the mean points that fills were worse than the order's own price."""
        return self._counters.average_slippage

    def get_order_type_distribution(self) -> dict[str, float]:
        """Return the share of each order type among the orders placed, by its name."""
        return self._counters.distribution()

    def get_top_rejection_reasons(self) -> list[tuple[str, int]]:
        """Return the gateway's texts of refusals with their counts, the most frequent first."""
        return self._counters.reasons.most_common()

    def on_order(self, update: OrderUpdate) -> None:
        """Take an order event of the user hub."""
        self._desk.hear(update)

    def on_fill(self, update: TradeUpdate) -> None:
        """Take a fill of the user hub."""
        self._desk.hear_fill(update)
        self.holdings.hear_fill(update)

    def on_position(self, update: PositionUpdate) -> None:
        """Take a position event of the user hub."""
        self.holdings.hear_position(update)
        self._guard.on_position()

    def on_account(self, update: AccountUpdate) -> None:
        """Account events concern no order."""

    def _tell(self, change: OrderChange, *, reconciled: bool) -> None:
        grid = self._intake.known_grid(change.order.contract_id)
        self._counters.count(change, grid, self._clock.monotonic_ns())
        self.event_bus.publish(
            EventType(change.kind.value),
            event_data(change, grid, reconciled=reconciled),
            source="orders",
        )
        self._oco.on_change(change)
        self._guard.on_change(change)

    def _learned(self) -> None:
        if self._feed is not None:
            self._feed.grids_known()

    def _warn(self, tag: str, text: str) -> None:
        entry = self._desk.ledger.by_tag(tag)
        contract_id = "" if entry is None else entry.snapshot().contract_id
        data = {
            "message": text,
            "custom_tag": tag,
            "contract_id": contract_id,
            "symbol": symbol_of(contract_id) if contract_id else "",
        }
        self.event_bus.publish(EventType.WARNING, data, source="orders")

    async def _placed(
        self, request: OrderRequest, purpose: Purpose, lane: Lane
    ) -> OrderPlaceResponse:
        self._intake.pace(lane)
        tag = request.tag or self._intake.next_tag()
        intent = Intent(tag=tag, request=request, purpose=purpose, created_ns=self._clock.now_ns())
        try:
            outcome = await self._desk.place(intent, lane=lane)
        except RiskLimitExceeded:
            self._counters.denied += 1
            raise
        return await self._answers.response(tag, outcome)

    async def _protect(
        self,
        contract_id: str,
        name: str,
        price: float | Decimal,
        size: int | None,
        account_id: int | None,
    ) -> OrderPlaceResponse | None:
        self._intake.own(account_id)
        contract = await self._intake.contract(contract_id)
        net = await self._answers.net(contract.id)
        if not net:
            return None
        wanted = abs(net) if size is None else checked_size(size, abs(net))
        side = OrderSide.SELL if net > 0 else OrderSide.BUY
        grid = await self._intake.grid(contract.id)
        exact = price
        if name == "stop_price":
            exact = grid.price(protective_ticks(name, price, side, grid))
        request = await self._intake.request(
            contract.id,
            OrderType.STOP if name == "stop_price" else OrderType.LIMIT,
            side,
            wanted,
            {"limit_price": None, "stop_price": None, "trail_price": None, name: exact},
            account_id=account_id,
        )
        purpose = Purpose.STOP if name == "stop_price" else Purpose.TARGET
        return await self._placed(request, purpose, Lane.PROTECTIVE)

    def _failed_bracket(
        self,
        plan: BracketPlan,
        grid: TickGrid,
        response: OrderPlaceResponse | None,
        reason: str | None,
    ) -> BracketOrderResponse:
        self.last_error = reason
        return BracketOrderResponse(
            success=False,
            entry_order_id=response.orderId if response is not None and response.orderId else None,
            stop_order_id=None,
            target_order_id=None,
            entry_price=grid.price(plan.reference),
            stop_loss_price=None if plan.stop is None else grid.price(plan.stop),
            take_profit_price=None if plan.target is None else grid.price(plan.target),
            entry_response=response,
            stop_response=None,
            target_response=None,
            error_message=reason or "refused",
        )

    def _no(self, reason: str) -> bool:
        self.last_error = reason
        return False


def _leg_response(order_id: int | None) -> OrderPlaceResponse | None:
    return None if order_id is None else OrderPlaceResponse(order_id, True, 0, None)


def _as_edited(order: OrderUpdate, edit: OrderEdit) -> bool:
    pairs = ((edit.size, order.size), (edit.limit, order.limit), (edit.stop, order.stop))
    return all(wanted is None or wanted == found for wanted, found in pairs)
