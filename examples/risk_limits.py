"""Limits that hold whatever the strategy does: sizes by the stop, refusals before the gateway."""

from __future__ import annotations

import asyncio
from decimal import Decimal

from guard import practice_only

from project_x_py import TradingSuite
from project_x_py.exceptions import RiskLimitExceeded
from project_x_py.risk_manager import RiskConfig

LIMITS = RiskConfig(
    max_risk_per_trade_amount=Decimal(100),
    max_daily_loss_amount=Decimal(300),
    max_position_size=3,
)


async def main() -> None:
    suite = await TradingSuite.create(
        "MNQ", timeframes=["1min"], features=["risk_manager"], risk_config=LIMITS, initial_days=1
    )
    async with suite:
        practice_only(suite)
        risk = suite.risk_manager
        last = await suite.data.get_current_price()
        assert risk is not None
        assert last is not None
        sized = await risk.calculate_position_size(entry_price=last, stop_loss=last - 20)
        print(f"{sized['position_size']} contracts risk ${sized['risk_amount']:.2f} at the stop")
        bracket = await suite.orders.place_bracket_order(
            "MNQ", 0, sized["position_size"], last, last - 20, last + 40
        )
        print(f"placed: {bracket.success}")
        try:
            await suite.orders.place_market_order("MNQ", side=0, size=5)
        except RiskLimitExceeded as refusal:
            print(f"refused before it was sent: {refusal}")
        print(f"flat: {(await suite.flatten()).proved}")


if __name__ == "__main__":
    asyncio.run(main())
