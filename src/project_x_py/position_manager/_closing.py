"""Positions closed in part, whole, or all of them with proof. Each call sends one request a time.

Invariants (``tests/position_manager/test_closing.py``): more than is held is never closed; a lost
answer is looked into and not repeated; *closed* is said of what the gateway shows.
"""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from project_x_py._core.submission import Accepted, Refused
from project_x_py.exceptions import ProjectXPositionError
from project_x_py.position_manager._flatten import LONGEST_S, SETTLE_S

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from project_x_py._core.submission import Outcome
    from project_x_py.position_manager._core import PositionCore
    from project_x_py.position_manager._flatten import FlatProof

__all__ = ["PositionCloser"]


class PositionCloser:
    """Takes positions off.

    Args:
        core: The account.
        scope: One contract, None for all.
    """

    def __init__(self, core: PositionCore, scope: str | None) -> None:
        self._core = core
        self._scope = scope
        self._flattening: dict[str | None, asyncio.Task[FlatProof]] = {}

    async def contract_id(self, name: str | None) -> str:
        """Return the contract that is meant, by id, name or ticker.

        Raises:
            ProjectXPositionError: None is named, or it is not the one in view.
        """
        wanted = name or self._scope
        if wanted is None:
            raise ProjectXPositionError("name the contract whose position is to be closed")
        # What is held by its id needs no listing: the gateway may list the contract no more.
        held = self._core.keeper.net(wanted) != 0
        found = wanted if held else (await self._core.grids.contract(wanted)).id
        if self._scope not in (None, found):
            raise ProjectXPositionError(f"these are the positions of {self._scope}, not of {found}")
        return found

    async def close_some(
        self, name: str | None, size: int | None, account_id: int | None = None
    ) -> dict[str, Any]:
        """Close a position, or so many contracts of it."""
        if size is None:
            return await self.close(name, account_id)
        return await self.reduce(name, size, account_id)

    async def close(self, name: str | None, account_id: int | None = None) -> dict[str, Any]:
        """Close what is held of a contract, once."""
        self._core.own(account_id)
        contract_id = await self.contract_id(name)
        async with self._core.turns.turn(contract_id):
            net = await self._net(contract_id)
            if not net:
                return _answer(contract_id, 0, "nothing is held")
            return await self._settled(
                contract_id, net, 0, self._core.door.close_at_gateway(contract_id)
            )

    async def reduce(
        self, name: str | None, size: int, account_id: int | None = None
    ) -> dict[str, Any]:
        """Close a part of what is held, once."""
        self._core.own(account_id)
        contract_id = await self.contract_id(name)
        if not is_count(size):
            raise ProjectXPositionError(f"close_size is a whole number of contracts, not {size!r}")
        async with self._core.turns.turn(contract_id):
            net = await self._net(contract_id)
            if not net:
                return _answer(contract_id, 0, "nothing is held")
            if size > abs(net):
                raise ProjectXPositionError(f"close_size is {size}, and {abs(net)} are held")
            left = net - size if net > 0 else net + size
            return await self._settled(
                contract_id, net, left, self._core.door.reduce_at_gateway(contract_id, size)
            )

    async def flatten(self, name: str | None, timeout_s: float) -> FlatProof:
        """Cancel and close everything in view, and prove it; keep at it when it is not proved.

        Until it is proved entries are refused: what they open would be closed again.
        """
        contract_id = self._scope if name is None else await self.contract_id(name)
        with self._core.door.withheld(contract_id):
            proof = await self._core.flattener.flatten(contract_id, timeout_s)
            if not proof.proved:
                self._keep_at_it(contract_id)
        return proof

    async def close_all(self, name: str | None, account_id: int | None = None) -> dict[str, Any]:
        """Flatten, and say what came of it."""
        self._core.own(account_id)
        before = await self._held(name)
        proof = await self.flatten(name, LONGEST_S)
        seen = before.keys() | proof.closed.keys() | proof.held.keys()
        failed = len(proof.held)
        errors = [] if proof.reason is None else [proof.reason]
        return {
            "total_positions": len(seen),
            "closed": len(seen) - failed,
            "failed": failed,
            "errors": [
                *(f"{held}: {net} are still held" for held, net in proof.held.items()),
                *errors,
            ],
            "proved": proof.proved,
            "working_orders": proof.working,
        }

    async def _held(self, name: str | None) -> dict[str, int]:
        wanted = self._scope if name is None else await self.contract_id(name)
        return {
            held.contract_id: held.net
            for held in self._core.keeper.book
            if wanted in (None, held.contract_id)
        }

    async def _net(self, contract_id: str) -> int:
        if not self._core.keeper.net(contract_id):
            await self._core.refresh()
        return self._core.keeper.net(contract_id)

    async def _settled(
        self, contract_id: str, net: int, left: int, request: Awaitable[Outcome]
    ) -> dict[str, Any]:
        self._core.turns.begun(contract_id, net)
        outcome = await request
        if isinstance(outcome, Accepted):
            self._core.turns.begun(contract_id, net)
            return _answer(contract_id, abs(net - left), None)
        self._core.turns.undone(contract_id)
        if isinstance(outcome, Refused):
            return _answer(contract_id, 0, outcome.message or outcome.name, outcome.code)
        if outcome.sent:
            # What may still be on its way is given the time to arrive, and is never sent again.
            await asyncio.sleep(SETTLE_S)
            await self._core.refresh()
            if self._core.keeper.net(contract_id) == left:
                return _answer(contract_id, abs(net - left), None)
        return _answer(contract_id, 0, outcome.reason)

    def _keep_at_it(self, contract_id: str | None) -> None:
        running = self._flattening.get(contract_id)
        if running is None or running.done():
            until_flat = ExitStack()
            until_flat.enter_context(self._core.door.withheld(contract_id))
            self._flattening[contract_id] = self._core.tasks.spawn(
                self._until_flat(contract_id, until_flat), name=f"flatten-on-{contract_id}"
            )

    async def _until_flat(self, contract_id: str | None, until_flat: ExitStack) -> FlatProof:
        pause_s = SETTLE_S
        with until_flat:
            while True:
                proof = await self._core.flattener.flatten(contract_id)
                if proof.proved:
                    return proof
                # What the gateway will not close for days must not use up everybody's requests.
                await asyncio.sleep(pause_s)
                pause_s = min(2 * pause_s, LONGEST_S)


def is_count(value: object) -> bool:
    """Tell whether a value is a whole number of contracts."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 1


def _answer(
    contract_id: str, size: int, error: str | None, code: int | None = None
) -> dict[str, Any]:
    return {
        "success": error is None,
        "contract_id": contract_id,
        "closed_size": size,
        "error": error,
        "errorCode": code,
    }
