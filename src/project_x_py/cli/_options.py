"""The options that say what market a command simulates, and the gateway made from them."""

from __future__ import annotations

import math
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.simulator import SimulatedGateway

__all__ = ["SECONDS", "Finite", "make_gateway", "market_options"]

TOP_SPEED = 86_400.0
"""A day in a second: far more than a market can be delivered at."""


class Finite(click.FloatRange):
    """A number in a range, and neither ``inf`` nor ``nan``."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read the number; a usage error when it is none, or out of the range."""
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


SECONDS = Finite(min=0, min_open=True)


def market_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that choose the simulated market."""
    for option in reversed(
        (
            click.option(
                "--tape",
                type=click.Path(path_type=Path),
                help="Replay a recorded session: a folder with trades.parquet and, if there are "
                "any, quotes.parquet and depth.parquet.",
            ),
            click.option(
                "--instrument", help="Ticker that the tape is served as, for example MNQ."
            ),
            click.option(
                "--seed",
                type=int,
                default=1,
                show_default=True,
                help="Seed of the synthetic market and of made-up history.",
            ),
            click.option(
                "--instruments",
                help="Tickers of the synthetic market, with commas; every product when left out.",
            ),
            click.option(
                "--start",
                help="Exchange time at which the synthetic market starts, ISO 8601, in "
                "Chicago without an offset; the present moment when left out, or the last regular "
                "open while the market is closed.",
            ),
            click.option(
                "--speed",
                type=Finite(min=0, min_open=True, max=TOP_SPEED),
                default=1.0,
                show_default=True,
                help="Exchange seconds per second.",
            ),
            click.option(
                "--tape-from",
                type=Finite(min=0),
                default=30.0,
                show_default=True,
                help="Seconds before the tape's first trade at which the clock starts.",
            ),
            click.option(
                "--clock",
                "tape_clock",
                type=click.Choice(["wall", "tape"]),
                default="wall",
                show_default=True,
                help="Move the tape to the present week, or keep its own dates.",
            ),
        )
    ):
        command = option(command)
    return command


def make_gateway(
    *,
    tape: Path | None,
    instrument: str | None,
    seed: int,
    instruments: str | None,
    start: str | None,
    speed: float,
    tape_from: float,
    tape_clock: str,
    **more: Any,
) -> SimulatedGateway:
    """Return the gateway, not started, that the market options describe.

    Raises:
        ProjectXError: Options that do not go together, or a value that cannot be read.
    """
    from project_x_py.simulator import SimulatedGateway

    if tape is not None and instrument is None:
        raise ProjectXError("--tape needs --instrument: the ticker it is served as, such as ES")
    if tape is not None and instruments is not None:
        raise ProjectXError(
            "a tape is one instrument: leave --instruments out, --instrument names it"
        )
    if instrument is not None and instruments is not None:
        raise ProjectXError("give either --instrument or --instruments, not both")
    tickers = _tickers(instruments if instruments is not None else instrument)
    return SimulatedGateway(
        tape=tape,
        instrument=instrument if tape is not None else None,
        seed=seed,
        instruments=() if tape is not None else tickers,
        start=_moment(start) if start else None,
        speed=speed,
        tape_from=tape_from,
        tape_clock="tape" if tape_clock == "tape" else "wall",
        **more,
    )


def _tickers(text: str | None) -> tuple[str, ...]:
    if text is None:
        return ()
    tickers = tuple(name.strip() for name in text.split(",") if name.strip())
    if not tickers:
        raise ProjectXError(f"{text!r} names no ticker; for example --instruments MNQ,ES")
    return tickers


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        raise ProjectXError(
            f"--start {text!r} is not ISO 8601, for example 2026-09-01T14:30:00Z"
        ) from exc
    if not 2013 <= moment.year < 2100:
        raise ProjectXError(f"--start {text!r} is too far away; a year from 2013 to 2099 is needed")
    return moment
