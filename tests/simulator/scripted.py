"""A market that follows a script, and the parts of a gateway around it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from random import Random

import msgspec

from project_x_py._core.bars import Bar
from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.products import product_for_ticker
from project_x_py._core.records import MarketRecord
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.clock import HOLD, ReplayClock
from project_x_py._wire.signalr import RECORD_END
from project_x_py.simulator._assembly import Assembly, assemble
from project_x_py.simulator._auth import Access
from project_x_py.simulator._faults import Faults
from project_x_py.simulator._limits import Limits
from project_x_py.simulator._quirks import Quirks
from project_x_py.simulator._rest import Reply, Request
from project_x_py.simulator._source import BookSnapshot, ListedContract

MNQ = "CON.F.US.MNQ.U26"
START_NS = parse_ns("2026-09-01T14:31:31.4170352+00:00")
USER, KEY = "trader", "key-of-the-trader"
ACCOUNT = AccountSpec(id=20514377, name="PRAC-V2-100200-30040050", balance=Decimal("150212.4"))
MINUTE_NS = 60 * NS


def contract(contract_id: str = MNQ, name: str = "MNQU6", ticker: str = "MNQ") -> ListedContract:
    """A contract of the script."""
    product = product_for_ticker(ticker)
    description = f"{product.description}: September 2026"
    return ListedContract(product, contract_id, name, product.grid, description)


BOOK = BookSnapshot(
    bids=((96416, 2), (96415, 7)),
    asks=((96418, 3), (96419, 5)),
    last=96417,
    open=96300,
    high=96500,
    low=96200,
    volume=54321,
    prev_close=96317,
    last_ns=START_NS,
)


@dataclass
class ScriptedHistory:
    """Minute bars, whatever is asked for."""

    minutes: list[Bar] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)

    def prepare(self, unit: int, start_ns: int, now_ns: int) -> Iterator[None]:
        """Nothing is made up."""
        return iter(())

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
        """The newest bars of the window, newest first."""
        self.asked.append((unit, unit_number, start_ns, end_ns, limit, partial, now_ns))
        inside = [bar for bar in self.minutes if start_ns <= bar.start_ns < end_ns]
        if not partial:
            inside = [bar for bar in inside if bar.start_ns + MINUTE_NS <= now_ns]
        return inside[::-1][:limit]


@dataclass
class ScriptedSource:
    """Hands out the records of a script when they are due."""

    script: Sequence[MarketRecord] = ()
    contracts: tuple[ListedContract, ...] = (contract(),)
    start_ns: int = START_NS
    book: BookSnapshot = BOOK
    past: ScriptedHistory = field(default_factory=ScriptedHistory)
    told: int = 0

    def next_ns(self) -> int | None:
        """Time of the next line of the script."""
        return _time_of(self.script[self.told]) if self.told < len(self.script) else None

    def advance(self, until_ns: int) -> list[MarketRecord]:
        """The lines up to a time."""
        begin = self.told
        while (due := self.next_ns()) is not None and due <= until_ns:
            self.told += 1
        return list(self.script[begin : self.told])

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """The same book for every contract."""
        return self.book

    def history(self, contract_id: str) -> ScriptedHistory:
        """The same past for every contract."""
        return self.past


def _time_of(record: MarketRecord) -> int:
    return record.recv_ns


def house(
    source: ScriptedSource | None = None,
    *,
    limits: Limits | None = None,
    quirks: Quirks | None = None,
    **switches: bool,
) -> Assembly:
    """The parts of a gateway over a scripted market, on a clock that stands still."""
    return assemble(
        ReplayClock(START_NS, HOLD, 1.0),
        source or ScriptedSource(),
        Access(USER, KEY, Random(1)),
        (ACCOUNT, replace(ACCOUNT, id=7, name="50KTC-V2-1-2", can_trade=False)),
        faults=Faults(),
        quirks=quirks or Quirks(**switches),
        random=Random(1),
        limits=limits,
    )


def token_of(parts: Assembly) -> str:
    """A valid token."""
    return parts.venue.access.issue(parts.venue.clock.wall_ns())


async def post(
    parts: Assembly, path: str, body: object = None, *, token: str | None = None
) -> Reply:
    """The reply to a POST with a JSON body; logged in unless a token is given."""
    raw = body if isinstance(body, bytes) else b"" if body is None else msgspec.json.encode(body)
    sent = token_of(parts) if token is None else token
    headers = {"content-type": "application/json"}
    if sent:
        headers["authorization"] = f"Bearer {sent}"
    return await parts.front.answer(Request("POST", path, "", headers, raw))


def records_of(data: bytes) -> list[bytes]:
    """The records of what a hub sent, without their ends."""
    pieces = data.split(RECORD_END)
    assert pieces.pop() == b""
    return pieces
