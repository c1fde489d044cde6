"""What the data manager announces, as the documented dictionaries.

Prices become floats and times aware datetimes here, and only when somebody listens.

Invariants (``tests/realtime_data_manager/test_manager.py``, ``docs/reference/events.md``): every
event names ``symbol`` and ``contract_id``; a kind of event always has the same keys.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.records import Aggressor
from project_x_py._core.time import to_datetime
from project_x_py.event_bus import EventType

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias
    from zoneinfo import ZoneInfo

    from project_x_py._core.bars import Bar
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import Trade
    from project_x_py.event_bus import EventBus
    from project_x_py.realtime_data_manager._bars import BarEvent, ContractBars
    from project_x_py.realtime_data_manager._quotes import MergedQuote

    Values: TypeAlias = Callable[[str, int], Mapping[str, object]]

__all__ = ["MarketEvents", "bar_fields"]

SIDES = {Aggressor.BUY: "buy", Aggressor.SELL: "sell", Aggressor.NONE: "unknown"}


def bar_fields(bar: Bar, grid: TickGrid, timezone: ZoneInfo) -> dict[str, Any]:
    """Return a bar as events carry it: timestamp (its start), open, high, low, close, volume."""
    price = grid.price
    return {
        "timestamp": to_datetime(bar.start_ns, timezone),
        "open": price(bar.open),
        "high": price(bar.high),
        "low": price(bar.low),
        "close": price(bar.close),
        "volume": bar.volume,
    }


class MarketEvents:
    """Announces one contract's bars, trades and quotes.

    Args:
        bus: Where.
        symbol: As the instrument was asked for.
        contract_id: The contract.
        grid: Converts ticks to prices.
        timezone: Zone of all times.
        bars: State that the events tell of.
        values: Returns the live indicators' values at a timeframe's bar that starts at a time.
    """

    def __init__(
        self,
        bus: EventBus,
        symbol: str,
        contract_id: str,
        grid: TickGrid,
        timezone: ZoneInfo,
        bars: ContractBars,
        values: Values,
    ) -> None:
        self._bus = bus
        self._marks = {"symbol": symbol, "contract_id": contract_id}
        self._grid = grid
        self._timezone = timezone
        self._bars = bars
        self._values = values

    def bars(self, events: Iterable[BarEvent]) -> None:
        """Announce bars that ended, began or changed."""
        for event in events:
            if event.closed is not None and self._bus.wants(EventType.BAR_CLOSED):
                self._closed(event.timeframe, event.closed, amended=False)
            if event.amended is not None and self._bus.wants(EventType.BAR_CLOSED):
                self._closed(event.timeframe, event.amended, amended=True)
            if event.opened is not None and self._bus.wants(EventType.NEW_BAR):
                self._opened(event.timeframe, event.opened)

    def trades(self, trades: Sequence[Trade]) -> None:
        """Announce prints."""
        bus = self._bus
        ticks, updates = bus.wants(EventType.TRADE_TICK), bus.wants(EventType.DATA_UPDATE)
        if not ticks and not updates:
            return
        for trade in trades:
            price = self._grid.price(trade.price)
            at = to_datetime(trade.exch_ns, self._timezone)
            if ticks:
                data = {
                    **self._marks,
                    "price": price,
                    "size": trade.size,
                    "volume": trade.size,
                    "side": SIDES[trade.aggressor],
                    "timestamp": at,
                }
                bus.publish(EventType.TRADE_TICK, data)
            if updates:
                data = {**self._marks, "price": price, "volume": trade.size, "timestamp": at}
                bus.publish(EventType.DATA_UPDATE, data)

    def quote(self, quote: MergedQuote, last: int | None) -> None:
        """Announce the whole quote; ``last`` in ticks is the price once one is known."""
        if not self._bus.wants(EventType.QUOTE_UPDATE):
            return
        price = self._grid.price
        data = {
            **self._marks,
            "bid": None if quote.bid is None else price(quote.bid),
            "ask": None if quote.ask is None else price(quote.ask),
            "last": None if last is None else price(last),
            "volume": quote.volume,
            "timestamp": to_datetime(quote.exch_ns, self._timezone),
        }
        self._bus.publish(EventType.QUOTE_UPDATE, data)

    def warning(self, kind: str, message: str, at_ns: int, facts: Mapping[str, Any]) -> None:
        """Announce something that a person or a strategy should know."""
        data = {
            **self._marks,
            "kind": kind,
            "message": message,
            "timestamp": to_datetime(at_ns, self._timezone),
            "details": dict(facts),
        }
        self._bus.publish(EventType.WARNING, data)

    def fields(self, bar: Bar) -> dict[str, Any]:
        """Return a bar as events carry it."""
        return bar_fields(bar, self._grid, self._timezone)

    def _closed(self, timeframe: str, bar: Bar, *, amended: bool) -> None:
        data = self._bar(timeframe, bar)
        data["amended"] = amended
        data["indicators"] = self._values(timeframe, bar.start_ns)
        self._bus.publish(EventType.BAR_CLOSED, data)

    def _opened(self, timeframe: str, bar: Bar) -> None:
        series = self._bars.builders[timeframe].series
        index, _ = series.find(bar.start_ns)
        if not index:
            return
        completed = series.bar(index - 1)
        data = self._bar(timeframe, bar)
        data["completed"] = self.fields(completed)
        data["indicators"] = self._values(timeframe, completed.start_ns)
        self._bus.publish(EventType.NEW_BAR, data)

    def _bar(self, timeframe: str, bar: Bar) -> dict[str, Any]:
        fields = self.fields(bar)
        return {
            **self._marks,
            "timeframe": timeframe,
            "bar_time": fields["timestamp"],
            "data": fields,
        }
