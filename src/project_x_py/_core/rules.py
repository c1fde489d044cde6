"""The rules of a Topstep account: what ends it, what locks it, and what may still be ordered.

The same rules run in the simulated gateway, where a breach liquidates, and in the client, which
refuses before the firm would. Money is ``Decimal`` dollars. Sizes are counted in tenths of a mini
contract, so that ten micros are one mini.

The constants are those of the firm's help centre (articles on the Trading Combine, the Express
Funded Account, the scaling plan and the daily loss limit, September 2026). How the firm computes
them in detail is not published, and nothing here was calibrated against a live account.

Invariants (``tests/core/test_rules.py``):

- the loss limit never falls, and never rises above the opening balance;
- what is allowed keeps the worst case, every unknown order counted, above every limit;
- a refusal names its rule, the figure and the limit, and the largest size that would pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from typing import NamedTuple

from project_x_py._core.products import parse_contract_id, product_for_code
from project_x_py._core.time import CHICAGO, to_datetime

__all__ = [
    "EXPRESS_SIZES",
    "FLAT_FROM_MINUTE",
    "UNITS_PER_MINI",
    "AccountKind",
    "AccountRules",
    "Denial",
    "Exposure",
    "RuleName",
    "RuleState",
    "must_be_flat",
    "rules_for",
    "size_units",
]

UNITS_PER_MINI = 10

FLAT_FROM_MINUTE, FLAT_UNTIL_MINUTE = 15 * 60 + 10, 17 * 60
"""Minutes of the Chicago day between which nothing may be held."""

_NO_MICRO_RATE = frozenset({"MBT", "MET"})
"""Micros that count as whole minis."""

_DOUBLE_MICRO = frozenset({"SIL"})
"""Micros that count as two."""

_SIZE = re.compile(r"^(\d+)KTC(-|$)", re.IGNORECASE)


class AccountKind(Enum):
    """Stage of an account, as written in its name."""

    PRACTICE = "practice"
    COMBINE = "combine"
    EXPRESS = "express"
    UNKNOWN = "unknown"


class RuleName(Enum):
    """Which rule refuses."""

    MAX_LOSS = "max_loss_limit"
    DAILY_LOSS = "daily_loss_limit"
    POSITION_SIZE = "position_size"
    FLAT_TIME = "flat_by_1510"
    CANNOT_TRADE = "cannot_trade"
    TRADE_RISK = "max_risk_per_trade"
    OWN_DAILY_LOSS = "max_daily_loss"
    DAILY_TRADES = "max_daily_trades"
    OPEN_POSITIONS = "max_positions"
    TRADING_HOURS = "allowed_trading_hours"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRules:
    """The limits of one account; None where there is none, or none is known.

    Attributes:
        kind: Stage.
        start: Opening balance in dollars.
        max_loss: How far below the highest end-of-day balance the account may fall.
        daily_loss: Largest loss of a trading day before trading is locked.
        target: Profit that passes the stage.
        best_day_share: Largest share of the profit that one day may have made.
        max_units: Largest position in tenths of a mini, all contracts together.
        scaling: Largest position by profit made so far, as (profit from, units), ascending;
            replaces ``max_units``.
        flat_daily: Whether everything must be closed by 15:10 in Chicago.
    """

    kind: AccountKind
    start: Decimal = Decimal(0)
    max_loss: Decimal | None = None
    daily_loss: Decimal | None = None
    target: Decimal | None = None
    best_day_share: Decimal | None = None
    max_units: int | None = None
    scaling: tuple[tuple[Decimal, int], ...] = ()
    flat_daily: bool = True

    def units_allowed(self, profit: Decimal) -> int | None:
        """Return the largest position in tenths of a mini at a profit made so far."""
        if not self.scaling:
            return self.max_units
        return max((units for since, units in self.scaling if profit >= since), default=0)


class _Stage(NamedTuple):
    """What a size of account allows; dollars, and tenths of a mini."""

    max_loss: Decimal
    daily_loss: Decimal
    target: Decimal
    units: int


_COMBINE = {
    50: _Stage(Decimal(2_000), Decimal(1_000), Decimal(3_000), 50),
    100: _Stage(Decimal(3_000), Decimal(2_000), Decimal(6_000), 100),
    150: _Stage(Decimal(4_500), Decimal(3_000), Decimal(9_000), 150),
}
"""By size in thousands."""

_SCALING = {
    50: ((0, 20), (1_500, 30), (2_000, 50)),
    100: ((0, 30), (1_500, 40), (2_000, 50), (3_000, 100)),
    150: ((0, 30), (1_500, 40), (2_000, 50), (3_000, 100), (4_500, 150)),
}
"""Size in thousands: the scaling plan."""

EXPRESS_SIZES = tuple(_SCALING)
"""Sizes of Express accounts that are offered, in thousands."""


def rules_for(name: str, *, size_thousands: int | None = None) -> AccountRules:
    """Return the rules of an account by its name.

    Args:
        name: As the gateway shows it: ``PRAC-V2-...``, ``50KTC-V2-...`` (with ``-DLL-`` where the
            daily loss limit was chosen), ``EXPRESS-V2-...``.
        size_thousands: Size of an Express account in thousands, which its name does not say;
            without it its loss limit and scaling plan are unknown.

    Returns:
        The rules; kind UNKNOWN and no limits for a name that fits nothing.

    Raises:
        ValueError: ``size_thousands`` is no size that is offered.
    """
    if size_thousands is not None and size_thousands not in _SCALING:
        raise ValueError(
            f"sizes are {', '.join(map(str, _SCALING))} thousand, not {size_thousands}"
        )
    upper = name.upper()
    if upper.startswith("PRAC"):
        return AccountRules(kind=AccountKind.PRACTICE, start=Decimal(150_000))
    found = _SIZE.match(upper)
    if found and int(found[1]) in _COMBINE:
        size = int(found[1])
        stage = _COMBINE[size]
        return AccountRules(
            kind=AccountKind.COMBINE,
            start=Decimal(size * 1_000),
            max_loss=stage.max_loss,
            daily_loss=stage.daily_loss if "-DLL" in upper else None,
            target=stage.target,
            best_day_share=Decimal("0.5"),
            max_units=stage.units,
        )
    if upper.startswith("EXPRESS"):
        if size_thousands is None:
            return AccountRules(kind=AccountKind.EXPRESS)
        return AccountRules(
            kind=AccountKind.EXPRESS,
            max_loss=_COMBINE[size_thousands].max_loss,
            daily_loss=_COMBINE[size_thousands].daily_loss if "-DLL" in upper else None,
            scaling=tuple((Decimal(since), units) for since, units in _SCALING[size_thousands]),
        )
    return AccountRules(kind=AccountKind.UNKNOWN, flat_daily=False)


def size_units(contract_id: str) -> int:
    """Return what one contract counts for, in tenths of a mini.

    Raises:
        ProjectXInstrumentError: The id is not one of a listed product.
    """
    product = product_for_code(parse_contract_id(contract_id).code)
    if product.ticker in _DOUBLE_MICRO:
        return 2
    if product.ticker in _NO_MICRO_RATE or "micro" not in product.description.lower():
        return UNITS_PER_MINI
    return 1


def must_be_flat(exch_ns: int) -> bool:
    """Tell whether nothing may be held at this moment: 15:10 to 17:00 in Chicago."""
    local = to_datetime(exch_ns, CHICAGO)
    return FLAT_FROM_MINUTE <= local.hour * 60 + local.minute < FLAT_UNTIL_MINUTE


@dataclass(frozen=True, slots=True, kw_only=True)
class Denial:
    """Why something is not allowed.

    Attributes:
        rule: Which rule.
        message: The same for people, with figure and limit.
        figure: What it would come to: dollars, or tenths of a mini.
        limit: What is allowed.
        largest: Largest size that would pass; 0 for none.
    """

    rule: RuleName
    message: str
    figure: Decimal
    limit: Decimal
    largest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Exposure:
    """What is at stake, everything unknown counted against the account.

    Attributes:
        open_profit: Dollars of open profit, at the worse side of the market.
        at_risk: Further dollars that working stops allow to be lost; positions without a stop
            count with what the caller estimates.
        units: Largest position in tenths of a mini that working and unknown orders can make.
    """

    open_profit: Decimal = Decimal(0)
    at_risk: Decimal = Decimal(0)
    units: int = 0


class RuleState:
    """Where an account stands against its rules. One writer calls the methods below.

    Args:
        rules: The limits.
        balance: Realised balance, costs paid.
        highest: Highest balance at the end of a trading day so far; the opening balance when
            nothing is known.
        day_start: Balance at the beginning of the trading day; ``balance`` when nothing is known.
    """

    __slots__ = (
        "balance", "best_day", "can_trade", "day_start", "highest", "locked_today", "rules",
    )  # fmt: skip

    def __init__(
        self,
        rules: AccountRules,
        balance: Decimal,
        *,
        highest: Decimal | None = None,
        day_start: Decimal | None = None,
    ) -> None:
        self.rules = rules
        self.balance = balance
        self.highest = max(rules.start, balance) if highest is None else highest
        self.day_start = balance if day_start is None else day_start
        self.can_trade = True
        self.locked_today = False
        self.best_day = Decimal(0)

    @property
    def floor(self) -> Decimal | None:
        """Equity at which the account ends: it trails the highest end of day, up to the start."""
        if self.rules.max_loss is None:
            return None
        return min(self.highest - self.rules.max_loss, self.rules.start)

    @property
    def profit(self) -> Decimal:
        """Profit made so far."""
        return self.balance - self.rules.start

    @property
    def day_profit(self) -> Decimal:
        """Realised profit of the trading day."""
        return self.balance - self.day_start

    def headroom(self, exposure: Exposure) -> Decimal | None:
        """Return how many dollars may still be lost before the nearest limit; None without one."""
        equity = self.balance + exposure.open_profit - exposure.at_risk
        rooms = []
        if self.floor is not None:
            rooms.append(equity - self.floor)
        if self.rules.daily_loss is not None:
            rooms.append(equity - (self.day_start - self.rules.daily_loss))
        return min(rooms, default=None)

    def settle(self, balance: Decimal) -> None:
        """Take a new realised balance into account."""
        self.balance = balance

    def end_day(self) -> None:
        """Close the trading day: the loss limit trails, and a daily lock is lifted."""
        self.best_day = max(self.best_day, self.day_profit)
        self.highest = max(self.highest, self.balance)
        self.day_start = self.balance
        self.locked_today = False

    def breach(self, open_profit: Decimal) -> RuleName | None:
        """Return the rule that the present equity breaks: the account's end, or the day's."""
        equity = self.balance + open_profit
        if self.floor is not None and equity <= self.floor:
            return RuleName.MAX_LOSS
        limit = self.rules.daily_loss
        if limit is not None and equity <= self.day_start - limit:
            return RuleName.DAILY_LOSS
        return None

    def consistent(self) -> bool:
        """Tell whether no single day has made more than its share of the profit."""
        share = self.rules.best_day_share
        best = max(self.best_day, self.day_profit)
        return share is None or self.profit <= 0 or best < share * self.profit

    def deny(
        self,
        *,
        contract_id: str,
        size: int,
        risk_per_contract: Decimal,
        exposure: Exposure,
        exch_ns: int,
    ) -> list[Denial]:
        """Return every reason against an order that adds to a position.

        Args:
            contract_id: What is traded.
            size: Contracts.
            risk_per_contract: Dollars lost per contract at its stop, slippage included.
            exposure: What is at stake without it.
            exch_ns: Exchange time.
        """
        found: list[Denial] = []
        zero = Decimal(0)
        if not self.can_trade or self.locked_today:
            rule = RuleName.DAILY_LOSS if self.locked_today else RuleName.CANNOT_TRADE
            text = (
                "the daily loss limit was reached; trading resumes at 17:00 in Chicago"
                if self.locked_today
                else "the account may not trade"
            )
            found.append(Denial(rule=rule, message=text, figure=zero, limit=zero, largest=0))
        if self.rules.flat_daily and must_be_flat(exch_ns):
            text = "positions are closed from 15:10 to 17:00 in Chicago"
            found.append(
                Denial(rule=RuleName.FLAT_TIME, message=text, figure=zero, limit=zero, largest=0)
            )
        found += self._too_large(contract_id, size, exposure)
        found += self._too_risky(size, risk_per_contract, exposure)
        return found

    def largest(
        self, *, contract_id: str, risk_per_contract: Decimal, exposure: Exposure, exch_ns: int
    ) -> int | None:
        """Return the largest size that would pass now; None when no rule limits it."""
        probe = 10**9
        denials = self.deny(
            contract_id=contract_id,
            size=probe,
            risk_per_contract=risk_per_contract,
            exposure=exposure,
            exch_ns=exch_ns,
        )
        return min((denial.largest for denial in denials), default=None)

    def _too_large(self, contract_id: str, size: int, exposure: Exposure) -> list[Denial]:
        allowed = self.rules.units_allowed(self.profit)
        if allowed is None:
            return []
        each = size_units(contract_id)
        wanted = exposure.units + size * each
        if wanted <= allowed:
            return []
        return [
            Denial(
                rule=RuleName.POSITION_SIZE,
                message=(
                    f"{_minis(wanted)} mini contracts would be held or working, "
                    f"{_minis(allowed)} are allowed"
                ),
                figure=Decimal(wanted),
                limit=Decimal(allowed),
                largest=max(0, (allowed - exposure.units) // each),
            )
        ]

    def _too_risky(self, size: int, each: Decimal, exposure: Exposure) -> list[Denial]:
        room = self.headroom(exposure)
        risk = size * each
        if room is None or risk < room:
            return []
        by_day = self.floor is None or (
            self.rules.daily_loss is not None
            and self.day_start - self.rules.daily_loss > self.floor
        )
        largest = 0
        if room > 0 and each > 0:
            # Exactly at the limit is a breach, so it must stay above it.
            largest = int((room / each).to_integral_value("ROUND_CEILING")) - 1
        return [
            Denial(
                rule=RuleName.DAILY_LOSS if by_day else RuleName.MAX_LOSS,
                message=f"${risk} at risk, ${room} left before the limit",
                figure=risk,
                limit=room,
                largest=max(0, largest),
            )
        ]


def _minis(units: int) -> str:
    return f"{Decimal(units) / UNITS_PER_MINI:f}"
