"""Records of one account on their way to the owners of orders and positions.

Prices of orders and fills need the grid of their contract. What names a contract that an owner
does not know yet waits for it, and so does everything that comes for the same contract behind it.

Invariants (``tests/realtime/test_accounts.py``): an owner gets the records of a contract in the
order of their arrival; none is dropped for want of a grid; a record of another account reaches
nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._wire.decode import decode_entry, user_entries

if TYPE_CHECKING:
    from collections.abc import Callable

    import msgspec

    from project_x_py._core.grid import TickGrid
    from project_x_py._ports import GridLookup, UserSink
    from project_x_py._wire.decode import DecodeStats, UserKind

__all__ = ["AccountFeed"]

_Entry = dict[str, Any]
_Waiting = tuple["UserKind", _Entry, int]


class _Desk:
    """One owner, and what waits for its grids."""

    __slots__ = ("_deliver", "_held", "grid_for", "rank", "sink", "waiting")

    def __init__(self, sink: UserSink, grid_for: GridLookup, rank: int) -> None:
        self.sink = sink
        self.grid_for = grid_for
        self.rank = rank
        self.waiting: list[_Waiting] = []
        self._held: set[str] = set()
        self._deliver: dict[str, Callable[[Any], None]] = {
            "order": sink.on_order,
            "position": sink.on_position,
            "fill": sink.on_fill,
            "account": sink.on_account,
        }

    def take(self, kind: UserKind, entry: _Entry, recv_ns: int, stats: DecodeStats) -> None:
        """Hand one entry over, or keep it until its contract's grid is known."""
        contract_id = entry.get("contractId")
        if kind == "account" or not isinstance(contract_id, str):
            self._hand_over(kind, entry, None, recv_ns, stats)
            return
        grid = None if contract_id in self._held else self.grid_for(contract_id)
        if grid is None:
            self._held.add(contract_id)
            self.waiting.append((kind, entry, recv_ns))
        else:
            self._hand_over(kind, entry, grid, recv_ns, stats)

    def release(self, stats: DecodeStats) -> None:
        """Hand over, in order, what waited for grids that are known."""
        waiting, self.waiting = self.waiting, []
        self._held.clear()
        for kind, entry, recv_ns in waiting:
            self.take(kind, entry, recv_ns, stats)

    def _hand_over(
        self, kind: UserKind, entry: _Entry, grid: TickGrid | None, recv_ns: int, stats: DecodeStats
    ) -> None:
        record = decode_entry(kind, entry, lambda _: grid, recv_ns, stats)
        if record is not None:
            self._deliver[kind](record)


class AccountFeed:
    """The owners of one account's state.

    Args:
        account_id: Whose records are passed on.
        stats: Counts what did not fit.
    """

    def __init__(self, account_id: int, stats: DecodeStats) -> None:
        self._account_id = account_id
        self._stats = stats
        self._desks: list[_Desk] = []

    @property
    def attached(self) -> bool:
        """Whether anybody is fed."""
        return bool(self._desks)

    @property
    def waiting(self) -> int:
        """Records that wait for the grid of their contract."""
        return sum(len(desk.waiting) for desk in self._desks)

    def attach(self, sink: UserSink, grid_for: GridLookup, *, rank: int) -> None:
        """Feed ``sink``; attaching it again changes its rank and its grids."""
        desk = next((desk for desk in self._desks if desk.sink is sink), None)
        if desk is None:
            desk = _Desk(sink, grid_for, rank)
        desk.grid_for, desk.rank = grid_for, rank
        others = [other for other in self._desks if other is not desk]
        self._desks = sorted([*others, desk], key=lambda ranked: ranked.rank)

    def detach(self, sink: UserSink) -> None:
        """Feed it no more; detaching what is not attached is harmless."""
        self._desks = [desk for desk in self._desks if desk.sink is not sink]

    def grids_known(self) -> None:
        """Hand over what waited for grids that are known."""
        for desk in self._desks:
            desk.release(self._stats)

    def take(self, kind: UserKind, raw: msgspec.Raw, recv_ns: int) -> None:
        """Pass one event of the user hub on."""
        for entry in user_entries(raw, kind, self._stats):
            account_id = entry.get("id" if kind == "account" else "accountId")
            if account_id == self._account_id:
                for desk in self._desks:
                    desk.take(kind, entry, recv_ns, self._stats)
            elif account_id is None:
                self._stats.note(f"{kind}: no account", entry)
