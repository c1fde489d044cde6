"""One open connection to a hub: pings, silence, invocations, corrupt frames."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest
from tests.realtime.peer import MNQ, TOKEN, Listener, Peer
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import VirtualLoop
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime import _connection
from project_x_py.realtime._connection import HubTiming, socket_url


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://a.b/hubs/user", "wss://a.b/hubs/user?access_token=t%2F%3D"),
        ("http://a.b:8/hubs", "ws://a.b:8/hubs?access_token=t%2F%3D"),
        ("wss://a.b/x", "wss://a.b/x?access_token=t%2F%3D"),
        ("ws://a.b/x?y=1", "ws://a.b/x?y=1&access_token=t%2F%3D"),
    ],
)
def test_the_token_is_in_the_query(url: str, expected: str) -> None:
    """Any of the four schemes gives a WebSocket URL with the token as access_token."""
    assert socket_url(url, "t/=") == expected


@pytest.mark.parametrize("url", ["", "a.b/x", "ftp://a.b"])
def test_what_is_no_hub_url_is_refused(url: str) -> None:
    """The message does not show a query."""
    with pytest.raises(ProjectXConnectionError):
        socket_url(url + "?access_token=secret", "t")


@in_virtual_time
async def test_pings_follow_time_not_traffic() -> None:
    """A ping leaves every ten seconds, with events every second and without any."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    for second in range(60):
        peer.emit("market", "GatewayQuote", MNQ, {"lastPrice": second})
        peer.hub("user").push(signalr.PING)
        await asyncio.sleep(1)
    for name in ("market", "user"):
        pings = peer.hub(name).pings
        gaps = {round(b - a, 3) for a, b in itertools.pairwise(pings)}
        assert len(pings) >= 5
        assert gaps == {10.0}
    await client.cleanup()


@in_virtual_time
async def test_a_silent_server_is_gone_after_thirty_seconds() -> None:
    """Its socket stays open, and the hub is connected anew all the same, unless asked before."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    await client.configure_health_monitoring(heartbeat_interval=600.0)
    client.add_connection_listener(listener)
    assert await client.connect()
    began = asyncio.get_running_loop().time()
    peer.silent = {"market"}
    while client.market_connected:
        await asyncio.sleep(0.5)
        peer.hub("user").push(signalr.PING)
    assert 30 <= asyncio.get_running_loop().time() - began <= 31
    await asyncio.sleep(1)
    state, hub, details = listener.changes[2]
    assert (state, hub) == ("disconnected", "market")
    assert details["reason"] == "the gateway has said nothing for 30 s"
    assert client.user_connected
    await client.cleanup()


@in_virtual_time
async def test_a_server_that_reads_nothing_is_gone() -> None:
    """A ping that cannot be sent within its interval ends the connection."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    await client.configure_health_monitoring(heartbeat_interval=600.0)
    client.add_connection_listener(listener)
    assert await client.connect()
    peer.stuck = {"user"}
    await asyncio.sleep(21)
    reasons = [d["reason"] for s, h, d in listener.changes if (s, h) == ("disconnected", "user")]
    assert reasons == ["the gateway has read nothing for 10 s"]
    peer.stuck = set()
    await client.cleanup()


@in_virtual_time
async def test_a_socket_that_fails_to_send_is_lost() -> None:
    """A ping into a broken socket ends the connection with the socket's reason."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    peer.hub("user").closed_here = True
    await asyncio.sleep(11)
    assert ("disconnected", "user") in [(s, h) for s, h, _ in listener.changes]
    assert client.user_connected
    await client.cleanup()


@in_virtual_time
async def test_a_lost_connection_ends_what_was_invoked() -> None:
    """A subscription under way is confirmed on the next connection instead."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    peer.unanswered = {"SubscribeContractTrades"}
    subscribing = asyncio.ensure_future(client.subscribe_market_data([MNQ]))
    await asyncio.sleep(1)
    assert not subscribing.done()
    peer.unanswered = set()
    peer.hub("market").cut("gone")
    assert await subscribing
    assert len(peer.calls("market")) == 3
    await client.cleanup()


@in_virtual_time
async def test_an_invocation_without_completion_times_out() -> None:
    """The call returns False within its bound, and nothing of it stays wanted."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    peer.unanswered = {"SubscribeContractTrades"}
    began = asyncio.get_running_loop().time()
    assert not await client.subscribe_market_data([MNQ])
    assert asyncio.get_running_loop().time() - began == pytest.approx(10)
    assert "SubscribeContractTrades: no completion within 10 s" in str(client.last_error)
    assert client.get_stats()["timeout_errors"] == 1
    assert client.get_stats()["subscribed_contracts"] == 0
    await client.cleanup()


@in_virtual_time
async def test_a_late_completion_is_nobodys() -> None:
    """A completion for an invocation that is no more, or never was, is ignored."""
    peer = Peer()
    peer.latency_s = 11.0
    client = peer.client()
    await client.configure_health_monitoring(heartbeat_interval=600.0)
    assert await client.connect()
    assert not await client.subscribe_market_data([MNQ])
    peer.hub("market").push(signalr.encode_completion("999"))
    await asyncio.sleep(5)
    assert client.is_connected()
    await client.cleanup()


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"nonsense\x1e", "corrupt frame: not a hub record"),
        (b'{"type":1}\x1e', "corrupt frame: a hub invocation names no target"),
        (b"x" * 40, "corrupt frame: a hub record is longer than 16 bytes"),
        (signalr.encode_close("Connection closed with an error."), "closed with an error"),
        (signalr.encode_close(), "the gateway closed the connection"),
        (signalr.encode_invocation("GatewayLogout", ["x"]), "the gateway ended the session"),
    ],
)
@in_virtual_time
async def test_a_connection_that_cannot_go_on_is_made_anew(
    frame: bytes, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Corrupt frames, closes and log-outs are stated, and the hub resynchronises."""
    peer, listener = Peer(), Listener()
    client = peer.client()
    client.add_connection_listener(listener)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    if frame.startswith(b"x"):
        splitter = signalr.RecordSplitter(16)
        monkeypatch.setattr(client._market._connection, "_splitter", splitter)
    peer.hub("market").push(frame)
    await asyncio.sleep(40)
    reasons = [d["reason"] for s, _, d in listener.changes if s == "disconnected"]
    assert len(reasons) == 1
    assert reason in reasons[0]
    assert client.is_connected()
    assert len(peer.calls("market")) == 3
    corrupt = client.get_stats()["decode_errors"].get("corrupt frame", 0)
    assert corrupt == ("corrupt" in reason)
    await client.cleanup()


@in_virtual_time
async def test_records_may_come_in_pieces_and_in_heaps() -> None:
    """Frames that cut a record, hold many, or are binary give the same events in order."""
    peer = Peer()
    client = peer.client()
    seen: list[int] = []
    await client.add_callback("quote_update", lambda event: seen.append(event["data"]["volume"]))
    assert await client.connect()
    stream = b"".join(
        signalr.encode_invocation("GatewayQuote", [MNQ, {"volume": n}]) for n in range(20)
    )
    for start in range(0, len(stream), 37):
        peer.hub("market").push(stream[start : start + 37])
    peer.hub("market").push(stream)
    await asyncio.sleep(1)
    assert seen == [*range(20), *range(20)]
    await client.cleanup()


@in_virtual_time
async def test_records_that_ride_with_the_handshake_are_events() -> None:
    """What comes in one frame with the handshake's answer is not lost."""
    peer = Peer()
    ride = signalr.encode_invocation("GatewayQuote", [MNQ, {"volume": 7}])
    peer.greeting = signalr.encode_handshake_response() + ride
    client = peer.client()
    assert await client.connect()
    await asyncio.sleep(1)
    assert client.get_stats()["events_received"] >= 1
    await client.cleanup()


@pytest.mark.parametrize(
    ("greeting", "reason"),
    [
        (b'{"error":"no json here"}\x1e', "no json here"),
        (b'{"type":6}\x1e', "before the handshake"),
        (b"what\x1e", "not a handshake response"),
        (b"", "no handshake within 10 s"),
    ],
)
@in_virtual_time
async def test_a_handshake_that_fails_is_stated(greeting: bytes, reason: str) -> None:
    """A refusal, another record, garbage and silence each end the connect with their reason."""
    peer = Peer()
    peer.greeting = greeting
    client = peer.client(timing=HubTiming(connect_s=9.0) if not greeting else None)
    assert not await client.connect()
    assert reason.replace("10 s", "9 s") in str(client.last_error)
    assert peer.sockets == []
    assert TOKEN not in str(client.last_error)
    await client.cleanup()


@in_virtual_time
async def test_a_connection_that_ends_in_the_handshake_is_stated() -> None:
    """A socket that closes before the answer gives its own reason."""
    peer = Peer()
    client = peer.client()
    loop = asyncio.get_running_loop()
    peer.greeting = b""
    loop.call_later(1, lambda: [s.cut("bye") for s in list(peer.sockets)])
    assert not await client.connect()
    assert "handshake: bye" in str(client.last_error)
    await client.cleanup()


@in_virtual_time
async def test_a_flood_leaves_room_for_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader lets the loop run after a bounded number of records, within one frame, too."""
    monkeypatch.setattr(_connection, "BATCH_RECORDS", 10)
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    loop = asyncio.get_running_loop()
    counts: list[int] = []

    def look() -> None:
        counts.append(client._router.events_received)
        if counts[-1] < 100:
            loop.call_soon(look)

    record = signalr.encode_invocation("GatewayQuote", [MNQ, {"volume": 1}])
    peer.hub("market").push(record * 50)
    for _ in range(50):
        peer.hub("market").push(record)
    look()
    await asyncio.sleep(1)
    assert counts[-1] == 100
    assert max(b - a for a, b in itertools.pairwise(counts)) <= 10
    await client.cleanup()


@in_virtual_time
async def test_other_records_are_left_alone() -> None:
    """Stream items and types to come neither raise nor end the connection."""
    peer = Peer()
    client = peer.client()
    assert await client.connect()
    for record in ({"type": 2, "invocationId": "1"}, {"type": 9}, {"type": 8, "sequenceId": 1}):
        peer.hub("user").push(_json(record))
    await asyncio.sleep(1)
    assert client.is_connected()
    assert client.get_stats()["connection_errors"] == 0
    await client.cleanup()


def _json(value: Any) -> bytes:
    import msgspec

    return msgspec.json.encode(value) + b"\x1e"


@in_virtual_time
async def test_frames_may_be_cut_at_any_byte() -> None:
    """Whole records, single bytes and every cut in between bring the same events in one order."""
    peer = Peer()
    client = peer.client()
    seen: list[int] = []
    await client.add_callback("quote_update", lambda event: seen.append(event["data"]["volume"]))
    assert await client.connect()
    records = [
        signalr.encode_invocation("GatewayQuote", [MNQ, {"volume": number, "symbol": "\u2026"}])
        for number in range(3)
    ]
    stream = b"".join(records)
    cuts = [[stream[at : at + 1] for at in range(len(stream))]]
    cuts += [[stream[:at], stream[at:]] for at in range(1, len(stream))]
    for frames in cuts:
        for frame in frames:
            peer.hub("market").push(frame)
        await asyncio.sleep(0.01)
    assert seen == [0, 1, 2] * len(cuts)
    assert client.get_stats()["decode_errors"] == {}
    await client.cleanup()


@in_virtual_time
async def test_time_in_which_this_process_stood_still_is_no_silence() -> None:
    """After a stall of the loop a server has as long to be heard as the stall has taken."""
    peer, listener = Peer(), Listener()
    client = peer.client(timing=HubTiming(silence_s=15.0))
    await client.configure_health_monitoring(heartbeat_interval=600.0)
    client.add_connection_listener(listener)
    assert await client.connect()
    loop = asyncio.get_running_loop()
    assert isinstance(loop, VirtualLoop)
    for _ in range(4):
        await asyncio.sleep(5)
        for hub in ("user", "market"):
            peer.hub(hub).push(signalr.PING)
    await asyncio.sleep(2)
    loop._set_time(loop.time() + 14.0)
    await asyncio.sleep(3)
    assert listener.states("user") == listener.states("market") == ["connected"]
    peer.hub("user").push(signalr.PING)
    await asyncio.sleep(5)
    assert client.user_connected
    assert listener.states("market")[1] == "disconnected"
    await client.cleanup()


@in_virtual_time
async def test_a_record_of_an_unknown_type_is_counted() -> None:
    """What is no part of the protocol, or was not asked for, is left out; the rest applies."""
    peer, seen = Peer(), []
    client = peer.client()
    await client.add_callback("quote_update", seen.append)
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.hub("market").push(
        b'{"type":99}\x1e{"type":2,"invocationId":"1","item":5}\x1e{"type":6}\x1e'
    )
    peer.emit("market", "GatewayQuote", MNQ, {"bestBid": 1})
    await asyncio.sleep(1)
    assert client.get_stats()["decode_errors"] == {"unknown record type": 2}
    assert len(seen) == 1
    assert client.is_connected()
    await client.cleanup()
