"""Contract cards: placing, changing and cancelling orders."""

from __future__ import annotations

from datetime import UTC, datetime

from tests.contract.cards import card
from tests.simulator.trading import (
    BUY,
    CANCELLED,
    FILLED,
    JOIN_ASK,
    JOIN_BID,
    LIMIT,
    MARKET,
    ORDER,
    PENDING,
    REJECTED,
    SELL,
    START,
    STOP,
    STOP_LIMIT,
    SUSPENDED,
    TRAIL,
    WORKING,
    Trader,
)

from project_x_py.simulator import ExchangeQuirks, Quirks

AFTER_FLATTEN = datetime(2026, 9, 1, 20, 30, tzinfo=UTC)
CLOSED = "Trading is currently unavailable. The instrument is not in an active trading status."
STOP_LEG, TARGET_LEG = {"ticks": -8, "type": 4}, {"ticks": 8, "type": 1}


@card()
async def test_or01_each_type_is_placed(trader: Trader) -> None:
    """Every documented type is accepted, and read back with the prices that it has.

    The print of the market order, at the ask, has moved the trailing stop.
    """
    bid, ask = trader.best(BUY), trader.best(SELL)
    price = trader.price
    last = trader.gateway.market.snapshot(trader.contract.contract_id).last
    assert last is not None
    assert last == bid
    placed = {
        LIMIT: await trader.order(LIMIT, BUY, limitPrice=price(bid - 4)),
        STOP: await trader.order(STOP, BUY, stopPrice=price(ask + 12)),
        TRAIL: await trader.order(TRAIL, SELL, trailPrice=price(last - 6)),
        JOIN_BID: await trader.order(JOIN_BID, BUY),
        JOIN_ASK: await trader.order(JOIN_ASK, SELL),
        MARKET: await trader.order(MARKET, BUY),
    }
    assert min(placed.values()) > 3_000_000_000
    await trader.status(placed[MARKET], FILLED)
    rows = {kind: await trader.row(order_id) for kind, order_id in placed.items()}
    prices = {k: (r["status"], r["limitPrice"], r["stopPrice"]) for k, r in rows.items()}
    assert prices == {
        LIMIT: (WORKING, price(bid - 4), None),
        STOP: (WORKING, None, price(ask + 12)),
        TRAIL: (WORKING, None, price(ask - 6)),
        JOIN_BID: (WORKING, price(bid), None),
        JOIN_ASK: (WORKING, price(ask), None),
        MARKET: (FILLED, None, None),
    }
    assert (rows[TRAIL]["trailDistance"], rows[TRAIL]["trailPrice"]) == (6, 1.5)
    assert "trailPrice" not in rows[STOP]


@card()
async def test_or02_each_reason_of_refusal(trader: Trader) -> None:
    """Validation is code 2 with the reason in words; the order exists all the same, status 5."""
    bid, ask = trader.price(trader.best(BUY)), trader.price(trader.best(SELL))
    legs = {"stopLossBracket": STOP_LEG, "takeProfitBracket": TARGET_LEG}
    too_long = {**legs, "stopLossBracket": {"ticks": 40, "type": 4}}
    below_short = {**legs, "takeProfitBracket": {"ticks": 8, "type": 1}}
    limit_stop = {"stopLossBracket": {"ticks": -8, "type": 1}}
    reasons = [
        (LIMIT, BUY, 1, {"limitPrice": bid + 0.1}, "Invalid limit price. Price is not aligned"),
        (LIMIT, BUY, 1, {"limitPrice": bid - 720}, "Invalid price. Price is outside allowed"),
        (STOP, SELL, 1, {"stopPrice": bid - 4.1}, "Invalid stop price. Price is not aligned"),
        (STOP, BUY, 1, {"stopPrice": bid - 10}, "wrong side of the market"),
        (TRAIL, BUY, 1, {}, "Trail Distance not set."),
        (TRAIL, BUY, 1, {"trailPrice": ask + 0.1}, "Invalid trail price. Price is not aligned"),
        (TRAIL, BUY, 1, {"trailPrice": ask + 300}, "Trail Distance exceeds maximum (1000)"),
        (LIMIT, BUY, 1, {}, "Price is required"),
        (STOP_LIMIT, BUY, 1, {"limitPrice": ask, "stopPrice": ask}, "Invalid order type"),
        (0, BUY, 1, {}, "Invalid order type"),
        (MARKET, 2, 1, {}, "Invalid order side"),
        (MARKET, BUY, 0, {}, "Invalid order size"),
        (MARKET, BUY, 1, too_long, "Invalid stop loss ticks (40). Ticks should be less than zero"),
        (MARKET, SELL, 1, {**below_short, "stopLossBracket": TARGET_LEG}, "type (Limit)"),
        (MARKET, BUY, 1, limit_stop, "Invalid stop loss type (Limit)"),
    ]
    for kind, side, size, members, words in reasons:
        answer = await trader.place(kind, side, size, **members)
        assert (answer["success"], answer["errorCode"]) == (False, 2), answer
        assert words in answer["errorMessage"], answer
        told = await trader.status(answer["orderId"], REJECTED)
        assert told["fillVolume"] == 0
        assert (await trader.row(answer["orderId"]))["status"] == REJECTED


@card()
async def test_or03_refused_before_an_order_exists(trader: Trader) -> None:
    """An unknown account is code 1, an unknown contract 8, another expiry 9; there is no order."""
    base = {"type": MARKET, "side": BUY, "size": 1}
    mine = {**base, "accountId": trader.account}
    cases = [
        ({**base, "accountId": 1, "contractId": trader.contract.contract_id}, 1),
        ({**mine, "contractId": "CON.F.US.XYZ.U26"}, 8),
        ({**mine, "contractId": "CON.F.US.MNQ.M26"}, 9),
    ]
    for body, code in cases:
        assert await trader.post("Order/place", body) == {
            "orderId": None,
            "success": False,
            "errorCode": code,
            "errorMessage": None,
        }
    unquoted = await trader.post("Order/place", {**mine, "contractId": "CON.F.US.EP.U26"})
    assert (unquoted["errorCode"], unquoted["errorMessage"]) == (2, "Invalid symbol")


@card()
async def test_or04_a_tag_is_used_once_for_ever(trader: Trader) -> None:
    """A tag is taken also when its order is over or was refused; so are those of the legs."""
    legs = {"stopLossBracket": STOP_LEG, "takeProfitBracket": TARGET_LEG}
    first = await trader.order(LIMIT, BUY, limitPrice=24_000 - 20, customTag="a", **legs)
    await trader.status(first, WORKING)
    assert (await trader.ask("Order/cancel", orderId=first))["success"]
    await trader.status(first, CANCELLED)
    refused = await trader.place(MARKET, BUY, 0, customTag="b")
    assert refused["errorCode"] == 2
    for tag in ("a", "a-SL", "a-TP", "b"):
        answer = await trader.place(MARKET, BUY, customTag=tag)
        assert (answer["errorCode"], "custom tag" in answer["errorMessage"]) == (2, True), tag
    assert trader.told(first + 1) == [SUSPENDED, CANCELLED]


@card(quirks=Quirks(exchange=ExchangeQuirks(stop_limit=True, refused_order_uses_tag=False)))
async def test_or05_switches_of_placing(trader: Trader) -> None:
    """Type 3 can be switched on, and the tag of a refused order freed."""
    ask = trader.price(trader.best(SELL) + 8)
    order_id = await trader.order(STOP_LIMIT, BUY, limitPrice=ask + 1, stopPrice=ask)
    row = await trader.status(order_id, WORKING)
    assert (row["limitPrice"], row["stopPrice"]) == (ask + 1, ask)
    assert (await trader.place(MARKET, BUY, 0, customTag="b"))["errorCode"] == 2
    await trader.filled(MARKET, BUY, customTag="b")


@card()
async def test_or06_modify_in_place(trader: Trader) -> None:
    """Null and absent members stay as they are; the id stays; what is wrong has its code."""
    bid = trader.best(BUY)
    order_id = await trader.order(LIMIT, BUY, 2, limitPrice=trader.price(bid - 4))
    await trader.status(order_id, WORKING)
    change = {"orderId": order_id, "limitPrice": trader.price(bid - 6), "stopPrice": None}
    assert await trader.ask("Order/modify", **change) == {
        "success": True,
        "errorCode": 0,
        "errorMessage": None,
    }
    event = await trader.hear(
        lambda e: e[0] == ORDER and e[2].get("limitPrice") == trader.price(bid - 6)
    )
    assert (event[2]["id"], event[2]["size"], event[2]["status"]) == (order_id, 2, WORKING)
    await trader.ask("Order/modify", orderId=order_id, size=5)
    event = await trader.hear(lambda e: e[0] == ORDER and e[2]["size"] == 5)
    assert event[2]["limitPrice"] == trader.price(bid - 6)
    off_grid = await trader.ask("Order/modify", orderId=order_id, limitPrice=24_000.1)
    assert (off_grid["errorCode"], "aligned" in off_grid["errorMessage"]) == (3, True)
    assert (await trader.ask("Order/modify", orderId=5, size=1))["errorCode"] == 2
    stranger = {"accountId": 1, "orderId": order_id, "size": 1}
    assert (await trader.post("Order/modify", stranger))["errorCode"] == 1


@card()
async def test_or07_modify_takes_a_distance_by_mistake(trader: Trader) -> None:
    """The cap of 1,000 ticks is not checked on modify, as documented."""
    last = trader.gateway.market.snapshot(trader.contract.contract_id).last
    assert last is not None
    order_id = await trader.order(TRAIL, SELL, trailPrice=trader.price(last - 6))
    await trader.status(order_id, WORKING)
    assert (await trader.ask("Order/modify", orderId=order_id, trailPrice=1.5))["success"]
    event = await trader.hear(lambda e: e[0] == ORDER and e[2].get("trailDistance", 0) > 1000)
    assert event[2]["id"] == order_id


@card()
async def test_or08_cancel(trader: Trader) -> None:
    """A working order ends with status 3; what is over, unknown or another's has its code."""
    order_id = await trader.order(JOIN_BID, BUY)
    await trader.status(order_id, WORKING)
    assert (await trader.ask("Order/cancel", orderId=order_id))["success"]
    await trader.status(order_id, CANCELLED)
    assert trader.told(order_id) == [PENDING, WORKING, CANCELLED]
    assert (await trader.ask("Order/cancel", orderId=order_id))["errorCode"] == 5
    assert (await trader.ask("Order/modify", orderId=order_id, size=2))["errorCode"] == 3
    assert (await trader.ask("Order/cancel", orderId=1))["errorCode"] == 2
    stranger = {"accountId": 1, "orderId": order_id}
    assert (await trader.post("Order/cancel", stranger))["errorCode"] == 1


@card(quirks=Quirks(exchange=ExchangeQuirks(terminal_cancel_code=3)))
async def test_or09_switches_of_cancelling(trader: Trader) -> None:
    """The answer to what is over can be another one."""
    order_id = await trader.filled(MARKET, BUY)
    assert (await trader.ask("Order/cancel", orderId=order_id))["errorCode"] == 3


@card(start=AFTER_FLATTEN)
async def test_or10_closed_market(trader: Trader) -> None:
    """From 15:10 in Chicago orders are refused with code 2 and the captured words."""
    answer = await trader.place(MARKET, BUY)
    assert (answer["errorCode"], answer["errorMessage"]) == (2, CLOSED)
    assert (await trader.status(answer["orderId"], REJECTED))["type"] == MARKET


@card(start=AFTER_FLATTEN, quirks=Quirks(exchange=ExchangeQuirks(outside_hours_code=5)))
async def test_or11_closed_market_may_be_code_5(trader: Trader) -> None:
    """The code that the enumeration suggests, by a switch."""
    assert (await trader.place(MARKET, BUY))["errorCode"] == 5


@card(start=AFTER_FLATTEN, quirks=Quirks(exchange=ExchangeQuirks(flatten_minute=None)))
async def test_or12_no_flatten(trader: Trader) -> None:
    """Without the platform's own close the market trades on until the exchange closes."""
    await trader.filled(MARKET, BUY)


@card(balance=1_000)
async def test_or13_where_orders_are_found(trader: Trader) -> None:
    """Suspended legs are found by id and by the v2 query, never by the searches."""
    legs = {"stopLossBracket": STOP_LEG, "takeProfitBracket": TARGET_LEG}
    price = trader.price(trader.best(BUY) - 4)
    entry = await trader.order(LIMIT, BUY, limitPrice=price, customTag="n", **legs)
    await trader.status(entry, WORKING)
    for route in ("Order/search", "Order/searchOpen"):
        rows = (await trader.ask(route, startTimestamp=START))["orders"]
        assert [row["id"] for row in rows] == [entry]
    query = {"filter": {"accountId": trader.account, "statuses": [SUSPENDED]}}
    page = await trader.post("Order/v2/query", query)
    assert [row["customTag"] for row in page["orders"]] == ["n-TP", "n-SL"]
    assert page["totalCount"] == 2
    target, stop = page["orders"]
    assert (target["parentOrderId"], target["linkedOrderId"]) == (entry, stop["id"])
    assert (stop["parentOrderId"], "linkedOrderId" in stop) == (entry, False)
    assert (await trader.row(stop["id"]))["status"] == SUSPENDED
