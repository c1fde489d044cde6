"""From inside the handler of any event any public method may be called, and returns at once.

In the suite every method is called from handlers of some events; all pairs are ``long``.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import simulated_suite
from tests.trading_suite.calls import ENDING, UNLIMITED, Calls, coroutines

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py.event_bus import Event
    from project_x_py.trading_suite import TradingSuite

OPEN = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
OPTIONS: dict[str, Any] = {
    "timeframes": ["1min", "5min"],
    "features": ["orderbook", "risk_manager"],
    "risk_config": UNLIMITED,
    "gateway": {"start": OPEN, "balance": 1_000_000},
}
AT_MOST_S = 1.0
PROVING = {"positions.close_all_positions": 5.0}
"""Calls whose answer is a proof, of two reads some time apart."""
PACE_S = 2.0
"""Between two calls, for the sake of the request limits."""
ANSWERS = (ProjectXError, ValueError, TypeError, LookupError)
"""A refusal is an answer."""
WAITING = ("wait_for", "wait_for_idle", "wait_for_fill", "wait_for_status")
"""Methods that wait as long as they are told to, which is half a second here."""
TRADING = ("orders.", "positions.", "risk.", "chain.", "ratio.", "range.", "breakout.", "scalp.")


class Caller:
    """A handler of every event, in which the next call is made and timed."""

    def __init__(self, suite: TradingSuite, calls: Calls) -> None:
        self._suite = suite
        self._calls = calls
        self._due: tuple[EventType, str] | None = None
        self._done = asyncio.Event()
        self.slow: list[str] = []
        self.failed: list[str] = []
        self.refused: list[str] = []
        self.made = 0

    async def listen(self) -> None:
        """Handle every event."""
        for event_type in EventType:
            await self._suite.on(event_type, self._handle)

    async def call_in(self, event_type: EventType, name: str) -> None:
        """Call a method in a handler of an event."""
        self._due = (event_type, name)
        self._done.clear()
        self._suite.events.publish(event_type, {"planted": name})
        await asyncio.wait_for(self._done.wait(), 120)

    async def _handle(self, event: Event) -> None:
        if self._due is None or event.type is not self._due[0]:
            return
        if event.data != {"planted": self._due[1]}:
            return
        (event_type, name), self._due = self._due, None
        try:
            call = await self._calls.coroutine(name)
            self.made += 1
            async with asyncio.timeout(PROVING.get(name, AT_MOST_S)):
                await call
        except TimeoutError:
            if name.partition(".")[2] not in WAITING:
                self.slow.append(f"{name} in {event_type.value}")
        except ANSWERS as exc:
            self.refused.append(f"{name}: {exc}")
        except Exception as exc:
            self.failed.append(f"{name} in {event_type.value}: {exc!r}")
        finally:
            self._done.set()


async def all_pairs(pairs: Sequence[tuple[EventType, str]]) -> Caller:
    """Make each call in a handler of its event, in one suite, which is alive afterwards."""
    async with simulated_suite("MHG", **OPTIONS) as (gateway, suite):
        await asyncio.sleep(5)
        price = await suite.data.get_current_price()
        assert price is not None
        caller = Caller(suite, Calls(suite, price))
        await caller.listen()
        for at, (event_type, name) in enumerate(pairs):
            await caller.call_in(event_type, name)
            await asyncio.sleep(PACE_S)
            if name == "suite.off":  # which took the handlers away
                await caller.listen()
            if name.startswith("trade.") or (name.startswith(TRADING) and at % 10 == 0):
                assert (await suite.flatten()).proved
        assert (await suite.flatten()).proved
        assert suite.realtime.is_connected()
        assert gateway.connections == {"user": 1, "market": 1}
    assert asyncio.all_tasks() == {asyncio.current_task()}
    return caller


async def all_names() -> list[str]:
    """Name every public coroutine that leaves its part alive."""
    async with simulated_suite("MHG", auto_connect=False, **OPTIONS) as (_, suite):
        return [name for name in coroutines(suite) if name not in ENDING]


def judge(caller: Caller, pairs: int) -> None:
    """Nothing was slow, nothing failed, and every call was made."""
    assert not caller.slow
    assert not caller.failed
    assert caller.made == pairs
    assert len(caller.refused) < pairs / 10, caller.refused


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_methods_return_from_handlers() -> None:
    """Each public coroutine is called in the handler of another event."""
    names = run_virtual(all_names())
    events = list(EventType)
    pairs = [(events[at % len(events)], name) for at, name in enumerate(names)]
    judge(run_virtual(all_pairs(pairs)), len(pairs))


def test_a_handler_that_sleeps_or_raises_delays_nobody(caplog: pytest.LogCaptureFixture) -> None:
    """Beside one that sleeps a minute and one that raises, a third has each event at its moment."""
    caplog.set_level(logging.CRITICAL, "project_x_py.event_bus")

    async def run() -> None:
        async with simulated_suite("MHG", **OPTIONS) as (_, suite):
            clock = suite.client.clock
            seen: list[EventType | str] = []
            late: list[float] = []
            errors: list[str] = []
            kinds = (EventType.TRADE_TICK, EventType.QUOTE_UPDATE, EventType.ORDER_FILLED)

            async def sleep(event: Event) -> None:
                await asyncio.sleep(60)

            async def fail(event: Event) -> None:
                raise RuntimeError("a fault of a test")

            async def note(event: Event) -> None:
                seen.append(event.type)
                if event.type is EventType.TRADE_TICK:
                    late.append(clock.now_ns() / 1e9 - event.data["timestamp"].timestamp())

            async def hear(event: Event) -> None:
                errors.append(event.data["handler"])

            for kind in kinds:
                for handler in (sleep, fail, note):
                    await suite.on(kind, handler)
            await suite.on(EventType.ERROR, hear)
            await asyncio.sleep(5)
            async with asyncio.timeout(AT_MOST_S):
                answer = await suite.orders.place_market_order("MHG", 0, 1)
                await suite.orders.get_order_by_id(answer.orderId)
                await suite.data.get_data("1min")
            await asyncio.sleep(1)
            assert set(seen) == set(kinds)
            assert len(late) > 5
            assert max(late) < 0.05
            assert len(errors) == len(seen)
            assert (await suite.flatten()).proved

    run_virtual(run())


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("event_type", list(EventType))
def test_every_method_returns_from_every_handler(event_type: EventType) -> None:
    """The whole matrix."""
    pairs = [(event_type, name) for name in run_virtual(all_names())]
    judge(run_virtual(all_pairs(pairs)), len(pairs))
