"""Puts bars right from history: at the start, after an outage, and where an audit found them wrong.

It is always the same procedure. Trades that arrive are held back. ``S`` is the next whole second of
exchange time; once it has passed, and the gateway has had a moment to count what traded before it,
everything before ``S`` is read from history, and the trades held back that happened from ``S`` on
are applied. So no trade is missed and none is counted twice, whenever the procedure begins. What is
late even then is found by the audit.

When history cannot be had, the bars go on with what there is, and the procedure is repeated, less
and less often, until it succeeds.

Invariant (``tests/realtime_data_manager/test_repair.py``): started at any moment, the bars equal
the gateway's own.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py._core.time import HOUR_NS, NS
from project_x_py.exceptions import ProjectXDataError, ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._ports import Clock
    from project_x_py.realtime_data_manager._bars import BarEvent, Mark
    from project_x_py.realtime_data_manager._feed import BarFeed
    from project_x_py.realtime_data_manager._history import HistoryLoader, Past

__all__ = ["SETTLE_S", "BarRepair", "Need"]

log = logging.getLogger(__name__)

SETTLE_S = 0.25
"""Wall time that a gateway may take to count a trade in its own bars."""

LIMIT_S = 15.0
"""Wall time after which history that has not come is given up for this time."""

RETRY_S = 1.0
LONGEST_RETRY_S = 60.0

SKEW_NS = 5 * NS
"""How far the clock and the stamps of trades may disagree and still be allowed for."""

FRESH_NS = 2 * HOUR_NS
"""A load older than this is repeated instead of being completed by seconds."""


@dataclass(frozen=True, slots=True)
class Need:
    """From when on bars may be wrong, and why.

    Attributes:
        since_ns: None means that nothing is known but what was loaded before.
        told_ns: Up to when bars were told of; None means up to the beginning of the repair.
        why: The mark of bars that change.
    """

    since_ns: int | None
    told_ns: int | None
    why: Mark

    def joined(self, other: Need) -> Need:
        """Return the need that covers both."""
        if self.since_ns is None or other.since_ns is None:
            return self if self.since_ns is None else other
        first, second = (self, other) if self.since_ns <= other.since_ns else (other, self)
        told = [n.told_ns for n in (first, second) if n.told_ns is not None]
        return Need(first.since_ns, min(told) if told else None, first.why)


class BarRepair:
    """Repairs the bars of one contract, one repair at a time.

    Args:
        feed: The bars.
        loader: Where history comes from.
        clock: Exchange time.
        tell: Announces what changed.
        done: Told of every repair that succeeded, with the exchange time it reaches.

    Attributes:
        repairs: Repairs that succeeded.
        failures: Attempts that failed.
    """

    def __init__(
        self,
        feed: BarFeed,
        loader: HistoryLoader,
        clock: Clock,
        tell: Callable[[list[BarEvent]], None],
        done: Callable[[int], None],
    ) -> None:
        self.repairs = 0
        self.failures = 0
        self._feed = feed
        self._loader = loader
        self._clock = clock
        self._tell = tell
        self._done = done
        self._past: Past | None = None
        self._need: Need | None = None
        self._wanted = asyncio.Event()
        self._tried = asyncio.Event()

    @property
    def is_pending(self) -> bool:
        """Whether bars wait to be put right."""
        return self._need is not None

    def begin_with(self, past: Past) -> None:
        """Start from a load, which the first repair completes."""
        self._past = past

    def want(self, need: Need) -> None:
        """Hold trades back and repair as soon as possible."""
        self._feed.hold()
        self._need = need if self._need is None else self._need.joined(need)
        self._wanted.set()

    async def wait_first(self, seconds: float) -> None:
        """Wait until the first repair has succeeded or failed, but not longer than this."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._tried.wait()

    async def run(self) -> None:
        """Repair whenever it is wanted, for ever."""
        delay_s = RETRY_S
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            need = self._need
            if need is None:
                continue
            try:
                async with asyncio.timeout(LIMIT_S):
                    await self._repair(need)
            except (ProjectXError, TimeoutError) as exc:
                self.failures += 1
                log.warning("bars could not be completed from history: %s", str(exc) or "too slow")
                self._tell(self._feed.release(self._clock.now_ns()))
                self._tried.set()
                await asyncio.sleep(delay_s)
                delay_s = min(2 * delay_s, LONGEST_RETRY_S)
                self._wanted.set()
                continue
            delay_s = RETRY_S
            self._tried.set()

    async def _repair(self, need: Need) -> None:
        self._feed.hold(bounded=False)
        began_ns = self._clock.now_ns()
        told_ns = began_ns if need.told_ns is None else need.told_ns
        self._feed.lag_ns = 0
        joined_ns = self._next_second(began_ns)
        await self._clock.sleep_until(joined_ns)
        lag_ns = min(max(self._feed.lag_ns, -SKEW_NS), SKEW_NS)
        if lag_ns < 0:
            # A message from the future: the clock is behind, by at least so much.
            joined_ns = self._next_second(began_ns - lag_ns + NS // 4)
        await self._clock.sleep_until(joined_ns + lag_ns)
        await asyncio.sleep(SETTLE_S)
        since = None if need.since_ns is None else self._loader.starts(need.since_ns)
        past = await self._before(joined_ns, since)
        if since is not None and not any(past.bars.values()) and self._has_bars(since):
            raise ProjectXDataError("history has no bars at all where there were trades")
        self._tell(self._feed.replace(past, joined_ns, since=since, told_ns=told_ns, why=need.why))
        self._tell(self._feed.release(self._clock.now_ns()))
        self._past = None
        self.repairs += 1
        if self._need is need:
            self._need = None
        else:
            self._feed.hold()
            self._wanted.set()
        self._done(joined_ns)

    def _next_second(self, now_ns: int) -> int:
        """Return the next second of which no trade has been applied, by the exchange's stamps."""
        newest_ns = self._feed.bars.last_ns
        latest_ns = max(now_ns, newest_ns) if newest_ns < now_ns + SKEW_NS else now_ns
        return latest_ns - latest_ns % NS + NS

    async def _before(self, joined_ns: int, since: dict[str, int] | None) -> Past:
        """Return everything that traded before a second."""
        past = self._past if since is None else None
        if past is None or joined_ns - past.cut_ns > FRESH_NS:
            firsts = since
            if firsts is None and past is not None:
                firsts = {
                    name: bars[0].start_ns if bars else past.cut_ns
                    for name, bars in past.bars.items()
                }
            past = await self._loader.load(firsts or {}, joined_ns)
        seconds = await self._loader.seconds(past.cut_ns, joined_ns)
        return past.with_seconds(seconds, self._loader.timeframes)

    def _has_bars(self, since: dict[str, int]) -> bool:
        return any(self._feed.bars.closed(name, start) for name, start in since.items())
