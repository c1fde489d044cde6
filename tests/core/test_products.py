"""The product table, and the names of contracts."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from tests.strategies import contracts

from project_x_py._core.calendar import GROUPS
from project_x_py._core.grid import TickGrid
from project_x_py._core.products import (
    MONTH_LETTERS,
    PRODUCTS,
    ContractName,
    Product,
    active_contract,
    close_symbols,
    find_product,
    grid_of,
    parse_contract_id,
    parse_contract_name,
    product_for_code,
    product_for_ticker,
)
from project_x_py.exceptions import ProjectXInstrumentError

LISTED = """
EP.U26 MES.U26 ENQ.U26 MNQ.U26 RTY.U26 M2K.U26 YM.U26 MYM.U26 NKD.U26 MBT.Q26 GMET.Q26 CLE.V26
MCLE.V26 NQM.V26 NGE.U26 MNG.U26 NQG.U26 RBE.V26 HOE.V26 GCE.Z26 MGC.Z26 SIE.U26 SIL.U26 CPE.U26
MHG.U26 PLE.V26 DA6.U26 M6A.U26 BP6.U26 M6B.U26 CA6.U26 EU6.U26 M6E.U26 EEU.U26 JY6.U26 MX6.U26
NE6.U26 SF6.U26 TUA.U26 FVA.U26 TYA.U26 TNA.U26 USA.U26 ULA.U26 ZCE.Z26 ZWA.Z26 ZSE.X26 ZME.Z26
ZLE.Z26 HE.V26 GLE.V26
"""
"""What the gateway listed on 2026-08-19, in its order."""


def test_the_table_is_the_listed_one() -> None:
    """The 51 products make the contract ids that the gateway listed on that day."""
    on = date(2026, 8, 19)
    assert [active_contract(p, on).contract_id for p in PRODUCTS] == [
        f"CON.F.US.{row}" for row in LISTED.split()
    ]


def test_every_symbol_means_one_product() -> None:
    """Tickers are unique, codes are unique, and no ticker is another product's code."""
    assert len({p.ticker for p in PRODUCTS}) == len({p.code for p in PRODUCTS}) == 51
    for product in PRODUCTS:
        assert find_product(product.code) is find_product(product.ticker) is product
        assert product_for_ticker(product.ticker) is product_for_code(product.code) is product


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.ticker)
def test_each_row_makes_sense(product: Product) -> None:
    """Money is positive, months ascend, and the group has hours."""
    assert product.tick_size > 0
    assert product.tick_value > 0
    assert product.point_value == product.tick_value / product.tick_size
    assert product.commission in (Decimal("0.50"), Decimal("0.25"))
    assert product.fees > 0
    letters = [MONTH_LETTERS.index(letter) for letter in product.cycle]
    assert letters == sorted(set(letters))
    assert set(product.thin) < set(product.cycle)
    assert product.group in GROUPS
    assert product.grid == TickGrid(product.tick_size, product.tick_value)
    assert product.grid is product.grid
    assert product.symbol_id == f"F.US.{product.code}"


@pytest.mark.parametrize(
    ("ticker", "size", "value", "fees", "exchange"),
    [
        ("ES", "0.25", "12.5", "1.39", "CME"),
        ("ZN", "0.015625", "15.625", "0.81", "CBOT"),
        ("6J", "0.0000005", "6.25", "1.61", "CME"),
        ("QM", "0.025", "12.5", "1.21", "NYMEX"),
        ("MET", "0.5", "0.05", "0.11", "CME"),
        ("GC", "0.1", "10", "1.66", "COMEX"),
    ],
)
def test_figures(ticker: str, size: str, value: str, fees: str, exchange: str) -> None:
    """Tick sizes, tick values and fees of products with unlike grids."""
    product = product_for_ticker(ticker)
    assert (product.tick_size, product.tick_value) == (Decimal(size), Decimal(value))
    assert (product.fees, product.exchange) == (Decimal(fees), exchange)


@given(contracts())
def test_names_read_back(contract: ContractName) -> None:
    """Contract id, one-digit and two-digit name and symbol id read back as the contract."""
    near = date(contract.year, 6, 1)
    assert parse_contract_id(contract.contract_id) == contract
    assert parse_contract_name(contract.name, near) == contract
    two_digits = f"{contract.ticker}{contract.month}{contract.year % 100:02d}"
    assert parse_contract_name(two_digits.lower(), near) == contract
    assert contract.symbol_id == f"F.US.{contract.code}"
    product = product_for_code(contract.code)
    for symbol in (contract.contract_id, contract.name, contract.symbol_id.lower()):
        assert find_product(symbol) is product


@pytest.mark.parametrize(
    ("near", "year"), [(2026, 2023), (2027, 2023), (2028, 2033), (2023, 2023), (2019, 2023)]
)
def test_one_year_digit_is_the_nearest_decade(near: int, year: int) -> None:
    """One digit stands for a year from four before to five after the date given."""
    assert parse_contract_name("ESZ3", date(near, 1, 1)).year == year


def test_contracts_sort_by_delivery() -> None:
    """Delivery is year, then month, whatever the letters' order of years."""
    ids = ["CON.F.US.EP.H27", "CON.F.US.EP.Z26", "CON.F.US.EP.U26"]
    ordered = sorted(map(parse_contract_id, ids), key=lambda c: c.delivery)
    assert [c.name for c in ordered] == ["ESU6", "ESZ6", "ESH7"]


def test_a_product_outside_the_table_keeps_its_code() -> None:
    """An unknown code is legal in a contract id, and names itself."""
    assert parse_contract_id("CON.F.US.EMD.Z26") == ContractName("EMD", "EMD", "Z", 2026)
    assert find_product("CON.F.US.EMD.Z26") is None
    assert find_product("EMDZ6") is None
    assert find_product("EMD") is None


@pytest.mark.parametrize("text", ["", "ES", "CON.F.US.EP", "CON.F.US.EP.A26", "CON.F.US.EP.U2026"])
def test_what_is_no_contract_id_is_refused(text: str) -> None:
    """The error shows the text and the form."""
    with pytest.raises(ProjectXInstrumentError, match=r"CON\.F\.US\.<product>"):
        parse_contract_id(text)


@pytest.mark.parametrize("text", ["", "ES", "ES6", "ESA6", "ESU126"])
def test_what_is_no_contract_name_is_refused(text: str) -> None:
    """The error shows the text and the form."""
    with pytest.raises(ProjectXInstrumentError, match="such as ESU6"):
        parse_contract_name(text, date(2026, 1, 1))


def test_unknown_products_get_close_matches() -> None:
    """Lookups that fail name what is spelled alike, where there is such a thing."""
    with pytest.raises(ProjectXInstrumentError, match=r"'MNK'; did you mean .*MNQ"):
        product_for_ticker("MNK")
    with pytest.raises(ProjectXInstrumentError, match=r"code 'ENX'; did you mean .*ENQ"):
        product_for_code("ENX")
    with pytest.raises(ProjectXInstrumentError, match=r"unknown ticker '\?\?'$"):
        product_for_ticker("??")
    assert len(close_symbols("es")) <= 3
    assert close_symbols("es")[0] == "ES"


@pytest.mark.parametrize(
    ("ticker", "last", "before", "after"),
    [
        ("MES", date(2026, 3, 15), "MESH6", "MESM6"),
        ("ES", date(2023, 12, 10), "ESZ3", "ESH4"),
        ("MCL", date(2026, 8, 17), "MCLU6", "MCLV6"),
        ("GC", date(2026, 7, 26), "GCQ6", "GCZ6"),
        ("6E", date(2026, 9, 6), "6EU6", "6EZ6"),
        ("ZN", date(2025, 11, 25), "ZNZ5", "ZNH6"),
        ("MBT", date(2026, 12, 23), "MBTZ6", "MBTF7"),
        ("NG", date(2025, 12, 24), "NGF6", "NGG6"),
    ],
)
def test_rolls(ticker: str, last: date, before: str, after: str) -> None:
    """The next month is active from the day after the last one on, across years too."""
    product = product_for_ticker(ticker)
    assert active_contract(product, last).name == before
    assert active_contract(product, last + timedelta(1)).name == after


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda p: p.ticker)
def test_the_active_month_never_goes_back(product: Product) -> None:
    """Day by day over four years the active contract is the same or a later one, never thin."""
    day = date(2023, 1, 1)
    newest = active_contract(product, day).delivery
    while day < date(2027, 1, 1):
        day += timedelta(3)
        active = active_contract(product, day)
        assert active.delivery >= newest
        assert active.month in product.cycle
        assert active.month not in product.thin
        newest = active.delivery


def test_a_product_without_months_has_no_contract() -> None:
    """A table row that lists nothing is told of, not looped over for ever."""
    with pytest.raises(ProjectXInstrumentError, match="no active contract"):
        active_contract(replace(product_for_ticker("ES"), cycle=""), date(2026, 1, 1))


def test_the_grid_of_a_contract_is_that_of_its_product() -> None:
    """Of any month, listed or not; of a product that is not in the table nothing is said."""
    assert grid_of("CON.F.US.MNQ.Z19") == product_for_ticker("MNQ").grid
    assert grid_of("CON.F.US.NOPE.Z19") is None
    assert grid_of("MNQ") is None
