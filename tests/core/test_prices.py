"""Last prices, and who hears of them."""

from __future__ import annotations

from typing import Any

from project_x_py._core.prices import PriceBoard
from project_x_py._core.records import Depth, Quote, Trade

MNQ = "CON.F.US.MNQ.U26"
NS = 1_000_000_000


def trade(price: int, exch_ns: int) -> Trade:
    values: dict[str, Any] = {
        "contract_id": MNQ, "price": price, "size": 1, "aggressor": 0,
        "exch_ns": exch_ns, "recv_ns": exch_ns,
    }  # fmt: skip
    return Trade(**{name: values[name] for name in Trade.__struct_fields__ if name in values})


def quote(last: int | None, exch_ns: int) -> Quote:
    values: dict[str, Any] = {"contract_id": MNQ, "last": last, "exch_ns": exch_ns}
    for name in Quote.__struct_fields__:
        values.setdefault(name, 0)
    return Quote(**{name: values[name] for name in Quote.__struct_fields__})


def test_the_last_trade_is_known_with_its_age() -> None:
    """The age counts from the trade's own time and is never below zero."""
    now = [10 * NS]
    board = PriceBoard(lambda: now[0])
    assert board.last_price(MNQ) is None
    board.on_trades([trade(5, 8 * NS), trade(6, 9 * NS)])
    assert board.last_price(MNQ) == (6, 1.0)
    now[0] = 8 * NS
    assert board.last_price(MNQ) == (6, 0.0)


def test_a_quote_stands_in_until_a_trade_is_known() -> None:
    """Its last price counts before the first trade and not after it; depth tells of none."""
    board = PriceBoard(lambda: 10 * NS)
    board.on_quote(quote(None, 1 * NS))
    assert board.last_price(MNQ) is None
    board.on_quote(quote(4, 9 * NS))
    assert board.last_price(MNQ) == (4, 1.0)
    board.on_trades([trade(5, 10 * NS)])
    board.on_quote(quote(4, 10 * NS))
    assert board.last_price(MNQ) == (5, 0.0)
    board.on_depth(Depth(*[()] * len(Depth.__struct_fields__)))
    assert board.last_price(MNQ) == (5, 0.0)


def test_every_trade_is_told_once_to_each_listener() -> None:
    """Adding twice is adding once; who is removed hears no more; state comes first."""
    board = PriceBoard(lambda: 10 * NS)
    told: list[tuple[int, object]] = []

    def listener(contract_id: str, price: int) -> None:
        told.append((price, board.last_price(contract_id)))

    board.add_price_listener(listener)
    board.add_price_listener(listener)
    board.on_trades([trade(5, 9 * NS), trade(6, 10 * NS)])
    assert told == [(5, (6, 0.0)), (6, (6, 0.0))]
    board.remove_price_listener(listener)
    board.remove_price_listener(listener)
    board.on_trades([trade(7, 10 * NS)])
    assert len(told) == 2
