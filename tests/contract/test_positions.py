"""Contract cards: brackets, fills and positions."""

from __future__ import annotations

from tests.contract.cards import card
from tests.simulator.trading import (
    ACCOUNT,
    BUY,
    CANCELLED,
    FILLED,
    LIMIT,
    MARKET,
    ORDER,
    PENDING,
    POSITION,
    SELL,
    START,
    SUSPENDED,
    TRADE,
    WORKING,
    Trader,
)

from project_x_py.simulator import ExchangeQuirks, Quirks

MODE = "Brackets cannot be used with Position Brackets. You must enable Auto OCO Brackets."


def legs(stop: int, target: int) -> dict[str, object]:
    """Both legs of a bracket by their signed ticks."""
    return {
        "stopLossBracket": {"ticks": stop, "type": 4},
        "takeProfitBracket": {"ticks": target, "type": 1},
    }


def flat(event: tuple[str, int, dict[str, object]]) -> bool:
    """Whether an event tells of a position that is gone."""
    return event[0] == POSITION and event[2]["size"] == 0


@card()
async def test_po01_bracket_lifecycle(trader: Trader) -> None:
    """Stop, entry, target are told; the fill wakes the legs at their ticks from its price; one
    leg fills, the other is cancelled, the position is flat with action 2."""
    entry = await trader.filled(MARKET, BUY, 2, customTag="run", **legs(-6, 6))
    stop, target = entry + 1, entry + 2
    told = [(e[2]["id"], e[2]["status"]) for e in trader.events if e[0] == ORDER]
    assert told[:3] == [(stop, SUSPENDED), (entry, PENDING), (target, SUSPENDED)]
    average = (await trader.row(entry))["filledPrice"]
    wide = await trader.status(stop, WORKING)
    near = await trader.status(target, WORKING)
    assert (wide["stopPrice"], near["limitPrice"]) == (average - 1.5, average + 1.5)
    assert (wide["customTag"], near["customTag"]) == ("run-SL", "run-TP")
    trader.gateway.market.resume()
    closed = await trader.hear(flat)
    assert (closed[1], closed[2]["type"], closed[2]["averagePrice"]) == (2, 0, average)
    await trader.status(stop, FILLED, CANCELLED)
    await trader.status(target, FILLED, CANCELLED)
    assert sorted((trader.told(stop)[-1], trader.told(target)[-1])) == [FILLED, CANCELLED]
    assert (await trader.ask("Position/searchOpen"))["positions"] == []
    trades = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    assert sum(t["size"] for t in trades if t["side"] == SELL) == 2
    assert trades[-1]["profitAndLoss"] is None


@card()
async def test_po02_events_of_a_fill(trader: Trader) -> None:
    """Execution, order, position, account, in this order, with their actions and costs."""
    await trader.filled(MARKET, SELL, 3)
    fill = [e for e in trader.events if e[2].get("status") != PENDING]
    assert [(e[0], e[1]) for e in fill] == [(TRADE, 0), (ORDER, 2), (POSITION, 1), (ACCOUNT, 1)]
    trade, _, position, account = (e[2] for e in fill)
    assert (trade["fees"], trade["commissions"]) == (1.08, 0.75)
    assert "profitAndLoss" not in trade
    assert (position["type"], position["size"]) == (2, 3)
    assert account["balance"] == 150_000 - 1.83
    listed = (await trader.ask("Account/search"))["accounts"]
    assert listed[0]["balance"] == account["balance"]


@card()
async def test_po03_partial_fill(trader: Trader) -> None:
    """An order that takes more than is there stays open with what it got, and rests."""
    price, size = trader.levels(SELL)[0]
    order_id = await trader.order(LIMIT, BUY, size + 5, limitPrice=trader.price(price))
    event = await trader.hear(lambda e: e[0] == ORDER and e[2]["fillVolume"] > 0)
    assert (event[2]["status"], event[2]["fillVolume"]) == (WORKING, size)
    (row,) = (await trader.ask("Order/searchOpen"))["orders"]
    assert (row["id"], row["size"], row["fillVolume"]) == (order_id, size + 5, size)
    assert (await trader.ask("Order/cancel", orderId=order_id))["success"]
    over = await trader.status(order_id, CANCELLED)
    assert over["fillVolume"] == size


@card()
async def test_po04_a_market_order_walks_the_book(trader: Trader) -> None:
    """One execution for each price, the average beside the grid, and the users' prints are told."""
    (first, size), (second, _) = trader.levels(SELL)[:2]
    order_id = await trader.filled(MARKET, BUY, size + 1)
    trades = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    assert [(t["price"], t["size"]) for t in trades] == [
        (trader.price(second), 1),
        (trader.price(first), size),
    ]
    (position,) = (await trader.ask("Position/searchOpen"))["positions"]
    average = (size * trader.price(first) + trader.price(second)) / (size + 1)
    assert abs(position["averagePrice"] - average) < 1e-9
    assert position["contractDisplayName"] == "MNQU26"
    assert (await trader.row(order_id))["filledPrice"] == position["averagePrice"]
    assert trader.best(SELL) == second


@card()
async def test_po05_reversal(trader: Trader) -> None:
    """One row closes and opens; the position keeps its id and changes its type."""
    await trader.filled(MARKET, BUY)
    (long,) = (await trader.ask("Position/searchOpen"))["positions"]
    await trader.filled(MARKET, SELL, 3)
    (short,) = (await trader.ask("Position/searchOpen"))["positions"]
    assert (long["type"], short["type"], short["size"]) == (1, 2, 2)
    assert short["id"] == long["id"]
    newest, opening = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    spread = trader.price(trader.best(SELL) - trader.best(BUY))
    assert (newest["size"], newest["profitAndLoss"]) == (3, -2 * spread)
    assert opening["profitAndLoss"] is None


@card(quirks=Quirks(exchange=ExchangeQuirks(reversal_rows=2, reversal_keeps_position_id=False)))
async def test_po06_reversal_in_two_rows(trader: Trader) -> None:
    """By a switch it is two executions and two positions."""
    await trader.filled(MARKET, BUY)
    await trader.filled(MARKET, SELL, 3)
    trades = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    assert [t["size"] for t in trades] == [2, 1, 1]
    assert len({e[2]["id"] for e in trader.events if e[0] == POSITION}) == 2


@card()
async def test_po07_close_leaves_the_legs(trader: Trader) -> None:
    """Closing tells no order id, sends an untagged market order, and leaves the bracket working."""
    entry = await trader.filled(MARKET, BUY, 2, **legs(-40, 40))
    await trader.status(entry + 2, WORKING)
    contract = trader.contract.contract_id
    answer = await trader.ask("Position/closeContract", contractId=contract)
    assert answer == {"success": True, "errorCode": 0, "errorMessage": None}
    await trader.hear(flat)
    rows = (await trader.ask("Order/search", startTimestamp=START))["orders"]
    assert [(r["type"], r["status"], r["customTag"]) for r in rows] == [
        (MARKET, FILLED, None),
        (4, WORKING, None),
        (LIMIT, WORKING, None),
        (MARKET, FILLED, None),
    ]
    again = await trader.ask("Position/closeContract", contractId=contract)
    assert again["errorCode"] == 2


@card(quirks=Quirks(exchange=ExchangeQuirks(cancel_legs_when_flat=True)))
async def test_po08_legs_may_end_with_the_position(trader: Trader) -> None:
    """By a switch nothing is left working when the position is flat."""
    entry = await trader.filled(MARKET, BUY, 2, **legs(-40, 40))
    await trader.status(entry + 2, WORKING)
    await trader.ask("Position/closeContract", contractId=trader.contract.contract_id)
    await trader.status(entry + 1, CANCELLED)
    await trader.status(entry + 2, CANCELLED)


@card()
async def test_po09_partial_close(trader: Trader) -> None:
    """Part of a position is closed; sizes that do not fit are code 5, also a misspelt one."""
    contract = trader.contract.contract_id
    await trader.filled(MARKET, SELL, 3)
    for members in ({"size": 0}, {"size": 4}, {"size": -1}, {"closeSize": 1}):
        answer = await trader.ask("Position/partialCloseContract", contractId=contract, **members)
        assert answer["errorCode"] == 5, members
    answer = await trader.ask("Position/partialCloseContract", contractId=contract, size=2)
    assert answer["success"]
    event = await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 1)
    assert (event[1], event[2]["type"]) == (1, 2)


@card()
async def test_po10_codes_of_closing(trader: Trader) -> None:
    """Account, position and contract have their codes; from 5 on the two routes differ."""
    contract = trader.contract.contract_id
    for route in ("Position/closeContract", "Position/partialCloseContract"):
        stranger = {"accountId": 1, "contractId": contract, "size": 1}
        assert (await trader.post(route, stranger))["errorCode"] == 1
        for contract_id, code in (
            (contract, 2),
            ("CON.F.US.XYZ.U26", 3),
            ("CON.F.US.MNQ.M26", 4),
        ):
            answer = await trader.ask(route, contractId=contract_id, size=1)
            assert (answer["errorCode"], answer["errorMessage"]) == (code, None), route


@card()
async def test_po11_cancel_of_a_leg_leaves_its_sibling(trader: Trader) -> None:
    """The other leg works on; cancelling an entry that waits ends its legs."""
    entry = await trader.filled(MARKET, BUY, **legs(-40, 40))
    await trader.status(entry + 2, WORKING)
    await trader.ask("Order/cancel", orderId=entry + 1)
    await trader.status(entry + 1, CANCELLED)
    assert (await trader.row(entry + 2))["status"] == WORKING


@card(quirks=Quirks(bracket_mode="position", position_stop_ticks=8, position_target_ticks=12))
async def test_po12_position_brackets(trader: Trader) -> None:
    """In the other mode brackets are refused in the captured words, and the platform protects."""
    answer = await trader.place(MARKET, BUY, **legs(-8, 8))
    assert (answer["errorCode"], answer["errorMessage"]) == (2, MODE)
    entry = await trader.filled(MARKET, BUY)
    average = (await trader.row(entry))["filledPrice"]
    await trader.hear(lambda e: e[0] == ORDER and e[2].get("limitPrice") == average + 3)
    rows = (await trader.ask("Order/searchOpen"))["orders"]
    assert {(r["stopPrice"], r["limitPrice"]) for r in rows} == {
        (average - 2, None),
        (None, average + 3),
    }
    assert not any("parentOrderId" in row for row in rows)


@card(quirks=Quirks(charge_costs=False, latency_ns=0, wrapped_user_events=True))
async def test_po13_models_are_switches(trader: Trader) -> None:
    """Without costs the balance stays; without latency the fill is there with the answer."""
    order_id = await trader.order(MARKET, BUY)
    assert (await trader.row(order_id))["status"] == FILLED
    assert (await trader.ask("Account/search"))["accounts"][0]["balance"] == 150_000
