"""A feed by hand, and one that loses messages on the way from a gateway."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py._ports import GapListener, MarketFeed, MarketSink

__all__ = ["HandFeed", "LossyFeed"]


class HandFeed:
    """A market feed whose messages a test sends.

    Attributes:
        sinks: Who is fed.
        renewed: Contracts that were asked for anew.
        on_renew: Called with the sink when that happens; False is the gateway's answer.
        connected: What ``is_connected`` says.
        agrees: What a subscription is answered with.
        reported: Gaps that were reported as read anew.
    """

    def __init__(self, on_renew: Callable[[MarketSink], bool] | None = None) -> None:
        self.sinks: list[MarketSink] = []
        self.renewed: list[str] = []
        self.on_renew = on_renew
        self.connected = True
        self.agrees = True
        self.listeners: list[GapListener] = []
        self.reported: list[tuple[FeedGap, tuple[str, ...]]] = []

    def attach(self, contract_id: str, grid: TickGrid, sink: MarketSink, *, rank: int) -> None:
        self.sinks.append(sink)

    def detach(self, contract_id: str, sink: MarketSink) -> None:
        self.sinks.remove(sink)

    async def subscribe_market_data(self, contract_ids: list[str]) -> bool:
        return self.agrees

    async def unsubscribe_market_data(self, contract_ids: list[str]) -> bool:
        return True

    async def renew_market_data(self, contract_id: str) -> bool:
        self.renewed.append(contract_id)
        return all(self.on_renew(sink) for sink in self.sinks) if self.on_renew else True

    def is_connected(self) -> bool:
        return self.connected

    def add_gap_listener(self, listener: GapListener) -> None:
        self.listeners.append(listener)

    def remove_gap_listener(self, listener: GapListener) -> None:
        self.listeners.remove(listener)

    def report_backfill(self, gap: FeedGap, kinds: tuple[str, ...]) -> None:
        self.reported.append((gap, kinds))


class _LossySink:
    """Passes on what is not lost."""

    def __init__(self, sink: MarketSink, feed: LossyFeed) -> None:
        self._sink, self._feed = sink, feed

    def on_trades(self, trades: Sequence[Trade]) -> None:
        self._sink.on_trades(trades)

    def on_quote(self, quote: Quote) -> None:
        self._sink.on_quote(quote)

    def on_depth(self, depth: Depth) -> None:
        if self._feed.loses(depth):
            self._feed.lost += 1
        else:
            self._sink.on_depth(depth)


class LossyFeed:
    """A real feed that loses the depth messages that ``loses`` picks.

    Args:
        feed: The feed behind it.
    """

    def __init__(self, feed: MarketFeed) -> None:
        self._feed = feed
        self._sinks: dict[int, _LossySink] = {}
        self.lost = 0
        self.loses: Callable[[Depth], bool] = lambda depth: False

    def attach(self, contract_id: str, grid: TickGrid, sink: MarketSink, *, rank: int) -> None:
        lossy = self._sinks[id(sink)] = _LossySink(sink, self)
        self._feed.attach(contract_id, grid, lossy, rank=rank)

    def detach(self, contract_id: str, sink: MarketSink) -> None:
        self._feed.detach(contract_id, self._sinks.pop(id(sink)))

    async def subscribe_market_data(self, contract_ids: list[str]) -> bool:
        return await self._feed.subscribe_market_data(contract_ids)

    async def unsubscribe_market_data(self, contract_ids: list[str]) -> bool:
        return await self._feed.unsubscribe_market_data(contract_ids)

    async def renew_market_data(self, contract_id: str) -> bool:
        return await self._feed.renew_market_data(contract_id)

    def is_connected(self) -> bool:
        return self._feed.is_connected()
