"""Alerts on the open profit of positions, driven by prices; each fires once until it is set again.

Invariant (``tests/position_manager/test_alerts.py``): an alert fires at the first price, or change
of the position, at which its condition holds, and never twice for one setting.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Protocol

from project_x_py.exceptions import ProjectXPositionError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Alert", "AlertBook"]


@dataclass(slots=True)
class Alert:
    """What is watched; dollars of open profit.

    Attributes:
        contract_id: Whose position.
        max_loss: Fires at or below it, None for never; below zero.
        max_gain: Fires at or above it.
        pnl_threshold: Fires when profit or loss reaches it.
        created_ns: When it was set.
        triggered: Whether it has fired.
    """

    contract_id: str
    max_loss: Decimal | None
    max_gain: Decimal | None
    pnl_threshold: Decimal | None
    created_ns: int
    triggered: bool = False

    def reached(self, profit: Decimal) -> tuple[str, Decimal] | None:
        """Return which condition holds, and its limit."""
        if self.max_loss is not None and profit <= self.max_loss:
            return "max_loss", self.max_loss
        if self.max_gain is not None and profit >= self.max_gain:
            return "max_gain", self.max_gain
        if self.pnl_threshold is not None and abs(profit) >= self.pnl_threshold:
            return "pnl_threshold", self.pnl_threshold
        return None


class Fired(Protocol):
    """Told of an alert that fires: the condition, the open profit, the limit."""

    def __call__(self, alert: Alert, kind: str, profit: Decimal, limit: Decimal) -> None: ...


class AlertBook:
    """The alerts of an account.

    Args:
        fired: Told when one fires, after it is marked.
    """

    def __init__(self, fired: Fired) -> None:
        self._fired = fired
        self._alerts: dict[str, Alert] = {}

    def set(
        self,
        contract_id: str,
        max_loss: float | Decimal | None,
        max_gain: float | Decimal | None,
        pnl_threshold: float | Decimal | None,
        now_ns: int,
    ) -> Alert:
        """Set the alert of a contract anew.

        Raises:
            ProjectXPositionError: Nothing to watch, or a limit on the wrong side of zero.
        """
        limits = {"max_loss": max_loss, "max_gain": max_gain, "pnl_threshold": pnl_threshold}
        if all(limit is None for limit in limits.values()):
            raise ProjectXPositionError(f"an alert needs one of {', '.join(limits)}")
        for name, limit in limits.items():
            if limit is None:
                continue
            if not math.isfinite(limit) or (limit >= 0) is (name == "max_loss"):
                side = "below" if name == "max_loss" else "not below"
                raise ProjectXPositionError(f"{name} is dollars {side} zero, not {limit}")
        alert = Alert(
            contract_id, _dollars(max_loss), _dollars(max_gain), _dollars(pnl_threshold), now_ns
        )
        self._alerts[contract_id] = alert
        return alert

    def remove(self, contract_id: str) -> bool:
        """Watch a contract no more; return whether it was."""
        return self._alerts.pop(contract_id, None) is not None

    def armed(self, contract_id: str) -> bool:
        """Tell whether an alert of the contract may still fire."""
        alert = self._alerts.get(contract_id)
        return alert is not None and not alert.triggered

    def __len__(self) -> int:
        return sum(not alert.triggered for alert in self._alerts.values())

    def check(self, contract_id: str, profit: Callable[[], Decimal]) -> None:
        """Fire what has been reached."""
        alert = self._alerts.get(contract_id)
        if alert is None or alert.triggered:
            return
        money = profit()
        found = alert.reached(money)
        if found is not None:
            alert.triggered = True
            self._fired(alert, found[0], money, found[1])


def _dollars(value: float | Decimal | None) -> Decimal | None:
    return None if value is None else Decimal(str(value))
