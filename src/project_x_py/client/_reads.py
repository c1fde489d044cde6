"""The documented reads of positions and own trades, as models.

Invariants (``tests/client/test_reads.py``): a failure raises, and so does a list that is missing
from the answer; only a list that is there and empty is an empty list.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import msgspec

from project_x_py._core.time import format_iso, parse_ns
from project_x_py.exceptions import ProjectXDataError
from project_x_py.models import Position, Trade

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from project_x_py.client._calls import GatewayCalls
    from project_x_py.client._envelope import Envelope

__all__ = ["open_positions", "own_trades"]

Model = TypeVar("Model")

SLICE = 500
"""Rows that are read between two turns of the loop."""

_rows = msgspec.json.Decoder(list[dict[str, object] | None])


async def open_positions(calls: GatewayCalls, account_id: int) -> list[Position]:
    """Return the open positions of an account.

    Raises:
        ProjectXPositionError: The gateway refused.
        ProjectXDataError: The answer has no list.
        ProjectXError: The gateway failed.
    """
    answer = await calls.ask("/Position/searchOpen", {"accountId": account_id})
    return await _models(answer, "positions", Position.from_api)


async def own_trades(
    calls: GatewayCalls,
    account_id: int,
    *,
    start_ns: int,
    end_ns: int,
    contract_id: str | None,
    limit: int | None,
) -> list[Trade]:
    """Return the executions of an account within ``start_ns <= t <= end_ns``, newest first.

    Raises:
        ProjectXOrderError: The gateway refused.
        ProjectXDataError: The answer has no list, or ``limit`` is not above zero.
        ProjectXError: The gateway failed.
    """
    if limit is not None and limit < 1:
        raise ProjectXDataError(f"limit must be above zero, not {limit!r}")
    if start_ns >= end_ns:
        raise ProjectXDataError(
            f"start_date {format_iso(start_ns)} must lie before end_date {format_iso(end_ns)}"
        )
    body = {
        "accountId": account_id,
        "startTimestamp": format_iso(start_ns).replace("+00:00", "Z"),
        "endTimestamp": format_iso(end_ns).replace("+00:00", "Z"),
    }
    trades = await _models(await calls.ask("/Trade/search", body), "trades", Trade.from_api)
    wanted = [trade for trade in trades if contract_id in (None, trade.contractId)]
    wanted.sort(key=lambda trade: (parse_ns(trade.creationTimestamp), trade.id), reverse=True)
    return wanted[:limit]


async def _models(
    answer: Envelope, key: str, build: Callable[[Mapping[str, object]], Model]
) -> list[Model]:
    rows = answer.read(key, list[msgspec.Raw])
    if rows is None:
        raise ProjectXDataError(
            f"{answer.path}: the answer has no list {key!r}, which does not mean that there are "
            "none; ask again",
            None,
            {"path": answer.path},
        )
    found: list[Model] = []
    for first in range(0, len(rows), SLICE):
        if first:
            await asyncio.sleep(0)
        text = b"[" + b",".join(map(bytes, rows[first : first + SLICE])) + b"]"
        try:
            found += [build(row) for row in _rows.decode(text) if row is not None]
        except msgspec.DecodeError as error:
            raise ProjectXDataError(f"{answer.path}: a row of {key!r} is none: {error}") from None
    return found
