"""A managed trade: sized by its risk, entered with a stop, reduced, and left in one block.

Whatever happens inside the block, nothing is held without a stop when it ends.
"""

from __future__ import annotations

import asyncio

from guard import practice_only

from project_x_py import TradingSuite

STOP, TARGET = 10.0, 20.0
CHECKS = 20


async def main() -> None:
    suite = await TradingSuite.create(
        "MNQ", timeframes=["1min"], features=["risk_manager"], initial_days=1
    )
    async with suite:
        practice_only(suite)
        last = await suite.data.get_current_price()
        assert last is not None
        async with suite.managed_trade(max_risk_amount=80.0) as trade:
            entered = await trade.enter_long(last, last - STOP, last + TARGET)
            print(f"bought {entered['size']}, ${entered['risk_amount']:.2f} at risk at the stop")
            for check in range(CHECKS):
                await asyncio.sleep(1)
                state = await trade.monitor_position()
                if state["position"] is None:
                    break
                if check == CHECKS // 2:
                    await trade.exit_partial(1)
                    print("one contract is out")
            closed = await trade.close_position()
            if closed is not None:
                print(f"closed {closed['closed_size']} at the end")
            summary = await trade.get_trade_summary()
        print({key: summary[key] for key in summary if "pnl" in key})
        print(f"flat: {(await suite.flatten()).proved}")


if __name__ == "__main__":
    asyncio.run(main())
