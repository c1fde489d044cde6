"""The live half of an order book: what the feed changes, and what is done when it goes wrong.

A message is applied whole, then judged, then announced. The watch is one supervised task: it looks
for doubts, asks for a fresh book, and does so less and less often while that does not help.

Invariants (``tests/orderbook/test_depth.py``, ``tests/orderbook/test_integrity.py``):

- the book equals the market after any burst in any chunks;
- whatever is found to be wrong is told before anything else is, and told again when it is over;
- after ``disconnect`` nothing is attached and no task runs.
"""

from __future__ import annotations

import asyncio
import logging
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from project_x_py._core.calendar import find_calendar
from project_x_py._core.grid import TickGrid
from project_x_py._core.time import NS
from project_x_py._ports import GapFeed, UserFeed
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook._depth import SIDE_OF, DepthApplier
from project_x_py.orderbook._events import BookEvents
from project_x_py.orderbook._integrity import POLL_S, Integrity
from project_x_py.orderbook._own import OwnOrders
from project_x_py.orderbook._tape import Tape

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.records import Depth, DepthLevel, Quote, Trade
    from project_x_py._ports import MarketFeed
    from project_x_py.orderbook._depth import Applied
    from project_x_py.orderbook.base import OrderBookBase

__all__ = ["RealtimeHandler"]

log = logging.getLogger(__name__)

RANK = 0
"""The book is applied before the bars."""
OWN_RANK = 4
"""One's own orders are shown after orders and positions were applied."""
KIND = "depth"
BOOK_EVENT, DEPTH_EVENT = EventType.ORDERBOOK_UPDATE, EventType.MARKET_DEPTH_UPDATE
ANY_PRICE = TickGrid(Decimal("1e-9"))
"""A grid every price is on: orders of other contracts are read, and left out."""
PICTURE_S = 1.0
"""The first picture is asked for when it has not come by itself within so long: a contract that
somebody else has subscribed to before sends none."""
FIRST_RETRY_S = 5.0
LAST_RETRY_S = 60.0
SETTLED_S = 60.0
"""A book that was believed for so long is asked for anew at once when it is not."""


@runtime_checkable
class _AccountFeed(UserFeed, Protocol):
    """A feed that tells of the account, too."""


class RealtimeHandler:
    """Applies the feed to a book, watches it, and announces what changed.

    Args:
        orderbook: Whose state is written; nothing else writes it.

    Attributes:
        events: Announces; see :class:`~project_x_py.orderbook._events.BookEvents`.
        own_orders: Where orders of one's own rest; a sink for account records.
    """

    def __init__(self, orderbook: OrderBookBase) -> None:
        state = self._state = orderbook.state
        self._book = orderbook
        self._feed: MarketFeed | None = None
        self._gaps: GapFeed | None = None
        self._gap: FeedGap | None = None
        self._accounts: UserFeed | None = None
        self._follows_depth = self._follows_quotes = True
        self._open_at: Callable[[int], bool] | None = None
        self._monotonic_ns = state.clock.monotonic_ns
        self._wants = orderbook.event_bus.wants
        self.events = BookEvents(state, orderbook.event_bus)
        self.own_orders = OwnOrders(state)
        self._depth = DepthApplier(state, self._is_open)
        self._apply = self._depth.apply
        self._own = state.own_orders
        self._tape = Tape(state, self.own_orders.on_print)
        self._integrity = Integrity()
        self._supervisor = Supervisor(f"book-{state.symbol}")
        self._retry_s = FIRST_RETRY_S
        self._retry_ns = self._believed_ns = self._pictured_ns = 0

    @property
    def is_attached(self) -> bool:
        """Whether a feed is followed."""
        return self._feed is not None

    @property
    def expects_messages(self) -> bool:
        """Whether a feed is followed of a contract that trades at the moment."""
        return self.is_attached and self._is_open(self._state.clock.now_ns())

    @property
    def is_connected(self) -> bool:
        """Whether the feed that is followed is connected."""
        return self._feed is not None and self._feed.is_connected()

    async def initialize(
        self,
        realtime_client: MarketFeed,
        subscribe_to_depth: bool = True,
        subscribe_to_quotes: bool = True,
    ) -> bool:
        """Subscribe and apply what comes; return whether the gateway agreed.

        Args:
            realtime_client: The feed.
            subscribe_to_depth: Whether depth messages are applied.
            subscribe_to_quotes: Whether quotes are applied, and the book compared with them.

        Raises:
            ProjectXError: The contract is unknown, or another owner has attached another grid.
        """
        contract = await self._book.find_contract()
        await self.disconnect()
        self._follows_depth, self._follows_quotes = subscribe_to_depth, subscribe_to_quotes
        state = self._state
        state.distrust = "no depth received yet" if subscribe_to_depth else "depth is not followed"
        state.quote_bid = state.quote_ask = None
        self._feed = realtime_client
        self._integrity.forget()
        self._depth.expect_picture()
        realtime_client.attach(contract.id, self._state.grid, self, rank=RANK)
        if isinstance(realtime_client, GapFeed):
            self._gaps = realtime_client
            realtime_client.add_gap_listener(self.on_gap)
        if isinstance(realtime_client, _AccountFeed):
            self._accounts = realtime_client
            realtime_client.attach_user(self.own_orders, self._grid_for, rank=OWN_RANK)
        if not await realtime_client.subscribe_market_data([contract.id]):
            await self.disconnect()
            return False
        self._believed_ns = self._pictured_ns = self._monotonic_ns()
        self._retry_s, self._retry_ns = FIRST_RETRY_S, self._believed_ns + round(PICTURE_S * NS)
        self._supervisor = Supervisor(f"book-{self._state.symbol}")
        self._supervisor.spawn(self._watch(), name=f"book-watch-{self._state.symbol}")
        return True

    async def disconnect(self) -> None:
        """Apply nothing more; the book stays readable. Calling it again is harmless."""
        feed, self._feed = self._feed, None
        if feed is not None:
            feed.detach(self._state.contract_id, self)
        if self._gaps is not None:
            self._gaps.remove_gap_listener(self.on_gap)
            self._gaps = None
        if self._accounts is not None:
            self._accounts.detach_user(self.own_orders)
            self._accounts = None
        await self._supervisor.aclose()

    def raise_if_faulted(self) -> None:
        """Raise when the watch has died.

        Raises:
            ProjectXError: Names the failure.
        """
        self._supervisor.raise_if_faulted()

    def on_depth(self, depth: Depth) -> None:
        """Apply one depth message, judge it, and tell of it."""
        if not self._follows_depth:
            return
        done = self._apply(depth)
        integrity = self._integrity
        integrity.printed_ns = None
        if not done.is_plain or integrity.doubted:
            self._judge(depth, done)
        if self._own:
            self.own_orders.on_book()
        if self._wants(BOOK_EVENT) or self._wants(DEPTH_EVENT):
            self.events.tell_message("reset" if done.reset else "best" if done.best else "depth")

    def on_trades(self, trades: Sequence[Trade]) -> None:
        """Count prints, each once."""
        take, tell = self._tape.take_trade, self.events.tell_trade
        for trade in trades:
            fresh = take(trade)
            if fresh or not trade.size:
                tell(trade.price, fresh, int(trade.aggressor), trade.exch_ns)
        if self._follows_depth:
            self._integrity.on_print(self._monotonic_ns())

    def on_quote(self, quote: Quote) -> None:
        """Merge a sparse quote, and compare the book with it."""
        if not self._follows_quotes:
            return
        state = self._state
        self._tape.take_quote(quote)
        if quote.bid is None and quote.ask is None:
            return
        bid, ask = state.quote_bid, state.quote_ask
        state.quote_bid = bid = bid if quote.bid is None else quote.bid
        state.quote_ask = ask = ask if quote.ask is None else quote.ask
        if self._follows_depth:
            self._integrity.on_quote(bid, ask, self._monotonic_ns())
        elif state.settings.analytics:
            state.quotes.append(bid, ask, None, None, quote.exch_ns)

    def on_gap(self, gap: FeedGap) -> None:
        """Take note of an outage, or of its end."""
        state = self._state
        if KIND not in gap.missed or gap.contract_id not in (None, state.contract_id):
            return
        if gap.is_open:
            state.counters.gaps += 1
            self._integrity.outage = gap.reason.value
            self._depth.expect_picture()
            self._gap = None
            self._distrust(f"messages are missing: {gap.reason.value}")
            return
        self._integrity.outage = None
        self._integrity.forget()
        if state.trusted:
            self._report(gap)
        else:
            self._gap = gap

    def _grid_for(self, contract_id: str) -> TickGrid:
        return self._state.grid if contract_id == self._state.contract_id else ANY_PRICE

    def _is_open(self, exch_ns: int) -> bool:
        """Whether the contract trades; one that no calendar knows always does."""
        if self._open_at is None:
            calendar = find_calendar(self._state.contract_id)
            self._open_at = _always if calendar is None else calendar.is_open
        return self._open_at(exch_ns)

    def _take_prints(self, prints: list[DepthLevel]) -> None:
        for level in prints:
            fresh, aggressor = self._tape.take_print(level)
            if fresh:
                self.events.tell_trade(level.price, fresh, aggressor, level.exch_ns)

    def _judge(self, depth: Depth, done: Applied) -> None:
        """Compare what the message has changed with what else is known."""
        integrity, ladder, now_ns = self._integrity, self._state.ladder, self._monotonic_ns()
        integrity.on_top(ladder.best_bid, ladder.best_ask, now_ns)
        if integrity.doubted:
            integrity.doubted.difference_update(
                (SIDE_OF.get(level.kind), level.price) for level in depth.levels
            )
        if done.dropped:
            integrity.on_dropped(done.dropped, now_ns)
        if done.pictured:
            self._believe(now_ns)
        if done.prints:
            self._take_prints(done.prints)
        if self._feed is not None:
            delay_ns = self._state.clock.now_ns() - depth.recv_ns
            self._book.figures.latency_ms = delay_ns / 1e6

    def _believe(self, now_ns: int) -> None:
        """Trust the book: a picture has just shown the whole of it."""
        state, integrity = self._state, self._integrity
        self._pictured_ns = now_ns
        outage, integrity.outage = integrity.outage, None
        integrity.forget()
        integrity.on_top(state.ladder.best_bid, state.ladder.best_ask, now_ns)
        if self._follows_quotes:
            integrity.on_quote(state.quote_bid, state.quote_ask, now_ns)
        if state.distrust is not None:
            state.distrust = None
            self._believed_ns = now_ns
            log.debug("order book of %s is believed", state.symbol)
            self.events.tell_trust()
        if self._gap is not None:
            gap, self._gap = self._gap, None
            self._report(gap)
        elif outage is not None:
            log.debug("order book of %s: whole before the end of the outage", state.symbol)

    def _report(self, gap: FeedGap) -> None:
        if self._gaps is not None:
            self._gaps.report_backfill(gap, (KIND,))

    def _distrust(self, reason: str) -> None:
        state = self._state
        if state.distrust == reason:
            return
        was_trusted, state.distrust = state.trusted, reason
        if was_trusted:
            state.counters.distrusted += 1
            log.warning("order book of %s is not to be relied on: %s", state.symbol, reason)
        self.events.tell_trust()

    async def _watch(self) -> None:
        """Look for doubts, and ask for a fresh book where there are any."""
        while True:
            await asyncio.sleep(POLL_S)
            now_ns = self._monotonic_ns()
            feed, state = self._feed, self._state
            if feed is None or not self._follows_depth:
                continue
            self._book.sample()
            if not self._is_open(state.clock.now_ns()):
                continue
            reason = self._integrity.verdict(now_ns)
            if reason is not None:
                self._distrust(reason)
            if feed.is_connected() and self._wants_picture(now_ns):
                await self._renew(feed)

    def _wants_picture(self, now_ns: int) -> bool:
        """Whether it is time to ask for a fresh book."""
        state = self._state
        if not state.trusted:
            return now_ns >= self._retry_ns and self._integrity.outage is None
        if now_ns - self._believed_ns > SETTLED_S * NS:
            self._retry_s, self._retry_ns = FIRST_RETRY_S, 0
        every = state.settings.resnapshot_s * NS
        return bool(every) and now_ns - self._pictured_ns >= every

    async def _renew(self, feed: MarketFeed) -> None:
        state = self._state
        state.counters.renewals += 1
        asked_ns = self._monotonic_ns()
        self._depth.expect_picture()
        self._pictured_ns = asked_ns
        self._retry_ns = asked_ns + round(self._retry_s * NS)
        self._retry_s = min(2 * self._retry_s, LAST_RETRY_S)
        try:
            agreed = await feed.renew_market_data(state.contract_id)
        except ProjectXError as error:
            log.warning("order book of %s: no fresh book: %s", state.symbol, error)
            return
        if not agreed:
            log.warning("order book of %s: the gateway refused a fresh book", state.symbol)


def _always(exch_ns: int) -> bool:
    return True
