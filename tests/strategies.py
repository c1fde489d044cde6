"""Generated data for property tests: one home for all of it."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import strategies as st

from project_x_py._core.grid import TickGrid
from project_x_py._core.products import PRODUCTS, ContractName, Product
from project_x_py._core.records import Aggressor, OrderUpdate, Trade, TradeUpdate

__all__ = [
    "TICK_SIZES",
    "Print",
    "aggressors",
    "contracts",
    "grids",
    "instants",
    "level_updates",
    "off_grid_parts",
    "order_facts",
    "order_fills",
    "prints",
    "products",
    "sizes",
    "tick_counts",
    "trades",
]

NS = 1_000_000_000
FIRST_NS = 1_356_998_400 * NS
"""2013-01-01, where the holiday table begins."""
LAST_NS = 1_830_297_600 * NS
"""2028-01-01."""

TICK_SIZES = tuple(sorted({p.tick_size for p in PRODUCTS} | {Decimal(1) / 256, Decimal(1) / 64}))
"""Every tick size of the gateway's table, and the bond fractions."""

Print = tuple[int, int, int, int]
"""Price in ticks, size, aggressor, exchange time: what a bar builder is fed."""

instants = st.integers(FIRST_NS, LAST_NS)
"""Nanoseconds since 1970 UTC within the years the calendar knows."""

tick_counts = st.integers(-10_000_000, 10_000_000)
sizes = st.integers(0, 5_000)
aggressors = st.sampled_from(Aggressor)
products: st.SearchStrategy[Product] = st.sampled_from(PRODUCTS)
off_grid_parts = st.fractions(0, 1).filter(lambda part: 0 < part < 1)
"""How far between two ticks a price is."""


@st.composite
def grids(draw: st.DrawFn) -> TickGrid:
    """A grid of a listed product, or of a bond fraction."""
    return TickGrid(draw(st.sampled_from(TICK_SIZES)), draw(st.sampled_from((1, 5, 12.5, 31.25))))


@st.composite
def contracts(draw: st.DrawFn) -> ContractName:
    """An expiry of a listed product, 2013 to 2034."""
    product = draw(products)
    month = draw(st.sampled_from(product.cycle))
    return ContractName(product.code, product.ticker, month, draw(st.integers(2013, 2034)))


@st.composite
def prints(
    draw: st.DrawFn, *, max_size: int = 60, span_s: int = 1_800, distinct: bool = False
) -> list[Print]:
    """Prints of one contract within ``span_s`` seconds, in exchange order.

    Times fall on a grid of 250 ms, so that some are equal unless ``distinct``, and some lie on the
    boundary of a bar.
    """
    start = draw(instants)
    start -= start % (3_600 * NS)
    steps = st.integers(0, span_s * 4 - 1)
    at = sorted(draw(st.lists(steps, min_size=1, max_size=max_size, unique=distinct)))
    base = draw(st.integers(-500, 20_000))
    return [
        (
            base + draw(st.integers(-8, 8)),
            draw(st.integers(0, 50)),
            int(draw(aggressors)),
            start + step * NS // 4,
        )
        for step in at
    ]


@st.composite
def trades(draw: st.DrawFn, contract_id: str = "CON.F.US.EP.Z26") -> list[Trade]:
    """The same prints as records of one contract, received 40 ms after they happened."""
    return [
        Trade(contract_id, price, size, Aggressor(side), ns, ns + 40_000_000)
        for price, size, side, ns in draw(prints())
    ]


level_updates = st.lists(
    st.tuples(st.integers(0, 1), st.integers(-12, 12), st.integers(0, 4), st.integers(1, 10**6)),
    max_size=80,
)
"""Side, price in ticks, size (0 removes) and time of depth updates; they meet often, and cross."""


@st.composite
def order_facts(draw: st.DrawFn) -> OrderUpdate:
    """A fact about order 7 of account 1; what never changes of an order is the same in all."""
    return OrderUpdate(
        id=7,
        account_id=1,
        contract_id="CON.F.US.EP.U26",
        status=draw(st.integers(0, 9)),
        type=1,
        side=0,
        size=draw(st.integers(1, 5)),
        filled=draw(st.integers(0, 5)),
        limit=draw(st.none() | st.integers(1, 9)),
        stop=draw(st.none() | st.integers(1, 9)),
        average_fill=draw(st.none() | st.just(5.25)),
        custom_tag=draw(st.none() | st.just("run-1")),
        parent_id=draw(st.none() | st.just(6)),
        linked_id=draw(st.none() | st.just(8)),
        created_ns=draw(st.none() | st.integers(1, 3)),
        updated_ns=draw(st.none() | st.integers(1, 9)),
        recv_ns=draw(st.integers(1, 9)),
    )


@st.composite
def order_fills(draw: st.DrawFn) -> TradeUpdate:
    """A fill of order 7 of account 1."""
    return TradeUpdate(
        id=draw(st.integers(1, 6)),
        account_id=1,
        contract_id="CON.F.US.EP.U26",
        order_id=7,
        price=draw(st.integers(1, 9)),
        size=draw(st.integers(1, 3)),
        side=0,
        voided=draw(st.booleans()),
        exch_ns=1,
        recv_ns=1,
    )
