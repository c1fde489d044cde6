"""Alerts fire once, at the price that reaches them."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest
from tests.position_manager.accounts import following
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.position_manager._alerts import Alert, AlertBook

MNQ = "CON.F.US.MNQ.U26"


class Listener:
    """Keeps what fires."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Decimal, Decimal]] = []

    def __call__(self, alert: Alert, kind: str, profit: Decimal, limit: Decimal) -> None:
        assert alert.triggered
        self.told.append((kind, profit, limit))


@pytest.mark.parametrize(
    ("limits", "profit", "kind"),
    [
        ((-100, None, None), -100, "max_loss"),
        ((None, 50, None), 50, "max_gain"),
        ((None, None, 30), -30, "pnl_threshold"),
        ((None, None, 30), 30, "pnl_threshold"),
    ],
)
def test_each_condition_fires_once(
    limits: tuple[float | None, ...], profit: int, kind: str
) -> None:
    """At the limit, not before it, and not again until it is set anew."""
    listener = Listener()
    book = AlertBook(listener)
    book.set(MNQ, *limits, now_ns=0)
    book.check(MNQ, lambda: Decimal(profit) * Decimal("0.9"))
    assert (listener.told, book.armed(MNQ), len(book)) == ([], True, 1)
    for _ in range(2):
        book.check(MNQ, lambda: Decimal(profit))
    assert [told[:2] for told in listener.told] == [(kind, profit)]
    assert (book.armed(MNQ), len(book)) == (False, 0)
    book.set(MNQ, *limits, now_ns=1)
    book.check(MNQ, lambda: Decimal(profit))
    assert len(listener.told) == 2
    assert book.remove(MNQ)
    assert not book.remove(MNQ)
    book.check(MNQ, lambda: Decimal(profit))
    assert len(listener.told) == 2


@pytest.mark.parametrize(
    "limits",
    [(None, None, None), (100, None, None), (None, -1, None), (None, None, float("nan"))],
)
def test_limits_that_cannot_be_are_refused(limits: tuple[float | None, ...]) -> None:
    """A loss is below zero, a gain is not, and something has to be watched."""
    with pytest.raises(ProjectXError):
        AlertBook(Listener()).set(MNQ, *limits, now_ns=0)


@in_virtual_time
async def test_prices_drive_them_and_the_event_has_its_keys() -> None:
    """A position that does not change fires when the market reaches the limit, once."""
    async with following(held=2) as (_, account):
        await account.positions.add_position_alert("MNQ", pnl_threshold=2)
        await asyncio.sleep(60)
        (data,) = account.of(EventType.RISK_LIMIT_WARNING)
        assert set(data) == {
            "kind", "message", "contract_id", "symbol", "figure", "limit", "position", "alert",
            "timestamp",
        }  # fmt: skip
        assert abs(data["figure"]) >= 2
        assert (data["kind"], data["alert"]["triggered"]) == ("pnl_threshold", True)
        await account.positions.remove_position_alert("MNQ")


@in_virtual_time
async def test_news_of_open_positions_come_at_the_interval() -> None:
    """Every ten seconds while started, none after it is stopped."""
    async with following(held=1) as (_, account):
        with pytest.raises(ProjectXError, match="refresh_interval"):
            await account.positions.start_monitoring(0)
        await account.positions.start_monitoring(10)
        await account.positions.start_monitoring(10)
        await asyncio.sleep(35)
        await account.positions.stop_monitoring()
        await asyncio.sleep(35)
        news = account.of(EventType.POSITION_PNL_UPDATE)
        assert len(news) == 3
        assert all(data["unrealized_pnl"] is not None for data in news)
        assert {data["netPos"] for data in news} == {1}
