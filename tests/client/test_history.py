"""Bars by symbol, across contract months."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pytest
from tests.client.gateways import Answer, Parts, envelope, with_client, with_parts

from project_x_py._core.time import format_iso, parse_ns
from project_x_py.client import BarHistory, ProjectX
from project_x_py.client._history import BarReader
from project_x_py.exceptions import ProjectXDataError, ProjectXServerError
from project_x_py.simulator import SimulatedGateway, faults

CHICAGO = ZoneInfo("America/Chicago")
HOUR_NS = 3_600_000_000_000


@pytest.mark.parametrize("unit", [1, 2, 3, 4, 5, 6])
def test_every_unit_comes_ascending_and_aware(unit: int) -> None:
    """Seconds to months: ascending, no bar twice, in the configured zone, the newest forming."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        await asyncio.sleep(20)
        days = {1: 0.02, 2: 1, 3: 10, 4: 40, 5: 100, 6: 200}[unit]
        history = await client.get_bar_history("MNQ", days=days, interval=1, unit=unit)
        stamps = history.bars["timestamp"]
        assert history.bars.height > 3
        assert stamps.is_sorted()
        assert stamps.n_unique() == history.bars.height
        assert stamps.dtype == pl.Datetime("us", "America/Chicago")
        assert history.forming or unit == 1
        whole = await client.get_bar_history("MNQ", days=days, interval=1, unit=unit, partial=False)
        assert not whole.forming
        assert (whole.bars["timestamp"][-1] < stamps[-1]) is history.forming

    with_client(use, start=datetime(2026, 9, 2, 14, 30, tzinfo=UTC))


class Months:
    """A gateway that has hours of some contracts, each on a price level of its own.

    Args:
        levels: Price level by contract id; a contract that is not in it is not known.
        since: When each contract's bars begin; the newest is the active one.
    """

    def __init__(self, levels: dict[str, float], since: dict[str, datetime]) -> None:
        self.levels, self.since = levels, since
        self.asked: list[str] = []

    def answer(self, body: dict[str, Any]) -> Answer:
        """The hours of a request, newest first, as many as are asked for."""
        contract = body["contractId"]
        self.asked.append(contract)
        if contract not in self.levels:
            return envelope(1, None, bars=None)
        begins = parse_ns(self.since[contract].isoformat())
        start = max(parse_ns(body["startTime"]), begins)
        first = -(-start // HOUR_NS) * HOUR_NS
        stamps = range(first, parse_ns(body["endTime"]), HOUR_NS)[::-1][: body["limit"]]
        level = self.levels[contract]
        rows = [
            {"t": format_iso(t), "o": level, "h": level + 1, "l": level, "c": level + 1, "v": 1}
            for t in stamps
        ]
        return envelope(bars=rows)


ROW = {
    "id": "CON.F.US.EP.U26", "name": "ESU6", "description": "E-Mini S&P 500: September 2026",
    "tickSize": 0.25, "tickValue": 12.5, "activeContract": True, "symbolId": "F.US.EP",
}  # fmt: skip
NOW = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
JUNE, MARCH = "CON.F.US.EP.M26", "CON.F.US.EP.H26"
ALL = {ROW["id"]: 300.0, JUNE: 200.0, MARCH: 100.0}
LONG_AGO = dict.fromkeys(ALL, NOW - timedelta(days=400))


def _history(months: Months, *, symbol: str = "ES", unit: int = 3, **asked: Any) -> BarHistory:
    async def use(parts: Parts) -> BarHistory:
        parts.network.script("/Contract/search", envelope(contracts=[ROW]))
        parts.network.script("/Contract/searchById", envelope(contract=ROW))
        parts.network.handlers["/History/retrieveBars"] = months.answer
        reader = BarReader(parts.calls, parts.instruments, parts.clock, "America/Chicago")
        return await reader.read(
            symbol,
            **{
                "days": 180, "interval": 1, "unit": unit, "limit": None, "partial": True,
                "start_time": None, "end_time": None, "live": False, **asked,
            },
        )  # fmt: skip

    return with_parts(use)


def test_hours_span_the_rolls() -> None:
    """Half a year of hours comes from three months, joined once each, every hour once."""
    history = _history(Months(ALL, LONG_AGO))
    assert [(join.before, join.after) for join in history.joins] == [
        (MARCH, JUNE),
        (JUNE, ROW["id"]),
    ]
    stamps = history.bars["timestamp"].dt.epoch("ns").to_list()
    now_ns = parse_ns(NOW.isoformat())
    first = -(-(now_ns - 180 * 24 * HOUR_NS) // HOUR_NS) * HOUR_NS
    assert stamps == list(range(first, now_ns, HOUR_NS))
    assert [(join.last_close, join.first_open) for join in history.joins] == [
        (101.0, 200.0),
        (201.0, 300.0),
    ]
    assert history.joins[1].at == datetime(2026, 6, 14, 17, tzinfo=CHICAGO)
    assert history.forming


def test_a_limit_counts_across_months() -> None:
    """The newest bars that are asked for come, and no older month than they need is asked."""
    every = _history(Months(ALL, LONG_AGO)).bars
    for limit, joins, contracts in ((100, 0, 1), (2500, 1, 2)):
        months = Months(ALL, LONG_AGO)
        history = _history(months, limit=limit)
        assert history.bars.equals(every.tail(limit))
        assert len(history.joins) == joins
        assert len(set(months.asked)) == contracts


@pytest.mark.parametrize(
    ("symbol", "unit"), [("ESU6", 3), ("CON.F.US.EP.U26", 4), ("ES", 2), ("ES", 1)]
)
def test_a_named_month_and_minutes_stand_alone(symbol: str, unit: int) -> None:
    """Who names a month gets that month; minutes and seconds are never put together."""
    months = Months(ALL, LONG_AGO)
    assert _history(months, symbol=symbol, unit=unit).joins == ()
    assert set(months.asked) == {ROW["id"]}


def test_where_older_months_are_gone_the_next_one_stands_in(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A month that the gateway has lost is told of; the next one's own past is better than none."""
    lost = {name: level for name, level in ALL.items() if name != JUNE}
    with caplog.at_level(logging.INFO):
        history = _history(Months(lost, LONG_AGO))
    assert history.joins == ()
    assert history.bars.height == 180 * 24
    assert set(history.bars["open"]) == {300.0}
    assert "no bars of CON.F.US.EP.M26" in caplog.text


def test_a_history_that_is_short_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Where nothing older is to be had, what there is comes with a warning."""
    since = {**LONG_AGO, ROW["id"]: datetime(2026, 6, 20, tzinfo=UTC)}
    history = _history(Months({ROW["id"]: 300.0}, since))
    assert history.bars["timestamp"][0] == datetime(2026, 6, 20, tzinfo=UTC)
    assert "bars before 2026-06-14T22:00:00+00:00 are missing" in caplog.text


def test_a_failure_is_raised_and_emptiness_is_a_frame() -> None:
    """No bars at all are an empty frame of the same schema; a gateway that fails is an error."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        weekend = datetime(2026, 8, 29, 12, tzinfo=UTC)
        empty = await client.get_bars(
            "MNQ", interval=1, start_time=weekend, end_time=weekend + timedelta(hours=5)
        )
        some = await client.get_bars("MNQ", interval=1, days=1)
        assert empty.height == 0
        assert empty.schema == some.schema
        gateway.faults.apply(faults.Refuse(status=500, route="/api/History/retrieveBars", times=9))
        with pytest.raises(ProjectXServerError):
            await client.get_bars("MNQ")
        with pytest.raises(ProjectXDataError, match="UnitNumberInvalid"):
            await client.get_bars("MNQ", interval=999_999, unit=1, days=90)

    with_client(
        use,
        start=datetime(2026, 9, 1, 14, 30, tzinfo=UTC),
        config={"retry_attempts": 8, "retry_delay_seconds": 0.01},
    )
