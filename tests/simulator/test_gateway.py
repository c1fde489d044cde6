"""The gateway in process, on virtual time: one seed, one market, byte for byte."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from tests.simulator.callers import OPEN, ask, connect, login, network_of, virtual
from tests.simulator.scripted import START_NS, ScriptedSource, records_of
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor, MarketRecord, Trade
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime import endpoints
from project_x_py._runtime.clock import HOLD, ReplayClock, VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py._wire import signalr
from project_x_py.exceptions import ProjectXConnectionError, ProjectXError
from project_x_py.simulator import Quirks, SimulatedGateway
from project_x_py.simulator._floor import Floor
from project_x_py.simulator._listings import Listings
from project_x_py.simulator._pump import Market

STREAMS = ("SubscribeContractQuotes", "SubscribeContractTrades", "SubscribeContractMarketDepth")


async def listen(gateway: SimulatedGateway, seconds: float) -> bytes:
    """What a client that subscribes to everything hears within some exchange seconds."""
    socket = await connect(gateway, await login(gateway))
    for contract in gateway.contracts:
        for number, stream in enumerate(STREAMS):
            call = signalr.encode_invocation(stream, [contract.contract_id], str(number))
            await socket.send(call)
    heard: list[bytes] = []
    try:
        async with asyncio.timeout(seconds):
            while True:
                heard.append(await socket.receive())
                await socket.send(signalr.PING)
    except TimeoutError:
        await socket.close()
    return b"".join(heard)


def test_the_same_seed_gives_the_same_bytes() -> None:
    """Two runs with one seed and start are equal, tokens included; another seed is not."""

    async def run(seed: int) -> tuple[str, bytes]:
        async with virtual(seed=seed, instruments=("MNQ", "ES")) as gateway:
            return await login(gateway), await listen(gateway, 8)

    first, again, other = (run_virtual(run(seed)) for seed in (7, 7, 8))
    assert len(first[1]) > 50_000
    assert first == again
    assert first != other


@in_virtual_time
async def test_a_client_can_rebuild_the_market() -> None:
    """Book and quote put together from what one connection heard are the market's own."""
    async with virtual(seed=3) as gateway:
        heard = await listen(gateway, 30)
        book: dict[int, dict[float, int]] = {1: {}, 2: {}}
        quote: dict[str, Any] = {}
        for raw in records_of(heard):
            record = msgspec.json.decode(raw)
            if record.get("target") == "GatewayDepth":
                for row in record["arguments"][1]:
                    _apply(book, row)
            elif record.get("target") == "GatewayQuote":
                quote.update(record["arguments"][1])
        contract = gateway.contracts[0]
        snapshot = gateway.market.snapshot(contract.contract_id)
        price = contract.grid.price
        assert book[2] == {price(ticks): size for ticks, size in snapshot.bids}
        assert book[1] == {price(ticks): size for ticks, size in snapshot.asks}
        assert quote["bestBid"] == price(snapshot.bids[0][0])
        assert quote["bestAsk"] == price(snapshot.asks[0][0])
        assert snapshot.last is not None
        assert snapshot.prev_close is not None
        assert quote["lastPrice"] == price(snapshot.last)
        assert quote["volume"] == snapshot.volume
        assert quote["change"] == price(snapshot.last - snapshot.prev_close)


def _apply(book: dict[int, dict[float, int]], row: dict[str, Any]) -> None:
    side = 2 if row["type"] in (2, 4, 9) else 1
    if row["type"] == 6:
        book[1].clear()
        book[2].clear()
    elif row["volume"]:
        book[side][row["price"]] = row["volume"]
    else:
        book[side].pop(row["price"], None)


@in_virtual_time
async def test_live_bars_and_history_agree() -> None:
    """A minute put together from the prints that a client heard is the minute of the history."""
    async with virtual(seed=5) as gateway:
        heard = await listen(gateway, 121)
        contract_id = gateway.contracts[0].contract_id
        body = {
            "contractId": contract_id,
            "startTime": "2026-09-01T14:31:00Z",
            "endTime": "2026-09-01T14:32:00Z",
            "unit": 2,
            "unitNumber": 1,
            "limit": 10,
        }
        token = await login(gateway)
        [bar] = (await ask(gateway, "History/retrieveBars", body, token))["bars"]
        prints = [
            row
            for raw in records_of(heard)
            if (record := msgspec.json.decode(raw)).get("target") == "GatewayTrade"
            for row in record["arguments"][1]
            if row["timestamp"].startswith("2026-09-01T14:31:")
        ]
        prices = [row["price"] for row in prints]
        assert bar == {
            "t": "2026-09-01T14:31:00+00:00",
            "o": prices[0],
            "h": max(prices),
            "l": min(prices),
            "c": prices[-1],
            "v": sum(row["volume"] for row in prints),
        }


@in_virtual_time
async def test_clients_in_process_follow_the_exchange_clock() -> None:
    """The clock that belongs to the URLs is the gateway's, from its start on."""
    async with virtual() as gateway:
        config = gateway.config
        clock = endpoints.clock_for([config.api_url, config.user_hub_url])
        assert clock is gateway.clock
        assert clock.now_ns() == parse_ns(OPEN.isoformat())
        await asyncio.sleep(5)
        assert clock.now_ns() == parse_ns(OPEN.isoformat()) + 5 * NS


def test_virtual_time_has_a_now_of_its_own() -> None:
    """Without a start, the market begins in regular hours of a fixed day."""

    async def run() -> int:
        async with SimulatedGateway(in_process=True) as gateway:
            return gateway.clock.now_ns()

    assert run_virtual(run()) == run_virtual(run()) == parse_ns("2026-09-01T13:30:00Z")


@in_virtual_time
async def test_a_clock_handed_in_is_followed() -> None:
    """The market begins at what the clock shows; the clock is not touched."""
    clock = VirtualClock(START_NS)
    named = {"in_process": True, "instruments": ("MNQ",)}
    async with SimulatedGateway(clock=clock, **named) as gateway:
        assert gateway.clock is clock
        await asyncio.sleep(1)
        assert gateway.market.published > 0


@in_virtual_time
async def test_after_the_block_nothing_is_left() -> None:
    """Tasks are gone, the origin is forgotten, who waits is told, who asks is refused."""
    gateway = virtual()
    async with gateway:
        config, network = gateway.config, network_of(gateway)
        socket = await connect(gateway, await login(gateway))
        waiting = asyncio.ensure_future(socket.receive())
        await asyncio.sleep(1)
    assert await waiting == b'{"type":7,"allowReconnect":true}\x1e'
    with pytest.raises(ConnectionError):
        await socket.receive()
    with pytest.raises(ConnectionError):
        await socket.send(signalr.PING)
    with pytest.raises(ProjectXConnectionError, match="closed"):
        await network.request("GET", config.api_url, headers={}, body=b"", timeout_s=1)
    await network.close()
    assert asyncio.all_tasks() == {asyncio.current_task()}
    endpoints.register(config.api_url, endpoints.Endpoint(ReplayClock(0, HOLD, 1), lambda: network))
    endpoints.forget(config.api_url)
    with pytest.raises(ProjectXError, match="not running"):
        _ = gateway.config


@in_virtual_time
async def test_a_gateway_runs_once_at_a_time() -> None:
    """Entering one that runs is an error, and leaves it running."""
    async with virtual() as gateway:
        with pytest.raises(ProjectXError, match="runs already"):
            await gateway.__aenter__()
        await login(gateway)


@in_virtual_time
async def test_gateways_side_by_side_do_not_meet() -> None:
    """Each has its origin, its key and its tokens."""
    async with virtual(seed=1) as one, virtual(seed=2) as two:
        assert one.config.api_url != two.config.api_url
        assert one.credentials != two.credentials
        token = await login(one)
        url = f"{two.config.market_hub_url}?access_token={token}"
        with pytest.raises(ProjectXConnectionError) as refused:
            await network_of(two).connect(url, headers={}, timeout_s=1)
        assert (refused.value.error_code, refused.value.sent) == (401, True)
        assert token not in str(refused.value)


@in_virtual_time
async def test_faults_reach_clients() -> None:
    """A drop breaks off, a mute holds back, a refusal answers with its status."""
    async with virtual() as gateway:
        token = await login(gateway)
        socket = await connect(gateway, token)
        gateway.faults.mute("market")
        await asyncio.sleep(5)
        gateway.faults.unmute("market")
        assert gateway.faults.drop_connections() == 1
        with pytest.raises(ConnectionError):
            await socket.receive()
        gateway.faults.refuse_next(503, retry_after_s=3)
        reply = await network_of(gateway).request(
            "POST",
            f"{gateway.config.api_url}/Account/search",
            headers={},
            body=b"",
            timeout_s=1,
        )
        assert (reply.status, reply.headers["RETRY-AFTER"]) == (503, "3")


def test_a_paused_market_catches_up() -> None:
    """Nothing comes while it is paused, afterwards everything does, as if it had not been."""

    async def run(*, pause: bool) -> list[bytes]:
        async with virtual(seed=4) as gateway:
            listening = asyncio.ensure_future(listen(gateway, 12))
            await asyncio.sleep(2)
            if pause:
                before = gateway.market.published
                gateway.market.pause()
                await asyncio.sleep(5)
                assert gateway.market.published == before
                gateway.market.resume()
            heard = records_of(await listening)
            return [r for r in heard if b"GatewayQuote" in r or b"GatewayDepth" in r]

    assert run_virtual(run(pause=True)) == run_virtual(run(pause=False))


@in_virtual_time
async def test_the_account_is_as_told() -> None:
    """Balance and the name that the environment hands on are those of the account search."""
    async with virtual(balance=50_000.5) as gateway:
        token = await login(gateway)
        [row] = (await ask(gateway, "Account/search", {"onlyActiveAccounts": True}, token))[
            "accounts"
        ]
        assert row["balance"] == 50_000.5
        assert gateway.environment()["PROJECT_X_ACCOUNT_NAME"] == row["name"]
        assert gateway.credentials.account_name == row["name"]


@in_virtual_time
async def test_how_others_find_it() -> None:
    """Five keys for a program in any language; the variables for a script."""
    async with virtual(username="me", api_key="key-of-my-own") as gateway:
        config = gateway.config
        assert gateway.ready() == {
            "api_url": config.api_url,
            "user_hub_url": config.user_hub_url,
            "market_hub_url": config.market_hub_url,
            "username": "me",
            "api_key": "key-of-my-own",
        }
        assert gateway.environment() == {
            "PROJECT_X_USERNAME": "me",
            "PROJECT_X_API_KEY": "key-of-my-own",
            "PROJECT_X_ACCOUNT_NAME": gateway.credentials.account_name,
            "PROJECTX_API_URL": config.api_url,
            "PROJECTX_REALTIME_URL": config.realtime_url,
            "PROJECTX_USER_HUB_URL": config.user_hub_url,
            "PROJECTX_MARKET_HUB_URL": config.market_hub_url,
        }
        assert "key-of-my-own" not in repr(gateway.credentials)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"in_process": False}, "in_process=True"),
        ({"hold": True}, "hold and speed"),
        ({"speed": 2.0}, "hold and speed"),
        ({"instruments": ("MNO",)}, "MNQ"),
        ({"tape": "somewhere"}, "instrument="),
        ({"tape": "somewhere", "instrument": "ES"}, "leave start="),
    ],
)
@in_virtual_time
async def test_what_does_not_go_together(options: dict[str, Any], message: str) -> None:
    """The error names the way out, and nothing is left behind."""
    gateway = SimulatedGateway(
        **{"in_process": True, "start": OPEN, "instruments": ("MNQ",), **options}
    )
    with pytest.raises(ProjectXError, match=message):
        await gateway.__aenter__()
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_one_instrument_may_be_named_alone() -> None:
    """``instrument`` is the only one of a made-up market."""

    async def run() -> list[str]:
        async with virtual(instrument="ES") as gateway:
            return [contract.product.ticker for contract in gateway.contracts]

    assert run_virtual(run()) == ["ES"]


async def test_a_held_clock_runs_when_started() -> None:
    """On real time, in process: nothing happens before the start, at speed afterwards."""
    async with SimulatedGateway(
        in_process=True, start=OPEN, hold=True, speed=50, instruments=("MNQ",)
    ) as gateway:
        await asyncio.sleep(0.01)
        assert (gateway.market.published, gateway.clock.now_ns()) == (0, parse_ns(OPEN.isoformat()))
        gateway.market.start()
        async with asyncio.timeout(5):
            while not gateway.market.published:
                await asyncio.sleep(0)
        assert isinstance(gateway.clock, ReplayClock)
        variables = gateway.environment()
        assert ReplayClock.loads(variables["PROJECTX_REPLAY_CLOCK"]).speed == 50


@pytest.fixture
def script() -> list[MarketRecord]:
    """Prints at uneven times."""
    gaps = [0, 1, 1, 5, 0, 400, 3, 0, 2000, 1]
    at = START_NS
    prints: list[MarketRecord] = []
    for price, gap in enumerate(gaps):
        at += gap * 1_000_000
        prints.append(Trade("x", price, 1, Aggressor.BUY, at, at))
    return prints


def market_of(
    script: list[MarketRecord],
    clock: VirtualClock,
    show: Callable[[Sequence[MarketRecord]], None],
) -> Market:
    """A market that follows a script."""
    source, quirks = ScriptedSource(script=script), Quirks()
    listings = Listings(source.contracts, clock)
    floor = Floor(source, clock, (), listings, quirks, show=show, tell=list)
    return Market(floor, clock, lambda after_s: None)


@in_virtual_time
async def test_the_pump_is_neither_early_nor_lossy(script: list[MarketRecord]) -> None:
    """Each record goes out at its time, in order, and the end is announced."""
    clock = VirtualClock(START_NS)
    seen: list[tuple[MarketRecord, int]] = []
    market = market_of(
        script,
        clock,
        lambda records: seen.extend((record, clock.now_ns()) for record in records),
    )
    pump = asyncio.ensure_future(market.run())
    await market.wait_until_over()
    pump.cancel()
    assert [record for record, _ in seen] == script
    assert all(at == record.recv_ns for record, at in seen)
    assert market.is_over
    assert market.published == len(script)


@in_virtual_time
async def test_a_late_pump_catches_up_in_turns(script: list[MarketRecord]) -> None:
    """What was missed goes out in order, in slices, with a turn of the loop after each."""
    slices: list[list[MarketRecord]] = []
    market = market_of(
        script,
        VirtualClock(START_NS + 3600 * NS),
        lambda records: slices.append(list(records)),
    )
    pump = asyncio.ensure_future(market.run())
    await market.wait_until_over()
    pump.cancel()
    assert [record for one in slices for record in one] == script
    assert len(slices) == 3


@in_virtual_time
async def test_quirks_are_switches() -> None:
    """A gateway for an entitled user lists contracts as live."""
    async with virtual(quirks=Quirks(live_entitled=True)) as gateway:
        token = await login(gateway)
        body = {"searchText": "NQ", "live": True}
        assert (await ask(gateway, "Contract/search", body, token))["contracts"]


@in_virtual_time
async def test_a_tape_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    """The error is the SDK's own and names the folder."""
    gateway = SimulatedGateway(
        in_process=True, tape=tmp_path / "none", instrument="ES", tape_clock="tape"
    )
    with pytest.raises(ProjectXError, match="none"):
        await gateway.__aenter__()


def test_a_tape_plays_to_its_end(tmp_path: Path) -> None:
    """At its own times, from so many seconds before its first trade; the end is announced."""
    first_ns = parse_ns("2026-09-01T14:30:00Z")
    pl.DataFrame(
        {
            "ts": [first_ns + second * NS for second in (0, 0, 7, 3600)],
            "price": [6500.25, 6500.5, 6500.0, 6499.75],
            "size": [1, 2, 0, 5],
            "aggressor": ["B", "B", "S", "S"],
        }
    ).write_parquet(tmp_path / "trades.parquet")

    async def run() -> None:
        gateway = SimulatedGateway(
            in_process=True, tape=tmp_path, instrument="ES", tape_clock="tape", tape_from=10
        )
        async with gateway:
            assert gateway.clock.now_ns() == first_ns - 10 * NS
            listening = asyncio.ensure_future(listen(gateway, 3700))
            await gateway.market.wait_until_over()
            assert gateway.clock.now_ns() == first_ns + 3600 * NS
            prints = [
                (row["price"], row["volume"], row["type"])
                for raw in records_of(await listening)
                if b"GatewayTrade" in raw
                for row in msgspec.json.decode(raw)["arguments"][1]
            ]
            assert prints == [(6500.25, 1, 0), (6500.5, 2, 0), (6500, 0, 1), (6499.75, 5, 1)]

    run_virtual(run())


def test_long_answers_leave_turns_to_others() -> None:
    """While the most bars there can be are written, other tasks have their turns."""

    async def run() -> None:
        async with virtual() as gateway:
            token, turns = await login(gateway), 0
            contract_id = gateway.contracts[0].contract_id
            body = {
                "contractId": contract_id,
                "startTime": "2026-01-01T00:00:00Z",
                "endTime": "2027-01-01T00:00:00Z",
                "unit": 2,
                "unitNumber": 1,
                "limit": 20_000,
            }

            async def count() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            async with asyncio.TaskGroup() as tasks:
                counting = tasks.create_task(count())
                answer = await ask(gateway, "History/retrieveBars", body, token)
                counting.cancel()
            assert len(answer["bars"]) == 20_000
            assert turns > 12

    run_virtual(run())
