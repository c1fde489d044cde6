"""The documented base that places orders; behaviour is in ``_work`` and ``_reads``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal

    from project_x_py.models import BracketOrderResponse, Order, OrderPlaceResponse
    from project_x_py.order_manager._reads import OrderReads
    from project_x_py.order_manager._work import OrderWork

__all__ = ["PlacingMixin"]


class PlacingMixin:
    """Orders placed, changed, cancelled, closed and found."""

    __slots__ = ()

    _work: OrderWork
    _reads: OrderReads

    async def place_order(
        self,
        contract_id: str,
        order_type: int | None,
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
                7 join ask; None takes ``default_order_type`` of the config.
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
        return await self._work.place(
            contract_id,
            order_type,
            side,
            size,
            limit_price,
            stop_price,
            trail_price,
            custom_tag,
            linked_order_id,
            account_id,
            trail_distance=trail_distance,
            stop_loss_bracket=stop_loss_bracket,
            take_profit_bracket=take_profit_bracket,
        )

    async def place_market_order(
        self, contract_id: str, side: int, size: int, account_id: int | None = None
    ) -> OrderPlaceResponse:
        """Place a market order; see :meth:`place_order`."""
        return await self._work.place(
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
        return await self._work.place(
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
        return await self._work.place(
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
        return await self._work.place(
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
        return await self._work.place(
            contract_id, OrderType.JOIN_BID, OrderSide.BUY, size, account_id=account_id
        )

    async def place_join_ask_order(
        self, contract_id: str, size: int, account_id: int | None = None
    ) -> OrderPlaceResponse:
        """Place a sell order at the best ask; see :meth:`place_order`."""
        return await self._work.place(
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
        return await self._work.bracket(
            contract_id,
            side,
            size,
            entry_price,
            stop_loss_price,
            take_profit_price,
            entry_type,
            account_id,
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
        return await self._work.modify(
            order_id, limit_price, stop_price, size, trail_price=trail_price
        )

    async def cancel_order(self, order_id: int, account_id: int | None = None) -> bool:
        """Cancel an order, once.

        Returns:
            True when it is cancelled or being cancelled; False when it has filled or ended
            otherwise, or cannot be cancelled, with the reason in ``last_error``.

        Raises:
            ProjectXOrderError: Another account.
        """
        return await self._work.cancel(order_id, account_id)

    async def cancel_all_orders(
        self, contract_id: str | None = None, account_id: int | None = None
    ) -> dict[str, Any]:
        """Cancel every working order, of one contract when it is given.

        Returns:
            Keys total, cancelled, failed, errors (a text for each that failed).

        Raises:
            ProjectXOrderError: Another account, or the orders could not be read.
        """
        return await self._work.cancel_all(contract_id, account_id)

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
        return await self._reads.working(contract_id, side, account_id)

    async def search_orders(
        self,
        start_timestamp: datetime | None = None,
        end_timestamp: datetime | None = None,
        contract_id: str | None = None,
        account_id: int | None = None,
    ) -> list[Order]:
        """Return the orders that were created in a time span, in whatever state, oldest first.

        Args:
            start_timestamp: 30 days ago when left out; without a zone it is Chicago's.
            end_timestamp: Now when left out.
            contract_id: Contract id, name or ticker.
            account_id: The manager's own account, nothing else.

        Raises:
            ProjectXOrderError: Another account, or a list that is not complete.
        """
        return await self._reads.history(start_timestamp, end_timestamp, contract_id, account_id)

    async def query_orders(
        self,
        statuses: Sequence[int] | None = None,
        contract_id: str | None = None,
        page_size: int = 50,
        page_offset: int = 0,
    ) -> list[Order]:
        """Return a page of the orders of some statuses, working ones when left out, oldest first.

        Raises:
            ProjectXOrderError: An impossible page, or a list that is not complete.
        """
        return await self._reads.query(statuses, contract_id, page_size, page_offset)

    async def get_order_by_id(self, order_id: int) -> Order | None:
        """Return an order in whatever state; None when the account has none of that id.

        Raises:
            ProjectXError: The gateway failed.
        """
        return await self._reads.by_id(order_id)

    async def is_order_filled(self, order_id: int) -> bool:
        """Tell whether an order has filled completely."""
        return await self._reads.is_filled(order_id)

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
            ProjectXOrderError: The method is none of these, positions could not be read, or an
                order is closing all of it already.
        """
        return await self._work.close_position(contract_id, method, limit_price, account_id)

    async def add_stop_loss(
        self,
        contract_id: str,
        stop_price: float | Decimal,
        size: int | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None:
        """Place a stop for what is held; None when nothing is held.

        A price off the grid goes to the tick that risks less. One that leaves no room for it is
        made smaller or cancelled once this one works, and this one when less is held.

        Raises:
            ProjectXOrderError: The price is impossible, or so much has a bracket's stop already.
        """
        return await self._work.protect(contract_id, "stop_price", stop_price, size, account_id)

    async def add_take_profit(
        self,
        contract_id: str,
        limit_price: float | Decimal,
        size: int | None = None,
        account_id: int | None = None,
    ) -> OrderPlaceResponse | None:
        """Place a target for what is held, as :meth:`add_stop_loss` places a stop."""
        return await self._work.protect(contract_id, "limit_price", limit_price, size, account_id)
