"""What the market hub says, as bytes: records of ``_core.records`` written the gateway's way.

These encoders are the simulator's own and share nothing with the SDK's decoders, so a wrong
reading of the protocol in one of the two shows in the other. A message is written once, however
many connections it goes to.

Wire facts kept here: prices and other decimals are the shortest plain numbers; times are UTC with
``+00:00`` and at most seven fraction digits, zeros at the end left out; a member that is not known
is left out, never null; quotes carry the root as ``symbol``, trades and depth the contract id.

Invariant (``tests/simulator/test_encode.py``): the bytes are the transcribed golden frames.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.records import Depth, MarketRecord, Quote, Trade
from project_x_py.simulator._hub_quirks import HubQuirks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.grid import TickGrid
    from project_x_py.simulator._source import BookSnapshot, ListedContract

__all__ = ["ContractEncoder", "PriceTexts", "TimeTexts", "number_text"]

NS = 1_000_000_000
_RESET = 6
_ASK, _BID = 1, 2


def number_text(value: Decimal, *, nine_decimals: bool = False) -> str:
    """Return a decimal as the shortest plain JSON number: ``24104``, ``0.0000005``, ``-1.5``.

    ``nine_decimals`` writes as many, zeros or not.
    """
    if nine_decimals:
        return format(value, ".9f")
    text = format(value, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


class PriceTexts(dict[int, str]):
    """The JSON number of each tick count of a grid, remembered once written."""

    __slots__ = ("_grid", "_nine")

    def __init__(self, grid: TickGrid, *, nine_decimals: bool = False) -> None:
        super().__init__()
        self._grid = grid
        self._nine = nine_decimals

    def __missing__(self, ticks: int) -> str:
        value = self._grid.decimal(ticks)
        text = self[ticks] = number_text(value, nine_decimals=self._nine)
        return text


class TimeTexts:
    """Instants as the hubs write them, quick for instants that follow each other."""

    __slots__ = ("_ns", "_prefix", "_second", "_text")

    def __init__(self) -> None:
        self._second = self._ns = -1
        self._prefix = self._text = ""

    def __call__(self, ns: int) -> str:
        if ns != self._ns:
            self._text = self._written(ns)
            self._ns = ns
        return self._text

    def _written(self, ns: int) -> str:
        second, rest = divmod(ns, NS)
        if second != self._second:
            self._prefix = datetime.fromtimestamp(second, UTC).isoformat()[:19]
            self._second = second
        fraction = rest // 100
        if not fraction:
            return self._prefix + "+00:00"
        return f"{self._prefix}.{fraction:07d}".rstrip("0") + "+00:00"


class ContractEncoder:
    """Writes the market messages of one contract.

    Args:
        contract: Whose market it is.
        times: Shared by the encoders of one hub.
        quirks: The form that messages have.
    """

    __slots__ = (
        "_contract_id",
        "_contract_in_quotes",
        "_doubled",
        "_heads",
        "_prices",
        "_print_end",
        "_quirks",
        "_row_head",
        "_symbol",
        "_times",
        "_whole",
        "prev_close",
    )

    def __init__(
        self, contract: ListedContract, times: TimeTexts, quirks: HubQuirks | None = None
    ) -> None:
        self._quirks = quirks or HubQuirks()
        self._whole: Quote | None = None
        self._contract_id = _quoted(contract.contract_id)
        named = self._quirks.contract_members
        self._contract_in_quotes = f',"contract":{self._contract_id}' if named else ""
        self._print_end = f',"contractId":{self._contract_id}}}' if named else "}"
        self._row_head = f'{{"contractId":{self._contract_id},' if named else "{"
        self._doubled = self._quirks.current_volume == "size"
        self._symbol = _quoted(contract.symbol_id)
        self._prices = PriceTexts(contract.grid)
        self._times = times
        self.prev_close: int | None = None
        """In ticks; what ``change`` is measured from."""
        self._heads = {
            target: f'{{"type":1,"target":"{target}","arguments":[{self._contract_id},'
            for target in ("GatewayQuote", "GatewayTrade", "GatewayDepth")
        }

    def messages(self, run: Sequence[MarketRecord]) -> bytes:
        """Return one run of records of one kind as hub records.

        Trades share one message; each quote and each depth record has its own.
        """
        first = run[0]
        if isinstance(first, Trade):
            return self.trades([record for record in run if isinstance(record, Trade)])
        if len(run) == 1:
            return self.quote(first) if isinstance(first, Quote) else self.depth(first)
        return b"".join([self.messages([record]) for record in run])

    def quote(self, quote: Quote) -> bytes:
        """Return a sparse quote: what changed, and nothing else, unless a quirk wants it whole."""
        if not self._quirks.sparse_quotes:
            quote = self._whole = _merged(self._whole, quote)
        price = self._prices
        parts = [f'{{"symbol":{self._symbol}']
        if quote.last is not None:
            parts.append(f',"lastPrice":{price[quote.last]}')
        if quote.bid is not None:
            parts.append(f',"bestBid":{price[quote.bid]}')
        if quote.ask is not None:
            parts.append(f',"bestAsk":{price[quote.ask]}')
        if quote.last is not None or quote.change is not None:
            parts.append(self._change(quote.last, quote.change, quote.change_percent))
        if quote.open is not None:
            parts.append(f',"open":{price[quote.open]}')
        if quote.high is not None:
            parts.append(f',"high":{price[quote.high]}')
        if quote.low is not None:
            parts.append(f',"low":{price[quote.low]}')
        if quote.volume is not None:
            parts.append(f',"volume":{quote.volume}')
        return self._quote(parts, quote.exch_ns)

    def full_quote(self, snapshot: BookSnapshot) -> bytes:
        """Return a quote with every member that the session has shown."""
        self._whole = None
        self.prev_close = snapshot.prev_close
        return self.quote(
            Quote(
                contract_id="",
                exch_ns=snapshot.last_ns,
                recv_ns=snapshot.last_ns,
                bid=snapshot.bids[0][0] if snapshot.bids else None,
                ask=snapshot.asks[0][0] if snapshot.asks else None,
                last=snapshot.last,
                open=snapshot.open,
                high=snapshot.high,
                low=snapshot.low,
                volume=snapshot.volume,
            )
        )

    def trades(self, trades: Sequence[Trade]) -> bytes:
        """Return prints as one message; its payload is a list even for one print."""
        price, times = self._prices, self._times
        head, tail = f'{{"symbolId":{self._symbol},"price":', self._print_end
        rows = [
            f'{head}{price[trade.price]},"timestamp":"{times(trade.exch_ns)}"'
            f',"type":{int(trade.aggressor)},"volume":{trade.size}{tail}'
            for trade in trades
        ]
        return self._listed("GatewayTrade", rows)

    def depth(self, depth: Depth) -> bytes:
        """Return a depth message: its levels in order, as one list."""
        rows = [self._row(lv.kind, lv.price, lv.size, lv.exch_ns) for lv in depth.levels]
        return self._listed("GatewayDepth", rows)

    def depth_snapshot(self, snapshot: BookSnapshot) -> bytes:
        """Return the whole book behind a reset row, in one list unless a quirk parts them."""
        at, most = snapshot.last_ns, self._quirks.snapshot_levels
        reset = [self._row(_RESET, 0, 0, at)]
        rows = [self._row(_BID, price, size, at) for price, size in snapshot.bids[:most]]
        rows += [self._row(_ASK, price, size, at) for price, size in snapshot.asks[:most]]
        where = self._quirks.reset_row
        if where == "in list":
            return self._listed("GatewayDepth", reset + rows)
        first = self._listed("GatewayDepth", reset) if where == "own message" else b""
        return first + (self._listed("GatewayDepth", rows) if rows else b"")

    def _listed(self, target: str, rows: list[str]) -> bytes:
        """Return rows as one message, or as one each where payloads are no lists."""
        head = self._heads[target]
        if not self._quirks.lists:
            return "".join([f"{head}{row}]}}\x1e" for row in rows]).encode()
        if self._quirks.null_padding:
            rows = [*rows, "null"]
        return f"{head}[{','.join(rows)}]]}}\x1e".encode()

    def _row(self, kind: int, price: int, size: int, at_ns: int) -> str:
        return (
            f'{self._row_head}"timestamp":"{self._times(at_ns)}"'
            f',"type":{kind},"price":{"0" if kind == _RESET else self._prices[price]}'
            f',"volume":{size},"currentVolume":{size if self._doubled else 0}}}'
        )

    def _quote(self, parts: list[str], at_ns: int) -> bytes:
        at = self._times(at_ns)
        parts.append(f',"lastUpdated":"{at}","timestamp":"{at}"{self._contract_in_quotes}}}')
        return f"{self._heads['GatewayQuote']}{''.join(parts)}]}}\x1e".encode()

    def _change(self, last: int | None, change: float | None, percent: float | None) -> str:
        if change is not None:
            text = f',"change":{number_text(Decimal(repr(change)))}'
            if percent is not None:
                text += f',"changePercent":{number_text(Decimal(repr(percent)))}'
            return text
        previous = self.prev_close
        if last is None or previous is None:
            return ""
        text = f',"change":{self._prices[last - previous]}'
        if previous:
            hundredths = Decimal(last - previous) * 100 / abs(previous)
            text += f',"changePercent":{number_text(round(hundredths, 2))}'
        return text


def _merged(known: Quote | None, quote: Quote) -> Quote:
    """Return a quote with what an earlier one knew filled in; the change is worked out anew."""
    if known is None:
        return quote
    return msgspec.structs.replace(
        quote,
        bid=_either(quote.bid, known.bid),
        ask=_either(quote.ask, known.ask),
        last=_either(quote.last, known.last),
        open=_either(quote.open, known.open),
        high=_either(quote.high, known.high),
        low=_either(quote.low, known.low),
        volume=_either(quote.volume, known.volume),
    )


def _either(told: int | None, known: int | None) -> int | None:
    return known if told is None else told


def _quoted(text: str) -> str:
    return msgspec.json.encode(text).decode()
