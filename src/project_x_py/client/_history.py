"""Bars by symbol: one contract for what is short, the months behind it for what is long.

Minutes of expired contracts are soon gone at the gateway, hours and longer are kept, so only
those are put together across months. Prices are as they traded: no adjustment is made at a join,
and each join is reported with the prices on both sides of it.

Invariants (``tests/client/test_history.py``): ascending across joins, no bar twice; a join names
both contracts; a month that has no bars is told of.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from project_x_py._core.products import find_product
from project_x_py._core.submission import Lane
from project_x_py._core.time import format_iso, from_datetime
from project_x_py._core.timeframes import bar_end, timeframe_of
from project_x_py.client._bars import BarQuery, fetch_frame, join_frames
from project_x_py.client._http import BARS_PATH
from project_x_py.client._months import Part, parts_of
from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import polars as pl

    from project_x_py._ports import Clock
    from project_x_py.client._calls import GatewayCalls
    from project_x_py.client._envelope import Envelope
    from project_x_py.client._instruments import InstrumentBook

__all__ = ["BarHistory", "BarReader", "ContractJoin"]

log = logging.getLogger(__name__)

HOUR_UNIT = 3
"""From hours on the gateway keeps the bars of expired contracts."""
CONTRACT_NOT_FOUND = 1


@dataclass(frozen=True, slots=True)
class ContractJoin:
    """Where one contract month takes over from another in a history.

    Attributes:
        at: Start of the first bar of the later month, in the configured time zone.
        before: Contract id of the earlier month.
        after: Contract id of the later month.
        last_close: Last close of the earlier month, in points.
        first_open: First open of the later month, in points.
    """

    at: datetime
    before: str
    after: str
    last_close: float
    first_open: float


@dataclass(frozen=True, slots=True)
class BarHistory:
    """Bars, and what there is to know about them.

    Attributes:
        bars: The documented frame, oldest first.
        forming: Whether the last row is a bar that has not ended yet.
        joins: Where contract months meet, oldest first; empty for a single contract.
    """

    bars: pl.DataFrame
    forming: bool
    joins: tuple[ContractJoin, ...]


class BarReader:
    """Reads bars from the gateway.

    Args:
        calls: Sends requests.
        instruments: Resolves symbols.
        clock: Exchange time.
        timezone: Zone of timestamps, and of naive times handed in.
    """

    def __init__(
        self, calls: GatewayCalls, instruments: InstrumentBook, clock: Clock, timezone: str
    ) -> None:
        self._calls = calls
        self._instruments = instruments
        self._clock = clock
        self._timezone = timezone

    async def read(
        self,
        symbol: str,
        *,
        days: float,
        interval: int,
        unit: int,
        limit: int | None,
        partial: bool,
        start_time: datetime | None,
        end_time: datetime | None,
        live: bool,
    ) -> BarHistory:
        """Return past bars; arguments as of ``ProjectX.get_bars``."""
        now_ns = self._clock.now_ns()
        query = BarQuery.build(
            "",
            days=days,
            interval=interval,
            unit=unit,
            limit=limit,
            partial=partial,
            start_time=start_time,
            end_time=end_time,
            timezone=self._timezone,
            now_ns=now_ns,
            live=live,
        )
        contract = await self._instruments.get(symbol, live)
        frames = await self._frames(query, self._parts(symbol, contract.id, query, now_ns))
        bars = join_frames([frame for _, frame in frames], self._timezone)
        joins = _joins(frames)
        for join in joins:
            log.info(
                "bars of %s: %s takes over from %s at %s (%s after %s)",
                symbol, join.after, join.before, join.at, join.first_open, join.last_close,
            )  # fmt: skip
        return BarHistory(bars, self._is_forming(bars, query, now_ns), joins)

    def _parts(self, symbol: str, contract_id: str, query: BarQuery, now_ns: int) -> list[Part]:
        product = find_product(symbol)
        is_root = product is not None and symbol.strip().upper() in (product.ticker, product.code)
        if product is None or not is_root or query.unit < HOUR_UNIT:
            return [Part(contract_id, query.start_ns, query.end_ns)]
        return parts_of(product, contract_id, query.start_ns, min(query.end_ns, now_ns))

    async def _frames(
        self, query: BarQuery, parts: Sequence[Part]
    ) -> list[tuple[str, pl.DataFrame]]:
        """Return the bars of each part that has some, oldest first.

        A month that the gateway has no bars of ends this; what the month after it has of its own,
        from before it was the active one, stands in for everything older.
        """
        frames: list[tuple[str, pl.DataFrame]] = []
        left = query.limit
        for number, part in enumerate(parts):
            wanted = query.within(part.contract_id, part.start_ns, part.end_ns, left)
            if wanted.start_ns >= wanted.end_ns:
                continue
            frame = await self._frame(wanted, Lane.BACKFILL if frames else Lane.QUERY)
            is_gone = bool(number) and (frame is None or not frame.height)
            if is_gone and frames:
                wanted = query.within(frames[0][0], query.start_ns, part.end_ns, left)
                frame = await self._frame(wanted, Lane.BACKFILL)
                _tell_gone(part, wanted, frame)
            if frame is None:
                break
            frames.insert(0, (wanted.contract_id, frame))
            left = None if left is None else left - frame.height
            if is_gone or (left is not None and left <= 0):
                break
        return frames

    async def _frame(self, query: BarQuery, lane: Lane) -> pl.DataFrame | None:
        """Return the bars of one contract; None when an expired one is not known any more."""
        try:
            return await fetch_frame(query, partial(self._page, lane), self._timezone)
        except ProjectXDataError as error:
            if lane is Lane.BACKFILL and error.error_code == CONTRACT_NOT_FOUND:
                return None
            raise

    async def _page(self, lane: Lane, body: dict[str, object]) -> Envelope:
        return await self._calls.ask(BARS_PATH, body, lane=lane)

    def _is_forming(self, bars: pl.DataFrame, query: BarQuery, now_ns: int) -> bool:
        if not bars.height:
            return False
        start_ns = from_datetime(bars["timestamp"][-1], ZoneInfo(self._timezone))
        return bar_end(timeframe_of(query.unit, query.interval), start_ns) > now_ns


def _tell_gone(part: Part, instead: BarQuery, frame: pl.DataFrame | None) -> None:
    until = format_iso(part.end_ns, 0)
    if frame is not None and frame.height:
        log.info(
            "the gateway has no bars of %s; those before %s are of %s, when it was not yet the "
            "active month",
            part.contract_id, until, instead.contract_id,
        )  # fmt: skip
    else:
        log.warning("bars before %s are missing: there are none of %s", until, part.contract_id)


def _joins(frames: Sequence[tuple[str, pl.DataFrame]]) -> tuple[ContractJoin, ...]:
    filled = [(name, frame) for name, frame in frames if frame.height]
    return tuple(
        ContractJoin(later["timestamp"][0], before, after, earlier["close"][-1], later["open"][0])
        for (before, earlier), (after, later) in pairwise(filled)
        if before != after
    )
