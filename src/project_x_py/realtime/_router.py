"""Where each event of the hubs goes: owners of market state first, raw callbacks after them.

The way from a record to its owners is one synchronous call chain. A contract's owners are found
in one dictionary; their order is that of their ranks, not of their arrival.

Invariants (``tests/realtime/test_router.py``): owners see every record in the order of arrival;
a callback gets the payload as it was sent, and as its own; an event of another account reaches
nobody, also not beside one of ours; no market or account data is kept, but for account records
whose contract is not known yet.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py._wire.decode import (
    USER_KINDS,
    DecodeStats,
    DepthEvent,
    MarketDecoder,
    QuoteEvent,
    TradeEvent,
    market_arguments,
    read_market_event,
    user_argument,
)
from project_x_py.exceptions import ProjectXDataError, ProjectXError
from project_x_py.realtime._accounts import AccountFeed
from project_x_py.realtime._callbacks import CallbackLine
from project_x_py.realtime._latency import EVERY, MessageLatency

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py._ports import Clock, MarketSink, TaskOwner
    from project_x_py._wire.decode import DepthRow, MarketEvent, QuoteRow, TradeRow
    from project_x_py._wire.signalr import Envelope
    from project_x_py.realtime._callbacks import Callback

__all__ = ["CALLBACK_EVENTS", "EventRouter", "MarketTaker", "Spoilt", "Streams", "UserTaker"]

Spoilt = Callable[[str | None, str], None]
"""Told of a contract, or None for the account, and the kind of what could not be read of it."""

CALLBACK_EVENTS = {
    "GatewayUserAccount": "account_update",
    "GatewayUserPosition": "position_update",
    "GatewayUserOrder": "order_update",
    "GatewayUserTrade": "trade_execution",
    "GatewayQuote": "quote_update",
    "GatewayTrade": "market_trade",
    "GatewayDepth": "market_depth",
}
"""Hub event to the documented name of its callbacks."""

ACCOUNTS = "account_update"
"""The one kind that names its account by ``id``."""

COALESCED = "quote_update"
"""The one kind whose latest event says what the earlier ones said."""

_KINDS: dict[type[MarketEvent], str] = {
    QuoteEvent: "quote_update",
    TradeEvent: "market_trade",
    DepthEvent: "market_depth",
}


class Streams:
    """When a contract was last heard of: exchange time of reception, 0 for never."""

    __slots__ = ("depth_ns", "quotes_ns", "stamp_ns", "trades_ns")

    def __init__(self) -> None:
        self.quotes_ns = self.trades_ns = self.depth_ns = 0
        self.stamp_ns = 0
        """What the newest message that was read says it happened at."""

    @property
    def heard_ns(self) -> int:
        """Of whichever stream was heard last."""
        return max(self.quotes_ns, self.trades_ns, self.depth_ns)


class _Route(Streams):
    """One contract: its owners, and when it was heard of."""

    __slots__ = (
        "_on_depth", "_on_quote", "_on_trades", "_probed", "apply", "decoder", "grid", "latency",
        "sinks",
    )  # fmt: skip

    def __init__(self, latency: MessageLatency) -> None:
        super().__init__()
        self.latency = latency
        self.grid: TickGrid | None = None
        self.decoder: MarketDecoder | None = None
        self.sinks: list[tuple[int, MarketSink]] = []
        self.apply: dict[type[MarketEvent], Callable[[Any, int], None]] = {
            QuoteEvent: self._apply_quote,
            TradeEvent: self._apply_trades,
            DepthEvent: self._apply_depth,
        }
        self._on_trades: list[Callable[[Sequence[Trade]], None]] = []
        self._on_quote: list[Callable[[Quote], None]] = []
        self._on_depth: list[Callable[[Depth], None]] = []
        self._probed = (self._on_trades, self._on_quote, self._on_depth)

    def set(self, sinks: list[tuple[int, MarketSink]]) -> None:
        """Replace the owners; a message under way still goes to all it began with."""
        self.sinks = sorted(sinks, key=lambda ranked: ranked[0])
        self._on_trades = [sink.on_trades for _, sink in self.sinks]
        self._on_quote = [sink.on_quote for _, sink in self.sinks]
        self._on_depth = [sink.on_depth for _, sink in self.sinks]
        trades, quote, depth = [*self._on_trades], [*self._on_quote], [*self._on_depth]
        for place in range(len(self.sinks), 0, -1):
            rank = self.sinks[place - 1][0]
            is_last = place == len(self.sinks) or self.sinks[place][0] != rank
            probe = self.latency.probe(rank) if is_last else None
            if probe is not None:
                trades.insert(place, probe)
                quote.insert(place, probe)
                # Depth moves no bar, so that its way ends at the book.
                if rank == 0:
                    depth.insert(place, probe)
        self._probed = (trades, quote, depth)

    def apply_measured(self, kind: type[MarketEvent], rows: Any, recv_ns: int) -> None:
        """Apply a payload of the usual shape, and measure how long its owners take."""
        plain = (self._on_trades, self._on_quote, self._on_depth)
        probed = self._probed
        self._on_trades, self._on_quote, self._on_depth = probed
        try:
            self.apply[kind](rows, recv_ns)
        finally:
            if self._probed is probed:
                self._on_trades, self._on_quote, self._on_depth = plain

    def apply_tolerant(self, kind: str, raw: msgspec.Raw, recv_ns: int) -> None:
        """Apply a payload of any shape."""
        decoder = self.decoder
        if kind == "quote_update":
            self.quotes_ns = recv_ns
            for quote in decoder.quotes(raw, recv_ns) if decoder is not None else ():
                self.stamp_ns = quote.exch_ns
                for on_quote in self._on_quote:
                    on_quote(quote)
        elif kind == "market_trade":
            self.trades_ns = recv_ns
            if decoder is not None:
                self._feed_trades(decoder.trades(raw, recv_ns))
        else:
            self.depth_ns = recv_ns
            for depth in decoder.depth(raw, recv_ns) if decoder is not None else ():
                self.stamp_ns = depth.levels[-1].exch_ns
                for on_depth in self._on_depth:
                    on_depth(depth)

    def _apply_quote(self, row: QuoteRow, recv_ns: int) -> None:
        self.quotes_ns = recv_ns
        decoder = self.decoder
        if decoder is None:
            return
        quote: Quote | None
        try:
            quote = decoder.quote_row(row, recv_ns)
        except ProjectXDataError:
            quote = decoder.repaired_quote(row, recv_ns)
        if quote is not None:
            self.stamp_ns = quote.exch_ns
            for on_quote in self._on_quote:
                on_quote(quote)

    def _apply_trades(self, rows: list[TradeRow | None], recv_ns: int) -> None:
        self.trades_ns = recv_ns
        if self.decoder is not None:
            self._feed_trades(self.decoder.trade_rows(rows, recv_ns))

    def _feed_trades(self, trades: list[Trade]) -> None:
        if trades:
            self.stamp_ns = trades[-1].exch_ns
            for on_trades in self._on_trades:
                on_trades(trades)

    def _apply_depth(self, rows: list[DepthRow | None], recv_ns: int) -> None:
        self.depth_ns = recv_ns
        if self.decoder is None:
            return
        depth = self.decoder.depth_rows(rows, recv_ns)
        if depth is not None:
            self.stamp_ns = depth.levels[-1].exch_ns
            for on_depth in self._on_depth:
                on_depth(depth)


class EventRouter:
    """Owners, callbacks and counters of one client.

    Args:
        account_id: Whose orders, positions and fills are passed on.
        tasks: Starts the callbacks' tasks.
        clock: Measures how long a failing callback is left alone.
        stats: Counts what did not fit.
        spoilt: Told of it.
    """

    def __init__(
        self,
        account_id: int,
        tasks: TaskOwner,
        clock: Clock,
        stats: DecodeStats,
        spoilt: Spoilt = lambda contract_id, kind: None,
    ) -> None:
        self.events_received = 0
        self.last_event_ns: int | None = None
        self.overflows = 0
        self.stats = stats
        self._spoilt = spoilt
        self._user_stats = stats.watched(lambda kind: spoilt(None, kind))
        self.account = AccountFeed(account_id, self._user_stats)
        self.user_ns = 0
        self._account_id = account_id
        self._tasks = tasks
        self._clock = clock
        self.latency = MessageLatency(clock.monotonic_ns)
        self._until_measured = EVERY
        self._routes: dict[str, _Route] = {}
        self._lines: dict[str, list[CallbackLine]] = {}
        self._coalesce = False

    def attach(self, contract_id: str, grid: TickGrid, sink: MarketSink, *, rank: int) -> None:
        """Feed ``sink`` with the contract's records; attaching it again changes its rank.

        Raises:
            ProjectXError: Another owner has attached with another grid.
        """
        route = self._route(contract_id)
        if route.grid is None:
            stats = self.stats.watched(lambda kind: self._spoilt(contract_id, kind))
            route.grid, route.decoder = grid, MarketDecoder(contract_id, grid, stats)
        elif route.grid != grid:
            raise ProjectXError(f"{contract_id} is attached with {route.grid!r}, not {grid!r}")
        others = [ranked for ranked in route.sinks if ranked[1] is not sink]
        route.set([*others, (rank, sink)])

    def detach(self, contract_id: str, sink: MarketSink) -> None:
        """Feed ``sink`` no more; detaching what is not attached is harmless."""
        route = self._routes.get(contract_id)
        if route is None:
            return
        route.set([ranked for ranked in route.sinks if ranked[1] is not sink])
        if not route.sinks:
            route.grid = route.decoder = None

    def has_owner(self, contract_id: str | None) -> bool:
        """Whether somebody is fed with the contract's records, or the account's for None."""
        if contract_id is None:
            return self.account.attached
        route = self._routes.get(contract_id)
        return route is not None and bool(route.sinks)

    def streams(self, contract_id: str) -> Streams:
        """When the contract was heard of; kept up to date from the first call on."""
        return self._route(contract_id)

    def _route(self, contract_id: str) -> _Route:
        route = self._routes.get(contract_id)
        if route is None:
            route = self._routes[contract_id] = _Route(self.latency)
        return route

    def add_callback(self, event_type: str, callback: Callback) -> None:
        """Call ``callback`` with each event of a kind; adding it twice is adding it once.

        Raises:
            ValueError: No such kind, or not a callable.
        """
        _check_kind(event_type)
        if not callable(callback):
            raise ValueError(f"a callback is a callable, not {callback!r}")
        lines = self._lines.get(event_type, [])
        if any(line.callback == callback for line in lines):
            return
        line = CallbackLine(event_type, callback, self._tasks, self._clock, self._overflowed)
        line.coalesce = self._coalesce and event_type == COALESCED
        self._lines[event_type] = [*lines, line]

    def remove_callback(self, event_type: str, callback: Callback) -> None:
        """Call it no more; removing what is not there is harmless."""
        for line in self._lines.get(event_type, ()):
            if line.callback == callback:
                line.close()
                self._remove(line)

    def clear_callbacks(self) -> None:
        """Call nobody any more."""
        for line in self.lines():
            line.close()
        self._lines.clear()

    def lines(self) -> list[CallbackLine]:
        """The registered callbacks with what waits for them."""
        return [line for lines in self._lines.values() for line in lines]

    def coalesce_quotes(self, wanted: bool) -> None:
        """Let a callback that is behind get only the latest quote of each contract, or all."""
        self._coalesce = wanted
        for line in self._lines.get(COALESCED, ()):
            line.coalesce = wanted

    def batching_stats(self) -> dict[str, Any] | None:
        """Return per kind how far its callbacks are, None while batching is off."""
        if not self._coalesce:
            return None
        return {
            kind: {
                "callbacks": len(lines),
                "waiting": sum(len(line.waiting) for line in lines),
                "delivered": sum(line.delivered for line in lines),
                "coalesced": sum(line.coalesced for line in lines),
                "errors": sum(line.errors for line in lines),
            }
            for kind, lines in self._lines.items()
        }

    @property
    def callback_errors(self) -> int:
        """Failures of the callbacks that are registered."""
        return sum(line.errors for line in self.lines())

    def _overflowed(self, line: CallbackLine) -> None:
        self.overflows += 1
        self._remove(line)

    def _remove(self, line: CallbackLine) -> None:
        left = [other for other in self._lines.get(line.kind, ()) if other is not line]
        if left:
            self._lines[line.kind] = left
        else:
            self._lines.pop(line.kind, None)

    def deliver(self, kind: str, payload: Any) -> None:
        """Give the callbacks of a kind an event that did not come from a hub.

        Raises:
            ValueError: No such kind.
        """
        _check_kind(kind)
        self.events_received += 1
        self._put(self._lines.get(kind, []), payload)

    def take_market(self, record: bytes, recv_ns: int) -> bool:
        """Apply a market record of the usual shape; False if it has another."""
        event = read_market_event(record)
        if event is None:
            return False
        self.events_received += 1
        self.last_event_ns = recv_ns
        contract_id, rows = event.arguments
        route = self._routes.get(contract_id)
        self._until_measured -= 1
        if not self._until_measured:
            self._until_measured = EVERY
            self.latency.decoded()
            if route is not None:
                route.apply_measured(type(event), rows, recv_ns)
        elif route is not None:
            route.apply[type(event)](rows, recv_ns)
        if self._lines:
            lines = self._lines.get(_KINDS[type(event)])
            if lines:
                # What is read here as a whole was read by its known members only.
                whole = _plain(record, self.stats)
                if whole is not None:
                    self._put(lines, {"contract_id": contract_id, "data": whole["arguments"][1]})
        return True

    def on_market_event(self, event: Envelope, recv_ns: int) -> None:
        """Apply a market event of any other shape."""
        kind = CALLBACK_EVENTS.get(event.target or "")
        if kind is None:
            self.stats.note("unknown event", event.target)
            return
        self.events_received += 1
        self.last_event_ns = recv_ns
        found = market_arguments(event.arguments, self.stats)
        if found is None:
            self._spoilt("", "market event")
            return
        contract_id, raw = found
        route = self._routes.get(contract_id)
        if route is not None:
            route.apply_tolerant(kind, raw, recv_ns)
        if lines := self._lines.get(kind):
            data = _plain(raw, self.stats)
            if data is not None:
                self._put(lines, {"contract_id": contract_id, "data": data})

    def on_user_event(self, event: Envelope, recv_ns: int) -> None:
        """Pass on an account's event."""
        kind = CALLBACK_EVENTS.get(event.target or "")
        if kind is None:
            self.stats.note("unknown event", event.target)
            return
        self.events_received += 1
        self.last_event_ns = recv_ns
        self.user_ns = recv_ns
        raw = user_argument(event.arguments, self._user_stats)
        lines = self._lines.get(kind)
        if raw is None:
            return
        record_kind = USER_KINDS.get(event.target or "")
        if record_kind is not None and self.account.attached:
            self.account.take(record_kind, raw, recv_ns)
        if lines:
            payload = _plain(raw, self._user_stats)
            ours = self._ours(payload, "id" if kind == ACCOUNTS else "accountId")
            if ours is not None:
                self._put(lines, ours)

    def _ours(self, payload: Any, name: str) -> Any:
        """Return the payload without what names another account; None if nothing is left."""
        if isinstance(payload, list):
            kept = [ours for entry in payload if (ours := self._ours(entry, name)) is not None]
            return kept or None
        if not isinstance(payload, dict):
            return None
        data = payload.get("data")
        if isinstance(data, dict | list):
            ours = self._ours(data, name)
            return None if ours is None else {**payload, "data": ours}
        is_ours = str(payload.get(name, self._account_id)) == str(self._account_id)
        return payload if is_ours else None

    @staticmethod
    def _put(lines: list[CallbackLine], payload: Any) -> None:
        """Give each callback the payload, which is its own to change."""
        for line in lines[1:]:
            line.put(_copied(payload))
        if lines:
            lines[0].put(payload)


class MarketTaker:
    """The router as the market hub sees it."""

    __slots__ = ("on_event", "take")

    def __init__(self, router: EventRouter) -> None:
        self.take = router.take_market
        self.on_event = router.on_market_event


class UserTaker:
    """The router as the user hub sees it: every event goes through its envelope."""

    __slots__ = ("on_event",)

    def __init__(self, router: EventRouter) -> None:
        self.on_event = router.on_user_event

    def take(self, record: bytes, recv_ns: int) -> bool:
        """User events are few; none has a short cut."""
        return False


def _check_kind(kind: str) -> None:
    known = tuple(CALLBACK_EVENTS.values())
    if kind not in known:
        close = difflib.get_close_matches(str(kind), known, 1)
        hint = f"; did you mean {close[0]!r}?" if close else ""
        raise ValueError(f"no event {kind!r}, only {', '.join(known)}{hint}")


def _copied(payload: Any) -> Any:
    """Return a payload that shares no part that can be changed."""
    if isinstance(payload, dict):
        return {name: _copied(value) for name, value in payload.items()}
    return [_copied(value) for value in payload] if isinstance(payload, list) else payload


def _plain(raw: bytes | msgspec.Raw, stats: DecodeStats) -> Any:
    """Return what a callback gets; None, counted, for what cannot be read."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        stats.note("payload: not JSON", bytes(raw))
        return None
