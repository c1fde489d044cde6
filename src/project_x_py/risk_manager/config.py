"""The limits that a user sets for himself.

Invariant (``tests/risk_manager/test_config.py``): shares are between 0 and 1, distances above zero,
and what cannot be is refused when the settings are made.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import time
from decimal import Decimal
from typing import Any

__all__ = ["RiskConfig"]

STOP_TYPES = ("fixed", "atr", "percentage")


@dataclass(slots=True)
class RiskConfig:
    """Limits of trades, days and positions. Shares are of the balance, money is dollars.

    Attributes:
        max_risk_per_trade: Share that one trade may lose at its stop.
        max_risk_per_trade_amount: The same in dollars; the smaller of both holds. Of a balance that
            is not above zero, as that of a funded account at its beginning, a share is nothing:
            there the amounts hold alone.
        max_daily_loss: Share that a trading day may lose.
        max_daily_loss_amount: The same in dollars.
        max_daily_trades: Positions closed in a trading day.
        max_position_size: Contracts of one position, working orders counted.
        max_positions: Contracts that may be held at once.
        max_portfolio_risk: Share that all positions together may lose at their stops.
        use_stop_loss: Whether a stop is attached to positions.
        stop_loss_type: ``"fixed"`` in ticks, ``"atr"``, or ``"percentage"`` of the entry price.
        default_stop_distance: Ticks, or percent for ``"percentage"``.
        default_stop_atr_multiplier: Average true ranges between entry and stop.
        use_take_profit: Whether a target is attached.
        default_risk_reward_ratio: Distance of the target as a multiple of the stop's.
        use_trailing_stops: Whether attached stops follow the price.
        trailing_stop_distance: Ticks between the best price and a trailing stop.
        trailing_stop_trigger: Ticks of profit at which a stop begins to follow.
        scale_in_enabled: Whether a managed trade may add to its position.
        scale_out_enabled: Whether it may reduce it in parts.
        martingale_enabled: Whether a managed trade may add to its position while that loses.
        restrict_trading_hours: Whether entries are refused outside ``allowed_trading_hours``.
        allowed_trading_hours: Begin and end in Chicago, as ``HH:MM``.
        avoid_news_events: Kept as given; there is no source of news here.
        news_blackout_minutes: Kept as given.
        max_correlated_positions: Positions of one product group at once.
        correlation_threshold: Kept as given; groups stand in for correlations.
        use_kelly_criterion: Whether sizes follow Kelly once there are trades enough.
        kelly_fraction: Share of the Kelly size that is used.
        min_trades_for_kelly: Trades before that.
        slippage_ticks: Ticks beyond the stop that a contract's risk is counted with.
        highest_balance: Highest balance at the end of a trading day so far, in dollars: the firm's
            loss limit trails it, and the gateway does not tell it. Without it the opening balance
            and what is seen from the start on are taken.
        express_size_thousands: Size of an Express account, which its name does not tell.

    Raises:
        ValueError: A value that cannot be.
    """

    max_risk_per_trade: Decimal = Decimal("0.01")
    max_risk_per_trade_amount: Decimal | None = None
    max_daily_loss: Decimal = Decimal("0.03")
    max_daily_loss_amount: Decimal | None = None
    max_daily_trades: int = 10
    max_position_size: int = 10
    max_positions: int = 3
    max_portfolio_risk: Decimal = Decimal("0.05")
    use_stop_loss: bool = True
    stop_loss_type: str = "fixed"
    default_stop_distance: Decimal = Decimal(50)
    default_stop_atr_multiplier: Decimal = Decimal("2.0")
    use_take_profit: bool = True
    default_risk_reward_ratio: Decimal = Decimal("2.0")
    use_trailing_stops: bool = True
    trailing_stop_distance: Decimal = Decimal(20)
    trailing_stop_trigger: Decimal = Decimal(30)
    scale_in_enabled: bool = False
    scale_out_enabled: bool = True
    martingale_enabled: bool = False
    restrict_trading_hours: bool = False
    allowed_trading_hours: list[tuple[str, str]] = field(
        default_factory=lambda: [("09:30", "16:00")]
    )
    avoid_news_events: bool = True
    news_blackout_minutes: int = 30
    max_correlated_positions: int = 2
    correlation_threshold: Decimal = Decimal("0.7")
    use_kelly_criterion: bool = False
    kelly_fraction: Decimal = Decimal("0.25")
    min_trades_for_kelly: int = 30
    slippage_ticks: int = 2
    express_size_thousands: int | None = None
    highest_balance: Decimal | None = None

    def __post_init__(self) -> None:
        shares = ("max_risk_per_trade", "max_daily_loss", "max_portfolio_risk", "kelly_fraction")
        distances = (
            "default_stop_distance",
            "default_stop_atr_multiplier",
            "default_risk_reward_ratio",
            "trailing_stop_distance",
            "trailing_stop_trigger",
        )
        for name in (*shares, *distances, "correlation_threshold"):
            setattr(self, name, Decimal(str(getattr(self, name))))
        for name in ("max_risk_per_trade_amount", "max_daily_loss_amount", "highest_balance"):
            value = getattr(self, name)
            setattr(self, name, None if value is None else Decimal(str(value)))
            if value is not None and value <= 0:
                raise ValueError(f"{name} is dollars above zero, not {value}")
        for name in shares:
            if not 0 < getattr(self, name) <= 1:
                raise ValueError(f"{name} is a share above 0 up to 1, not {getattr(self, name)}")
        for name in distances:
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is above zero, not {getattr(self, name)}")
        for name in ("max_daily_trades", "max_position_size", "max_positions"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is at least 1, not {getattr(self, name)}")
        if self.stop_loss_type not in STOP_TYPES:
            raise ValueError(
                f"stop_loss_type is one of {', '.join(STOP_TYPES)}, not {self.stop_loss_type!r}"
            )
        if self.stop_loss_type == "percentage" and self.default_stop_distance >= 100:
            raise ValueError(
                f"a stop is less than 100 percent away, not {self.default_stop_distance}"
            )
        self.hours()

    def hours(self) -> list[tuple[time, time]]:
        """Return the allowed hours as times of the Chicago day.

        Raises:
            ValueError: One is no time.
        """
        return [
            (time.fromisoformat(begin), time.fromisoformat(end))
            for begin, end in self.allowed_trading_hours
        ]

    def trade_limit(self, balance: Decimal) -> Decimal:
        """Return the dollars that one trade may lose."""
        return _smaller(self.max_risk_per_trade, balance, self.max_risk_per_trade_amount)

    def day_limit(self, balance: Decimal) -> Decimal:
        """Return the dollars that a trading day may lose."""
        return _smaller(self.max_daily_loss, balance, self.max_daily_loss_amount)

    def portfolio_limit(self, balance: Decimal) -> Decimal:
        """Return the dollars that all positions together may lose at their stops."""
        amount = self.max_daily_loss_amount if balance <= 0 else None
        return _smaller(self.max_portfolio_risk, balance, amount)

    def to_dict(self) -> dict[str, Any]:
        """Return the settings, decimals as floats."""
        return {
            name: float(value) if isinstance(value, Decimal) else value
            for name, value in asdict(self).items()
        }


def _smaller(share: Decimal, balance: Decimal, amount: Decimal | None) -> Decimal:
    if amount is None:
        return share * balance
    return min(share * balance, amount) if balance > 0 else amount
