"""An embedded gateway and exchange, to run everything without an account.

Names are loaded at first use: a script that only trades never loads the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

if TYPE_CHECKING:
    from project_x_py._runtime.virtual_loop import run_virtual
    from project_x_py.simulator._accounts import SimulatedAccount
    from project_x_py.simulator._quirks import ExchangeQuirks, HubQuirks, Quirks, RestQuirks
    from project_x_py.simulator.gateway import SimulatedGateway

__all__ = [
    "ExchangeQuirks",
    "HubQuirks",
    "Quirks",
    "RestQuirks",
    "SimulatedAccount",
    "SimulatedGateway",
    "run_virtual",
]

_HOMES = {
    "._accounts": "SimulatedAccount",
    "._quirks": "ExchangeQuirks HubQuirks Quirks RestQuirks",
    ".gateway": "SimulatedGateway",
    "project_x_py._runtime.virtual_loop": "run_virtual",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
