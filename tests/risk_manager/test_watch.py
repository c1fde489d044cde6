"""What is announced of limits, refusals and protective orders that fill."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.risk_manager.test_guardian import MNQ, Told, guardian, order

from project_x_py import EventType
from project_x_py._core.orders.intents import Purpose
from project_x_py.event_bus import Event, EventBus
from project_x_py.models import Order
from project_x_py.risk_manager._watch import RiskWatch, figures_of


class Knows(Told):
    """An account whose orders have purposes, by their number."""

    def purpose_of(self, order_id: int) -> Any:
        return {1: Purpose.STOP, 2: Purpose.TARGET, 3: Purpose.ENTRY}.get(order_id)


async def watched(told: Told) -> tuple[RiskWatch, EventBus, list[Event]]:
    """A watch and what it has announced."""
    bus, events = EventBus(), []

    async def keep(event: Event) -> None:
        events.append(event)

    for kind in EventType:
        if kind.value.startswith(("risk_", "stop_loss", "take_profit")):
            await bus.on(kind, keep)
    return RiskWatch(bus, told, told), bus, events


async def test_a_limit_is_warned_of_once_until_it_is_far_again() -> None:
    """At four fifths a warning, at the limit that it is reached; each day anew."""
    told = Told(day=Decimal(-799))
    judge = guardian(told, max_daily_loss_amount=1_000, max_daily_trades=5)
    watch, bus, events = await watched(told)
    watch.look(judge)
    assert watch.warnings(judge) == []
    told.day, told.trades = Decimal(-800), 4
    watch.look(judge)
    watch.look(judge)
    await asyncio.sleep(0)
    assert [(event.type, event.data["kind"]) for event in events] == [
        (EventType.RISK_LIMIT_WARNING, "max_daily_loss"),
        (EventType.RISK_LIMIT_WARNING, "max_daily_trades"),
    ]
    assert (events[0].data["figure"], events[0].data["limit"]) == (800, 1_000)
    assert len(watch.warnings(judge)) == 2
    told.now, told.day, told.trades = "2026-09-01T22:00:00Z", Decimal(0), 0
    watch.look(judge)
    told.day, told.trades = Decimal(-1_000), 5
    watch.look(judge)
    await asyncio.sleep(0)
    assert [event.type for event in events[2:]] == [EventType.RISK_LIMIT_EXCEEDED] * 2
    await bus.aclose(1)


async def test_a_refusal_is_announced_with_every_reason() -> None:
    """Figure and limit, and what it was about."""
    told = Told()
    judge = guardian(told, max_position_size=1, max_risk_per_trade_amount=10)
    watch, bus, events = await watched(told)
    watch.refused(MNQ, judge.denials(order(MNQ, 2)))
    await asyncio.sleep(0)
    assert [event.data["kind"] for event in events] == ["position_size", "max_risk_per_trade"]
    assert {(event.data["contract_id"], event.data["symbol"]) for event in events} == {(MNQ, "MNQ")}
    await bus.aclose(1)


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (1, EventType.STOP_LOSS_TRIGGERED),
        (2, EventType.TAKE_PROFIT_TRIGGERED),
        (3, None),
        (4, None),
    ],
)
async def test_what_protects_is_announced_when_it_fills(number: int, kind: object) -> None:
    """By what it was placed for, not by its type; entries and foreign orders are not."""
    told = Knows()
    watch, bus, events = await watched(told)
    filled = Order(
        number, 1, MNQ, datetime(2026, 9, 1, tzinfo=UTC).isoformat(), None, 2, 4, 1, 2,
        filledPrice=20_000.0,
    )  # fmt: skip
    await watch.on_filled(Event(EventType.ORDER_FILLED, {"order": filled}))
    await asyncio.sleep(0)
    assert [event.type for event in events] == ([] if kind is None else [kind])
    for event in events:
        assert (event.data["price"], event.data["size"], event.data["symbol"]) == (
            20_000.0,
            2,
            "MNQ",
        )
    await bus.aclose(1)


def test_figures_are_dollars_at_the_worst() -> None:
    """Ten micros without a stop are 250 dollars at the default distance."""
    told = Told(held={MNQ: 10}, profits={MNQ: Decimal(-20)})
    found = figures_of(guardian(told))
    assert (found.at_risk, found.open_profit, found.units) == (250, -20, 10)
    assert found.share == pytest.approx(250 / 150_000)
    told.worth = Decimal(0)
    assert figures_of(guardian(told)).share == 0
