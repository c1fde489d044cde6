"""The exchange: commands and market records in, outcomes and events out.

It is synchronous and owns no clock, thread or randomness: time is handed in with every call and
never goes back. Three things move it. Commands are judged at once and carried out when they have
travelled to the matching engine; :meth:`Exchange.advance` lets what has become due happen;
:meth:`Exchange.on_market` lets orders react to the market. Each returns the events it caused.

How to drive it: sleep until the earlier of ``next_ns()`` and the market's own next event. If the
exchange is first, call ``advance``; else advance the market *to that event*, and hand its records
to ``on_market``. A market that shares its book with users must not be moved past ``next_ns()``,
because an order that arrives then must find the book of that moment. Hand in a quote of the
market's snapshot first, so that prices are known before the first trade.

Invariants (``tests/core/exchange/test_properties.py``): any commands and records in any order keep
cash and contracts conserved, fill nothing beyond an order's size or limit, and give the same
events for the same input.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.exchange import rejections as words
from project_x_py._core.exchange.accounts import Account
from project_x_py._core.exchange.agenda import Agenda
from project_x_py._core.exchange.brackets import make_legs
from project_x_py._core.exchange.codes import (
    CancelCode,
    CloseCode,
    ModifyCode,
    OrderStatus,
    OrderType,
    PartialCloseCode,
    PlaceCode,
)
from project_x_py._core.exchange.commands import Outcome
from project_x_py._core.exchange.desk import Desk
from project_x_py._core.exchange.gate import Change, Gate
from project_x_py._core.exchange.guards import PositionGuards
from project_x_py._core.exchange.image import Errand
from project_x_py._core.exchange.keeping import Keeping
from project_x_py._core.exchange.ledger import Ledger
from project_x_py._core.exchange.markets import ContractMarket
from project_x_py._core.exchange.models import FixedLatency, ProductFees
from project_x_py._core.exchange.orders import FIRST_ORDER_ID, OrderStore
from project_x_py._core.exchange.platform import Platform
from project_x_py._core.exchange.queries import Queries
from project_x_py._core.exchange.quirks import ExchangeQuirks
from project_x_py._core.exchange.rejections import Refusal
from project_x_py._core.exchange.rulebook import RuleBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from project_x_py._core.exchange.accounts import AccountSpec
    from project_x_py._core.exchange.commands import ModifyOrder, PlaceOrder
    from project_x_py._core.exchange.events import ExchangeEvent
    from project_x_py._core.exchange.gate import Ticket
    from project_x_py._core.exchange.image import Kept
    from project_x_py._core.exchange.markets import TradedContract
    from project_x_py._core.exchange.models import FeeModel, LatencyModel
    from project_x_py._core.exchange.orders import Order
    from project_x_py._core.records import MarketRecord

__all__ = ["Exchange"]

_FOREVER_NS = 1 << 62


class Exchange:
    """A simulated exchange with the accounts that trade on it.

    Args:
        contracts: What can be traded.
        accounts: Who trades.
        start_ns: Exchange time at which it starts, ns since 1970 UTC.
        quirks: What it does where the real one is unknown.
        latency: How long commands travel; the default takes 3 ms.
        fees: What executions cost; the default is the product table.
        listed: Tells of a contract id that is not traded here: True for an active contract,
            False for another expiry, None for one that does not exist. By default none does.

    Attributes:
        queries: The reading half.
        keeping: Tells what has changed, for whoever writes it down.

    Raises:
        ValueError: Two contracts, or two accounts, have the same id.
    """

    def __init__(
        self,
        contracts: Iterable[TradedContract],
        accounts: Iterable[AccountSpec],
        *,
        start_ns: int,
        quirks: ExchangeQuirks | None = None,
        latency: LatencyModel | None = None,
        fees: FeeModel | None = None,
        listed: Callable[[str], bool | None] | None = None,
    ) -> None:
        self._quirks = quirks if quirks is not None else ExchangeQuirks()
        self._latency = latency if latency is not None else FixedLatency()
        self._listed = listed if listed is not None else _unlisted
        self._orders = OrderStore(
            FIRST_ORDER_ID if self._quirks.large_ids else 1,
            tags_for_ever=self._quirks.tags_for_ever,
        )
        self._agenda = Agenda()
        self._markets: dict[str, ContractMarket] = {}
        self._accounts: dict[int, Account] = {}
        for spec in accounts:
            if spec.id in self._accounts:
                raise ValueError(f"two accounts have the id {spec.id}")
            self._accounts[spec.id] = Account(spec)
        self._ledger = Ledger(
            self._accounts,
            self._orders,
            self._quirks,
            fees if fees is not None else ProductFees(),
            start_ns,
        )
        self._gate = Gate(self._orders, self._quirks)
        self._desk = Desk(
            self._markets, self._orders.by_id, self._ledger, self._agenda, self._quirks
        )
        parts = self._accounts, self._orders, self._desk, self._ledger, self._quirks
        self._guards = PositionGuards(*parts)
        self._desk.watch_position = self._guards.look
        self._platform = Platform(*parts, self._agenda)
        self._rules = RuleBook(
            self._accounts.values(),
            self._markets,
            self._orders,
            self._desk,
            self._ledger,
            self._platform,
        )
        self.queries = Queries(self._accounts, self._orders, self._quirks)
        self.keeping = Keeping(
            self._accounts,
            self._orders,
            self._ledger,
            self._guards,
            self._platform,
            self._rules,
            self._on_the_way,
        )
        self._arrived_ns: dict[int, int] = {}
        self._errands: dict[int, Errand] = {}
        self._errand_number = 0
        self._closing: dict[tuple[int, str], Order] = {}
        for contract in contracts:
            self.list_contract(contract)

    @property
    def now_ns(self) -> int:
        """Exchange time of the last call."""
        return self._ledger.now_ns

    @property
    def last_prices(self) -> dict[str, int]:
        """Last prices in ticks of the contracts that are traded, by contract id."""
        return {key: one.last for key, one in self._markets.items() if one.last is not None}

    def next_ns(self) -> int | None:
        """Return when something is due without any further input; None when nothing is."""
        return self._agenda.next_ns()

    def advance(self, until_ns: int) -> tuple[ExchangeEvent, ...]:
        """Let everything happen that is due by ``until_ns``, and return what it caused."""
        self._move(until_ns)
        return self._ledger.take_events()

    def on_market(self, records: Sequence[MarketRecord]) -> tuple[ExchangeEvent, ...]:
        """Let orders react to records of the market, in order, and return what they caused.

        What was due before a record happens before it. Records of contracts that are not traded
        here are passed over.
        """
        for record in records:
            market = self._markets.get(record.contract_id)
            if market is None:
                continue
            self._reach(record.recv_ns)
            self._desk.observe(market, record)
            self._platform.after_market(market)
            self._rules.after_market()
        return self._ledger.take_events()

    # Commands.

    def place(self, order: PlaceOrder, now_ns: int) -> Outcome:
        """Judge a new order, and let it travel to the engine.

        A refused order is stored with status 5 and has an id, unless the account or the contract
        was the reason.
        """
        self._move(now_ns)
        refusal = self._refuse_account(order.account_id, order.contract_id)
        if refusal is not None:
            return self._outcome(refusal)
        account = self._accounts[order.account_id]
        market = self._markets.get(order.contract_id)
        judged = self._gate.place(order, account, market, self.now_ns)
        capped = self._rules.too_large(account.spec.id, order.contract_id, order.side, order.size)
        if capped and not isinstance(judged, Refusal):
            judged = Refusal(PlaceCode.ORDER_REJECTED, words.POSITION_LIMIT)
        if isinstance(judged, Refusal):
            return self._outcome(judged, self._store_refused(order))
        entry = self._store(order, judged)
        self._set_out(entry)
        return self._outcome(None, entry)

    def modify(self, change: ModifyOrder, now_ns: int) -> Outcome:
        """Judge a modification, and let it travel to the engine.

        An order that fills on the way stays as it is then, as far as that is too late.
        """
        self._move(now_ns)
        account = self._accounts.get(change.account_id)
        if account is None:
            return self._outcome(Refusal(ModifyCode.ACCOUNT_NOT_FOUND))
        if account.spec.live and self._quirks.refuse_live_accounts:
            return self._outcome(Refusal(ModifyCode.ACCOUNT_REJECTED, words.LIVE_ACCOUNT))
        order = self._orders.get(change.account_id, change.order_id)
        if order is None:
            return self._outcome(Refusal(ModifyCode.ORDER_NOT_FOUND))
        if not order.is_working:
            return self._outcome(Refusal(self._quirks.terminal_modify_code))
        if order.status == OrderStatus.PENDING and self._quirks.pending_commands_refused:
            return self._outcome(Refusal(ModifyCode.PENDING))
        market = self._markets[order.contract_id]
        judged = self._gate.modify(change, order, account, market, self.now_ns)
        if isinstance(judged, Refusal):
            return self._outcome(judged)
        more = 0 if judged.size is None or order.parent is not None else judged.size - order.size
        if more > 0 and self._rules.too_large(account.spec.id, order.contract_id, order.side, more):
            return self._outcome(Refusal(ModifyCode.REJECTED, words.POSITION_LIMIT))
        if judged != Change(None, None, None, None):
            self._send(order, judged)
        return self._outcome(None)

    def cancel(self, account_id: int, order_id: int, now_ns: int) -> Outcome:
        """Judge a cancellation, and let it travel to the engine.

        An order that fills on the way stays filled.
        """
        self._move(now_ns)
        account = self._accounts.get(account_id)
        if account is None:
            return self._outcome(Refusal(CancelCode.ACCOUNT_NOT_FOUND))
        if account.spec.live:
            return self._outcome(Refusal(CancelCode.ACCOUNT_REJECTED, words.LIVE_ACCOUNT))
        if account.spec.follower:
            return self._outcome(Refusal(CancelCode.ACCOUNT_REJECTED, words.FOLLOWER))
        order = self._orders.get(account_id, order_id)
        if order is None:
            return self._outcome(Refusal(CancelCode.ORDER_NOT_FOUND))
        if not order.is_working:
            return self._outcome(Refusal(self._quirks.terminal_cancel_code))
        if order.status == OrderStatus.PENDING and self._quirks.pending_commands_refused:
            return self._outcome(Refusal(CancelCode.PENDING))
        self._send(order, None)
        return self._outcome(None)

    def close_position(self, account_id: int, contract_id: str, now_ns: int) -> Outcome:
        """Send an untagged market order for a whole position; its legs stay as they are."""
        self._move(now_ns)
        found = self._closable(account_id, contract_id, CloseCode.ACCOUNT_REJECTED)
        if isinstance(found, Refusal):
            return self._outcome(found)
        account, market = found
        net = account.net(contract_id)
        if not net:
            return self._outcome(Refusal(CloseCode.POSITION_NOT_FOUND))
        if self._is_closing(account_id, contract_id):
            return self._outcome(Refusal(CloseCode.ORDER_PENDING))
        rejected = Refusal(CloseCode.ORDER_REJECTED, words.CLOSED, recorded=True)
        return self._close(account, market, abs(net), rejected)

    def partial_close(self, account_id: int, contract_id: str, size: int, now_ns: int) -> Outcome:
        """Send an untagged market order for part of a position."""
        self._move(now_ns)
        found = self._closable(account_id, contract_id, PartialCloseCode.ACCOUNT_REJECTED)
        if isinstance(found, Refusal):
            return self._outcome(found)
        account, market = found
        net = account.net(contract_id)
        if not net:
            return self._outcome(Refusal(PartialCloseCode.POSITION_NOT_FOUND))
        if not 0 < size <= abs(net):
            return self._outcome(Refusal(PartialCloseCode.INVALID_CLOSE_SIZE))
        if self._is_closing(account_id, contract_id):
            return self._outcome(Refusal(PartialCloseCode.ORDER_PENDING))
        rejected = Refusal(PartialCloseCode.ORDER_REJECTED, recorded=True)
        return self._close(account, market, size, rejected)

    # What an earlier exchange has left.

    def take_up(self, kept: Kept) -> None:
        """Go on with the accounts of another exchange, before anything else happens here.

        Every account of it must be one of this exchange. What works and what is held needs
        :meth:`list_contract` and then :meth:`resume_contract` for its contract.
        """
        self.keeping.take_up(kept)
        for order_id in kept.exchange.closing:
            order = self._orders.by_id(order_id)
            self._closing[order.account_id, order.contract_id] = order

    def resume_contract(
        self, contract_id: str, kept: Kept, now_ns: int
    ) -> tuple[ExchangeEvent, ...]:
        """Let what works in a contract go on, after its market has shown its prices.

        What the end of a trading day meanwhile would have done happens first. Orders meet the
        market as it is: a stop beyond its price is hit, a limit within reach is filled, the rest
        queues up anew. Commands on their way set out again.

        Raises:
            KeyError: It is not traded here.
        """
        market = self._markets[contract_id]
        self._move(now_ns)
        self._platform.make_up(market, kept.market.ns)
        working = list(self._orders.working(contract_id))
        for order in working:
            if order.status == OrderStatus.PENDING:
                self._set_out(order)
        for errand in kept.exchange.errands:
            order = self._orders.by_id(errand.order_id)
            if order.contract_id == contract_id and order.is_working:
                self._send(order, errand.change)
        self._desk.resume(market, working)
        for order in {order.parent or order: None for order in working}:
            self._desk.take_up_legs(order)
        self._desk.settle()
        return self._ledger.take_events()

    def _set_out(self, order: Order) -> None:
        self._travel(order.account_id, lambda: self._arrive(order))

    # What happens to contracts and accounts from outside.

    def list_contract(self, contract: TradedContract) -> None:
        """Begin to trade a contract.

        Raises:
            ValueError: It is traded already.
        """
        if contract.contract_id in self._markets:
            raise ValueError(f"{contract.contract_id} is traded already")
        market = ContractMarket(contract, self._quirks)
        self._markets[contract.contract_id] = market
        self._platform.plan_day(market)

    def expire(self, contract_id: str, now_ns: int) -> tuple[ExchangeEvent, ...]:
        """Let a contract be the active expiry no longer: its orders are cancelled, none taken.

        Raises:
            KeyError: It is not traded here.
        """
        market = self._markets[contract_id]
        self._move(now_ns)
        market.active = False
        self._platform.cancel_all(market, OrderStatus.CANCELLED)
        return self._ledger.take_events()

    def halt(
        self, contract_id: str, now_ns: int, until_ns: int | None = None
    ) -> tuple[ExchangeEvent, ...]:
        """Stop trading in a contract until ``until_ns``, or until :meth:`resume`.

        Orders stay, may be cancelled, and neither trigger nor fill. A market that shares its book
        must stop as well: what it trades is traded.

        Raises:
            KeyError: It is not traded here.
        """
        market = self._markets[contract_id]
        self._move(now_ns)
        market.halted_until_ns = _FOREVER_NS if until_ns is None else until_ns
        return self._ledger.take_events()

    def close_day(self, contract_id: str, now_ns: int) -> tuple[ExchangeEvent, ...]:
        """End a contract's trading day now: cancel its orders, close positions, settle costs.

        Whether positions are closed is up to ``flatten_minute``. The market goes on unless it is
        halted as well.

        Raises:
            KeyError: It is not traded here.
        """
        market = self._markets[contract_id]
        self._move(now_ns)
        self._platform.close_day(market)
        self._desk.settle()
        return self._ledger.take_events()

    def resume(self, contract_id: str, now_ns: int) -> tuple[ExchangeEvent, ...]:
        """End a halt; stops look at the market when it next trades.

        Raises:
            KeyError: It is not traded here.
        """
        market = self._markets[contract_id]
        self._move(now_ns)
        market.halted_until_ns = None
        return self._ledger.take_events()

    # Time.

    def _move(self, ns: int) -> None:
        """Let what is due happen, each at its time, and be at ``ns``."""
        ledger = self._ledger
        while (due := self._agenda.take(ns)) is not None:
            ledger.now_ns = max(ledger.now_ns, due[0])
            due[1]()
            self._desk.settle()
        ledger.now_ns = max(ledger.now_ns, ns)
        self._desk.settle()

    def _reach(self, ns: int) -> None:
        """Be at ``ns``, the quick way where nothing is due."""
        due = self._agenda.next_ns()
        if due is not None and due <= ns:
            self._move(ns)
        elif ns > self._ledger.now_ns:
            self._ledger.now_ns = ns

    def _travel(self, account_id: int, call: Callable[[], None]) -> None:
        """Let a command arrive after its delay, but never before an earlier one of the account."""
        at = max(self.now_ns + self._latency.delay_ns(), self._arrived_ns.get(account_id, 0))
        self._arrived_ns[account_id] = at
        self._agenda.plan(at, call)
        self._move(self.now_ns)

    def _arrive(self, order: Order) -> None:
        if order.status == OrderStatus.PENDING:
            self._desk.start(order)

    def _send(self, order: Order, change: Change | None) -> None:
        """Let a change of an order travel, or, without one, its cancellation."""
        self._errand_number += 1
        number = self._errand_number
        self._errands[number] = Errand(order_id=order.id, change=change)
        self._travel(order.account_id, lambda: self._carry_out(number))

    def _carry_out(self, number: int) -> None:
        errand = self._errands.pop(number)
        order = self._orders.by_id(errand.order_id)
        if not order.is_working:
            return
        if errand.change is None:
            self._desk.cancel(order)
        else:
            self._desk.change(order, errand.change)

    def _on_the_way(self) -> tuple[tuple[Errand, ...], tuple[int, ...]]:
        closing = tuple(order.id for order in self._closing.values() if order.is_working)
        return tuple(self._errands.values()), closing

    # Judging and storing.

    def _outcome(self, refusal: Refusal | None, order: Order | None = None) -> Outcome:
        events = self._ledger.take_events()
        order_id = order.id if order is not None else None
        if refusal is None:
            return Outcome(0, None, order_id, events)
        return Outcome(int(refusal.code), refusal.message, order_id, events)

    def _refuse_account(self, account_id: int, contract_id: str) -> Refusal | None:
        """What forbids an order before one is made: the account, or the contract."""
        account = self._accounts.get(account_id)
        if account is None:
            return Refusal(PlaceCode.ACCOUNT_NOT_FOUND)
        if account.spec.live and self._quirks.refuse_live_accounts:
            return Refusal(PlaceCode.ACCOUNT_REJECTED, words.LIVE_ACCOUNT)
        if not account.can_trade:
            code = PlaceCode.ACCOUNT_VIOLATION if account.violated else PlaceCode.ACCOUNT_REJECTED
            return Refusal(code)
        active = self._is_active(contract_id)
        if active is None:
            return Refusal(PlaceCode.CONTRACT_NOT_FOUND)
        return None if active else Refusal(PlaceCode.CONTRACT_NOT_ACTIVE)

    def _is_active(self, contract_id: str) -> bool | None:
        market = self._markets.get(contract_id)
        return market.active if market is not None else self._listed(contract_id)

    def _store_refused(self, request: PlaceOrder) -> Order:
        order = self._orders.add(
            request.account_id,
            request.contract_id,
            type=request.type,
            side=request.side,
            size=request.size,
            ns=self.now_ns,
            tag=request.custom_tag or None,
            status=OrderStatus.REJECTED,
        )
        if order.tag is not None and self._quirks.refused_order_uses_tag:
            self._orders.use_tag(order.account_id, order.tag)
        self._ledger.write_order(order)
        return order

    def _store(self, request: PlaceOrder, ticket: Ticket) -> Order:
        """Keep an accepted order with its legs, and tell of them: stop, entry, target."""
        entry = self._orders.add(
            request.account_id,
            request.contract_id,
            type=OrderType(request.type),
            side=request.side,
            size=request.size,
            ns=self.now_ns,
            tag=request.custom_tag or None,
        )
        entry.limit, entry.stop, entry.trail = ticket
        if entry.tag is not None:
            self._orders.use_tag(entry.account_id, entry.tag)
        make_legs(self._orders, entry, request)
        linked_id = request.linked_order_id
        if self._quirks.honour_linked_order_id and linked_id is not None:
            linked = self._orders.by_id(linked_id)
            entry.sibling, linked.sibling, entry.linked_id = linked, entry, linked.id
        for order in (entry.stop_leg, entry, entry.target_leg):
            if order is not None:
                self._ledger.write_order(order)
        return entry

    # Closing positions.

    def _closable(
        self, account_id: int, contract_id: str, live_code: int
    ) -> tuple[Account, ContractMarket] | Refusal:
        account = self._accounts.get(account_id)
        if account is None:
            return Refusal(CloseCode.ACCOUNT_NOT_FOUND)
        if account.spec.live:
            return Refusal(live_code, words.LIVE_ACCOUNT)
        active = self._is_active(contract_id)
        if active is None:
            return Refusal(CloseCode.CONTRACT_NOT_FOUND)
        if not active:
            return Refusal(CloseCode.CONTRACT_NOT_ACTIVE)
        market = self._markets.get(contract_id)
        if market is None:
            return Refusal(CloseCode.POSITION_NOT_FOUND)
        return account, market

    def _is_closing(self, account_id: int, contract_id: str) -> bool:
        """Whether a close of the position is still on its way; a second one would turn it."""
        order = self._closing.get((account_id, contract_id))
        return order is not None and order.is_working

    def _close(
        self, account: Account, market: ContractMarket, size: int, rejected: Refusal
    ) -> Outcome:
        ok = market.is_tradable(self.now_ns) and market.has_price
        order = self._platform.closing_order(account, market, size, rejected=not ok)
        if not ok:
            return self._outcome(rejected, order)
        self._closing[account.spec.id, market.contract_id] = order
        self._set_out(order)
        return self._outcome(None, order)


def _unlisted(contract_id: str) -> bool | None:
    return None
