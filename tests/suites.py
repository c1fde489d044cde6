"""A suite on an in-process gateway in virtual time, for the tests of whatever stands on one."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

__all__ = ["login", "simulated_suite"]


def login(gateway: SimulatedGateway) -> dict[str, Any]:
    """Return the keywords of ``TradingSuite.create`` that lead to ``gateway``."""
    return {
        "config": gateway.config,
        "username": gateway.credentials.username,
        "api_key": gateway.credentials.api_key,
    }


@asynccontextmanager
async def simulated_suite(
    *instruments: str, gateway: dict[str, Any] | None = None, **keywords: Any
) -> AsyncIterator[tuple[SimulatedGateway, TradingSuite]]:
    """Run a suite on its own gateway, and end both."""
    names = instruments or ("MNQ",)
    options = {"in_process": True, "instruments": names, **(gateway or {})}
    async with SimulatedGateway(**options) as served:
        suite = await TradingSuite.create(list(names), **login(served), **keywords)
        try:
            yield served, suite
        finally:
            await suite.disconnect()
