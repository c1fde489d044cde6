"""A journal whose disk is full, and an account that is not ours: the whole way."""

from __future__ import annotations

import random
from asyncio import sleep
from pathlib import Path

import pytest
from tests.chaos.venue import ACCOUNT, CONTRACT, Line, Venue, VenueClock

from project_x_py._runtime.journal import Journal, JournalError, _Write
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_manager import OrderManager

BUY, MARKET, STOP = 0, 2, 4


class Disk(Journal):
    """A journal whose disk may be full.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, threaded=False)
        self.is_full = False

    async def _write(self, write: _Write) -> None:
        if self.is_full:
            raise JournalError(f"the order journal {self.path} cannot be written: disk is full")
        await super()._write(write)


class Run:
    """A program that trades on a venue.

    Args:
        venue: Where.
        path: Of its journal.
        name: Makes its tags its own.
    """

    def __init__(self, venue: Venue, path: Path, name: int) -> None:
        self.line = Line(venue, random.Random(name), 0.0, ("cut",))
        self.journal, self.bus = Disk(path), EventBus()
        text = random.Random(name)
        self.orders = OrderManager(
            self.line, self.bus, journal=self.journal, random_hex=lambda n: text.randbytes(n).hex()
        )

    async def __aenter__(self) -> Run:
        await self.orders.initialize(self.line)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.line.dead = True
        await self.orders.cleanup()
        await self.bus.aclose(0)


def market() -> Venue:
    """A venue whose brackets are refused, so that stops come from here."""
    venue = Venue(random.Random(3), VenueClock())
    venue.native = False
    return venue


def stops(venue: Venue) -> list[int]:
    """Sizes of the stops that work."""
    return [one.size for one in venue.orders.values() if one.works and one.request.type == STOP]


async def bracket(run: Run, venue: Venue, account_id: int | None = None) -> str | None:
    """Ask for a protected market entry; return what went wrong."""
    price = venue.price / 4
    reply = await run.orders.place_bracket_order(
        CONTRACT, BUY, 1, price, price - 50, price + 50, "market", account_id
    )
    return reply.error_message


def test_a_bracket_on_a_full_disk_never_leaves(tmp_path: Path) -> None:
    """It fails with the disk's reason before a byte has left; nothing lives, nothing is guarded.

    With room again the same call goes through.
    """

    async def run() -> None:
        venue = market()
        async with Run(venue, tmp_path / "orders.sqlite", 1) as program:
            program.journal.is_full = True
            reason = await bracket(program, venue)
            assert reason is not None
            assert "disk is full" in reason
            assert str(program.journal.path) in reason
            await sleep(5)
            assert (program.line.sent, venue.orders, venue.net) == (0, {}, 0)
            assert program.orders._parts.guard.tags() == ()
            program.journal.is_full = False
            assert await bracket(program, venue) is None
            await sleep(2)
            assert (venue.net, stops(venue)) == (1, [1])

    run_virtual(run())


def test_protection_leaves_although_the_disk_is_full(tmp_path: Path) -> None:
    """The stop of what has filled is placed, and the run after a death knows it by its tag."""

    async def run() -> None:
        venue = market()
        path = tmp_path / "orders.sqlite"
        async with Run(venue, path, 1) as program:
            price = venue.price / 4
            reply = await program.orders.place_bracket_order(
                CONTRACT, BUY, 1, price - 1, price - 50, price + 50, "limit"
            )
            assert reply.success
            program.journal.is_full = True
            venue.price -= 40
            venue.walk()
            await sleep(2)
            assert (venue.net, stops(venue)) == (1, [1])
            assert program.orders._parts.desk.journal_failures >= 1
        async with Run(venue, path, 2) as program:
            await sleep(5)
            assert (venue.net, stops(venue)) == (1, [1])
            await program.orders.close_position(CONTRACT)
            await sleep(15)
            assert (venue.net, stops(venue)) == (0, [])
            assert [one for one in venue.orders.values() if one.works] == []

    run_virtual(run())


def test_another_account_is_refused_before_anything_leaves(tmp_path: Path) -> None:
    """Entry, bracket, close and cancel of an account that is not ours: an error, and no request."""

    async def run() -> None:
        venue = market()
        async with Run(venue, tmp_path / "orders.sqlite", 1) as program:
            orders, theirs = program.orders, ACCOUNT + 1
            with pytest.raises(ProjectXOrderError, match=str(theirs)):
                await bracket(program, venue, theirs)
            with pytest.raises(ProjectXOrderError, match=str(theirs)):
                await orders.place_order(CONTRACT, MARKET, BUY, 1, account_id=theirs)
            with pytest.raises(ProjectXOrderError, match=str(theirs)):
                await orders.cancel_all_orders(account_id=theirs)
            with pytest.raises(ProjectXOrderError, match=str(theirs)):
                await orders.cancel_order(1, account_id=theirs)
            assert program.journal.entries() == []
            assert (program.line.sent, venue.orders) == (0, {})

    run_virtual(run())


def test_what_another_account_does_changes_nothing(tmp_path: Path) -> None:
    """Its orders, fills and positions come under the numbers of ours, and are not ours."""

    async def run() -> None:
        venue = market()
        async with Run(venue, tmp_path / "orders.sqlite", 1) as program:
            program.line.neighbour = True
            assert await bracket(program, venue) is None
            await sleep(15)
            assert (venue.net, stops(venue)) == (1, [1])
            assert program.orders._parts.holdings.net(CONTRACT) == 1
            ledger = program.orders._parts.desk.ledger
            assert {one.id for one in ledger.working()} == {
                one.id for one in venue.orders.values() if one.works
            }

    run_virtual(run())
