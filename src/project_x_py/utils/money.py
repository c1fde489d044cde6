"""Ticks, points and dollars of one trade.

Everything is computed in exact fractions of the shortest decimals that denote the arguments, and
rounded once, to a float, at the end.

Invariant (``tests/utils/test_money.py``): a point is worth ``tick_value / tick_size`` dollars.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from project_x_py._core.grid import TickGrid
from project_x_py.exceptions import InvalidFieldError

if TYPE_CHECKING:
    from decimal import Decimal

__all__ = [
    "calculate_position_sizing",
    "calculate_position_value",
    "calculate_risk_reward_ratio",
    "calculate_tick_value",
    "round_to_tick_size",
]


def round_to_tick_size(price: float, tick_size: float) -> float:
    """Return the price on the tick grid nearest to ``price``; halfway goes away from zero.

    Args:
        price: Points; may be negative.
        tick_size: Points per tick, above 0.

    Raises:
        OffGridError: An argument is not a finite number, or ``tick_size`` not above 0; also a
            ``ValueError``.
    """
    return TickGrid(float(tick_size)).aligned(float(price))


def calculate_tick_value(price_change: float, tick_size: float, tick_value: float) -> float:
    """Return the dollars that a price change is worth on one contract.

    Args:
        price_change: Points; a negative change gives negative dollars.
        tick_size: Points per tick, above 0.
        tick_value: Dollars per tick.

    Raises:
        InvalidFieldError: An argument is not a finite number, or ``tick_size`` not above 0.
    """
    return float(_exact("price_change", price_change) * _point_value(tick_value, tick_size))


def calculate_position_value(size: int, price: float, tick_value: float, tick_size: float) -> float:
    """Return the notional value of a position in dollars.

    Args:
        size: Contracts; negative for a short, and so is the value.
        price: Points.
        tick_value: Dollars per tick.
        tick_size: Points per tick, above 0.

    Raises:
        InvalidFieldError: An argument is not a finite number, or ``tick_size`` not above 0.
    """
    points = _exact("size", size) * _exact("price", price)
    return float(points * _point_value(tick_value, tick_size))


def calculate_risk_reward_ratio(
    entry_price: float, stop_price: float, target_price: float
) -> float:
    """Return the distance to the target over the distance to the stop.

    Raises:
        InvalidFieldError: The stop is at the entry, or on the same side of it as the target.
    """
    entry = _exact("entry_price", entry_price)
    risk = entry - _exact("stop_price", stop_price)
    reward = _exact("target_price", target_price) - entry
    if risk == 0 or risk * reward < 0:
        raise InvalidFieldError(
            f"stop {stop_price} and target {target_price} must lie on both sides of the entry "
            f"{entry_price}"
        )
    return float(reward / risk)


def calculate_position_sizing(
    account_balance: float,
    risk_per_trade: float,
    entry_price: float,
    stop_loss_price: float,
    tick_value: float = 1.0,
    tick_size: float | None = None,
) -> dict[str, Any]:
    """Return the largest position whose loss at the stop stays within the risk.

    Args:
        account_balance: Dollars, above 0.
        risk_per_trade: Share of the balance to risk, above 0 and at most 1; 0.01 is one percent.
        entry_price: Points.
        stop_loss_price: Points; other than ``entry_price``.
        tick_value: Dollars per tick with ``tick_size`` given, else dollars per point.
        tick_size: Points per tick.

    Returns:
        position_size, contracts, 0 when one is too many; price_risk, points to the stop;
        risk_per_contract, dollars; risk_amount, dollars that may be risked; total_risk, dollars
        at risk with position_size; risk_percent, total_risk in percent of the balance.

    Raises:
        InvalidFieldError: An argument is out of range.
    """
    balance = _above_zero("account_balance", account_balance)
    share = _above_zero("risk_per_trade", risk_per_trade)
    if share > 1:
        raise InvalidFieldError(
            f"risk_per_trade is a share of the balance, at most 1, not {risk_per_trade}; "
            "1 percent is 0.01"
        )
    points = abs(_exact("entry_price", entry_price) - _exact("stop_loss_price", stop_loss_price))
    if points == 0:
        raise InvalidFieldError(f"the stop must not be at the entry, {entry_price}")
    per_point = _above_zero("tick_value", tick_value) / _above_zero(
        "tick_size", 1 if tick_size is None else tick_size
    )
    risk, budget = points * per_point, balance * share
    size = budget // risk
    return {
        "position_size": int(size),
        "price_risk": float(points),
        "risk_per_contract": float(risk),
        "risk_amount": float(budget),
        "total_risk": float(size * risk),
        "risk_percent": float(size * risk / balance * 100),
    }


def _exact(name: str, value: float | Decimal) -> Fraction:
    try:
        return Fraction(float.__repr__(value) if isinstance(value, float) else value)
    except (TypeError, ValueError, OverflowError) as exc:
        raise InvalidFieldError(f"{name} must be a finite number, not {value!r}") from exc


def _above_zero(name: str, value: float) -> Fraction:
    result = _exact(name, value)
    if result <= 0:
        raise InvalidFieldError(f"{name} must be above 0, not {value!r}")
    return result


def _point_value(tick_value: float, tick_size: float) -> Fraction:
    return _exact("tick_value", tick_value) / _above_zero("tick_size", tick_size)
