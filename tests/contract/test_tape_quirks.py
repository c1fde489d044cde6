"""Contract cards: the switches of fills on a tape, both ways. A tape's time is virtual here."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest
from tests.contract.cards import Switch, play_in_process, play_switch, switch_cards
from tests.simulator.trading import BUY, LIMIT, WORKING, Trader

from project_x_py._core.time import NS, parse_ns

TAPE_NS = parse_ns("2026-09-01T14:30:00Z")
BID = 24_000.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A tape: ten bids, six more that come and go, then a print of twelve at their price."""
    moments = [TAPE_NS - NS, TAPE_NS - NS, TAPE_NS - NS // 5, TAPE_NS - NS // 10]
    rows = {"side": ["B", "A", "B", "B"], "price": [BID, BID + 0.5, BID, BID]}
    depth = {"ts": moments, "event": [0, 1, 2, 3], **rows, "size": [10, 7, 16, 10]}
    pl.DataFrame(depth).write_parquet(tmp_path / "depth.parquet")
    prints = {"ts": [TAPE_NS, TAPE_NS + NS], "event": [4, 5], "price": [BID, BID], "size": [6, 6]}
    pl.DataFrame({**prints, "aggressor": ["S", "S"]}).write_parquet(tmp_path / "trades.parquet")
    return tmp_path


async def filled_at_the_bid(trader: Trader) -> object:
    """What of a bid for twenty was filled when the tape is over."""
    order_id = await trader.order(LIMIT, BUY, 20, limitPrice=BID)
    await trader.status(order_id, WORKING)
    trader.gateway.market.resume()
    await trader.gateway.market.wait_until_over()
    return (await trader.row(order_id))["fillVolume"]


SWITCHES = [
    Switch("tape_queue", "optimistic", filled_at_the_bid, 2, 8),
    Switch("tape_fill", "through", filled_at_the_bid, 2, 0),
]


@switch_cards(SWITCHES)
def test_tape_switch(folder: Path, switch: Switch) -> None:
    """The default does one thing, the switch the other."""
    tape = {"tape": folder, "instrument": "MNQ", "tape_clock": "tape", "tape_from": 0.5}
    switch.options.update(tape, start=None, instruments=None)
    play_switch(play_in_process, switch)
