"""What trackers and chains need of a suite, and how they find an instrument in it.

Invariant (``tests/order_tracker/test_chain.py``): an instrument is found by symbol, contract id or
contract name; where several could be meant, it has to be named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXOrderError

if TYPE_CHECKING:
    from typing import TypeAlias

    from project_x_py import _ports
    from project_x_py.event_bus import EventBus
    from project_x_py.order_manager import OrderManager
    from project_x_py.realtime_data_manager import RealtimeDataManager

    ContextView: TypeAlias = _ports.ContextView[RealtimeDataManager, OrderManager, EventBus]
    SuiteView: TypeAlias = _ports.SuiteView[ContextView, EventBus]

__all__ = ["account_orders", "context_of"]


def account_orders(suite: SuiteView) -> OrderManager:
    """Return the one order manager of a suite's account.

    Raises:
        ProjectXOrderError: The suite has no instrument.
    """
    for context in suite.values():
        return context.orders
    raise ProjectXOrderError("the suite has no instrument, and so no orders")


def context_of(suite: SuiteView, name: str | None) -> ContextView | None:
    """Return the instrument of a symbol, contract id or contract name; None when there is none.

    Args:
        suite: Where to look.
        name: None means the only one.

    Raises:
        ProjectXOrderError: ``name`` is None, and there is not exactly one.
    """
    contexts = list(suite.values())
    if name is None:
        if len(contexts) == 1:
            return contexts[0]
        symbols = ", ".join(context.symbol for context in contexts)
        raise ProjectXOrderError(
            f"the suite has {len(contexts)} instruments ({symbols}); say which with for_instrument"
        )
    for context in contexts:
        contract = context.instrument_info
        if name in (context.symbol, contract.id, contract.name):
            return context
    return None
