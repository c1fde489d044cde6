"""Quotes, trades and depth.

A :class:`MarketDecoder` belongs to one contract: prices become ticks through a memo, since a
market trades at few prices at a time, and a time repeated inside a message is parsed once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from project_x_py._core.records import Aggressor, Depth, DepthLevel, Quote, Trade
from project_x_py._wire.decode._arguments import entries
from project_x_py._wire.decode._rows import DepthRow, QuoteRow, TradeRow
from project_x_py._wire.decode._time import exchange_ns
from project_x_py.exceptions import OffGridError, ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._core.grid import TickGrid
    from project_x_py._wire.decode._stats import DecodeStats

__all__ = ["MarketDecoder", "decode_depth", "decode_quote", "decode_trades"]

RESET = 6
"""The DomType of a row that clears the book; its price says nothing."""

MEMO_PRICES = 65_536

LARGEST = (1 << 31) - 1
"""Contracts that an entry may tell of at most; columns of integers do not hold any number."""
FURTHEST = 1 << 40
"""Ticks from zero beyond which nothing is a price."""

_members = msgspec.structs.astuple
_BROKEN = (msgspec.MsgspecError, ValueError, RecursionError)
_AGGRESSORS: dict[int | None, Aggressor] = {0: Aggressor.BUY, 1: Aggressor.SELL}


_trade_rows = msgspec.json.Decoder(list[TradeRow | None])
_depth_rows = msgspec.json.Decoder(list[DepthRow | None])
_quote_row = msgspec.json.Decoder(QuoteRow)

_MEMBER_TYPES: dict[str, type] = {"volume": int, "timestamp": str, "last_updated": str}
_QUOTE_NAMES = tuple(
    (name, sent)
    for name, sent in zip(
        QuoteRow.__struct_fields__, QuoteRow.__struct_encode_fields__, strict=True
    )
    if name != "data"
)

_Row = TypeVar("_Row", TradeRow, DepthRow)


class _TicksOf(dict[float, int]):
    """Ticks of the prices seen, on one grid."""

    __slots__ = ("_grid",)

    def __init__(self, grid: TickGrid) -> None:
        super().__init__()
        self._grid = grid

    def __missing__(self, price: float) -> int:
        ticks = self._grid.ticks(price)
        if not -FURTHEST < ticks < FURTHEST:
            raise ProjectXDataError("price out of range")
        if len(self) >= MEMO_PRICES:
            self.clear()
        self[price] = ticks
        return ticks


class MarketDecoder:
    """Decodes the payloads of one contract.

    Args:
        contract_id: What the records say they are about.
        grid: The contract's prices; one off it is left out and counted.
        stats: Where to count.
    """

    __slots__ = ("_stats", "_ticks", "contract_id")

    def __init__(self, contract_id: str, grid: TickGrid, stats: DecodeStats) -> None:
        self.contract_id = contract_id
        self._ticks = _TicksOf(grid)
        self._stats = stats

    def trades(self, raw: bytes | msgspec.Raw, recv_ns: int) -> list[Trade]:
        """Return the prints of a GatewayTrade payload, in its order."""
        try:
            return self.trade_rows(_trade_rows.decode(raw), recv_ns)
        except _BROKEN:
            return self.trade_rows(self._tolerant(raw, TradeRow, "trade"), recv_ns)

    def quotes(self, raw: bytes | msgspec.Raw, recv_ns: int) -> list[Quote]:
        """Return the quotes of a GatewayQuote payload; a member left out is unchanged."""
        try:
            rows = [msgspec.structs.asdict(_quote_row.decode(raw))]
        except _BROKEN:
            rows = [_snake(entry) for entry in entries(raw, "quote", self._stats)]
        found = [self._tolerant_quote(row, recv_ns) for row in rows]
        return [quote for quote in found if quote is not None]

    def depth(self, raw: bytes | msgspec.Raw, recv_ns: int) -> list[Depth]:
        """Return a GatewayDepth payload as one message, or nothing when no level is left."""
        try:
            message = self.depth_rows(_depth_rows.decode(raw), recv_ns)
        except _BROKEN:
            message = self.depth_rows(self._tolerant(raw, DepthRow, "depth"), recv_ns)
        return [] if message is None else [message]

    def trade_rows(self, rows: Iterable[TradeRow | None], recv_ns: int) -> list[Trade]:
        """Return the prints that decoded rows tell of."""
        found: list[Trade] = []
        for row in rows:
            if row is None:
                continue
            try:
                if not 0 <= row.volume <= LARGEST:
                    raise ProjectXDataError(_wrong_size(row.volume))
                found.append(
                    Trade(
                        self.contract_id,
                        self._ticks[row.price],
                        row.volume,
                        _AGGRESSORS.get(row.type, Aggressor.NONE),
                        exchange_ns(row.timestamp, recv_ns),
                        recv_ns,
                    )
                )
            except ProjectXDataError as exc:
                self._stats.note(f"trade: {_why(exc)}", row)
        return found

    def quote_row(self, row: QuoteRow, recv_ns: int) -> Quote:
        """Return the quote of a decoded row.

        Raises:
            ProjectXDataError: A member cannot be right; :meth:`repaired_quote` leaves it out.
        """
        ticks = self._ticks
        bid, ask, stamp, updated, last, volume, first, high, low, change, percent, _ = _members(row)
        if volume is not None and volume < 0:
            raise ProjectXDataError("negative size")
        # By position, which takes half as long.
        return Quote(
            self.contract_id,
            exchange_ns(stamp or updated, recv_ns),
            recv_ns,
            None if bid is None else ticks[bid],
            None if ask is None else ticks[ask],
            None if last is None else ticks[last],
            None if first is None else ticks[first],
            None if high is None else ticks[high],
            None if low is None else ticks[low],
            volume,
            change,
            percent,
        )

    def repaired_quote(self, row: QuoteRow, recv_ns: int) -> Quote | None:
        """Return the quote without the members that cannot be right, None when none is left."""
        return self._tolerant_quote(msgspec.structs.asdict(row), recv_ns)

    def depth_rows(self, rows: Iterable[DepthRow | None], recv_ns: int) -> Depth | None:
        """Return decoded rows as one message, None when no level is left."""
        levels: list[DepthLevel] = []
        stamp: str | None = None
        exch_ns = recv_ns
        for row in rows:
            if row is None:
                continue
            try:
                if row.timestamp != stamp:
                    exch_ns = exchange_ns(row.timestamp, recv_ns)
                    stamp = row.timestamp
                levels.append(self._level(row, exch_ns))
            except ProjectXDataError as exc:
                self._stats.note(f"depth: {_why(exc)}", row)
        return Depth(self.contract_id, tuple(levels), recv_ns) if levels else None

    def _level(self, row: DepthRow, exch_ns: int) -> DepthLevel:
        kind, price, size = row.type, row.price, row.volume
        if kind == RESET:
            return DepthLevel(RESET, 0, 0, exch_ns)
        if price is None or size is None:
            raise ProjectXDataError("without a price or a size")
        if not 0 <= size <= LARGEST:
            raise ProjectXDataError(_wrong_size(size))
        return DepthLevel(kind, self._ticks[price], size, exch_ns)

    def _tolerant_quote(self, entry: dict[str, Any], recv_ns: int) -> Quote | None:
        kept = QuoteRow()
        held = False
        for name, _ in _QUOTE_NAMES:
            value = entry.get(name)
            if value is None:
                continue
            try:
                member: Any = msgspec.convert(value, _MEMBER_TYPES.get(name, float))
                alone = QuoteRow()
                setattr(alone, name, member)
                self.quote_row(alone, recv_ns)
            except ProjectXDataError as exc:
                self._stats.note(f"quote: {_why(exc)}", {name: value})
            except msgspec.ValidationError:
                self._stats.note("quote: wrong type", {name: value})
            else:
                setattr(kept, name, member)
                held = True
        return self.quote_row(kept, recv_ns) if held else None

    def _tolerant(self, raw: bytes | msgspec.Raw, row: type[_Row], what: str) -> list[_Row | None]:
        rows: list[_Row | None] = []
        for entry in entries(raw, what, self._stats):
            try:
                rows.append(msgspec.convert(entry, row))
            except msgspec.ValidationError:
                self._stats.note(f"{what}: wrong type", entry)
        return rows


def decode_trades(
    raw: bytes | msgspec.Raw, contract_id: str, grid: TickGrid, recv_ns: int, stats: DecodeStats
) -> list[Trade]:
    """Return the prints of one GatewayTrade payload; see :meth:`MarketDecoder.trades`."""
    return MarketDecoder(contract_id, grid, stats).trades(raw, recv_ns)


def decode_quote(
    raw: bytes | msgspec.Raw, contract_id: str, grid: TickGrid, recv_ns: int, stats: DecodeStats
) -> list[Quote]:
    """Return the quotes of one GatewayQuote payload; see :meth:`MarketDecoder.quotes`."""
    return MarketDecoder(contract_id, grid, stats).quotes(raw, recv_ns)


def decode_depth(
    raw: bytes | msgspec.Raw, contract_id: str, grid: TickGrid, recv_ns: int, stats: DecodeStats
) -> list[Depth]:
    """Return one GatewayDepth payload as a message; see :meth:`MarketDecoder.depth`."""
    return MarketDecoder(contract_id, grid, stats).depth(raw, recv_ns)


def _snake(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: entry.get(sent) for name, sent in _QUOTE_NAMES}


def _wrong_size(size: int) -> str:
    return "negative size" if size < 0 else "size out of range"


def _why(exc: ProjectXDataError) -> str:
    return "off the grid" if isinstance(exc, OffGridError) else str(exc)
