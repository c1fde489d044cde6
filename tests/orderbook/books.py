"""Books fed by hand: no gateway, no feed, one message after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade
from project_x_py._core.time import parse_ns
from project_x_py.event_bus import EventBus
from project_x_py.models import Instrument
from project_x_py.orderbook import OrderBook
from project_x_py.types import DomType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._ports import Clock

__all__ = ["MNQ", "OPEN", "best", "depth", "levels", "plain_book", "quote", "trade"]

MNQ = Instrument(
    id="CON.F.US.MNQ.U26",
    name="MNQU6",
    description="Micro E-mini Nasdaq-100: September 2026",
    tickSize=0.25,
    tickValue=0.5,
    activeContract=True,
    symbolId="F.US.MNQ",
)
OPEN = parse_ns("2026-09-01T14:00:00Z")
"""A moment at which the market trades."""

BID, ASK = int(DomType.BID), int(DomType.ASK)


def plain_book(
    config: dict[str, Any] | None = None,
    *,
    bus: EventBus | None = None,
    clock: Clock | None = None,
    timezone: str = "America/Chicago",
) -> OrderBook:
    """A book of MNQ that nobody feeds yet."""
    return OrderBook(MNQ, bus or EventBus(), None, timezone, config, clock=clock)  # type: ignore[arg-type]


def depth(*rows: tuple[int, int, int], at: int = OPEN) -> Depth:
    """A message of rows: DomType, price in ticks, size."""
    return Depth(MNQ.id, tuple(DepthLevel(*row, at) for row in rows), at)


def best(bid: int, ask: int, size: int = 5, at: int = OPEN) -> Depth:
    """A picture with one level a side."""
    return depth((int(DomType.RESET), 0, 0), (BID, bid, size), (ASK, ask, size), at=at)


def trade(price: int, size: int, aggressor: int = Aggressor.BUY, at: int = OPEN) -> Trade:
    """A print of the trade stream."""
    return Trade(MNQ.id, price, size, Aggressor(aggressor), at, at)


def quote(at: int = OPEN, **fields: int) -> Quote:
    """A sparse quote in ticks."""
    return Quote(contract_id=MNQ.id, exch_ns=at, recv_ns=at, **fields)


def levels(book: OrderBook) -> tuple[dict[int, int], dict[int, int]]:
    """Both sides as dictionaries from price in ticks to size."""
    tops: Iterable[list[tuple[int, int, int]]] = (book.state.ladder.top(side) for side in (0, 1))
    bids, asks = ({price: size for price, size, _ in rows} for rows in tops)
    return bids, asks
