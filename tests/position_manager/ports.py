"""What a position manager's parts stand on, as plain figures: a clock and the gateway's lists."""

from __future__ import annotations

from project_x_py._core.grid import TickGrid
from project_x_py._core.positions import PositionChange
from project_x_py._core.records import OrderUpdate, PositionUpdate, TradeUpdate
from project_x_py._core.submission import Absent, Lane, Listed, Listing, OrderSearch
from project_x_py._core.time import parse_ns
from project_x_py.exceptions import ProjectXConnectionError

__all__ = ["GRID", "MNQ", "FixedClock", "Lists", "fill", "silent", "statement"]

MNQ = "CON.F.US.MNQ.U26"
GRID = TickGrid(0.25, 0.5)


class FixedClock:
    """A clock that stands where it is put."""

    def __init__(self, now: str = "2026-09-01T15:00:00Z") -> None:
        self.ns = parse_ns(now)

    def put(self, now: str) -> None:
        self.ns = parse_ns(now)

    def now_ns(self) -> int:
        return self.ns

    def wall_ns(self) -> int:
        return self.ns

    def monotonic_ns(self) -> int:
        return self.ns

    async def sleep_until(self, exch_ns: int) -> None:
        self.ns = max(self.ns, exch_ns)


class Lists:
    """Answers searches with what was put in; ``fails`` makes one fail."""

    def __init__(self) -> None:
        self.held: Listing[PositionUpdate] = Listed(())
        self.done: Listing[TradeUpdate] = Listed(())
        self.working: Listing[OrderUpdate] = Listed(())
        self.since: list[int] = []
        self.searches: list[OrderSearch] = []
        self.fails = False

    async def positions(
        self, account_id: int, *, lane: Lane = Lane.RECONCILE
    ) -> Listing[PositionUpdate]:
        if self.fails:
            raise ProjectXConnectionError("the network is away")
        return self.held

    async def fills(
        self,
        account_id: int,
        since_ns: int,
        until_ns: int | None = None,
        *,
        lane: Lane = Lane.RECONCILE,
    ) -> Listing[TradeUpdate]:
        self.since.append(since_ns)
        return self.done

    async def orders(self, search: OrderSearch, *, lane: Lane = Lane.QUERY) -> Listing[OrderUpdate]:
        self.searches.append(search)
        return self.working

    async def order(
        self, account_id: int, order_id: int, *, lane: Lane = Lane.RECONCILE
    ) -> OrderUpdate | None:
        return None


def silent(change: PositionChange, pnl: object) -> None:
    """Hear a change and do nothing."""
    assert change.position.contract_id or pnl is None


def statement(net: int, recv_ns: int = 1, average: float = 20_000.0) -> PositionUpdate:
    """What the gateway says is held."""
    return PositionUpdate(
        id=9, account_id=1, contract_id=MNQ, net=net, average_price=average, recv_ns=recv_ns
    )


def fill(
    number: int, signed: int, ticks: int, *, made: float | None = None, voided: bool = False
) -> TradeUpdate:
    """A fill that costs a dollar."""
    return TradeUpdate(
        id=number,
        account_id=1,
        contract_id=MNQ,
        order_id=number,
        price=ticks,
        size=abs(signed),
        side=0 if signed > 0 else 1,
        profit_and_loss=made,
        fees=0.75,
        commissions=0.25,
        voided=voided,
        exch_ns=number,
        recv_ns=number,
    )


UNKNOWN: Absent = Absent("no list")
