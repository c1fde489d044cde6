"""Cards of the firm's rules: what ends an account, and what is too large for it."""

from __future__ import annotations

from tests.contract.cards import card
from tests.simulator.trading import BUY, MARKET, SELL, Trader

from project_x_py.simulator import SimulatedAccount

COMBINE = SimulatedAccount(kind="combine", rules=True)
POOR = SimulatedAccount(kind="combine", rules=True, balance=48_000.5)
LOCKED = SimulatedAccount(kind="combine", rules=True, balance=48_010)
FREE = SimulatedAccount(kind="combine")


@card(accounts=[COMBINE])
async def test_fr01_positions_are_capped_in_minis(trader: Trader) -> None:
    """Fifty micros are five minis, and one more is refused with code 2."""
    assert (await trader.place(MARKET, BUY, 51))["errorCode"] == 2
    assert (await trader.place(MARKET, BUY, 50))["success"]
    await trader.wait(1)
    assert (await trader.place(MARKET, BUY, 1))["errorCode"] == 2
    assert (await trader.place(MARKET, SELL, 50))["success"]


@card(accounts=[FREE])
async def test_fr02_without_the_switch_nothing_is_capped(trader: Trader) -> None:
    """The same account without rules takes the same order."""
    assert (await trader.place(MARKET, BUY, 51))["success"]


@card(accounts=[POOR])
async def test_fr03_a_breach_liquidates_and_ends_the_account(trader: Trader) -> None:
    """At the maximum loss all is closed, the account cannot trade, and orders get code 4."""
    trader.gateway.market.resume()
    assert (await trader.place(MARKET, BUY, 20))["success"]
    await trader.wait(30)
    held = await trader.ask("Position/searchOpen")
    assert held["positions"] == []
    accounts = await trader.post("Account/search", {"onlyActiveAccounts": False})
    assert [account["canTrade"] for account in accounts["accounts"]] == [False]
    assert (await trader.place(MARKET, BUY, 1))["errorCode"] == 4


@card(accounts=[LOCKED])
async def test_fr04_what_a_thin_book_leaves_is_closed_too(trader: Trader) -> None:
    """A large position goes in as many pieces as it takes, and nothing new is taken."""
    trader.gateway.market.resume()
    assert (await trader.place(MARKET, BUY, 50))["success"]
    await trader.wait(60)
    assert (await trader.ask("Position/searchOpen"))["positions"] == []
    assert (await trader.place(MARKET, BUY, 1))["errorCode"] == 4
