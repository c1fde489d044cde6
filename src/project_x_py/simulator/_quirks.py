"""Where the real gateway's behaviour is unknown or varies, and what this one does.

Invariants: every switch is tried both ways at the gateway (``tests/contract/test_quirk_table.py``);
those of the exchange also by themselves (``tests/core/exchange/test_quirks.py``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from project_x_py._core.exchange.accounts import PositionBracket
from project_x_py._core.exchange.codes import BracketMode
from project_x_py._core.exchange.models import (
    FillAtTouch,
    FillThrough,
    FixedLatency,
    LognormalLatency,
    NoFees,
    OptimisticQueue,
    PessimisticQueue,
    ProductFees,
)
from project_x_py._core.exchange.quirks import ExchangeQuirks
from project_x_py._core.exchange.tape import TapeVenue
from project_x_py.simulator._hub_quirks import HubQuirks
from project_x_py.simulator._rest_quirks import RestQuirks

if TYPE_CHECKING:
    from project_x_py._core.exchange.models import FeeModel, FillRule, LatencyModel

__all__ = ["ExchangeQuirks", "HubQuirks", "Quirks", "RestQuirks"]


@dataclass(frozen=True, slots=True)
class Quirks:
    """The switches of a gateway, and the assumptions that its fills rest on.

    Attributes:
        live_entitled: Whether ``live: true`` finds contracts and bars; a simulated log-in
            normally finds none.
        wrapped_user_events: Whether the user hub wraps payloads as ``{"action", "data"}``.
        retry_after: Whether a 429 names the seconds to wait.
        strict_start: Whether an order or trade search without ``startTimestamp`` is a 400; it is
            seen to be an empty success.
        bracket_mode: The account's setting: ``"auto_oco"`` takes orders with brackets,
            ``"position"`` refuses them, and the platform protects positions by itself.
        position_stop_ticks: In position mode, how far from the average price the platform's stop
            is; None for no stop.
        position_target_ticks: Likewise its target.
        latency_ns: From a command's acceptance to the matching engine, exchange time.
        latency_spread_percent: 0 for the same delay each time; else delays are lognormal with
            ``latency_ns`` as their median and this deviation of the logarithm, in hundredths.
        charge_costs: Whether executions cost what the product table says.
        tape_queue: On a tape, whether those who cancel stood behind the user (``"pessimistic"``)
            or ahead (``"optimistic"``).
        tape_fill: On a tape, whether a print at an order's price can fill it (``"touch"``) or only
            one beyond it (``"through"``).
        rest: The switches of the routes.
        hubs: The switches of the hubs.
        exchange: The exchange's own switches.
    """

    live_entitled: bool = False
    wrapped_user_events: bool = True
    retry_after: bool = False
    strict_start: bool = False
    bracket_mode: Literal["auto_oco", "position"] = "auto_oco"
    position_stop_ticks: int | None = None
    position_target_ticks: int | None = None
    latency_ns: int = 3_000_000
    latency_spread_percent: int = 0
    charge_costs: bool = True
    tape_queue: Literal["pessimistic", "optimistic"] = "pessimistic"
    tape_fill: Literal["touch", "through"] = "touch"
    rest: RestQuirks = field(default_factory=RestQuirks)
    hubs: HubQuirks = field(default_factory=HubQuirks)
    exchange: ExchangeQuirks = field(default_factory=ExchangeQuirks)

    def latency(self, seed: int) -> LatencyModel:
        """Return how long commands travel."""
        if not self.latency_spread_percent:
            return FixedLatency(self.latency_ns)
        return LognormalLatency(
            self.latency_ns, sigma_percent=self.latency_spread_percent, seed=seed
        )

    def fees(self) -> FeeModel:
        """Return what executions cost."""
        return ProductFees() if self.charge_costs else NoFees()

    def tape_venue(self) -> TapeVenue:
        """Return where users' orders meet a recorded market."""
        queue = PessimisticQueue() if self.tape_queue == "pessimistic" else OptimisticQueue()
        return TapeVenue(self.fill_rule(), queue)

    def fill_rule(self) -> FillRule:
        """Return whether what trades at the price of an order on a tape fills it."""
        return FillAtTouch() if self.tape_fill == "touch" else FillThrough()

    def mode(self) -> BracketMode:
        """Return the account's bracket setting."""
        return BracketMode.AUTO_OCO if self.bracket_mode == "auto_oco" else BracketMode.POSITION

    def position_bracket(self) -> PositionBracket | None:
        """Return what the platform does for positions in position mode."""
        if self.position_stop_ticks is None and self.position_target_ticks is None:
            return None
        return PositionBracket(self.position_stop_ticks, self.position_target_ticks)
