"""A gateway with a state goes on where the one before ended, however that was."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.exchange_strategies import World
from tests.simulator.test_floor import OPEN_NS, Ground
from tests.simulator.trading import (
    BUY,
    CANCELLED,
    FILLED,
    LIMIT,
    MARKET,
    OPEN,
    SELL,
    START,
    WORKING,
    Trader,
)
from tests.virtual import in_virtual_time

from project_x_py._core.exchange.codes import OrderType
from project_x_py._core.exchange.image import MarketImage
from project_x_py._core.exchange.keeping import Changes
from project_x_py._core.time import NS
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import SimulatedAccount, SimulatedGateway
from project_x_py.simulator._keeper import Keeper, StateError
from project_x_py.simulator._state import FILE, GatewayState

LEGS = {
    "stopLossBracket": {"ticks": -400, "type": 4},
    "takeProfitBracket": {"ticks": 400, "type": 1},
}


copied_while_held = pytest.mark.skipif(
    os.name == "nt", reason="a file that is held cannot be copied there"
)


def gateway(folder: Path, **options: Any) -> SimulatedGateway:
    """A gateway in process with a state."""
    given = {"in_process": True, "start": OPEN, "instruments": ["MNQ"], "state": folder}
    return SimulatedGateway(**{**given, **options})


def killed(folder: Path) -> Path:
    """What is on the disk at this moment, as if its gateway had been killed."""
    copy = folder.with_name(folder.name + "-killed")
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(folder, copy)
    return copy


async def everything(trader: Trader) -> list[Any]:
    """All that REST tells of an account."""
    return [
        (await trader.ask("Order/v2/query", filter={"accountId": trader.account}))["orders"],
        (await trader.ask("Position/searchOpen"))["positions"],
        (await trader.ask("Trade/search", startTimestamp=START))["trades"],
        (await trader.post("Account/search", {}))["accounts"],
    ]


@copied_while_held
def test_everything_goes_on(tmp_path: Path) -> None:
    """Killed or not: orders, positions, executions and balances are the same to the digit."""

    async def first() -> tuple[list[Any], Path]:
        async with gateway(tmp_path / "state") as served, Trader(served) as trader:
            entry = await trader.order(MARKET, BUY, 2, customTag="kept", **LEGS)
            await trader.status(entry + 1, WORKING)
            await trader.status(entry + 2, WORKING)
            away = trader.price(trader.best(BUY) - 300)
            await trader.order(LIMIT, BUY, 1, limitPrice=away)
            gone = await trader.order(LIMIT, BUY, 1, limitPrice=away)
            await trader.wait(0.1)
            await trader.ask("Order/cancel", orderId=gone)
            await trader.status(gone, CANCELLED)
            return await everything(trader), killed(tmp_path / "state")

    async def second(folder: Path, before: list[Any]) -> None:
        async with gateway(folder) as served, Trader(served) as trader:
            assert await everything(trader) == before
            assert served.clock.now_ns() > OPEN_NS
            again = await trader.place(LIMIT, BUY, limitPrice=1.0, customTag="kept")
            assert "already in use" in again["errorMessage"]
            highest = max(row["id"] for row in before[0])
            assert again["orderId"] > highest
            target = next(r for r in before[0] if r["customTag"] == "kept-TP")
            bid = trader.price(trader.best(BUY) - 20)
            await trader.ask("Order/modify", orderId=target["id"], limitPrice=bid)
            await trader.status(target["id"], FILLED)
            await trader.status(target["id"] - 1, CANCELLED)
            assert (await everything(trader))[1] == []

    before, copy = run_virtual(first())
    run_virtual(second(copy, before))
    run_virtual(second(tmp_path / "state", before))


def test_who_was_logged_in_still_is(tmp_path: Path) -> None:
    """The key and the tokens stay good, but those that were logged out."""

    async def first() -> tuple[str, str, str]:
        async with gateway(tmp_path) as served, Trader(served) as trader:
            ended = await trader.log_in()
            assert (await trader.reply("/api/Auth/logout", token=ended)).status == 200
            return served.credentials.api_key, trader.token, ended

    async def second(key: str, good: str, ended: str) -> None:
        async with gateway(tmp_path) as served, Trader(served) as trader:
            assert served.credentials.api_key == key
            assert trader.token not in (good, ended)
            statuses = [
                (await trader.reply("/api/Account/search", token=token)).status
                for token in (good, ended)
            ]
            assert statuses == [200, 401]

    async def third(good: str) -> None:
        async with gateway(tmp_path, api_key="another") as served, Trader(served) as trader:
            assert served.credentials.api_key == "another"
            assert (await trader.reply("/api/Account/search", token=good)).status == 200

    key, good, ended = run_virtual(first())
    run_virtual(second(key, good, ended))
    run_virtual(third(good))


def test_time_never_runs_back(tmp_path: Path) -> None:
    """A market that would begin earlier goes on from where it was, at its last price."""

    async def first() -> tuple[int, int]:
        async with gateway(tmp_path) as served, Trader(served) as trader:
            await trader.filled(MARKET, BUY)
            await trader.wait(30)
            last = served.market.snapshot(trader.contract.contract_id).last
            assert last is not None
            return served.clock.now_ns(), last

    async def second() -> tuple[int, int]:
        async with gateway(tmp_path) as served:
            begin = served.clock.now_ns()
            last = served.market.snapshot(served.contracts[0].contract_id).last
            assert last is not None
            return begin, last

    ended, price = run_virtual(first())
    begun, opening = run_virtual(second())
    assert ended - 2 * NS < begun <= ended
    assert abs(opening - price) < 40


def test_accounts_stay_and_may_be_added_to(tmp_path: Path) -> None:
    """One that is asked for again keeps its balance; one that cannot be beside them is refused."""

    async def names(**options: Any) -> list[tuple[str, float]]:
        async with gateway(tmp_path, **options) as served, Trader(served) as trader:
            rows = (await trader.post("Account/search", {}))["accounts"]
            return [(row["name"], row["balance"]) for row in rows]

    first = run_virtual(names(accounts=[SimulatedAccount(id=5, name="A", balance=100)]))
    assert first == [("A", 100)]
    assert run_virtual(names()) == first
    more = [SimulatedAccount(id=5, name="A", balance=7), SimulatedAccount(id=6, name="B")]
    assert run_virtual(names(accounts=more)) == [("A", 100), ("B", 150_000)]
    with pytest.raises(ProjectXError, match=r"account A \(5\)"):
        run_virtual(names(accounts=[SimulatedAccount(id=9, name="A")]))


def test_a_market_without_what_is_held_is_refused(tmp_path: Path) -> None:
    """By name, and the state stays good."""

    async def first() -> None:
        async with gateway(tmp_path) as served, Trader(served) as trader:
            await trader.filled(MARKET, SELL)

    async def other() -> None:
        async with gateway(tmp_path, instruments=["ES"]):
            pass

    async def again() -> int:
        async with gateway(tmp_path) as served, Trader(served) as trader:
            return len((await trader.ask("Position/searchOpen"))["positions"])

    run_virtual(first())
    with pytest.raises(StateError, match=r"CON\.F\.US\.MNQ"):
        run_virtual(other())
    assert run_virtual(again()) == 1


@in_virtual_time
async def test_two_gateways_cannot_share_a_state(tmp_path: Path) -> None:
    """The second is refused at once, and the first goes on."""
    async with gateway(tmp_path) as served, Trader(served) as trader:
        with pytest.raises(StateError, match="in use by another gateway"):
            async with gateway(tmp_path):
                pass
        await trader.filled(MARKET, BUY)


def saved(folder: Path) -> bytes:
    """Make a state that holds something, and return its file."""
    state = GatewayState.open(folder)
    world = World()
    world.bracket(OrderType.MARKET, BUY)
    state.save(world.exchange.keeping.changes(), MarketImage(ns=world.now, last={}))
    state.close()
    return (folder / FILE).read_bytes()


def test_a_damaged_state_is_refused(tmp_path: Path) -> None:
    """Whichever byte is wrong, it is refused, or nothing of what it holds is different."""
    sound = saved(tmp_path)
    state = GatewayState.open(tmp_path)
    held = msgspec.json.encode(state.kept)
    state.close()
    refused = 0
    for at in range(0, len(sound), 61):
        spoilt = bytearray(sound)
        spoilt[at] ^= 0x41
        (tmp_path / FILE).write_bytes(spoilt)
        try:
            state = GatewayState.open(tmp_path)
        except StateError:
            refused += 1
        else:
            assert msgspec.json.encode(state.kept) == held
            state.close()
    assert refused > 20
    (tmp_path / FILE).write_bytes(sound[: len(sound) // 2])
    with pytest.raises(StateError, match="damaged"):
        GatewayState.open(tmp_path)


def test_what_is_no_state_of_ours_is_left_alone(tmp_path: Path) -> None:
    """Another program's file, a later format, and a file in place of the folder."""
    file = tmp_path / FILE
    file.write_text("not a database, but longer than the header of one would be" * 3)
    before = file.read_bytes()
    with pytest.raises(StateError, match="no state of a gateway"):
        GatewayState.open(tmp_path)
    assert file.read_bytes() == before
    file.unlink()
    other = sqlite3.connect(file)
    other.execute("CREATE TABLE theirs (a)")
    other.close()
    before = file.read_bytes()
    with pytest.raises(StateError, match="no state of a gateway"):
        GatewayState.open(tmp_path)
    assert file.read_bytes() == before
    later = bytearray(saved(tmp_path / "later"))
    later[60:64] = (2).to_bytes(4, "big")
    (tmp_path / "later" / FILE).write_bytes(later)
    with pytest.raises(StateError, match="later version"):
        GatewayState.open(tmp_path / "later")
    assert (tmp_path / "later" / FILE).read_bytes() == bytes(later)
    with pytest.raises(StateError, match="cannot be opened"):
        GatewayState.open(file)


@copied_while_held
def test_a_kill_at_any_write_leaves_a_saved_state(tmp_path: Path) -> None:
    """Wherever the log is cut off, what opens is the state of one save, whole."""
    folder = tmp_path / "state"
    state = GatewayState.open(folder)
    world, known = World(), []
    for n in range(4):
        world.bracket(OrderType.MARKET, BUY, tag=f"t{n}")
        world.wait(50_000_000)
        changes = world.exchange.keeping.changes()
        state.save(changes, MarketImage(ns=world.now, last={"a": n}))
        world.exchange.keeping.written(changes)
        known.append(contents(killed(folder)))
    log = (folder / f"{FILE}-wal").read_bytes()
    main = (folder / FILE).read_bytes()
    seen = set()
    for cut in range(0, len(log) + 1, 509):
        torn = tmp_path / "torn"
        shutil.rmtree(torn, ignore_errors=True)
        torn.mkdir()
        (torn / FILE).write_bytes(main)
        (torn / f"{FILE}-wal").write_bytes(log[:cut])
        found = contents(torn)
        assert found is None or found in known
        seen.add(found)
    state.close()
    assert len(seen) == 4, "the whole log is longer than the last cut"
    assert contents(folder) == known[-1]


def contents(folder: Path) -> bytes | None:
    """What a state holds, None for a new one."""
    state = GatewayState.open(folder)
    kept = state.kept
    state.close()
    return None if kept is None else msgspec.json.encode(kept)


class Disk:
    """A store that can be full."""

    def __init__(self) -> None:
        self.full = False
        self.saves: list[Changes] = []

    def save(self, changes: Changes, market: MarketImage) -> None:
        """Keep changes, unless there is no room."""
        if self.full:
            raise StateError("the disk is full")
        self.saves.append(changes)


def test_what_cannot_be_written_is_not_told() -> None:
    """A command fails, and its events come once the next write has taken all of it."""
    disk, ground = Disk(), Ground()
    ground.floor._keeper = Keeper(disk, ground.clock, None)
    ground.at(OPEN_NS + NS)
    ground.floor.advance(OPEN_NS + NS)
    disk.full = True
    with pytest.raises(StateError, match="full"):
        ground.place(OrderType.MARKET, 0, 1)
    ground.at(OPEN_NS + 2 * NS)
    ground.floor.advance(OPEN_NS + 2 * NS)
    assert not ground.events
    disk.full = False
    ground.at(OPEN_NS + 3 * NS)
    ground.floor.advance(OPEN_NS + 3 * NS)
    assert [type(event).__name__ for event in ground.events].count("TradeEvent") == 1
    assert [trade.size for changes in disk.saves for trade in changes.trades] == [1]


def test_what_an_answer_tells_is_written_before_it_leaves() -> None:
    """When an event is told, what it tells of is on record."""
    disk = Disk()
    ground = Ground()
    ground.floor._keeper = Keeper(disk, ground.clock, None)
    on_record: list[set[int]] = []
    ground.floor._tell = lambda events: on_record.append(
        {order.id for changes in disk.saves for order in changes.orders}
    )
    ground.at(OPEN_NS + NS)
    order_id = ground.place(OrderType.LIMIT, 0, 1, away=50)
    assert on_record
    assert all(order_id in known for known in on_record)


def test_the_shown_state_tells_no_secret(tmp_path: Path) -> None:
    """Neither key nor signing secret is in a repr; only its owner may read the file."""
    state = GatewayState.open(tmp_path)
    assert state.access is None
    state.close()

    async def run() -> str:
        async with gateway(tmp_path) as served:
            return served.credentials.api_key

    key = run_virtual(run())
    state = GatewayState.open(tmp_path)
    assert state.access is not None
    assert state.access.api_key == key
    assert key not in repr(state.access)
    assert state.access.secret not in repr(state.access)
    state.close()
