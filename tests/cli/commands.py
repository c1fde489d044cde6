"""The ``projectx`` command in this process and in virtual time, beside an in-process gateway.

``asyncio.run`` is what a command hands its work to; here it is a loop with virtual time on which a
gateway runs already, and whose addresses are in the environment, as under ``projectx run``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from project_x_py import ProjectX
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.cli.main import main
from project_x_py.simulator import SimulatedGateway, faults

__all__ = ["OPEN", "Ended", "projectx"]

OPEN = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    status: int
    out: str
    err: str


class projectx:  # noqa: N801 - it reads as the command that it is
    """Runs command lines as ``projectx`` would.

    Args:
        patch: Sets what is undone after the test.
        capsys: Reads what was printed.

    Attributes:
        gateway: Keywords of the gateway.
        faults: What goes wrong, and after how many seconds.
        before: What is done once the gateway runs and before the command does.
        sent: The orders that the account has had, once the command has ended.
    """

    def __init__(self, patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch = patch
        self._capsys = capsys
        self.gateway: dict[str, Any] = {"instruments": ("MNQ", "ES"), "start": OPEN}
        self.faults: list[tuple[float, faults.Fault]] = []
        self.before: Callable[[SimulatedGateway], Awaitable[None]] | None = None
        self.sent: list[dict[str, Any]] = []

    def __call__(self, *arguments: str) -> Ended:
        self._patch.setattr(sys, "argv", ["projectx", *arguments])
        self._patch.setattr(asyncio, "run", self._beside)
        with pytest.raises(SystemExit) as ended:
            main()
        printed = self._capsys.readouterr()
        status = ended.value.code
        assert isinstance(status, int)
        return Ended(status, printed.out, printed.err)

    def _beside(self, work: Coroutine[Any, Any, Any]) -> Any:
        async def beside() -> Any:
            async with SimulatedGateway(in_process=True, **self.gateway) as served:
                for seconds, fault in self.faults:
                    served.faults.later(seconds, fault)
                for name, value in served.environment().items():
                    self._patch.setenv(name, value)
                if self.before is not None:
                    await self.before(served)
                try:
                    return await work
                finally:
                    self.sent = await _orders(served)

        return run_virtual(beside())


async def _orders(served: SimulatedGateway) -> list[dict[str, Any]]:
    """Every order that the account has had."""
    found = served.credentials
    client = ProjectX(found.username, found.api_key, served.config, found.account_name)
    async with client:
        await client.authenticate()
        await asyncio.sleep(1)  # what is under way arrives
        body = {
            "accountId": client.get_account_info().id,
            "startTimestamp": "2026-01-01T00:00:00Z",
        }
        ended = await client.call("/Order/search", body)
        working = await client.call("/Order/searchOpen", body)
    return [*ended["orders"], *working["orders"]]
