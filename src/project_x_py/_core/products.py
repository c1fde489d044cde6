"""The products the gateway lists, how their contracts are named, and which one is active.

The gateway names an expiry three ways: contract id ``CON.F.US.EP.U26`` (data-vendor code, month
letter, two year digits), name ``ESU6`` (exchange ticker, month letter, one year digit) and the
product alone, symbol id ``F.US.EP``. A ticker is resolved here once; everything else in the SDK
compares contract ids.

The table is the gateway's own list of contracts (``Contract/available``, August 2026) with the
round-turn totals that Topstep published then, split into commission and exchange fees per side.
Listing cycles and roll rules are general exchange knowledge: the gateway alone decides which month
is active, and :func:`active_contract` is what a simulator lists, not an answer about a live one.

Invariants (``tests/core/test_products.py``): tickers and codes are unique across each other; every
contract name and id reads back as itself; the active months of 2026-08-19 are those listed.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from project_x_py._core.grid import TickGrid
from project_x_py.exceptions import ProjectXInstrumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "MONTH_LETTERS",
    "PRODUCTS",
    "ContractName",
    "Product",
    "active_contract",
    "close_symbols",
    "find_product",
    "grid_of",
    "parse_contract_id",
    "parse_contract_name",
    "product_for_code",
    "product_for_ticker",
    "symbol_id",
]

MONTH_LETTERS = "FGHJKMNQUVXZ"
"""January to December."""

_CONTRACT_ID = re.compile(r"CON\.F\.US\.([A-Z0-9]+)\.([FGHJKMNQUVXZ])(\d\d)", re.ASCII)
_SYMBOL_ID = re.compile(r"F\.US\.([A-Z0-9]+)", re.ASCII)
_NAME = re.compile(r"([A-Z0-9]+?)([FGHJKMNQUVXZ])(\d{1,2})", re.ASCII)


@dataclass(frozen=True)
class Product:
    """One product: what all its expiries have in common."""

    ticker: str
    """The exchange's symbol, and the root of contract names."""
    description: str
    exchange: str
    code: str
    """The data vendor's symbol, in contract ids."""
    tick_size: Decimal
    """Smallest price movement, in points."""
    tick_value: Decimal
    """Dollars per tick and contract."""
    commission: Decimal
    """Dollars per contract and side."""
    fees: Decimal
    """Exchange, clearing and NFA fees, dollars per contract and side."""
    cycle: str
    """Letters of the months that are listed."""
    group: str
    """Whose trading hours and holidays it follows, see :mod:`project_x_py._core.calendar`."""
    thin: str
    """Letters of listed months that never become the active one."""
    roll: str
    """When the next month becomes active, see :func:`active_contract`."""

    @cached_property
    def grid(self) -> TickGrid:
        """The prices its contracts trade at."""
        return TickGrid(self.tick_size, self.tick_value)

    @property
    def point_value(self) -> Decimal:
        """Dollars per point and contract."""
        return self.tick_value / self.tick_size

    @property
    def symbol_id(self) -> str:
        """The gateway's id of the product, ``F.US.EP``."""
        return symbol_id(self.code)


@dataclass(frozen=True, slots=True)
class ContractName:
    """One expiry of one product."""

    code: str
    """The data vendor's symbol, ``EP``."""
    ticker: str
    """The exchange's symbol, ``ES``; the code itself for a product that is not in the table."""
    month: str
    """Letter of the delivery month, ``U``."""
    year: int
    """Year of the delivery month, four digits."""

    @property
    def contract_id(self) -> str:
        """The gateway's id, ``CON.F.US.EP.U26``."""
        return f"CON.F.US.{self.code}.{self.month}{self.year % 100:02d}"

    @property
    def name(self) -> str:
        """The gateway's name, ``ESU6``."""
        return f"{self.ticker}{self.month}{self.year % 10}"

    @property
    def symbol_id(self) -> str:
        """The gateway's id of the product, ``F.US.EP``."""
        return symbol_id(self.code)

    @property
    def delivery(self) -> tuple[int, int]:
        """Year and month of delivery; the order in which contracts expire."""
        return self.year, MONTH_LETTERS.index(self.month) + 1


def symbol_id(code: str) -> str:
    """Return the gateway's id of a product code: ``F.US.EP`` of ``EP``."""
    return f"F.US.{code}"


def product_for_ticker(ticker: str) -> Product:
    """Return the product of an exchange ticker, ``ES``; case does not matter.

    Raises:
        ProjectXInstrumentError: There is none; the message names close matches.
    """
    found = _BY_TICKER.get(ticker.upper())
    if found is None:
        raise ProjectXInstrumentError(_unknown("ticker", ticker))
    return found


def product_for_code(code: str) -> Product:
    """Return the product of a data-vendor code, ``EP``; case does not matter.

    Raises:
        ProjectXInstrumentError: There is none; the message names close matches.
    """
    found = _BY_CODE.get(code.upper())
    if found is None:
        raise ProjectXInstrumentError(_unknown("product code", code))
    return found


@lru_cache(maxsize=1024)
def find_product(symbol: str) -> Product | None:
    """Return the product that ``symbol`` speaks of, or None.

    Args:
        symbol: Ticker (``ES``), code (``EP``), contract name (``ESU6``), contract id or symbol
            id; case does not matter.
    """
    text = symbol.strip().upper()
    if match := _CONTRACT_ID.fullmatch(text) or _SYMBOL_ID.fullmatch(text):
        return _BY_CODE.get(match[1])
    if found := _BY_TICKER.get(text) or _BY_CODE.get(text):
        return found
    match = _NAME.fullmatch(text)
    return _BY_TICKER.get(match[1]) if match else None


def close_symbols(symbol: str) -> list[str]:
    """Return up to three tickers or codes that are spelled like ``symbol``, closest first."""
    names = [*_BY_TICKER, *_BY_CODE]
    return list(dict.fromkeys(difflib.get_close_matches(symbol.upper(), names, n=6)))[:3]


def parse_contract_id(text: str) -> ContractName:
    """Read a contract id, ``CON.F.US.EP.U26``; a product outside the table is fine.

    Raises:
        ProjectXInstrumentError: ``text`` is not of that form.
    """
    match = _CONTRACT_ID.fullmatch(text)
    if match is None:
        raise ProjectXInstrumentError(
            f"not a contract id: {text!r}; the form is CON.F.US.<product>.<month><yy>"
        )
    code, month, year = match.groups()
    product = _BY_CODE.get(code)
    return ContractName(code, product.ticker if product else code, month, 2000 + int(year))


def grid_of(contract_id: str) -> TickGrid | None:
    """Return the grid of a contract by its product, None for a product that is not in the table.

    For contracts that the gateway names in a position or an order, and lists no more.
    """
    try:
        return product_for_code(parse_contract_id(contract_id).code).grid
    except ProjectXInstrumentError:
        return None


def parse_contract_name(text: str, near: date) -> ContractName:
    """Read a contract name, ``ESU6`` or ``ESU26``.

    Args:
        text: Ticker of a known product, month letter and one or two year digits.
        near: One year digit stands for the year from four before to five after this date's.

    Raises:
        ProjectXInstrumentError: ``text`` is not of that form, or its product is unknown.
    """
    match = _NAME.fullmatch(text.upper())
    if match is None:
        raise ProjectXInstrumentError(
            f"not a contract name: {text!r}; the form is <ticker><month><y>, such as ESU6"
        )
    ticker, month, digits = match.groups()
    product = product_for_ticker(ticker)
    if len(digits) == 2:
        year = 2000 + int(digits)
    else:
        first = near.year - 4
        year = first + (int(digits) - first) % 10
    return ContractName(product.code, product.ticker, month, year)


def active_contract(product: Product, on: date) -> ContractName:
    """Return the expiry that is most traded on a day, by the product's roll rule.

    ``third friday`` rolls on the Monday of that week in the delivery month (index futures), ``third
    wednesday`` nine days before it (currencies), ``-1/18`` on the 18th of the month before
    delivery, ``+0/24`` on the 24th of the delivery month. Thin months are skipped.
    """
    for year, month in _months_from(on.year, on.month):
        letter = MONTH_LETTERS[month - 1]
        listed = letter in product.cycle and letter not in product.thin
        if listed and on < _roll_date(product.roll, year, month):
            return ContractName(product.code, product.ticker, letter, year)
    raise ProjectXInstrumentError(f"{product.ticker} has no active contract on {on}")


def _months_from(year: int, month: int) -> Iterator[tuple[int, int]]:
    for ahead in range(24):
        yield year + (month - 1 + ahead) // 12, (month - 1 + ahead) % 12 + 1


def _roll_date(roll: str, year: int, month: int) -> date:
    first = date(year, month, 1)
    if roll == "third friday":
        return first + timedelta((4 - first.weekday()) % 7 + 14 - 4)
    if roll == "third wednesday":
        return first + timedelta((2 - first.weekday()) % 7 + 14 - 9)
    ahead, day = roll.split("/")
    if ahead == "-1":
        first = (first - timedelta(1)).replace(day=1)
    return first + timedelta(int(day) - 1)


def _unknown(what: str, text: str) -> str:
    close = close_symbols(text)
    return f"unknown {what} {text!r}" + (f"; did you mean {', '.join(close)}?" if close else "")


# ticker|description|exchange|code|tick size|tick value|commission|fees|cycle|group|thin|roll
_TABLE = """
ES|E-Mini S&P 500|CME|EP|0.25|12.5|0.50|1.39|HMUZ|index||third friday
MES|Micro E-mini S&P 500|CME|MES|0.25|1.25|0.25|0.36|HMUZ|index||third friday
NQ|E-mini NASDAQ-100|CME|ENQ|0.25|5|0.50|1.39|HMUZ|index||third friday
MNQ|Micro E-mini Nasdaq-100|CME|MNQ|0.25|0.5|0.25|0.36|HMUZ|index||third friday
RTY|E-mini Russell 2000|CME|RTY|0.1|5|0.50|1.39|HMUZ|index||third friday
M2K|Micro E-mini Russell 2000|CME|M2K|0.1|0.5|0.25|0.36|HMUZ|index||third friday
YM|E-mini Dow ($5)|CBOT|YM|1|5|0.50|1.39|HMUZ|index||third friday
MYM|Micro E-mini Dow $0.50|CBOT|MYM|1|0.5|0.25|0.36|HMUZ|index||third friday
NKD|Nikkei 225 (Globex)|CME|NKD|5|25|0.50|2.16|HMUZ|index||third friday
MBT|Micro Bitcoin|CME|MBT|5|0.5|0.25|1.16|FGHJKMNQUVXZ|crypto||+0/24
MET|Micro Ether|CME|GMET|0.5|0.05|0.25|0.11|FGHJKMNQUVXZ|crypto||+0/24
CL|Crude Light (Globex)|NYMEX|CLE|0.01|10|0.50|1.51|FGHJKMNQUVXZ|energy||-1/18
MCL|Micro WTI Crude Oil|NYMEX|MCLE|0.01|1|0.25|0.51|FGHJKMNQUVXZ|energy||-1/18
QM|E-Mini Crude Oil|NYMEX|NQM|0.025|12.5|0.50|1.21|FGHJKMNQUVXZ|energy||-1/18
NG|Natural Gas (Globex)|NYMEX|NGE|0.001|10|0.50|1.61|FGHJKMNQUVXZ|energy||-1/25
MNG|Micro Henry Hub Natural Gas|NYMEX|MNG|0.001|1|0.25|0.61|FGHJKMNQUVXZ|energy||-1/25
QG|E-Mini Natural Gas|NYMEX|NQG|0.005|12.5|0.50|0.51|FGHJKMNQUVXZ|energy||-1/25
RB|RBOB Gasoline (Globex)|NYMEX|RBE|0.0001|4.2|0.50|1.51|FGHJKMNQUVXZ|energy||-1/15
HO|NY Harbor ULSD|NYMEX|HOE|0.0001|4.2|0.50|1.51|FGHJKMNQUVXZ|energy||-1/15
GC|Gold (Globex)|COMEX|GCE|0.1|10|0.50|1.66|GJMQVZ|metals|V|-1/27
MGC|Micro Gold|COMEX|MGC|0.1|1|0.25|0.71|GJMQVZ|metals|V|-1/27
SI|Silver (Globex)|COMEX|SIE|0.005|25|0.50|1.66|HKNUZ|metals||-1/26
SIL|Micro Silver|COMEX|SIL|0.005|5|0.25|1.11|HKNUZ|metals||-1/26
HG|Copper (Globex)|COMEX|CPE|0.0005|12.5|0.50|1.66|HKNUZ|metals||-1/26
MHG|Micro Copper|COMEX|MHG|0.0005|1.25|0.25|0.71|HKNUZ|metals||-1/26
PL|Platinum (Globex)|NYMEX|PLE|0.1|5|0.50|1.66|FJNV|metals||-1/26
6A|Australian Dollar (Globex)|CME|DA6|0.00005|5|0.50|1.61|HMUZ|fx||third wednesday
M6A|E-Micro AUD/USD|CME|M6A|0.0001|1|0.25|0.25|HMUZ|fx||third wednesday
6B|British Pound (Globex)|CME|BP6|0.0001|6.25|0.50|1.61|HMUZ|fx||third wednesday
M6B|E-Micro GBP/USD|CME|M6B|0.0001|0.625|0.25|0.25|HMUZ|fx||third wednesday
6C|Canadian Dollar (Globex)|CME|CA6|0.00005|5|0.50|1.61|HMUZ|fx||third wednesday
6E|Euro FX (Globex)|CME|EU6|0.00005|6.25|0.50|1.61|HMUZ|fx||third wednesday
M6E|E-Micro EUR/USD|CME|M6E|0.0001|1.25|0.25|0.25|HMUZ|fx||third wednesday
E7|E-mini Euro FX|CME|EEU|0.0001|6.25|0.50|0.86|HMUZ|fx||third wednesday
6J|Japanese Yen (Globex)|CME|JY6|0.0000005|6.25|0.50|1.61|HMUZ|fx||third wednesday
6M|Mexican Peso (Globex)|CME|MX6|0.00001|5|0.50|1.61|HMUZ|fx||third wednesday
6N|New Zealand Dollar (Globex)|CME|NE6|0.00005|5|0.50|1.61|HMUZ|fx||third wednesday
6S|Swiss Franc (Globex)|CME|SF6|0.00005|6.25|0.50|1.61|HMUZ|fx||third wednesday
ZT|2 Year US Treasury Note (Globex)|CBOT|TUA|0.00390625|7.8125|0.50|0.66|HMUZ|rates||-1/26
ZF|5 Year US Treasury Notes (Globex)|CBOT|FVA|0.0078125|7.8125|0.50|0.66|HMUZ|rates||-1/26
ZN|10yr US Treasury Notes (Globex)|CBOT|TYA|0.015625|15.625|0.50|0.81|HMUZ|rates||-1/26
TN|Ultra 10yr Treasury Note (Globex)|CBOT|TNA|0.015625|15.625|0.50|0.81|HMUZ|rates||-1/26
ZB|30yr US Treasury Bonds (Globex)|CBOT|USA|0.03125|31.25|0.50|0.88|HMUZ|rates||-1/26
UB|Ultra T-Bond (Globex)|CBOT|ULA|0.03125|31.25|0.50|0.96|HMUZ|rates||-1/26
ZC|Corn (Globex)|CBOT|ZCE|0.25|12.5|0.50|2.14|HKNUZ|grains||-1/15
ZW|Wheat (Globex)|CBOT|ZWA|0.25|12.5|0.50|2.14|HKNUZ|grains||-1/15
ZS|Soybeans (Globex)|CBOT|ZSE|0.25|12.5|0.50|2.14|FHKNQUX|grains||-1/15
ZM|Soybean Meal (Globex)|CBOT|ZME|0.1|10|0.50|2.14|FHKNQUVZ|grains|QUV|-1/15
ZL|Soybean Oil (Globex)|CBOT|ZLE|0.01|6|0.50|2.14|FHKNQUVZ|grains|QUV|-1/15
HE|Lean Hogs (Globex)|CME|HE|0.025|10|0.50|2.11|GJKMNQVZ|livestock||+0/01
LE|Live Cattle (Globex)|CME|GLE|0.025|10|0.50|2.11|GJMQVZ|livestock||+0/01
"""


def _product(row: str) -> Product:
    ticker, description, exchange, code, size, value, commission, fees, *rest = row.split("|")
    money = Decimal(value), Decimal(commission), Decimal(fees)
    return Product(ticker, description, exchange, code, Decimal(size), *money, *rest)


PRODUCTS: tuple[Product, ...] = tuple(_product(row) for row in _TABLE.split("\n") if row)
"""Every product of the gateway's list, in its order."""

_BY_TICKER = {product.ticker: product for product in PRODUCTS}
_BY_CODE = {product.code: product for product in PRODUCTS}
