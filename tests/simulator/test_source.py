"""What every market source promises the gateway."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from project_x_py._core.records import MarketRecord, Trade
from project_x_py._core.time import NS, from_datetime
from project_x_py.simulator._source import MarketSource
from project_x_py.simulator._synthetic import SyntheticSource

START_NS = from_datetime(datetime(2026, 9, 1, 14, 30, tzinfo=UTC), UTC)
MINUTE_NS = 60 * NS


@pytest.fixture
def source() -> MarketSource:
    """Two instruments in regular hours."""
    return SyntheticSource(("MNQ", "ES"), seed=1, start_ns=START_NS)


def run(source: MarketSource, until_ns: int) -> list[MarketRecord]:
    """All records up to a time, asked for whenever the next is due."""
    records: list[MarketRecord] = []
    while (due := source.next_ns()) is not None and due <= until_ns:
        records += source.advance(due)
    return records


def test_times_never_decrease(source: MarketSource) -> None:
    """Records come in order, none before the start or after what was asked for."""
    until_ns = START_NS + 30 * NS
    times = [record.recv_ns for record in run(source, until_ns)]
    assert times == sorted(times)
    assert START_NS <= times[0] <= times[-1] <= until_ns
    assert source.advance(until_ns) == []


def test_names_are_those_of_the_gateway(source: MarketSource) -> None:
    """Ids, names and roots fit together, and each contract has a market and a past."""
    for contract in source.contracts:
        code, month = contract.contract_id.split(".")[3:]
        assert contract.symbol_id == f"F.US.{code}" == contract.product.symbol_id
        assert contract.name == f"{contract.product.ticker}{month[0]}{month[-1]}"
        assert contract.grid == contract.product.grid
        assert source.snapshot(contract.contract_id).last_ns <= START_NS
    with pytest.raises(KeyError):
        source.snapshot("CON.F.US.XYZ.U26")
    with pytest.raises(KeyError):
        source.history("CON.F.US.XYZ.U26")


def test_nothing_is_told_before_its_time(source: MarketSource) -> None:
    """Snapshot and history hold what was handed out, and nothing later."""
    now_ns = START_NS + 90 * NS
    contract_id = source.contracts[0].contract_id
    records = run(source, now_ns)
    trades = [r for r in records if isinstance(r, Trade) and r.contract_id == contract_id]
    snapshot = source.snapshot(contract_id)
    assert snapshot.last == trades[-1].price
    assert snapshot.last_ns <= now_ns
    bars = source.history(contract_id).bars(2, 1, START_NS, now_ns, 10, True, now_ns)
    assert [bar.start_ns for bar in bars] == [START_NS + MINUTE_NS, START_NS]
    assert bars[0].close == trades[-1].price
    assert sum(bar.volume for bar in bars) == sum(trade.size for trade in trades)
    closed = source.history(contract_id).bars(2, 1, START_NS, now_ns, 10, False, now_ns)
    assert closed == bars[1:]
