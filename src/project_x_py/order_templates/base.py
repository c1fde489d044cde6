"""What every template is, and what it needs of a suite.

Invariant (``tests/order_templates/test_templates.py``): each template is an :class:`OrderTemplate`
and is called the same way.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from typing import TypeAlias

    from project_x_py import _ports
    from project_x_py.event_bus import EventBus
    from project_x_py.models import BracketOrderResponse
    from project_x_py.order_manager import OrderManager
    from project_x_py.realtime_data_manager import RealtimeDataManager

    ContextView: TypeAlias = _ports.ContextView[RealtimeDataManager, OrderManager, EventBus]
    SuiteView: TypeAlias = _ports.SuiteView[ContextView, EventBus]

__all__ = ["OrderTemplate"]


class OrderTemplate(ABC):
    """A way to enter: it finds the prices and the size, and sends one bracket."""

    @abstractmethod
    async def create_order(
        self,
        suite: SuiteView,
        side: int,
        size: int | None = None,
        *,
        risk_amount: float | None = None,
        risk_percent: float | None = None,
        instrument: str | None = None,
    ) -> BracketOrderResponse:
        """Send the entry with its stop and its target, once.

        Args:
            suite: Where the order goes.
            side: 0 buys, 1 sells.
            size: Contracts; left out, as many as the risk allows, and one where no risk is given.
            risk_amount: Dollars that are lost at most when the stop fills at its price.
            risk_percent: The same as a share of the account's balance: 0.01 is one percent.
            instrument: Symbol, contract id or name; needless where the suite has one instrument.

        Returns:
            As of :meth:`OrderManager.place_bracket_order`; a refusal has ``success`` False.

        Raises:
            ProjectXOrderError: The order is impossible, the risk allows no contract, or what the
                template needs to know is not known. Nothing was sent.
        """
