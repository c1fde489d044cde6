"""An embedded gateway and exchange, to run everything without an account.

Names are loaded at first use: a script that only trades never loads the server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

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
    "ExchangeQuirks": "project_x_py.simulator._quirks",
    "HubQuirks": "project_x_py.simulator._quirks",
    "Quirks": "project_x_py.simulator._quirks",
    "RestQuirks": "project_x_py.simulator._quirks",
    "SimulatedAccount": "project_x_py.simulator._accounts",
    "SimulatedGateway": "project_x_py.simulator.gateway",
    "run_virtual": "project_x_py._runtime.virtual_loop",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a public name from its module at first use."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        """List the public names, loaded or not."""
        return sorted(set(globals()) | set(__all__))
