"""Prices, bars and sizes that templates reckon with.

Invariant (``tests/order_templates/test_templates.py``): a size never risks more dollars than were
given, by the contract's tick value; a price that is not known is an error, not a guess.
"""

from __future__ import annotations

import math
from dataclasses import astuple, dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.grid import Rounding, TickGrid
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.types.trading import OrderSide

if TYPE_CHECKING:
    import polars as pl

    from project_x_py.models import BracketOrderResponse
    from project_x_py.order_templates.base import ContextView, SuiteView

__all__ = ["LARGEST_SHARE", "Setup", "Wanted", "distance", "setup"]

LARGEST_SHARE = 0.1
"""A larger share of the balance is taken for a mistake: 1 meant as one percent is all of it."""

QUOTE_S = 5.0
"""How long a quote may take."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How much: contracts, or what may be lost; one contract where nothing is given.

    Attributes:
        size: Contracts.
        risk_amount: In dollars.
        risk_percent: As a share of the balance.
    """

    size: int | None
    risk_amount: float | None
    risk_percent: float | None


@dataclass(frozen=True, slots=True)
class Setup:
    """One instrument at one moment.

    Attributes:
        suite: Where the order goes.
        wanted: How much of it.
        context: The instrument's parts.
        grid: Its ticks.
        price: Its last price in ticks.
        forward: 1 to buy, -1 to sell.
    """

    suite: SuiteView
    wanted: Wanted
    context: ContextView
    grid: TickGrid
    price: int
    forward: int

    def ticks(self, points: float) -> int:
        """Return a distance in ticks, at least one."""
        return max(1, self.grid.ticks(points, rounding=Rounding.NEAREST))

    def entry(self, limit: bool, offset: float) -> int:
        """Return the last price, or a limit so many points on its better side, in ticks."""
        ticks = self.grid.ticks(offset, rounding=Rounding.NEAREST) if limit else 0
        return self.price - self.forward * ticks

    async def closed_bars(self, timeframe: str, least: int) -> pl.DataFrame:
        """Return the bars before the forming one.

        Raises:
            ProjectXOrderError: There are fewer than ``least``, or none of that timeframe.
        """
        data = self.context.data
        if timeframe not in data.timeframes:
            raise ProjectXOrderError(
                f"the suite keeps no {timeframe} bars; it has {', '.join(data.timeframes)}"
            )
        frame = await data.get_data(timeframe)
        held = 0 if frame is None else frame.height - 1
        if frame is None or held < least:
            raise ProjectXOrderError(
                f"{least} closed {timeframe} bars of {self.context.symbol} are needed, and there "
                f"are {max(held, 0)}; raise initial_days"
            )
        return frame.head(held)

    async def quote(self) -> tuple[int, int]:
        """Wait for the best bid and ask, and return them in ticks.

        Raises:
            ProjectXOrderError: None came within ``QUOTE_S``.
        """
        try:
            event = await self.context.event_bus.wait_for(
                EventType.QUOTE_UPDATE,
                QUOTE_S,
                predicate=lambda found: None not in (found.data["bid"], found.data["ask"]),
            )
        except TimeoutError as exc:
            raise ProjectXOrderError(
                f"the spread of {self.context.symbol} is not known: no quote within {QUOTE_S} s"
            ) from exc
        bid, ask = event.data["bid"], event.data["ask"]
        nearest = Rounding.NEAREST
        return self.grid.ticks(bid, rounding=nearest), self.grid.ticks(ask, rounding=nearest)

    async def send(self, kind: str, entry: int, risked: int, gained: float) -> BracketOrderResponse:
        """Send a bracket of as much as is wanted.

        Args:
            kind: Of the entry.
            entry: In ticks.
            risked: From entry to stop in ticks.
            gained: From entry to target in ticks; rounded, and at least one.

        Raises:
            ProjectXOrderError: See :meth:`contracts`.
        """
        size, price = await self.contracts(risked), self.grid.price
        return await self.context.orders.place_bracket_order(
            self.context.instrument_info.id,
            OrderSide.BUY if self.forward > 0 else OrderSide.SELL,
            size,
            price(entry),
            price(entry - self.forward * risked),
            price(entry + self.forward * max(1, round(gained))),
            kind,
        )

    async def contracts(self, stop_ticks: int) -> int:
        """Return the size: as given, else as many as the risk allows, else one.

        Raises:
            ProjectXOrderError: More than one of the three is given, a risk is impossible, or it
                allows no contract.
        """
        wanted = self.wanted
        size, risk_percent = wanted.size, wanted.risk_percent
        if sum(given is not None for given in astuple(wanted)) > 1:
            raise ProjectXOrderError("give one of size, risk_amount and risk_percent")
        if size is not None or (wanted.risk_amount is None and risk_percent is None):
            return 1 if size is None else size
        if risk_percent is not None:
            if not 0 < distance("risk_percent", risk_percent) <= LARGEST_SHARE:
                raise ProjectXOrderError(
                    f"risk_percent is a share of the balance, 0.01 for one percent and at most "
                    f"{LARGEST_SHARE}, not {risk_percent}"
                )
            own = self.suite.client.get_account_info().id
            accounts = [one for one in await self.suite.client.list_accounts() if one.id == own]
            if not accounts:
                raise ProjectXOrderError("the account's balance is not known: it is not listed")
            allowed = Decimal(str(accounts[0].balance)) * Decimal(str(risk_percent))
        else:
            allowed = Decimal(str(distance("risk_amount", wanted.risk_amount)))
        each = self.grid.dollars(stop_ticks)
        count = int(allowed / each)
        if count < 1:
            raise ProjectXOrderError(
                f"${allowed:.2f} of risk allows no contract: one risks ${each:.2f} over "
                f"{stop_ticks} ticks"
            )
        return count


async def setup(suite: SuiteView, side: int, instrument: str | None, wanted: Wanted) -> Setup:
    """Return the instrument at this moment.

    Raises:
        ProjectXOrderError: The side or the instrument is none, or no price is known.
    """
    if isinstance(side, bool) or side not in (0, 1):
        raise ProjectXOrderError(f"side is 0 (buy) or 1 (sell), not {side!r}")
    contexts = list(suite.values())
    found = [
        one
        for one in contexts
        if instrument in (None, one.symbol, one.instrument_info.id, one.instrument_info.name)
    ]
    if len(found) != 1:
        symbols = ", ".join(one.symbol for one in contexts)
        raise ProjectXOrderError(f"instrument is one of {symbols}, not {instrument!r}")
    context = found[0]
    contract = context.instrument_info
    grid = TickGrid(contract.tickSize, contract.tickValue)
    price = await context.data.get_current_price()
    if price is None:
        raise ProjectXOrderError(f"no price of {context.symbol} is known yet")
    ticks = grid.ticks(price, rounding=Rounding.NEAREST)
    return Setup(suite, wanted, context, grid, ticks, 1 if side == OrderSide.BUY else -1)


def distance(name: str, points: object) -> float:
    """Return a number above zero.

    Raises:
        ProjectXOrderError: It is none.
    """
    if (
        isinstance(points, bool)
        or not isinstance(points, int | float | Decimal)
        or not 0 < points < math.inf
    ):
        raise ProjectXOrderError(f"{name} is a number above zero, not {points!r}")
    return float(points)
