"""Contract cards: several accounts of one user, and what each may do."""

from __future__ import annotations

from tests.contract.cards import card
from tests.simulator.trading import (
    BUY,
    FILLED,
    JOIN_BID,
    MARKET,
    ORDER,
    SELL,
    START,
    WORKING,
    Trader,
)

from project_x_py.simulator import ExchangeQuirks, Quirks, SimulatedAccount

PRACTICE, COMBINE, EXPRESS, LIVE, FOLLOWER, CLOSED, BROKEN = range(21_000_001, 21_000_008)
EVERY_KIND = (
    "practice",
    "combine",
    "express",
    "live",
    SimulatedAccount(follower=True),
    SimulatedAccount(can_trade=False, visible=False),
    SimulatedAccount(kind="combine", violated=True),
)
LIVE_WORDS = "Live accounts not supported"
FOLLOWER_WORDS = "Follower accounts cannot cancel orders"


@card(accounts=EVERY_KIND)
async def test_ac01_the_list_of_accounts(trader: Trader) -> None:
    """Kinds differ in name, balance and routing; the filter leaves those that may trade."""
    every = (await trader.post("Account/search", {"onlyActiveAccounts": False}))["accounts"]
    assert [(r["id"], r["canTrade"], r["isVisible"], r["simulated"]) for r in every] == [
        (PRACTICE, True, True, True),
        (COMBINE, True, True, True),
        (EXPRESS, True, True, True),
        (LIVE, True, True, False),
        (FOLLOWER, True, True, True),
        (CLOSED, False, False, True),
        (BROKEN, False, True, True),
    ]
    assert [(r["name"].partition("-1")[0], r["balance"]) for r in every[:4]] == [
        ("PRAC-V2", 150_000),
        ("50KTC-V2", 50_000),
        ("EXPRESS-V2", 0),
        ("LIVE", 10_000),
    ]
    assert list(every[0]) == ["id", "name", "balance", "canTrade", "isVisible", "simulated"]
    active = (await trader.post("Account/search", {"onlyActiveAccounts": True}))["accounts"]
    assert active == every[:5]
    missing = (await trader.post("Account/search", {}))["accounts"]
    assert missing == every


@card(accounts=EVERY_KIND, quirks=Quirks(exchange=ExchangeQuirks(inactive_accounts_listed=False)))
async def test_ac02_inactive_accounts_may_be_hidden(trader: Trader) -> None:
    """By a switch the search for all finds no more than that for active ones."""
    every = (await trader.post("Account/search", {"onlyActiveAccounts": False}))["accounts"]
    assert len(every) == 5


@card(accounts=["practice", "combine"])
async def test_ac03_accounts_do_not_see_each_other(trader: Trader) -> None:
    """Orders, positions, executions, tags and searches belong to one account."""
    async with Trader(trader.gateway, COMBINE) as other:
        mine = await trader.filled(MARKET, BUY, customTag="t")
        theirs = await other.filled(MARKET, SELL, 2, customTag="t")
        assert {e[2]["accountId"] for e in other.events if "accountId" in e[2]} == {COMBINE}
        assert {e[2]["id"] for e in trader.events if e[0] == ORDER} == {mine}
        assert {e[2]["id"] for e in other.events if e[0] == ORDER} == {theirs}
        for one, net in ((trader, (1, 1)), (other, (2, 2))):
            (held,) = (await one.ask("Position/searchOpen"))["positions"]
            assert (held["accountId"], held["type"], held["size"]) == (one.account, *net)
            (trade,) = (await one.ask("Trade/search", startTimestamp=START))["trades"]
            assert trade["accountId"] == one.account
            (order,) = (await one.ask("Order/search", startTimestamp=START))["orders"]
            assert order["accountId"] == one.account
        assert (await trader.ask("Order/searchById", orderId=theirs))["errorCode"] == 1
        assert (await trader.ask("Order/cancel", orderId=theirs))["errorCode"] == 2


@card(accounts=EVERY_KIND)
async def test_ac04_who_may_trade(trader: Trader) -> None:
    """Live and closed accounts are rejected, violated ones in violation; the others trade."""
    contract = trader.contract.contract_id
    answers = {}
    for account in (PRACTICE, COMBINE, EXPRESS, LIVE, FOLLOWER, CLOSED, BROKEN):
        body = {"accountId": account, "contractId": contract, "type": MARKET, "side": 0, "size": 1}
        answer = await trader.post("Order/place", body)
        answers[account] = answer["errorCode"], answer["errorMessage"]
        assert (answer["orderId"] is None) == (not answer["success"])
    assert answers == {
        PRACTICE: (0, None),
        COMBINE: (0, None),
        EXPRESS: (0, None),
        LIVE: (10, LIVE_WORDS),
        FOLLOWER: (0, None),
        CLOSED: (10, None),
        BROKEN: (4, None),
    }


@card(accounts=["practice", "live", SimulatedAccount(follower=True)])
async def test_ac05_live_accounts_and_followers(trader: Trader) -> None:
    """Both may not cancel, each in its own words; a live one may not change or close either."""
    contract = trader.contract.contract_id
    follower = COMBINE + 1
    async with Trader(trader.gateway, follower) as copy:
        order_id = await copy.order(JOIN_BID, BUY)
        await copy.status(order_id, WORKING)
        answer = await copy.ask("Order/cancel", orderId=order_id)
        assert (answer["errorCode"], answer["errorMessage"]) == (6, FOLLOWER_WORDS)
        assert (await copy.ask("Order/modify", orderId=order_id, size=2))["success"]
    async with Trader(trader.gateway, COMBINE) as live:
        for route, members, code in (
            ("Order/modify", {"orderId": 1}, 6),
            ("Order/cancel", {"orderId": 1}, 6),
            ("Position/closeContract", {"contractId": contract}, 8),
            ("Position/partialCloseContract", {"contractId": contract, "size": 1}, 9),
        ):
            answer = await live.ask(route, **members)
            assert (answer["errorCode"], answer["errorMessage"]) == (code, LIVE_WORDS), route


@card(accounts=["live"], quirks=Quirks(exchange=ExchangeQuirks(refuse_live_accounts=False)))
async def test_ac06_live_accounts_may_place_and_modify(trader: Trader) -> None:
    """By a switch only cancelling and closing are refused, as far as it is documented."""
    order_id = await trader.order(JOIN_BID, BUY)
    await trader.status(order_id, WORKING)
    assert (await trader.ask("Order/modify", orderId=order_id, size=2))["success"]
    assert (await trader.ask("Order/cancel", orderId=order_id))["errorCode"] == 6


@card(
    accounts=[SimulatedAccount(position_limit=2), SimulatedAccount(kind="combine", margin=30_000)]
)
async def test_ac07_limits_of_an_account(trader: Trader) -> None:
    """A position limit and a margin are judged as if everything on the side fills."""
    await trader.filled(MARKET, BUY, 2)
    answer = await trader.place(JOIN_BID, BUY)
    assert (answer["errorCode"], answer["errorMessage"]) == (2, "Maximum position exceeded.")
    async with Trader(trader.gateway, COMBINE) as poor:
        await poor.order(JOIN_BID, BUY)
        answer = await poor.place(MARKET, BUY)
        assert (answer["errorCode"], answer["errorMessage"]) == (2, "Not enough margin.")
        assert (await poor.row(answer["orderId"]))["fillVolume"] == 0


@card(accounts=[SimulatedAccount(bracket_mode="position"), SimulatedAccount(name="PRAC-X")])
async def test_ac08_each_account_has_its_bracket_mode(trader: Trader) -> None:
    """The setting is not shown; one account refuses brackets, the other takes them."""
    bracket = {"stopLossBracket": {"ticks": -8, "type": 4}}
    assert (await trader.place(MARKET, BUY, **bracket))["errorCode"] == 2
    async with Trader(trader.gateway, COMBINE) as other:
        entry = await other.order(MARKET, BUY, **bracket)
        await other.status(entry, FILLED)
