"""Compares closed live bars with the gateway's own, a few seconds after they ended.

One request covers all bars that have ended since the last one, so every 1-minute bar is compared
however seldom requests are allowed; larger bars are made of those. Of the bars below a minute,
which are many, the newest are sampled. A difference is asked for again before it is believed,
because the gateway may be late; then it is announced, and the bars are put right.

Requests of all auditors of a login share one limiter, a fixed small share of the request budget.

Invariant (``tests/realtime_data_manager/test_audit.py``): a bar that lacks a trade is found, told
of and repaired; bars that are right cost at most the share.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.bars import Bar, bar_end, bar_start, timeframe
from project_x_py._core.time import MINUTE_NS, NS
from project_x_py.exceptions import ProjectXError
from project_x_py.realtime_data_manager._history import aggregate

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.bars import Timeframe
    from project_x_py._ports import Clock
    from project_x_py._runtime.limiter import RateLimiter
    from project_x_py.realtime_data_manager._feed import BarFeed
    from project_x_py.realtime_data_manager._history import HistoryLoader

__all__ = ["LAG_S", "SHARE", "BarAuditor", "Difference", "audits_per_minute"]

log = logging.getLogger(__name__)

LAG_S = 5.0
"""Wall time after the end of a bar before it is compared, and before a difference is believed."""

SHARE = 0.05
"""Of the requests that the service or the configuration allows, whichever is less."""

SERVICE_PER_MINUTE = 100
"""Requests for bars that the service allows: 50 in 30 seconds."""

SAMPLED_NS = 2 * MINUTE_NS
"""How much of the newest past is sampled of timeframes below a minute."""

SAMPLE_EVERY = 4
"""Every so many audits of minutes, the finest timeframe is sampled."""


def audits_per_minute(requests_per_minute: int) -> int:
    """Return how many requests auditors may make, given the configured budget."""
    return max(1, int(min(SERVICE_PER_MINUTE, requests_per_minute) * SHARE))


MINUTE = timeframe("1min")


class Difference(NamedTuple):
    """A closed bar that is not the gateway's; None where one of the two has no bar."""

    timeframe: str
    start_ns: int
    ours: Bar | None
    theirs: Bar | None


class BarAuditor:
    """Audits the bars of one contract.

    Args:
        feed: The bars.
        loader: Where the gateway's own come from.
        limiter: Shared by the auditors of one login.
        clock: Exchange time.
        found: Told of what differs, to announce and repair it.

    Attributes:
        compared: Bars compared.
        differences: Bars that differed.
    """

    def __init__(
        self,
        feed: BarFeed,
        loader: HistoryLoader,
        limiter: RateLimiter,
        clock: Clock,
        found: Callable[[list[Difference]], None],
    ) -> None:
        self.compared = 0
        self.differences = 0
        self._feed = feed
        self._loader = loader
        self._limiter = limiter
        self._clock = clock
        self._found = found
        finest = _smallest(loader.timeframes, 1, 1)
        self._base = _smallest(loader.timeframes, 2, 4) or finest
        self._sample = finest if finest is not self._base else None
        self._done_ns: int | None = None
        self._first_ns = 0
        self._rounds = 0

    def start_at(self, joined_ns: int) -> None:
        """Compare the bars that hold live trades, which begin at ``joined_ns``."""
        if self._done_ns is None:
            self._done_ns = self._first_ns = joined_ns

    async def run(self) -> None:
        """Compare for ever; a request that fails is made up for by the next."""
        base = self._base
        while base is not None:
            await self._bar_over(base)
            span = self._due(base)
            if span is None or not await self._audit(base, *span):
                continue
            self._done_ns = span[1]
            self._rounds += 1
            if self._sample is not None and self._rounds % SAMPLE_EVERY == 0:
                end_ns = self._last_end(self._sample)
                first_ns = max(bar_start(self._sample, end_ns - SAMPLED_NS), self._first_ns)
                if first_ns < end_ns:
                    await self._audit(self._sample, first_ns, end_ns)

    async def _bar_over(self, kind: Timeframe) -> None:
        """Wait until another bar, or a minute of them, should be over, and a little longer."""
        tf = MINUTE if kind.unit == 1 else kind
        await self._clock.sleep_until(bar_end(tf, bar_start(tf, self._clock.now_ns())))
        await asyncio.sleep(LAG_S)

    def _due(self, kind: Timeframe) -> tuple[int, int] | None:
        """Return the span of the bars that have ended and were not compared, None without any."""
        if self._done_ns is None or self._feed.holding:
            return None
        first_ns, end_ns = bar_start(kind, self._done_ns), self._last_end(kind)
        if kind.unit == 1:
            first_ns = max(first_ns, bar_start(kind, end_ns - SAMPLED_NS))
        return (first_ns, end_ns) if end_ns > max(first_ns, self._done_ns) else None

    async def _audit(self, kind: Timeframe, first_ns: int, end_ns: int) -> bool:
        """Compare a span, and once more before a difference is believed; False when it failed."""
        try:
            await self._limiter.acquire()
            differences = await self._compare(kind, first_ns, end_ns)
            if differences:
                await asyncio.sleep(LAG_S)
                await self._limiter.acquire()
                differences = await self._compare(kind, first_ns, end_ns)
        except ProjectXError as exc:
            log.debug("an audit of bars failed: %s", exc)
            return False
        if differences:
            self.differences += len(differences)
            self._found(differences)
        return True

    def _last_end(self, kind: Timeframe) -> int:
        """Return the end of the newest bar that ended long enough ago."""
        series = self._feed.bars.builders[kind.name].series
        if not len(series):
            return 0
        now_ns = self._clock.now_ns() - NS
        newest = range(len(series) - 1, max(-1, len(series) - 120), -1)
        ends = (bar_end(kind, series.start_of(index)) for index in newest)
        return next((end for end in ends if end <= now_ns), 0)

    async def _compare(self, kind: Timeframe, first_ns: int, end_ns: int) -> list[Difference]:
        unit = 1 if kind.unit == 1 else 2
        number = kind.unit_number if kind.unit == 1 else 1
        rows = await self._loader.ask(unit, number, first_ns, end_ns)
        theirs = {bar.start_ns: bar for bar in aggregate(rows, kind)}
        series = self._feed.bars.builders[kind.name].series
        oldest_ns = series.start_of(0) if len(series) else end_ns
        theirs = {start: bar for start, bar in theirs.items() if start >= oldest_ns}
        ours = {
            start: bar
            for start, bar in self._feed.bars.closed(kind.name, first_ns).items()
            if bar_end(kind, start) <= end_ns
        }
        self.compared += len(theirs.keys() | ours.keys())
        return [
            Difference(kind.name, start, ours.get(start), theirs.get(start))
            for start in sorted(theirs.keys() | ours.keys())
            if _facts(ours.get(start)) != _facts(theirs.get(start))
        ]


def _facts(bar: Bar | None) -> tuple[int, ...] | None:
    return None if bar is None else (bar.open, bar.high, bar.low, bar.close, bar.volume)


def _smallest(timeframes: tuple[Timeframe, ...], low: int, high: int) -> Timeframe | None:
    """Return the shortest timeframe whose unit is ``low`` to ``high``, None without one."""
    known = [tf for tf in timeframes if low <= tf.unit <= high]
    return min(known, key=lambda tf: (tf.unit, tf.unit_number), default=None)
