"""Contracts, grids, tags and checks: what an order needs before it is one.

Invariant (``tests/order_manager/test_intake.py``): the grid of every contract that an order was
made for is known from then on; a tag is never made twice; another account is refused.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.submission import Lane
from project_x_py._core.time import CHICAGO, to_datetime
from project_x_py._runtime.grids import GridBook
from project_x_py.exceptions import ProjectXError, ProjectXOrderError
from project_x_py.order_manager._brackets import BracketPlan, check_bracket
from project_x_py.order_manager._requests import (
    bracket_ticks,
    checked_account,
    checked_side,
    checked_size,
    checked_tag,
    checked_type,
    order_request,
    protective_ticks,
    ticks_of,
)
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from decimal import Decimal

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.submission import OrderRequest
    from project_x_py._ports import Clock, LastPrices, OrderSource, TaskOwner
    from project_x_py.models import Instrument
    from project_x_py.order_manager._commitments import Commitments
    from project_x_py.order_manager._holdings import Holdings
    from project_x_py.types.config_types import OrderManagerConfig

__all__ = ["Intake"]

FRESH_S = 5.0
"""A last price older than this is not used to judge an order."""

REFERENCE_S = 60.0
"""The legs of a market entry are counted from a last price as old; they are moved once it fills."""

MINUTE_NS = 60_000_000_000


class Intake:
    """Makes requests of one account.

    Args:
        source: Finds contracts.
        account_id: Whose orders.
        config: Limits that are kept here.
        commitments: What works already, and may become of it.
        holdings: What is held.
        tasks: Finds contracts that events name.
        learned: Called when the grid of such a contract is known.
        run: Makes the tags of this run unlike those of any other.
    """

    def __init__(
        self,
        source: OrderSource,
        account_id: int,
        config: OrderManagerConfig,
        *,
        commitments: Commitments,
        holdings: Holdings,
        tasks: TaskOwner,
        learned: Callable[[], None],
        run: str,
    ) -> None:
        self.account_id = account_id
        self.prices: LastPrices | None = None
        self.invalid = 0
        self._clock: Clock = source.clock
        self._config = config
        self._commitments = commitments
        self._holdings = holdings
        self._contracts: dict[str, Instrument] = {}
        self.grids = GridBook(source, tasks, learned, "events")
        self._run = run
        self._number = 0
        self._sent_ns: list[int] = []

    def known_grid(self, contract_id: str) -> TickGrid:
        """Return the grid of a contract that an order is known of.

        Raises:
            ProjectXOrderError: Nobody learnt it before the order was told of.
        """
        grid = self.grids.held(contract_id)
        if grid is None:
            raise ProjectXOrderError(f"the grid of {contract_id} is not known")
        return grid

    def now(self) -> datetime:
        """Return the exchange's time in Chicago."""
        return to_datetime(self._clock.now_ns(), CHICAGO)

    def next_tag(self) -> str:
        """Return a tag that this run has not used."""
        self._number += 1
        return f"px-{self._run}-{self._number}"

    def lane(self, request: OrderRequest) -> Lane:
        """An order that only reduces what is held is protective, every other an entry."""
        net = self._holdings.net(request.contract_id)
        reduces = net and (net > 0) == (request.side == OrderSide.SELL)
        buys, sells = self._commitments.committed(request.contract_id)
        working = sells if net > 0 else buys
        if reduces and request.size + working <= abs(net):
            return Lane.PROTECTIVE
        return Lane.ENTRY

    async def request(
        self,
        contract_id: str,
        order_type: int,
        side: int,
        size: int,
        prices: Mapping[str, float | Decimal | None],
        *,
        account_id: int | None,
        custom_tag: str | None = None,
        trail_distance: float | Decimal | None = None,
        legs: tuple[Mapping[str, int] | None, Mapping[str, int] | None] = (None, None),
    ) -> OrderRequest:
        """Return the request of an order, every mistake found.

        Raises:
            ProjectXOrderError: It is impossible.
            ProjectXInstrumentError: No such contract.
        """
        try:
            self.own(account_id)
            kind = checked_type(order_type, stop_limit=self._config.get("enable_stop_limit", False))
            checked = checked_side(side)
            checked_size(size, self._config.get("max_order_size"))
            tag = self.next_tag() if custom_tag is None else checked_tag(custom_tag)
            stop_leg = bracket_ticks("stop_loss_bracket", legs[0], checked, is_stop=True)
            target_leg = bracket_ticks("take_profit_bracket", legs[1], checked, is_stop=False)
            contract = await self.contract(contract_id)
            return order_request(
                account_id=self.account_id,
                contract_id=contract.id,
                grid=self.known_grid(contract.id),
                order_type=kind,
                side=checked,
                size=size,
                tag=tag,
                last=self.last(contract.id),
                prices=prices,
                trail_distance=trail_distance,
                stop_bracket=stop_leg,
                target_bracket=target_leg,
            )
        except ProjectXError:
            self.invalid += 1
            raise

    async def plan(
        self,
        contract_id: str,
        side: int,
        size: int,
        prices: tuple[float | Decimal | None, float | Decimal | None, float | Decimal | None],
        entry_type: str,
        account_id: int | None,
    ) -> BracketPlan:
        """Return a bracket, its legs on their sides of the entry.

        Args:
            contract_id: Contract id, name or ticker.
            side: 0 buys, 1 sells.
            size: Contracts.
            prices: Entry, stop and target in points.
            entry_type: limit, market or stop.
            account_id: The own account, nothing else.

        Raises:
            ProjectXOrderError: It is impossible.
        """
        kinds = {"limit": OrderType.LIMIT, "market": OrderType.MARKET, "stop": OrderType.STOP}
        kind = kinds.get(str(entry_type).lower())
        if kind is None:
            raise ProjectXOrderError(f"entry_type is one of {', '.join(kinds)}, not {entry_type!r}")
        entry, stop, target = prices
        if kind is not OrderType.MARKET and entry is None:
            raise ProjectXOrderError(f"a {entry_type} entry needs entry_price")
        request = await self.request(
            contract_id,
            kind,
            side,
            size,
            {
                "limit_price": entry if kind is OrderType.LIMIT else None,
                "stop_price": entry if kind is OrderType.STOP else None,
                "trail_price": None,
            },
            account_id=account_id,
        )
        grid = self.known_grid(request.contract_id)
        last = self.last(request.contract_id)
        if entry is None:
            reference = self.last(request.contract_id, REFERENCE_S)
        else:
            reference = ticks_of("entry_price", entry, grid)
        if reference is None:
            raise ProjectXOrderError(
                f"a market entry needs entry_price while no price of the last {REFERENCE_S:.0f} "
                "seconds is known"
            )
        other = OrderSide.SELL if request.side == OrderSide.BUY else OrderSide.BUY
        plan = BracketPlan(
            request,
            reference,
            None if stop is None else protective_ticks("stop_loss_price", stop, other, grid),
            None if target is None else ticks_of("take_profit_price", target, grid),
        )
        check_bracket(plan, grid.price, last)
        return plan

    async def contract(self, name: object) -> Instrument:
        """Return a contract by id, name or ticker, its grid being known from then on."""
        if not isinstance(name, str) or not name.strip():
            raise ProjectXOrderError(f"contract_id names a contract, not {name!r}")
        found = self._contracts.get(name)
        if found is None:
            found = await self.grids.contract(name)
            if name == found.id:
                self._contracts[name] = found
        return found

    async def contract_id(self, name: str | None) -> str | None:
        """Return the id of a contract by id, name or ticker; None for no name."""
        return None if name is None else (await self.contract(name)).id

    def last(self, contract_id: str, oldest_s: float = FRESH_S) -> int | None:
        """Return the last price in ticks while it is fresh."""
        known = None if self.prices is None else self.prices.last_price(contract_id)
        return known[0] if known is not None and known[1] <= oldest_s else None

    def own(self, account_id: int | None) -> None:
        """Refuse another account.

        Raises:
            ProjectXOrderError: It is another one.
        """
        checked_account(account_id, self.account_id)

    def pace(self, lane: Lane) -> None:
        """Keep ``max_orders_per_minute``; protective orders are never held up by it."""
        now_ns = self._clock.monotonic_ns()
        self._sent_ns = [ns for ns in self._sent_ns if now_ns - ns < MINUTE_NS]
        most = self._config.get("max_orders_per_minute")
        if lane is Lane.ENTRY and most is not None and len(self._sent_ns) >= most:
            raise ProjectXOrderError(f"max_orders_per_minute is {most}, and as many were sent")
        self._sent_ns.append(now_ns)
