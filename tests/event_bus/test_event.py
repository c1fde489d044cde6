"""An event: frozen, stamped twice, made anywhere."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from project_x_py import models
from project_x_py.event_bus import Event, EventType
from project_x_py.exceptions import ProjectXDataError


def test_made_outside_a_loop() -> None:
    """An event needs no running loop, and a value becomes its member."""
    event = Event("new_bar", {"a": 1})
    assert (event.type, event.data, event.source) == (EventType.NEW_BAR, {"a": 1}, None)
    assert Event("my_signal", None, "me").type == "my_signal"
    assert Event(EventType.ERROR, None, source="me").source == "me"


def test_stamps() -> None:
    """The timestamp is the loop's monotonic clock; the wall time is aware and agrees with it."""
    wall_before = time.time_ns()

    async def main() -> tuple[float, Event, float]:
        loop = asyncio.get_running_loop()
        return loop.time(), Event("error", None), loop.time()

    before, event, after = asyncio.run(main())
    assert before <= event.timestamp + 1e-6
    assert event.timestamp <= after + 1e-6
    assert event.timestamp == event.monotonic_ns / 1e9
    assert wall_before <= event.wall_ns <= time.time_ns()
    assert event.wall_time.utcoffset() is not None
    assert abs(event.wall_time.timestamp() - event.wall_ns / 1e9) < 1e-3
    assert event.wall_time.utcoffset() in {timedelta(hours=-5), timedelta(hours=-6)}


@pytest.mark.parametrize("field", ["type", "data", "source", "wall_ns", "monotonic_ns"])
def test_frozen(field: str) -> None:
    """No field of an event can be set."""
    with pytest.raises(AttributeError):
        setattr(Event("error", None), field, None)


def test_identity() -> None:
    """Two events are equal only when they are one, and may be kept in sets."""
    first, second = Event("error", {}), Event("error", {})
    assert first != second
    assert len({first, second, first}) == 2


@pytest.mark.parametrize("kind", ["trade_tick", "new_bar", "position_pnl_update", "my_signal"])
def test_no_model_where_none_is_documented(kind: str) -> None:
    """Events without a documented model have none."""
    assert Event(kind, {"contract_id": "CON.F.US.MNQ.U26"}).model() is None


AT = datetime(2026, 9, 1, 9, 30, tzinfo=UTC)
ORDER = {
    "id": 7,
    "accountId": 1,
    "contractId": "CON.F.US.MNQ.U26",
    "status": 2,
    "fillVolume": 3,
    "creationTimestamp": "2026-09-01T14:00:00Z",
    "updateTimestamp": "2026-09-01T14:30:00Z",
}


def test_order_events_give_an_order_update() -> None:
    """Every order event gives an OrderUpdateEvent of its order."""
    kinds = [kind for kind in EventType if kind.value.startswith("order_")]
    assert len(kinds) == 7
    for kind in kinds:
        model = Event(kind, {"order": ORDER, "order_id": 7, "new_status": 2}).model()
        assert isinstance(model, models.OrderUpdateEvent)
        assert (model.orderId, model.status, model.fillVolume) == (7, 2, 3)


@pytest.mark.parametrize("kind", ["position_opened", "position_updated", "position_closed"])
def test_position_events_give_a_position_update(kind: str) -> None:
    """A position event gives a PositionUpdateEvent."""
    data = {
        "id": 3,
        "contractId": "CON.F.US.MNQ.U26",
        "size": 2,
        "averagePrice": 20_000.25,
        "timestamp": AT,
    }
    model = Event(kind, data).model()
    assert isinstance(model, models.PositionUpdateEvent)
    assert (model.positionId, model.size, model.averagePrice) == (3, 2, 20_000.25)


def test_quotes_give_market_data() -> None:
    """A quote event gives a MarketDataEvent."""
    data = {
        "contract_id": "CON.F.US.MNQ.U26",
        "bid": 1.0,
        "ask": 1.25,
        "last": 1.0,
        "volume": 5,
        "timestamp": AT,
    }
    model = Event(EventType.QUOTE_UPDATE, data).model()
    assert isinstance(model, models.MarketDataEvent)
    assert (model.lastPrice, model.bid, model.ask, model.volume) == (1.0, 1.0, 1.25, 5)


def test_data_without_the_facts_has_no_model() -> None:
    """Data that lacks what the model documents is an error that names it."""
    with pytest.raises(ProjectXDataError, match="contractId"):
        Event(EventType.QUOTE_UPDATE, {"bid": 1.0}).model()
