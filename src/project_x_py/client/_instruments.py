"""Instruments: asked for once, kept for as long as they cannot be wrong.

An entry is dropped after ``ttl_s`` seconds, and at 17:00 Chicago time, when the next trading day
begins and a product may have rolled to its next month: whichever comes first.

Invariants (``tests/client/test_instruments.py``): after a roll the old month is not handed out on
the next trading day; entries of the two data tiers are kept apart; what is not found is not kept;
parallel callers of one name cause one look-up.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py._core.calendar import day_ordinal
from project_x_py._core.submission import Lane
from project_x_py._core.time import NS, to_datetime
from project_x_py._runtime.together import outlived
from project_x_py.client._contracts import find_contract, read_contracts
from project_x_py.exceptions import ProjectXConnectionError, ProjectXError, ProjectXInstrumentError

if TYPE_CHECKING:
    import asyncio

    from project_x_py._ports import Clock, TaskOwner
    from project_x_py.client._calls import GatewayCalls
    from project_x_py.models import Instrument

__all__ = ["InstrumentBook"]

log = logging.getLogger(__name__)

CAPACITY = 1000
"""Names that are kept; the oldest go first."""


@dataclass(frozen=True, slots=True)
class _Entry:
    instrument: Instrument
    stored_ns: int
    day: int


class InstrumentBook:
    """Finds instruments, and remembers them.

    Args:
        calls: Asks the gateway.
        clock: Exchange time ends a trading day, monotonic time a ``ttl_s``.
        tasks: Runs a look-up that several callers wait for.
        ttl_s: Longest life of an entry in seconds.

    Attributes:
        ttl_s: Longest life of an entry in seconds.
        hits: Answers without a request.
        misses: Answers that took one.
        evictions: Entries that went for want of room.
        expirations: Entries that went because of their age or of a new trading day.
    """

    def __init__(
        self, calls: GatewayCalls, clock: Clock, tasks: TaskOwner, ttl_s: float = 300.0
    ) -> None:
        self._calls = calls
        self._clock = clock
        self._tasks = tasks
        self._asking: dict[tuple[str, bool], asyncio.Task[Instrument | ProjectXError]] = {}
        self._entries: dict[tuple[str, bool], _Entry] = {}
        self.ttl_s = ttl_s
        self.hits = 0
        self.misses = 0
        self.evictions = 0
        self.expirations = 0

    def __len__(self) -> int:
        return len(self._entries)

    async def get(self, symbol: str, live: bool = False) -> Instrument:
        """Return the contract that ``symbol`` names: the active month for a ticker.

        Raises:
            ProjectXInstrumentError: Nothing answers to it; close matches are named.
            ProjectXError: The gateway failed or refused.
        """
        name = _name(symbol)
        known = self.cached(name, live)
        if known is not None:
            self.hits += 1
            return known
        asking = self._asking.get((name, live))
        if asking is None:
            self.misses += 1
            asking = self._tasks.spawn(self._asked(name, live), name="instrument")
            self._asking[name, live] = asking
        else:
            self.hits += 1
        outcome: Instrument | ProjectXError = await outlived(asking, _closed)
        if isinstance(outcome, ProjectXError):
            raise outcome
        return outcome

    def cached(self, symbol: str, live: bool = False) -> Instrument | None:
        """Return what is remembered of a name and still valid, else None."""
        key = (symbol.strip().upper(), live)
        entry = self._entries.get(key)
        if entry is None:
            return None
        fresh = self._clock.monotonic_ns() - entry.stored_ns < self.ttl_s * NS
        if fresh and entry.day == day_ordinal(self._clock.now_ns()):
            return entry.instrument
        del self._entries[key]
        self.expirations += 1
        return None

    def store(self, symbol: str, instrument: Instrument, live: bool = False) -> None:
        """Remember what a name stands for."""
        now = self._clock.monotonic_ns()
        key = (symbol.strip().upper(), live)
        self._entries.pop(key, None)
        self._entries[key] = _Entry(instrument, now, day_ordinal(self._clock.now_ns()))
        if len(self._entries) > CAPACITY:
            del self._entries[next(iter(self._entries))]
            self.evictions += 1

    def clear(self) -> None:
        """Forget every instrument; the counters stay."""
        self._entries.clear()

    async def search(self, query: str, live: bool = False) -> list[Instrument]:
        """Return the gateway's matches for a text, at most 20; its search is fuzzy.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        answer = await self._calls.ask("/Contract/search", {"searchText": query, "live": live})
        return read_contracts(answer.read("contracts", list[dict[str, object] | None]))

    async def available(self, live: bool = False) -> list[Instrument]:
        """Return the active contract of every product.

        Raises:
            ProjectXError: The gateway failed or refused.
        """
        answer = await self._calls.ask("/Contract/available", {"live": live})
        return read_contracts(answer.read("contracts", list[dict[str, object] | None]))

    async def by_id(self, contract_id: str, *, lane: Lane = Lane.QUERY) -> Instrument | None:
        """Return the contract of an id, active or not; None when the gateway knows none.

        Raises:
            ProjectXError: The gateway failed.
        """
        try:
            body = {"contractId": contract_id}
            answer = await self._calls.ask("/Contract/searchById", body, lane=lane)
        except ProjectXInstrumentError:
            return None
        row = answer.read("contract", dict[str, object])
        found = read_contracts([row])
        if not found or found[0].id.upper() != contract_id.upper():
            return None
        return found[0]

    async def _asked(self, name: str, live: bool) -> Instrument | ProjectXError:
        """Find a contract and remember it; a failure is the result, for the callers to raise."""
        try:
            contract = await self._find(name, live)
        except ProjectXError as error:
            return error
        finally:
            del self._asking[name, live]
        for key in (name, contract.id.upper(), contract.name.upper()):
            self.store(key, contract, live)
        return contract

    async def _find(self, name: str, live: bool) -> Instrument:
        try:
            return await self._found(name, live)
        except ProjectXInstrumentError:
            if not live:
                raise
        contract = await self._found(name, live=False)
        log.warning(
            "%s is not in the live tier, which a simulated login has no access to; %s of the "
            "simulated tier is used",
            name,
            contract.id,
        )
        return contract

    async def _found(self, name: str, live: bool) -> Instrument:
        return await find_contract(
            name,
            live=live,
            search=self.search,
            available=self.available,
            by_id=self.by_id,
            today=to_datetime(self._clock.now_ns()).date(),
        )


def _name(symbol: object) -> str:
    if not isinstance(symbol, str) or not symbol.strip().isprintable():
        raise ProjectXInstrumentError(f"a symbol is a text such as 'MNQ', not {symbol!r}")
    if not symbol.strip():
        raise ProjectXInstrumentError("an instrument needs a symbol, for example 'MNQ'")
    return symbol.strip().upper()


def _closed() -> ProjectXConnectionError:
    return ProjectXConnectionError("the client was closed meanwhile")
