"""A made-up market of each product: its level, volatility, pace and the shape of its day.

The figures are plausible, not measured, save the pace of MNQ (62 book changes a second in regular
hours). Products of one ``underlying`` share its latent price, so MES follows ES; underlyings of one
``factor`` are correlated.

Invariants (``tests/simulator/test_synthetic.py``): every product of the gateway's list has a
profile, its level is positive, and the average weight of its regular hours is about one.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from math import sqrt

__all__ = ["MINUTES", "Profile", "day_shape", "profile_for"]

MINUTES = 1440
"""Minutes of a trading day, from 17:00 in Chicago."""


@dataclass(frozen=True)
class Profile:
    """One product's market."""

    ticker: str
    underlying: str
    """Products with the same one have the same latent price."""
    factor: str
    """Underlyings with the same one move together."""
    correlation: float
    """Of the underlying's returns with the factor's."""
    level: float
    """Price in points at which the market opens."""
    daily_volatility: float
    """Standard deviation of a day's return."""
    pace: float
    """Changes of the book a second in regular hours."""
    trade_size: float
    """Contracts a print, on average."""
    level_size: int
    """Contracts that usually rest at a price."""
    group: str
    """Whose day it has, see :func:`day_shape`."""

    @property
    def trades_a_minute(self) -> float:
        """Prints a minute in regular hours."""
        return self.pace * 60 * TRADE_SHARE

    @cached_property
    def minute_volatility(self) -> tuple[float, ...]:
        """Standard deviation of the return of each minute of the trading day, from 17:00 on.

        The variance of the day is spread in proportion to activity.
        """
        shape = day_shape(self.group)
        total = sum(shape)
        return tuple(self.daily_volatility * sqrt(weight / total) for weight in shape)


TRADE_SHARE = 0.32
"""The share of book changes that are trades."""


def profile_for(ticker: str) -> Profile:
    """Return the profile of a product.

    Raises:
        KeyError: The product is not in the gateway's list.
    """
    return _BY_TICKER[ticker]


@cache
def day_shape(group: str) -> tuple[float, ...]:
    """Return the activity of each minute from 17:00 in Chicago on; regular hours are about 1."""
    points = _SHAPES[group]
    shape: list[float] = []
    for (begin, first), (end, last) in pairwise(points):
        steps = round((end - begin) * 60)
        shape.extend(first + (last - first) * (i + 0.5) / steps for i in range(steps))
    return tuple(shape)


# Hours after 17:00 in Chicago, and the activity there; a jump has its hour twice.
_SHAPES: dict[str, list[tuple[float, float]]] = {
    "index": [
        *((0, 0.40), (0.5, 0.18), (2, 0.10), (8.5, 0.12), (10, 0.26), (13, 0.22), (14.5, 0.45)),
        *((15.5, 0.50), (15.5, 2.20), (16, 1.60), (17, 1.05), (19, 0.62), (20.5, 0.78)),
        *((21.5, 1.15), (22, 1.75), (22, 0.45), (23, 0.12), (24, 0.12)),
    ],
    "crypto": [
        *((0, 0.45), (4, 0.40), (8, 0.35), (13, 0.60), (15.5, 0.80), (15.5, 1.60), (18, 1.00)),
        *((20, 0.80), (22, 1.10), (23, 0.50), (24, 0.50)),
    ],
    "energy": [
        *((0, 0.20), (2, 0.08), (9, 0.12), (10, 0.28), (14, 0.40), (15, 0.60), (15, 1.80)),
        *((16, 1.30), (18, 0.75), (19.5, 0.85), (20.5, 1.80), (20.5, 0.35), (23, 0.06), (24, 0.06)),
    ],
    "metals": [
        *((0, 0.25), (2, 0.20), (8, 0.20), (10, 0.40), (14.3, 0.55), (14.3, 1.70), (16, 1.35)),
        *((18, 0.75), (19.5, 1.05), (19.5, 0.40), (23, 0.08), (24, 0.08)),
    ],
    "fx": [
        *((0, 0.15), (2, 0.20), (8, 0.25), (9, 0.75), (11, 0.60), (14.3, 0.80), (14.3, 1.50)),
        *((16, 1.30), (18, 0.80), (21, 0.75), (21, 0.40), (23, 0.06), (24, 0.06)),
    ],
    "rates": [
        *((0, 0.12), (2, 0.08), (8, 0.10), (10, 0.25), (14.3, 0.40), (14.3, 1.60), (15.5, 1.20)),
        *((18, 0.75), (20, 0.80), (21, 1.50), (21, 0.40), (23, 0.06), (24, 0.06)),
    ],
    "grains": [
        *((0, 0.0), (2, 0.0), (2, 0.35), (4, 0.12), (10, 0.12), (14.75, 0.30), (15.5, 0.30)),
        *((15.5, 2.20), (17, 0.95), (19, 0.65), (20.4, 1.60), (20.4, 0.05), (24, 0.05)),
    ],
    "livestock": [
        *((0, 0.05), (15.5, 0.05), (15.5, 1.80), (17, 0.85), (19, 0.70), (20.1, 1.50)),
        *((20.1, 0.05), (24, 0.05)),
    ],
}

# ticker|underlying|factor|correlation|level|daily volatility in %|pace|trade size|level size|group
_TABLE = """
ES|SPX|index|0.97|6500|0.90|80|2.8|45|index
MES|SPX|index|0.97|6500|0.90|60|2.2|25|index
NQ|NDX|index|0.94|24000|1.20|70|1.6|4|index
MNQ|NDX|index|0.94|24000|1.20|62|2.1|9|index
RTY|RUT|index|0.85|2300|1.30|30|1.7|8|index
M2K|RUT|index|0.85|2300|1.30|24|1.8|9|index
YM|DJI|index|0.93|45500|0.80|25|1.5|5|index
MYM|DJI|index|0.93|45500|0.80|22|1.7|7|index
NKD|N225|index|0.55|43000|1.20|4|1.3|4|index
MBT|BTC|crypto|0.90|112000|2.50|8|1.6|5|crypto
MET|ETH|crypto|0.90|4300|3.40|8|2.2|9|crypto
CL|WTI|energy|0.95|64|2.00|45|2.1|16|energy
MCL|WTI|energy|0.95|64|2.00|28|2.0|18|energy
QM|WTI|energy|0.95|64|2.00|3|1.2|4|energy
NG|HH|energy|0.20|3.1|3.20|25|2.2|14|energy
MNG|HH|energy|0.20|3.1|3.20|8|1.8|12|energy
QG|HH|energy|0.20|3.1|3.20|3|1.2|5|energy
RB|RBOB|energy|0.80|2.05|2.00|9|1.5|5|energy
HO|ULSD|energy|0.80|2.35|2.00|9|1.5|5|energy
GC|XAU|metals|0.90|3450|1.00|45|1.8|9|metals
MGC|XAU|metals|0.90|3450|1.00|35|2.2|18|metals
SI|XAG|metals|0.85|38.5|1.70|18|1.5|6|metals
SIL|XAG|metals|0.85|38.5|1.70|12|1.7|9|metals
HG|XCU|metals|0.45|4.55|1.40|14|1.5|7|metals
MHG|XCU|metals|0.45|4.55|1.40|6|1.5|9|metals
PL|XPT|metals|0.65|1350|1.60|7|1.3|4|metals
6A|AUD|fx|0.80|0.655|0.60|18|2.5|40|fx
M6A|AUD|fx|0.80|0.655|0.60|4|1.8|30|fx
6B|GBP|fx|0.80|1.345|0.50|20|2.4|30|fx
M6B|GBP|fx|0.80|1.345|0.50|4|1.8|25|fx
6C|CAD|fx|0.65|0.725|0.40|14|2.4|45|fx
6E|EUR|fx|0.90|1.17|0.45|30|2.8|40|fx
M6E|EUR|fx|0.90|1.17|0.45|7|2.0|40|fx
E7|EUR|fx|0.90|1.17|0.45|2|1.3|8|fx
6J|JPY|fx|0.60|0.0068|0.60|22|2.5|45|fx
6M|MXN|fx|0.40|0.0535|0.70|8|3.0|35|fx
6N|NZD|fx|0.75|0.59|0.60|9|2.2|35|fx
6S|CHF|fx|0.75|1.25|0.50|9|2.0|20|fx
ZT|UST2|rates|0.80|103.9|0.10|20|12|1400|rates
ZF|UST5|rates|0.93|109|0.22|30|9|700|rates
ZN|UST10|rates|0.98|112|0.35|40|9|900|rates
TN|UST10U|rates|0.97|115|0.45|25|5|250|rates
ZB|UST30|rates|0.94|114|0.60|25|4|180|rates
UB|UST30U|rates|0.92|117|0.75|22|3|90|rates
ZC|CORN|grains|0.65|420|1.40|18|3.5|90|grains
ZW|WHEAT|grains|0.60|530|1.60|12|2.6|45|grains
ZS|SOY|grains|0.85|1050|1.20|18|2.4|40|grains
ZM|MEAL|grains|0.70|290|1.40|10|2.2|25|grains
ZL|BEANOIL|grains|0.65|52|1.70|12|2.2|25|grains
HE|HOGS|livestock|0.40|90|1.40|6|1.8|14|livestock
LE|CATTLE|livestock|0.40|225|1.00|7|1.8|14|livestock
"""


def _profile(row: str) -> Profile:
    ticker, underlying, factor, correlation, level, volatility, pace, size, rest, group = row.split(
        "|"
    )
    return Profile(
        ticker=ticker,
        underlying=underlying,
        factor=factor,
        correlation=float(correlation),
        level=float(level),
        daily_volatility=float(volatility) / 100,
        pace=float(pace),
        trade_size=float(size),
        level_size=int(rest),
        group=group,
    )


_BY_TICKER = {
    profile.ticker: profile for profile in (_profile(row) for row in _TABLE.split("\n") if row)
}
