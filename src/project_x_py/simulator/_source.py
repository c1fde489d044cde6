"""Where the simulated gateway gets its market from.

The gateway asks a :class:`MarketSource` when the next thing happens and what has happened since;
it neither knows nor cares whether the answer was recorded or made up. A source is pull-only and
single-threaded: it never sleeps, never looks at a clock, and says the same again for the same
arguments.

Invariants (``tests/simulator/test_source.py``):

- the times of the records that ``advance`` returns never decrease, and none is returned twice;
- ``snapshot`` and ``history`` tell of everything up to the last ``advance`` and of nothing later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from project_x_py._core.bars import Bar
    from project_x_py._core.calendar import SessionCalendar
    from project_x_py._core.exchange.order_tape import OrderTapeVenue
    from project_x_py._core.exchange.venues import Venue
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.products import Product
    from project_x_py._core.records import MarketRecord
    from project_x_py.simulator.activity import Label

__all__ = [
    "BookSnapshot",
    "GrowingMarket",
    "HaltableMarket",
    "HistoryStore",
    "LabelledMarket",
    "ListedContract",
    "MarketSource",
    "RecordedMarket",
    "SharedMarket",
]


@dataclass(frozen=True, slots=True)
class ListedContract:
    """A contract that a source has a market for.

    ``contract_id`` is ``CON.F.US.{code}.{month}{yy}``, ``name`` the ticker with month letter and
    one year digit, ``description`` the text shown to people.
    """

    product: Product
    contract_id: str
    name: str
    grid: TickGrid
    description: str

    @property
    def symbol_id(self) -> str:
        """The root of the contract as payloads carry it, ``F.US.{code}``."""
        return self.contract_id[4:].rpartition(".")[0]


@dataclass(frozen=True, slots=True)
class BookSnapshot:
    """A contract's market at one moment: prices in ticks, sizes in contracts.

    ``bids`` and ``asks`` are (price, size), best first. A field is None as long as the session
    has not shown it. ``last_ns`` is the exchange time of the newest record that went in.
    """

    bids: Sequence[tuple[int, int]]
    asks: Sequence[tuple[int, int]]
    last: int | None
    open: int | None
    high: int | None
    low: int | None
    volume: int | None
    prev_close: int | None
    last_ns: int


class HistoryStore(Protocol):
    """The past bars of one contract."""

    def prepare(self, unit: int, start_ns: int, now_ns: int) -> Iterator[None]:
        """Do step by step what :meth:`bars` from ``start_ns`` on would do at once.

        Need not be exhausted, nor called at all.

        Args:
            unit: As for :meth:`bars`.
            start_ns: Exchange time, inclusive.
            now_ns: Exchange time of the question.
        """
        ...

    def bars(
        self,
        unit: int,
        unit_number: int,
        start_ns: int,
        end_ns: int,
        limit: int,
        partial: bool,
        now_ns: int,
    ) -> list[Bar]:
        """Return the bars that begin in ``start_ns <= t < end_ns``, newest first.

        Args:
            unit: 1 second, 2 minute, 3 hour, 4 day, 5 week, 6 month.
            unit_number: Multiple of the unit, at least 1.
            start_ns: Exchange time, inclusive.
            end_ns: Exchange time, exclusive.
            limit: Most bars to return; the newest are kept.
            partial: Whether the bar that has not ended at ``now_ns`` is returned too.
            now_ns: Exchange time of the question; nothing later is told.
        """
        ...


class MarketSource(Protocol):
    """A market that is advanced from outside."""

    @property
    def contracts(self) -> tuple[ListedContract, ...]:
        """What is traded here; a :class:`GrowingMarket` adds to it, nothing is ever taken away."""
        ...

    @property
    def start_ns(self) -> int:
        """Exchange time at which the gateway's clock starts."""
        ...

    def next_ns(self) -> int | None:
        """Exchange time of the next record, None when there is none left."""
        ...

    def advance(self, until_ns: int) -> list[MarketRecord]:
        """Return, in order, the records not yet returned whose time is at most ``until_ns``.

        The ``recv_ns`` of a record is its exchange time.
        """
        ...

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """Return the market of a contract after the last advance.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        ...

    def history(self, contract_id: str) -> HistoryStore:
        """Return the past bars of a contract, which go on growing with ``advance``.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        ...


@runtime_checkable
class SharedMarket(Protocol):
    """A market source whose participants trade with users; any other has already happened."""

    def venue(self, contract_id: str) -> Venue:
        """Return the way into the book that the contract's own participants trade in.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        ...

    def take_caused(self) -> list[MarketRecord]:
        """Return, in order, the records that users' commands caused since the last call.

        A market must not have been advanced past the time of a command.
        """
        ...


@runtime_checkable
class RecordedMarket(Protocol):
    """A market source that has happened, and knows more of it than its records tell."""

    @property
    def orders(self) -> OrderTapeVenue | None:
        """The single orders as of the last advance; None where they were not recorded."""
        ...

    @property
    def hours(self) -> SessionCalendar | None:
        """When it trades, where that goes beyond the hours of the product; None otherwise."""
        ...


@runtime_checkable
class HaltableMarket(Protocol):
    """A market source that can stand still and go on."""

    def halt(self, contract_id: str, ns: int, until_ns: int) -> None:
        """Let nothing happen in a contract from ``ns`` until then, or until :meth:`resume`.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        ...

    def resume(self, contract_id: str, ns: int) -> None:
        """Let a contract that is halted go on, within a second of ``ns``.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        ...


@runtime_checkable
class GrowingMarket(Protocol):
    """A market source in which the next month of a contract can begin to trade."""

    def list_after(self, contract_id: str, following: ListedContract) -> None:
        """Let another month of a contract's product trade from now on, beside it.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        ...


@runtime_checkable
class LabelledMarket(Protocol):
    """A market source that knows what was made to happen in it."""

    @property
    def labels(self) -> list[Label]:
        """What ``activity`` really did so far."""
        ...
