"""Which market a gateway runs, and from when.

Invariant (``tests/simulator/test_gateway.py``): the same plan at the same moment is the same
market.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from project_x_py._core.calendar import calendar_for
from project_x_py._core.time import CHICAGO, NS, from_datetime
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator._synthetic import SyntheticSource

if TYPE_CHECKING:
    from datetime import datetime

    from project_x_py._core.exchange.image import MarketImage
    from project_x_py.simulator._source import MarketSource
    from project_x_py.simulator.activity import Activity

__all__ = ["MarketPlan", "TapeClock"]

TapeClock = Literal["wall", "tape"]

MOMENT_NS = 1_000
"""More than seconds as a float lose of a time."""

USUAL = "MNQ"
"""Whose trading hours decide when a market of every product begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketPlan:
    """What :class:`~project_x_py.simulator.SimulatedGateway` was told of its market.

    Attributes:
        tape: Folder of a recording; None for a made-up market.
        instrument: Ticker of the tape, or the only one of a made-up market.
        instruments: Tickers of a made-up market; empty for every product.
        seed: What a made-up market is made from.
        start: When a made-up market begins; None for now, or, when the market is closed now, the
            opening of the last regular session. A naive one is Chicago time.
        tape_from: How many exchange seconds before a tape's first trade the clock starts; after
            it if negative.
        tape_clock: Whether a tape plays at its own times or at those of the wall.
        activity: What else happens in the first instrument of a made-up market.
        after: When, and at which prices, an earlier market was left: this one goes on from there
            where it would begin before it. None for a market of its own.
    """

    tape: str | Path | None
    instrument: str | None
    instruments: tuple[str, ...]
    seed: int
    start: datetime | None
    tape_from: float
    tape_clock: TapeClock
    activity: tuple[Activity, ...] = ()
    after: MarketImage | None = None

    def open(self, now_ns: int) -> MarketSource:
        """Return the market, at its beginning.

        Args:
            now_ns: The moment it is asked for, ns since 1970 UTC.

        Raises:
            ProjectXError: The tape cannot be read, or an instrument is unknown.
        """
        if self.tape is not None:
            if self.activity:
                raise ProjectXError("a tape has happened already: leave activity= out")
            return self._tape(Path(self.tape), now_ns)
        tickers = self.instruments if self.instrument is None else (self.instrument,)
        start_ns = self._start_ns(tickers[0] if tickers else USUAL, now_ns)
        return SyntheticSource(
            tickers,
            seed=self.seed,
            start_ns=start_ns if self.after is None else max(start_ns, self.after.ns),
            activity=self.activity,
            opening=None if self.after is None else self.after.last,
        )

    def _tape(self, folder: Path, now_ns: int) -> MarketSource:
        if self.instrument is None:
            raise ProjectXError("a tape needs instrument=, the ticker that it is listed as")
        if self.start is not None:
            raise ProjectXError("a tape begins where it was recorded: leave start= out")
        from project_x_py.simulator._tape import TapeSource

        def opened(lead_s: float) -> TapeSource:
            return TapeSource.open(
                folder,
                ticker=ticker,
                lead_s=lead_s,
                clock=self.tape_clock,
                now_ns=now_ns,
            )

        ticker = self.instrument
        source = opened(self.tape_from)
        late_ns = 0 if self.after is None else self.after.ns - source.start_ns
        return source if late_ns <= 0 else opened(self.tape_from - (late_ns + MOMENT_NS) / NS)

    def _start_ns(self, ticker: str, now_ns: int) -> int:
        if self.start is not None:
            return from_datetime(self.start, CHICAGO)
        calendar = calendar_for(ticker)
        return now_ns if calendar.is_open(now_ns) else calendar.last_regular_open_ns(now_ns)
