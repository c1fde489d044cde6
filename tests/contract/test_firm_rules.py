"""Cards of the firm's rules: what ends an account, and what is too large for it."""

from __future__ import annotations

from tests.contract.cards import card
from tests.simulator.trading import BUY, CANCELLED, LIMIT, MARKET, SELL, WORKING, Trader

from project_x_py.simulator import SimulatedAccount

COMBINE = SimulatedAccount(kind="combine", rules=True)
POOR = SimulatedAccount(kind="combine", rules=True, balance=48_000.5)
LOCKED = SimulatedAccount(kind="combine", rules=True, balance=48_010)
DAILY = SimulatedAccount(kind="combine", rules=True, name="50KTC-V2-DLL-1-1")
EXPRESS = SimulatedAccount(kind="express", rules=True, size_thousands=50)
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


@card(accounts=[DAILY])
async def test_fr05_the_daily_limit_locks_the_account_and_does_not_end_it(trader: Trader) -> None:
    """All is closed, the account cannot trade, and orders get code 10: it has broken no rule."""
    resting = await trader.order(LIMIT, SELL, 1, limitPrice=trader.price(trader.best(SELL) + 400))
    trader.gateway.market.resume()
    assert (await trader.place(MARKET, BUY, 50))["success"]
    for _ in range(120):
        await trader.wait(10)
        accounts = await trader.post("Account/search", {"onlyActiveAccounts": False})
        if not accounts["accounts"][0]["canTrade"]:
            break
    await trader.wait(5)
    assert (await trader.ask("Position/searchOpen"))["positions"] == []
    assert (await trader.row(resting))["status"] == CANCELLED
    assert (await trader.place(MARKET, BUY, 1))["errorCode"] == 10


@card(accounts=[COMBINE])
async def test_fr06_an_order_that_grows_is_capped_too(trader: Trader) -> None:
    """Up to five minis in all; one contract more by modification is refused."""
    low = trader.price(trader.best(BUY) - 100)
    entry = await trader.order(LIMIT, BUY, 40, limitPrice=low)
    await trader.status(entry, WORKING)
    assert (await trader.ask("Order/modify", orderId=entry, size=50))["success"]
    refused = await trader.ask("Order/modify", orderId=entry, size=51)
    assert not refused["success"]
    assert refused["errorMessage"] == "Maximum position exceeded."


@card(accounts=[EXPRESS])
async def test_fr07_an_express_account_begins_with_its_plan(trader: Trader) -> None:
    """Two minis of a fifty thousand account, whose size is told beside its name."""
    assert (await trader.place(MARKET, BUY, 21))["errorCode"] == 2
    assert (await trader.place(MARKET, BUY, 20))["success"]
