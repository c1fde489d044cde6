"""Prices and hours of one contract."""

from __future__ import annotations

import pytest
from tests.exchange_strategies import CONTRACT, NOON, PRODUCT

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.markets import ContractMarket, TradedContract
from project_x_py._core.exchange.quirks import ExchangeQuirks
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py._core.records import Aggressor, Depth, MarketRecord, Quote, Trade


def market(**quirks: object) -> ContractMarket:
    return ContractMarket(
        TradedContract(CONTRACT, PRODUCT, TapeVenue()),
        ExchangeQuirks(**quirks),  # type: ignore[arg-type]
    )


def trade(price: int, size: int = 1) -> Trade:
    return Trade(CONTRACT, price, size, Aggressor.BUY, NOON, NOON)


def quote(**prices: int) -> Quote:
    return Quote(contract_id=CONTRACT, exch_ns=NOON, recv_ns=NOON, **prices)


@pytest.mark.parametrize(
    ("record", "last", "looked_at"),
    [
        (trade(7), 7, True),
        (trade(7, 0), None, False),
        (quote(last=8), 8, True),
        (quote(bid=8), None, False),
        (Depth(CONTRACT, (), NOON), None, False),
    ],
)
def test_only_trades_and_last_prices_move_stops(
    record: MarketRecord, last: int | None, looked_at: bool
) -> None:
    """Quotes and depth do not, unless quotes trigger; a print without size never does."""
    contract = market()
    assert contract.note(record) is looked_at
    assert (contract.last, contract.reference(BUY)) == (last, last)
    by_quotes = market(trigger_by="quote")
    assert by_quotes.note(record) is not (record == trade(7, 0))


def test_quotes_trigger_from_the_other_side() -> None:
    """A buy stop looks at the ask, a sell stop at the bid, at the last trade without them."""
    contract = market(trigger_by="quote")
    assert contract.reference(BUY) is None
    assert not contract.has_price
    contract.note(trade(7))
    assert (contract.reference(BUY), contract.reference(SELL)) == (7, 7)
    assert list(contract.venue.observe(quote(bid=5, ask=9), True)) == []
    assert (contract.reference(BUY), contract.reference(SELL)) == (9, 5)
    assert contract.has_price


def test_a_halt_ends_by_itself_or_by_hand() -> None:
    """Tradable again when the halt's time has come, or when it is lifted."""
    contract = market()
    assert contract.is_tradable(NOON)
    contract.halted_until_ns = NOON + 5
    assert not contract.is_tradable(NOON + 4)
    assert contract.is_tradable(NOON + 5)
