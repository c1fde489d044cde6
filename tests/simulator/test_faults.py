"""Faults strike as often as asked for, and where."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import msgspec
import pytest
from tests.simulator.callers import ask, login, network_of, virtual
from tests.simulator.scripted import ACCOUNT, BOOK, MNQ, ScriptedSource, house, post, records_of
from tests.virtual import in_virtual_time

from project_x_py._ports import Socket
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXConnectionError, ProjectXDataError, ProjectXError
from project_x_py.simulator import SimulatedGateway
from project_x_py.simulator import faults as kinds
from project_x_py.simulator._assembly import Assembly
from project_x_py.simulator._faults import HARMS, Faults
from project_x_py.simulator._hub import Hub, HubConnection
from project_x_py.simulator._hub_faults import Garbled, garbled
from project_x_py.simulator._late import LateLine
from project_x_py.simulator._rest import Reply, Request
from project_x_py.simulator._user_hub import Action, Stream

ACCOUNTS = "/api/Account/search"


@pytest.fixture
def parts() -> Assembly:
    """A gateway over a scripted market."""
    return house(ScriptedSource())


def greeted(hub: Hub) -> HubConnection:
    """A connection that has been greeted; the consent waits to be read."""
    connection = hub.open(lambda: None)
    connection.receive(signalr.encode_handshake())
    return connection


async def subscribed(parts: Assembly) -> HubConnection:
    """A user who hears of the account's orders and has read everything so far."""
    connection = greeted(parts.user_hub)
    connection.receive(signalr.encode_invocation("SubscribeOrders", [ACCOUNT.id]))
    assert await connection.output() == b"{}\x1e"
    return connection


def tell(parts: Assembly, *numbers: int) -> None:
    """Publish an order event for each number."""
    for number in numbers:
        parts.user_hub.publish(Stream.ORDERS, ACCOUNT.id, Action.UPSERT, b'{"id":%d}' % number)


def ids(data: bytes) -> list[int]:
    """The numbers of order events."""
    events = [msgspec.json.decode(record)["arguments"][0] for record in records_of(data)]
    return [event["data"]["id"] for event in events]


def taken(faults: Faults, path: str, *, upgrade: bool = False) -> Reply | None:
    """The refusal that a request of a path meets."""
    fault = faults.requests.take(path, upgrade=upgrade)
    return None if fault is None else fault.before


def test_a_refusal_strikes_so_often() -> None:
    """Two refusals answer two requests, the third is looked at."""
    faults = Faults()
    faults.refuse_next(503, times=2)
    struck = [taken(faults, "/api/Order/place") for _ in range(3)]
    assert [reply and reply.status for reply in struck] == [503, 503, None]


def test_a_refusal_of_one_route_waits_for_it() -> None:
    """Other routes pass meanwhile; case does not matter."""
    faults = Faults()
    faults.refuse_next(429, route="/api/Order/Place", retry_after_s=2)
    assert taken(faults, ACCOUNTS) is None
    assert taken(faults, "/api/order/place/") == Reply(429, {"Retry-After": "2"})


@pytest.mark.parametrize(
    "text", ["0", "1.5", "-1", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", "9" * 40]
)
async def test_retry_after_is_whatever_was_asked_for(parts: Assembly, text: str) -> None:
    """Seconds, dates and nonsense go out as they are; without one there is no header."""
    parts.venue.faults.apply(kinds.Refuse(status=429, retry_after=text))
    parts.venue.faults.apply(kinds.Refuse(status=429))
    assert (await post(parts, ACCOUNTS, {})).headers == {"Retry-After": text}
    assert (await post(parts, ACCOUNTS, {})).headers == {}


def test_a_refusal_of_any_route_leaves_hubs_alone() -> None:
    """A hub is refused only by name; an upgrade is not struck by what spoils answers."""
    faults = Faults()
    faults.refuse_next(500)
    assert taken(faults, "/hubs/market") is None
    faults.apply(kinds.LoseAnswer(route="/hubs/market"))
    faults.refuse_next(502, route="/hubs/market")
    assert taken(faults, "/hubs/market", upgrade=True) == Reply(502)
    assert taken(faults, "/hubs/market", upgrade=True) is None


def test_mistakes_are_named(parts: Assembly) -> None:
    """What cannot be is refused when it is asked for, and nothing is left of it."""
    faults = parts.venue.faults
    with pytest.raises(ProjectXError, match="400 to 599"):
        faults.refuse_next(200)
    with pytest.raises(ProjectXError, match="printable"):
        faults.refuse_next(503, retry_after="1\r\nx: y")
    with pytest.raises(ProjectXError, match="the hubs are 'market' and 'user'"):
        faults.mute("markets")
    wrong: list[tuple[Any, str]] = [
        (kinds.Drop(hub="markets"), "not a fault"),  # type: ignore[arg-type]
        ("drop", "not a fault"),
        (object(), "not a fault"),
        (kinds.Cut(times=0), "at least once"),
        (kinds.Cut(route="Order/place"), "a path"),
        (kinds.Answer(route="/api/Order/placed", code=1), "no codes"),
        (kinds.Answer(route="/api/Auth/logout", code=3), "1 InvalidSession, 2 UnknownError"),
        (kinds.DelayAnswers(seconds=-1.0), "seconds from 0"),
        (kinds.DelayMessages(seconds=float("inf")), "seconds from 0"),
        (kinds.DuplicateEvents(times=0), "times must be at least 1"),
        (kinds.ReorderEvents(count=0), "count must be at least 1"),
        (kinds.LargeDepth(size_bytes=0), "a depth frame has"),
        (kinds.LargeDepth(contract_id="CON.F.US.X.U26"), "has no market"),
        (kinds.JumpClock(seconds=1e12), "ten years"),
        (kinds.Halt(seconds=0.0), "above 0"),
        (kinds.Halt(seconds=1e300), "below ten years"),
        (kinds.DailyBreak(seconds=1e300), "below ten years"),
        (kinds.Mute(seconds=-1.0), "seconds from 0"),
        (kinds.Roll(contract_id="CON.F.US.MNQ.Z30"), "not an active contract"),
    ]
    for fault, message in wrong:
        with pytest.raises(ProjectXError, match=message):
            faults.apply(fault)
    assert len(faults.requests) == 0
    assert not parts.user_hub.muted


@pytest.mark.parametrize(
    "fault",
    [
        kinds.Refuse(status=200),
        kinds.Cut(times=0),
        kinds.Answer(route="/api/Auth/logout", code=3),
        kinds.DelayAnswers(seconds=-1.0),
        kinds.DelayMessages(seconds=-1.0),
        kinds.DuplicateEvents(times=0),
        kinds.GarbleEvents(times=0),
        kinds.ReorderEvents(count=0),
        kinds.Mute(seconds=-1.0),
        kinds.JumpClock(seconds=1e12),
        kinds.Halt(seconds=-1.0),
        kinds.DailyBreak(seconds=1e300),
        kinds.LargeDepth(contract_id="CON.F.US.X.U26"),
        kinds.Resume(contract_id="CON.F.US.X.U26"),
    ],
    ids=lambda fault: type(fault).__name__,
)
async def test_a_schedule_with_a_mistake_is_none(parts: Assembly, fault: kinds.Fault) -> None:
    """A value that cannot be is refused when it is scheduled, not when its time has come."""
    faults = parts.venue.faults
    with pytest.raises(ProjectXError):
        faults.schedule([(1.0, kinds.ExpireTokens()), (2.0, fault)])
    assert faults.state()["scheduled"] == 0
    assert len(faults.requests) == 0


def test_before_the_start_there_is_nothing_to_strike() -> None:
    """Hubs and market are not there yet; requests may be struck as soon as there are some."""
    faults = Faults()
    for fault in (kinds.Drop(hub="user"), kinds.JumpClock(seconds=1.0), kinds.LargeDepth()):
        with pytest.raises(ProjectXError, match=r"not running|not there"):
            faults.apply(fault)
    with pytest.raises(ProjectXError, match="while the gateway runs"):
        faults.schedule([(1.0, kinds.ExpireTokens())])
    faults.apply(kinds.Cut(route=ACCOUNTS))
    assert taken(faults, ACCOUNTS) == Reply(0, cut=True)


def test_every_fault_is_data() -> None:
    """Each kind is listed, has a name of its own, and comes back from JSON as it was."""
    every = get_args(kinds.Fault)
    assert {kind.__name__ for kind in every} == {*kinds.__all__} - {"Fault"}
    assert len({msgspec.inspect.type_info(kind).tag for kind in every}) == len(every)  # type: ignore[attr-defined]
    for harm in HARMS:
        assert msgspec.json.decode(msgspec.json.encode(harm), type=kinds.Fault) == harm


async def test_a_hub_is_woken_when_it_may_speak_again(parts: Assembly) -> None:
    """Muting one hub leaves the other; what was held comes first."""
    faults = parts.venue.faults
    user, market = greeted(parts.user_hub), greeted(parts.market_hub)
    faults.apply(kinds.Mute(hub="user"))
    assert (parts.user_hub.muted, parts.market_hub.muted) == (True, False)
    assert await market.output() == b"{}\x1e"
    waiting = asyncio.ensure_future(user.output())
    await asyncio.sleep(0)
    assert not waiting.done()
    faults.apply(kinds.Unmute())
    assert await waiting == b"{}\x1e"
    assert faults.drop_connections() == 2


def test_a_mute_may_end_by_itself() -> None:
    """A hub that is muted for three seconds speaks again after three."""

    async def run() -> float:
        parts = house(ScriptedSource())
        user = greeted(parts.user_hub)
        parts.venue.faults.apply(kinds.Mute(seconds=3))
        await user.output()
        return asyncio.get_running_loop().time()

    assert run_virtual(run()) == pytest.approx(3)


@in_virtual_time
async def test_a_half_open_socket_stays_and_carries_nothing() -> None:
    """Nothing comes, nothing is taken, nobody times it out; who redials is served."""
    parts = house(ScriptedSource())
    cuts: list[int] = []
    dead = parts.user_hub.open(lambda: cuts.append(1))
    dead.receive(signalr.encode_handshake())
    assert await dead.output() == b"{}\x1e"
    assert parts.venue.faults.apply(kinds.HalfOpen(hub="user")) == 1
    dead.receive(signalr.encode_invocation("SubscribeOrders", [ACCOUNT.id], "1"))
    tell(parts, 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(dead.output(), 600)
    assert (dead.half_open, dead.ended, cuts) == (True, False, [])
    assert (await subscribed(parts)).half_open is False
    assert parts.venue.faults.apply(kinds.HalfOpen(hub="user")) == 1
    parts.front.shut()
    assert cuts == [1]


@pytest.mark.parametrize(("error", "again"), [("Gone.", False), (None, True)])
async def test_a_close_record(parts: Assembly, error: str | None, again: bool) -> None:
    """Clients get the record, then the end; it says whether they may come back."""
    client = await subscribed(parts)
    assert parts.venue.faults.apply(kinds.Close(hub="user", error=error, allow_reconnect=again))
    (record,) = records_of(await client.output())
    told = signalr.decode_record(record)
    assert (told.type, told.error, told.allow_reconnect) == (7, error, again)
    assert await client.output() == b""


def test_delayed_messages_keep_their_order() -> None:
    """Each waits its time; a shorter delay lets nothing overtake; a close sends what waits."""

    async def run() -> list[tuple[float, list[int]]]:
        parts, now = house(ScriptedSource()), asyncio.get_running_loop().time
        client = await subscribed(parts)
        heard: list[tuple[float, list[int]]] = []
        parts.venue.faults.apply(kinds.DelayMessages(hub="user", seconds=2))
        tell(parts, 1)
        await asyncio.sleep(0.5)
        tell(parts, 2)
        parts.venue.faults.apply(kinds.DelayMessages(seconds=0))
        tell(parts, 3)
        heard += [(now(), ids(await client.output())) for _ in range(2)]
        tell(parts, 4)
        parts.venue.faults.apply(kinds.DelayMessages(seconds=9))
        tell(parts, 5)
        client.close()
        events, farewell = (await client.output()).split(b'{"type":7')
        assert farewell
        return [*heard, (now(), ids(events))]

    first, second, last = run_virtual(run())
    assert (first[1], second[1], last[1]) == ([1], [2, 3], [4, 5])
    assert last[0] == pytest.approx(2.5)


def test_a_late_line_is_forgotten_with_its_connection() -> None:
    """Nothing that waits is sent once the transport is closed."""

    async def run() -> list[bytes]:
        sent: list[bytes] = []
        line = LateLine(asyncio.get_running_loop(), sent.append)
        line.put(b"1", 1)
        line.put(b"2", 5)
        await asyncio.sleep(2)
        line.clear()
        assert not line
        await asyncio.sleep(9)
        return sent

    assert run_virtual(run()) == [b"1"]


async def test_events_twice(parts: Assembly) -> None:
    """So many events come twice, to every receiver alike; completions do not."""
    one, two = await subscribed(parts), await subscribed(parts)
    parts.venue.faults.apply(kinds.DuplicateEvents(times=2))
    tell(parts, 1, 2, 3)
    assert ids(await one.output()) == ids(await two.output()) == [1, 1, 2, 2, 3]


async def test_events_out_of_order(parts: Assembly) -> None:
    """Three events come newest first, once each; the next ones as they are."""
    client = await subscribed(parts)
    parts.venue.faults.apply(kinds.ReorderEvents(count=3))
    tell(parts, 1, 2, 3, 4)
    assert ids(await client.output()) == [3, 2, 1, 4]


def test_events_out_of_order_do_not_wait_for_ever() -> None:
    """When nothing more happens, what is held comes after a second."""

    async def run() -> list[int]:
        parts = house(ScriptedSource())
        client = await subscribed(parts)
        parts.venue.faults.apply(kinds.ReorderEvents(count=5))
        tell(parts, 1, 2)
        early = ids(await client.output())
        parts.venue.faults.apply(kinds.ReorderEvents(count=5))
        tell(parts, 3)
        parts.venue.faults.stop()
        return [*early, *ids(await client.output())]

    assert run_virtual(run()) == [2, 1, 3]


@pytest.mark.parametrize("how", get_args(Garbled))
async def test_spoilt_frames(parts: Assembly, how: Garbled) -> None:
    """One event cannot be read, or holds what it should not; the ones after it can."""
    client = await subscribed(parts)
    parts.venue.faults.apply(kinds.GarbleEvents(hub="user", how=how))
    tell(parts, 1, 2, 3)
    *_, last = records = records_of(await client.output())
    assert ids(last + b"\x1e") == [3]
    if how == "wrong_types":
        assert msgspec.json.decode(records[0])["arguments"] == [{"data": [None]}]
        return
    with pytest.raises(ProjectXDataError):
        signalr.decode_record(records[0])


def test_a_spoilt_frame_has_as_many_arguments() -> None:
    """Wrong types come in the right number, so that only a look at them tells."""
    frame = signalr.encode_invocation("GatewayQuote", [MNQ, {"symbol": "F.US.MNQ"}])
    record = signalr.decode_record(records_of(garbled(frame, "wrong_types"))[0])
    assert (record.target, len(record.arguments)) == ("GatewayQuote", 2)


@pytest.mark.parametrize("text", [None, "signed in elsewhere"])
async def test_a_logout_is_announced(parts: Assembly, text: str | None) -> None:
    """The event goes to every client, with its one argument or none; tokens stay valid."""
    client = await subscribed(parts)
    assert parts.venue.faults.apply(kinds.Logout(text=text)) == 1
    record = signalr.decode_record((await client.output()).removesuffix(signalr.RECORD_END))
    assert record.target == "GatewayLogout"
    assert [msgspec.json.decode(raw) for raw in record.arguments] == ([text] if text else [])
    assert (await post(parts, ACCOUNTS, {})).status == 200


async def test_any_text(parts: Assembly) -> None:
    """A frame goes out as it was given, to every client."""
    client = await subscribed(parts)
    logout = '{"type":1,"target":"GatewayLogout","arguments":[]}\x1e'
    assert parts.venue.faults.apply(kinds.SendFrame(hub="user", text=logout)) == 1
    assert await client.output() == logout.encode()


async def test_a_large_depth_frame(parts: Assembly) -> None:
    """A book of a megabyte comes first, the true one behind it."""
    client = greeted(parts.market_hub)
    client.receive(signalr.encode_invocation("SubscribeContractMarketDepth", [MNQ]))
    await client.output()
    assert parts.venue.faults.apply(kinds.LargeDepth(contract_id=MNQ)) == 1
    large, true = records_of(await client.output())
    assert len(large) >= 1024 * 1024 > len(true)
    rows = msgspec.json.decode(true)["arguments"][1]
    assert len(rows) == 1 + len(BOOK.bids) + len(BOOK.asks)
    prices = [row["price"] for row in msgspec.json.decode(large)["arguments"][1]]
    assert prices[: len(rows)] == [row["price"] for row in rows]
    assert len({*prices}) == len(prices)


@pytest.mark.parametrize(
    ("fault", "carried_out"), [(kinds.Cut(), False), (kinds.LoseAnswer(), True)]
)
async def test_a_connection_cut_before_or_after(
    parts: Assembly, fault: kinds.Fault, carried_out: bool
) -> None:
    """Both look alike to the client; only one of them has been acted on."""
    token = parts.venue.access.issue(parts.venue.clock.wall_ns())
    parts.venue.faults.apply(fault)
    assert await post(parts, "/api/Auth/logout", token=token) == Reply(0, cut=True)
    after = await post(parts, "/api/Auth/logout", token=token)
    assert after.status == (401 if carried_out else 200)


def test_an_answer_that_is_late() -> None:
    """The request is carried out at once, the answer comes when it was meant to."""

    async def run() -> float:
        parts = house(ScriptedSource())
        parts.venue.faults.apply(kinds.DelayAnswers(seconds=7.5, route=ACCOUNTS))
        reply = await post(parts, ACCOUNTS, {})
        assert reply.status == 200
        return asyncio.get_running_loop().time()

    assert run_virtual(run()) == pytest.approx(7.5)


@pytest.mark.parametrize(
    "how", ["html", "truncated", "malformed", "not_utf8", "empty", "null", "list", "nan"]
)
async def test_spoilt_answers(parts: Assembly, how: Any) -> None:
    """The status says success, the body is no envelope; the next answer is whole again."""
    parts.venue.faults.apply(kinds.SpoilAnswer(how=how))
    spoilt, whole = await post(parts, ACCOUNTS, {}), await post(parts, ACCOUNTS, {})
    assert (spoilt.status, whole.status) == (200, 200)
    try:
        body = msgspec.json.decode(spoilt.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    assert not isinstance(body, dict)
    assert msgspec.json.decode(whole.body)["success"] is True


async def test_tokens_expire_in_the_middle(parts: Assembly) -> None:
    """An old token is refused, an open hub connection stays, a fresh token is good."""
    client, token = await subscribed(parts), parts.venue.access.issue(parts.venue.clock.wall_ns())
    parts.venue.faults.apply(kinds.ExpireTokens())
    assert (await post(parts, ACCOUNTS, {}, token=token)).status == 401
    upgrade = Request("GET", "/hubs/user", f"access_token={token}", {}, b"")
    refused = parts.front.admit(upgrade)
    assert isinstance(refused, Reply)
    assert refused.status == 401
    tell(parts, 1)
    assert ids(await client.output()) == [1]
    assert (await post(parts, ACCOUNTS, {})).status == 200


async def test_a_roll(parts: Assembly) -> None:
    """The next month of the cycle is found and active, the old one resolves and is not."""
    assert parts.venue.faults.apply(kinds.Roll(contract_id=MNQ)) == 1
    listings = parts.venue.listings
    (found,) = [row for row in listings.search("MNQ") if row.product.ticker == "MNQ"]
    assert (found.contract_id, found.name, found.active) == ("CON.F.US.MNQ.Z26", "MNQZ6", True)
    old = listings.by_id(MNQ)
    assert old is not None
    assert old.active is False
    parts.venue.faults.apply(kinds.Roll(contract_id=found.contract_id))
    assert [row.name for row in listings.search("MNQ")] == ["MNQH7"]


def test_a_script_cannot_be_halted() -> None:
    """A source that cannot stand still is named as such."""
    with pytest.raises(ProjectXError, match="cannot stand still"):
        house(ScriptedSource()).venue.faults.apply(kinds.Halt())


async def market(gateway: SimulatedGateway, stream: str) -> Socket:
    """A subscribed connection to the market hub; what it was greeted with has been read."""
    url = f"{gateway.config.market_hub_url}?access_token={await login(gateway)}"
    socket = await network_of(gateway).connect(url, headers={}, timeout_s=5)
    await socket.send(signalr.encode_handshake())
    assert await socket.receive() == b"{}\x1e"
    await socket.send(signalr.encode_invocation(stream, [gateway.contracts[0].contract_id], "1"))
    await socket.receive()
    return socket


@in_virtual_time
async def test_cut_requests_in_process() -> None:
    """A request or an upgrade that is cut fails as a connection does."""
    async with virtual() as gateway:
        for fault in (kinds.Cut(), kinds.LoseAnswer()):
            gateway.faults.apply(fault)
            with pytest.raises(ProjectXConnectionError, match="broke off") as caught:
                await login(gateway)
            assert caught.value.sent
        gateway.faults.apply(kinds.Cut(route="/hubs/market"))
        with pytest.raises(ProjectXConnectionError, match="broke off"):
            await market(gateway, "SubscribeContractTrades")
        await market(gateway, "SubscribeContractTrades")


@in_virtual_time
async def test_a_jump_of_the_clock() -> None:
    """The exchange's time jumps, the wall's does not; the market catches up, in order."""
    async with virtual() as gateway:
        begun, wall = gateway.clock.now_ns(), gateway.clock.wall_ns()
        gateway.faults.apply(kinds.JumpClock(seconds=120))
        await asyncio.sleep(1)
        contract = gateway.contracts[0].contract_id
        shown = gateway.market.snapshot(contract).last_ns - begun
        assert 115e9 < shown <= 121e9
        assert gateway.clock.wall_ns() - wall == pytest.approx(1e9)
        gateway.faults.apply(kinds.JumpClock(seconds=-60))
        told = gateway.market.published
        await asyncio.sleep(30)
        assert gateway.market.published == told
        await asyncio.sleep(60)
        assert gateway.market.published > told


def struck(seed: int) -> tuple[list[tuple[float, kinds.Fault]], list[bytes]]:
    """What a seeded schedule did to a client that does not redial."""

    async def run() -> tuple[list[tuple[float, kinds.Fault]], list[bytes]]:
        choices = [
            kinds.GarbleEvents(hub="market", times=2),
            kinds.DuplicateEvents(hub="market"),
            kinds.Mute(seconds=1),
            kinds.DelayMessages(seconds=0.25),
        ]
        async with virtual() as gateway:
            socket = await market(gateway, "SubscribeContractTrades")
            plan = gateway.faults.schedule(seed, for_s=20, every_s=2, choices=choices)
            heard: list[bytes] = []
            try:
                async with asyncio.timeout(20):
                    while True:
                        heard.append(await socket.receive())
            except TimeoutError:
                return plan, heard

    return run_virtual(run())


def test_a_schedule_is_the_same_for_the_same_seed() -> None:
    """Faults and bytes repeat; another seed is another schedule."""
    once, again, other = struck(7), struck(7), struck(8)
    assert once == again
    assert len(once[0]) > 3
    assert once[0] != other[0]


@in_virtual_time
async def test_a_schedule_of_ones_own() -> None:
    """Each fault comes at its time; stopping forgets the rest; a wrong one schedules nothing."""
    parts = house(ScriptedSource())
    faults = parts.venue.faults
    plan = [(3.0, kinds.Unmute()), (1.0, kinds.Mute(hub="user")), (9.0, kinds.Mute())]
    assert [at_s for at_s, _ in faults.schedule(plan)] == [1.0, 3.0, 9.0]
    seen = []
    for _ in range(5):
        seen.append(parts.user_hub.muted)
        await asyncio.sleep(0.9)
    assert seen == [False, False, True, True, False]
    assert faults.state()["scheduled"] == 1
    faults.stop()
    await asyncio.sleep(9)
    assert not parts.market_hub.muted
    for wrong in ([(-1.0, kinds.Mute())], [(0.0, kinds.Mute()), (1.0, "mute")]):
        with pytest.raises(ProjectXError):
            faults.schedule(wrong)  # type: ignore[arg-type]
    with pytest.raises(ProjectXError, match="has no market"):
        faults.schedule([(1.0, kinds.Halt(contract_id="ES"))])
    with pytest.raises(ProjectXError, match="a length"):
        faults.schedule(1, every_s=0)
    assert faults.state()["scheduled"] == 0


@in_virtual_time
async def test_the_usual_harms_are_survived_by_the_gateway() -> None:
    """A minute of everything at once leaves a gateway that serves the next client."""
    async with virtual() as gateway:
        socket = await market(gateway, "SubscribeContractMarketDepth")
        plan = [(0.1 * at, harm) for at, harm in enumerate(HARMS, start=1)]
        assert len(gateway.faults.schedule(plan)) == len(HARMS)
        await asyncio.sleep(10)
        await socket.close()
        gateway.faults.stop()
        await market(gateway, "SubscribeContractQuotes")


@in_virtual_time
async def test_a_halt() -> None:
    """A halted contract tells nothing and fills nothing; it opens again with its whole book."""
    async with virtual(instruments=("MNQ", "ES")) as gateway:
        contract = gateway.contracts[0].contract_id
        socket = await market(gateway, "SubscribeContractMarketDepth")
        await asyncio.sleep(3)
        assert gateway.faults.apply(kinds.Halt(contract_id=contract, seconds=20)) == 1
        await socket.receive()
        heard = b""
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(19.5):
                while True:
                    heard += await socket.receive()
        assert heard.replace(signalr.PING, b"") == b""
        opening = msgspec.json.decode(records_of(await socket.receive())[0])
        levels = opening["arguments"][1]
        assert (levels[0]["type"], len(levels)) == (6, 21)


@in_virtual_time
async def test_a_daily_break_ends_by_itself_or_when_it_is_told_to() -> None:
    """Every contract stops, and trades again within a second of being told to."""
    async with virtual(instruments=("MNQ", "ES")) as gateway:
        await asyncio.sleep(1)
        assert gateway.faults.apply(kinds.DailyBreak()) == 2
        told = gateway.market.published
        await asyncio.sleep(1800)
        assert gateway.market.published == told
        assert gateway.faults.apply(kinds.Resume()) == 2
        await asyncio.sleep(2)
        assert gateway.market.published > told
        assert gateway.faults.apply(kinds.Resume()) == 2


@in_virtual_time
async def test_orders_meet_faults_halts_and_rolls() -> None:
    """An order whose answer is lost works; in a halt it is refused; after a roll it is gone."""
    async with virtual() as gateway:
        token, contract = await login(gateway), gateway.contracts[0].contract_id
        bid = gateway.market.snapshot(contract).bids[0][0] * 0.25

        async def place(tag: str) -> dict[str, Any]:
            order = {"accountId": 21_000_001, "contractId": contract, "customTag": tag}
            limit = {"type": 1, "side": 0, "size": 1, "limitPrice": bid - 20}
            return await ask(gateway, "Order/place", {**order, **limit}, token)

        async def working() -> list[str]:
            found = await ask(gateway, "Order/searchOpen", {"accountId": 21_000_001}, token)
            return [row["customTag"] for row in found["orders"]]

        gateway.faults.apply(kinds.LoseAnswer(route="/api/Order/place"))
        with pytest.raises(ProjectXConnectionError):
            await place("lost")
        gateway.faults.apply(kinds.Cut(route="/api/Order/place"))
        with pytest.raises(ProjectXConnectionError):
            await place("cut")
        await asyncio.sleep(1)
        assert await working() == ["lost"]
        gateway.faults.apply(kinds.Halt())
        assert (await place("halted"))["errorCode"] == 2
        gateway.faults.apply(kinds.Resume())
        await asyncio.sleep(2)
        gateway.faults.apply(kinds.Roll(contract_id=contract))
        await asyncio.sleep(1)
        assert await working() == []
        assert (await place("rolled"))["errorCode"] == 9
