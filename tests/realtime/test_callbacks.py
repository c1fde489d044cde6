"""What a user registered for raw events: forms, order, isolation, bounds."""

from __future__ import annotations

import asyncio
import functools
import threading
from typing import Any

import pytest
from tests.realtime.peer import MES, MNQ, Peer
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXError
from project_x_py.realtime import ProjectXRealtimeClient, _callbacks


async def connected(peer: Peer) -> ProjectXRealtimeClient:
    client = peer.client()
    assert await client.connect()
    return client


def quote(peer: Peer, number: int, contract_id: str = MNQ) -> None:
    peer.emit("market", "GatewayQuote", contract_id, {"volume": number})


class Caller:
    """Every form of a callback, each keeping what it saw."""

    def __init__(self) -> None:
        self.seen: dict[str, list[int]] = {}

    def keep(self, form: str, event: dict[str, Any]) -> None:
        self.seen.setdefault(form, []).append(event["data"]["volume"])

    async def keep_later(self, form: str, event: dict[str, Any]) -> None:
        await asyncio.sleep(0.01)
        self.keep(form, event)

    def method(self, event: dict[str, Any]) -> None:
        self.keep("method", event)

    async def async_method(self, event: dict[str, Any]) -> None:
        await self.keep_later("async_method", event)

    async def __call__(self, event: dict[str, Any]) -> None:
        await self.keep_later("object", event)


@pytest.mark.checklist(40, 41)
@in_virtual_time
async def test_any_callable_is_a_callback() -> None:
    """Functions, methods, partials, objects and lambdas, sync and async, get every event."""
    peer, caller = Peer(), Caller()
    client = await connected(peer)

    def function(event: dict[str, Any]) -> None:
        caller.keep("function", event)

    async def async_function(event: dict[str, Any]) -> None:
        await caller.keep_later("async_function", event)

    forms: list[Any] = [
        function,
        async_function,
        caller.method,
        caller.async_method,
        caller,
        functools.partial(caller.keep, "partial"),
        functools.partial(caller.keep_later, "async_partial"),
        lambda event: caller.keep("lambda", event),
        lambda event: caller.keep_later("async_lambda", event),
    ]
    for form in forms:
        await client.add_callback("quote_update", form)
    for number in range(20):
        quote(peer, number)
    await asyncio.sleep(1)
    assert len(caller.seen) == len(forms)
    assert all(seen == list(range(20)) for seen in caller.seen.values())
    await client.cleanup()


@pytest.mark.checklist(42, 44)
@in_virtual_time
async def test_a_failure_stays_its_own(caplog: pytest.LogCaptureFixture) -> None:
    """A callback that raises, or is slow, changes nothing for others nor for its later events."""
    peer = Peer()
    client = await connected(peer)
    good: list[int] = []
    bad: list[int] = []

    def fails(event: dict[str, Any]) -> None:
        bad.append(event["data"]["volume"])
        raise ValueError("mine")

    async def fails_later(event: dict[str, Any]) -> None:
        await asyncio.sleep(0)
        raise KeyError("mine, too")

    async def awaits_what_was_cancelled(event: dict[str, Any]) -> None:
        never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        never.cancel()
        await never

    async def slow(event: dict[str, Any]) -> None:
        await asyncio.sleep(100)

    for callback in (fails, fails_later, awaits_what_was_cancelled, slow):
        await client.add_callback("quote_update", callback)
    await client.add_callback("quote_update", lambda event: good.append(event["data"]["volume"]))
    for number in range(5):
        quote(peer, number)
    await asyncio.sleep(1)
    assert good == bad == [0, 1, 2, 3, 4]
    assert client.get_stats()["callback_errors"] == 15
    assert sum("failed" in record.message for record in caplog.records) == 15
    assert client.is_connected()
    await client.cleanup()


@in_virtual_time
async def test_a_removed_callback_is_called_no_more() -> None:
    """Not even for what waits; another registration of the kind goes on."""
    peer, caller = Peer(), Caller()
    client = await connected(peer)
    await client.add_callback("quote_update", caller.async_method)
    await client.add_callback("quote_update", caller.async_method)
    await client.add_callback("quote_update", caller.method)
    for number in range(3):
        quote(peer, number)
    await asyncio.sleep(0.005)
    await client.remove_callback("quote_update", caller.async_method)
    await client.remove_callback("quote_update", caller.async_method)
    await client.remove_callback("market_trade", caller.async_method)
    quote(peer, 3)
    await asyncio.sleep(1)
    assert caller.seen == {"async_method": [0], "method": [0, 1, 2, 3]}
    await client.remove_callback("quote_update", caller.method)
    await asyncio.sleep(1)
    assert client.get_task_stats()["completed_tasks"] == 3  # the connect is one
    await client.cleanup()


@in_virtual_time
async def test_a_callback_may_remove_itself() -> None:
    """Its task ends after the call that removed it."""
    peer = Peer()
    client = await connected(peer)
    seen: list[int] = []

    async def once(event: dict[str, Any]) -> None:
        seen.append(event["data"]["volume"])
        await client.remove_callback("quote_update", once)

    await client.add_callback("quote_update", once)
    for number in range(3):
        quote(peer, number)
    await asyncio.sleep(1)
    assert seen == [0]
    await client.cleanup()


@in_virtual_time
async def test_a_callback_too_far_behind_is_taken_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Beyond the bound it is detached with an error in the log and a count; others go on."""
    monkeypatch.setattr(_callbacks, "MAX_WAITING", 10)
    peer = Peer()
    client = await connected(peer)
    good: list[int] = []

    async def never_ends(event: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    await client.add_callback("quote_update", never_ends)
    await client.add_callback("quote_update", lambda e: good.append(e["data"]["volume"]))
    for number in range(30):
        quote(peer, number)
        await asyncio.sleep(0.01)
    assert client.get_stats()["callbacks_detached"] == 1
    assert good == list(range(30))
    await client.cleanup()


@pytest.mark.checklist(208)
@in_virtual_time
async def test_batching_leaves_out_only_old_quotes() -> None:
    """A callback that is behind gets the latest quote per contract; depth is never left out."""
    peer = Peer()
    client = await connected(peer)
    assert client.get_batching_stats() is None
    client.enable_batching()
    quotes: list[tuple[str, int]] = []
    depths: list[int] = []

    async def slow_quotes(event: dict[str, Any]) -> None:
        await asyncio.sleep(1)
        quotes.append((event["contract_id"], event["data"]["volume"]))

    async def slow_depth(event: dict[str, Any]) -> None:
        await asyncio.sleep(0.1)
        depths.append(event["data"][0]["volume"])

    await client.add_callback("quote_update", slow_quotes)
    await client.add_callback("market_depth", slow_depth)
    for number in range(10):
        quote(peer, number)
        quote(peer, 100 + number, MES)
        peer.emit("market", "GatewayDepth", MNQ, [{"volume": number}])
        await asyncio.sleep(0)
    await asyncio.sleep(10)
    assert quotes[-2:] == [(MNQ, 9), (MES, 109)]
    assert len(quotes) < 20
    assert depths == list(range(10))
    stats = client.get_batching_stats()
    assert stats is not None
    assert stats["quote_update"]["coalesced"] == 20 - len(quotes)
    assert stats["market_depth"] == {
        "callbacks": 1,
        "waiting": 0,
        "delivered": 10,
        "coalesced": 0,
        "errors": 0,
    }
    client.disable_batching()
    await client.stop_batching()
    before = len(quotes)
    for number in range(10):
        quote(peer, number)
    await asyncio.sleep(20)
    assert len(quotes) - before == 10
    await client.cleanup()


@pytest.mark.parametrize(
    ("kind", "callback", "message"),
    [
        ("quote_updates", print, "did you mean 'quote_update'"),
        ("nothing", print, "only account_update"),
        ("quote_update", "print", "a callback is a callable"),
    ],
)
@in_virtual_time
async def test_a_wrong_registration_is_refused(kind: str, callback: Any, message: str) -> None:
    """Unknown names, with the closest one, and what cannot be called raise ValueError."""
    client = Peer().client()
    with pytest.raises(ValueError, match=message):
        await client.add_callback(kind, callback)


@in_virtual_time
async def test_a_sync_flood_leaves_room_for_others() -> None:
    """A callback that never waits lets the loop run after a slice of events."""
    peer = Peer()
    client = await connected(peer)
    seen: list[int] = []
    await client.add_callback("quote_update", lambda event: seen.append(1))
    (line,) = client._router.lines()
    for _ in range(1000):
        line.put({"contract_id": MNQ, "data": {}})
    turns: list[int] = []
    for _ in range(6):
        await asyncio.sleep(0)
        turns.append(len(seen))
    assert max(b - a for a, b in zip([0, *turns], turns, strict=False)) <= 256
    assert seen == [1] * 1000
    await client.cleanup()


@pytest.mark.checklist(201)
@in_virtual_time
async def test_a_callback_that_keeps_failing_is_left_alone_for_a_while() -> None:
    """Its events wait in order and none is lost; the hub and every other callback go on."""
    peer = Peer()
    client = peer.client()
    seen: list[int] = []
    good: list[int] = []
    broken = True

    def callback(event: dict[str, Any]) -> None:
        if broken:
            raise KeyError("a defect")
        seen.append(event["data"]["volume"])

    await client.add_callback("quote_update", callback)
    await client.add_callback("quote_update", lambda event: good.append(event["data"]["volume"]))
    assert await client.connect()
    for number in range(1000):
        peer.emit("market", "GatewayQuote", MNQ, {"volume": number})
    await asyncio.sleep(5)
    assert good == list(range(1000))
    failures = client.get_stats()["callback_errors"]
    assert 10 < failures < 20
    broken = False
    await asyncio.sleep(60)
    assert seen == list(range(failures, 1000))
    assert client.is_connected()
    await client.remove_callback("quote_update", callback)
    await client.cleanup()


@pytest.mark.checklist(43, 44)
async def test_events_of_other_threads_come_in_order_and_whole() -> None:
    """Two thousand events of four threads reach a callback on the loop, each in its order."""
    peer = Peer()
    client = peer.client()
    seen: list[tuple[int, int]] = []
    threads_seen: set[int] = set()
    done = asyncio.Event()

    async def callback(event: dict[str, Any]) -> None:
        threads_seen.add(threading.get_ident())
        seen.append((event["thread"], event["number"]))
        if len(seen) == 2000:
            done.set()

    def work(name: int) -> None:
        for number in range(500):
            client.deliver_from_thread("order_update", {"thread": name, "number": number})

    with pytest.raises(ProjectXError, match="once the client has been connected"):
        client.deliver_from_thread("order_update", {})
    await client.add_callback("order_update", callback)
    assert await client.connect()
    threads = [threading.Thread(target=work, args=(name,)) for name in range(4)]
    for thread in threads:
        thread.start()
    async with asyncio.timeout(30):
        await done.wait()
    for thread in threads:
        thread.join()
    assert threads_seen == {threading.get_ident()}
    for name in range(4):
        assert [number for own, number in seen if own == name] == list(range(500))
    await client.cleanup()
