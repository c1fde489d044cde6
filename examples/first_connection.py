"""Log in, and see what there is: the account, the contract, the price."""

from __future__ import annotations

import asyncio

from project_x_py import TradingSuite


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        account = suite.client.get_account_info()
        kind = "simulated" if account.simulated else "LIVE"
        print(f"account   {account.name} ({kind}), balance ${account.balance:,.2f}")
        contract = suite["MNQ"].instrument
        print(f"contract  {contract.name}: {contract.description}")
        print(f"one tick  {contract.tickSize} points, ${contract.tickValue}")
        print(f"price     {await suite.data.get_current_price()}")
        print(f"connected {suite.is_connected}")


if __name__ == "__main__":
    asyncio.run(main())
