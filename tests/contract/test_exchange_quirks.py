"""Contract cards: every switch of the exchange, both ways, as a client sees it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from tests.contract.cards import Look, Switch, play_switch, switch_cards
from tests.simulator.trading import (
    ACCOUNT,
    BARE,
    BUY,
    CANCELLED,
    FILLED,
    JOIN_ASK,
    JOIN_BID,
    LIMIT,
    MARKET,
    ORDER,
    PENDING,
    POSITION,
    SELL,
    START,
    STOP,
    STOP_LIMIT,
    SUSPENDED,
    TRADE,
    TRAIL,
    WORKING,
    Event,
    Trader,
)

from project_x_py.simulator import SimulatedAccount

EXPIRED = 4
AFTER_FLATTEN = {"start": datetime(2026, 9, 1, 20, 30, tzinfo=UTC)}
BEFORE_FLATTEN = {"start": datetime(2026, 9, 1, 20, 9, 45, tzinfo=UTC), "speed": 5}
"""Three seconds of the wall, so that a busy machine gets its order in."""
FLATTEN = "2026-09-01T20:10:00Z"
SECOND_NS = 1_000_000_000


def legs(stop: int | None = -40, target: int | None = 40) -> dict[str, object]:
    """A bracket by its signed ticks."""
    bracket: dict[str, object] = {}
    if stop is not None:
        bracket["stopLossBracket"] = {"ticks": stop, "type": 4}
    if target is not None:
        bracket["takeProfitBracket"] = {"ticks": target, "type": 1}
    return bracket


def code(kind: int, side: int = BUY, size: int = 1, **members: object) -> Look:
    """The code of an order's answer."""

    async def look(trader: Trader) -> object:
        return (await trader.place(kind, side, size, **members))["errorCode"]

    return look


def away(kind: int, member: str, ticks: int, side: int = BUY, **members: object) -> Look:
    """The code of an order with a price so many ticks from the best bid."""

    async def look(trader: Trader) -> object:
        price = trader.price(trader.best(BUY) + ticks)
        return (await trader.place(kind, side, **{member: price, **members}))["errorCode"]

    return look


async def resting(trader: Trader, size: int = 1, **members: object) -> int:
    """The id of a working bid."""
    order_id = await trader.order(JOIN_BID, BUY, size, **members)
    await trader.status(order_id, WORKING)
    return order_id


async def low(trader: Trader, size: int = 1, **members: object) -> int:
    """The id of a working bid below the market, and out of its way."""
    price = trader.price(trader.best(BUY) - 20)
    order_id = await trader.order(LIMIT, BUY, size, limitPrice=price, **members)
    await trader.status(order_id, WORKING)
    return order_id


async def partly(trader: Trader, **members: object) -> tuple[int, int]:
    """The id of a bid that took all of the best ask and wants five more, and what it got."""
    price, size = trader.levels(SELL)[0]
    order_id = await trader.order(LIMIT, BUY, size + 5, limitPrice=trader.price(price), **members)
    await trader.hear(lambda e: e[0] == ORDER and e[2]["id"] == order_id and e[2]["fillVolume"] > 0)
    return order_id, size


async def ended(trader: Trader, order_id: int) -> None:
    """Cancel an order, and wait until it is."""
    assert (await trader.ask("Order/cancel", orderId=order_id))["success"]
    await trader.status(order_id, CANCELLED)


async def found(trader: Trader, **members: object) -> list[dict[str, Any]]:
    """The rows of an order search."""
    answer = await trader.ask("Order/search", **{"startTimestamp": START, **members})
    rows: list[dict[str, Any]] = answer["orders"]
    return rows


async def tag_of_a_refused_order(trader: Trader) -> object:
    """The code of using it again."""
    await trader.place(MARKET, BUY, 0, customTag="b")
    return (await trader.place(MARKET, BUY, customTag="b"))["errorCode"]


async def tag_of_an_old_order(trader: Trader) -> object:
    """The codes of using it again while the order works, and afterwards."""
    order_id = await low(trader, customTag="a")
    during = await trader.place(MARKET, BUY, customTag="a")
    await ended(trader, order_id)
    after = await trader.place(MARKET, BUY, customTag="a")
    return during["errorCode"], after["errorCode"]


async def linked(trader: Trader) -> object:
    """Where an order is when the one that was linked to it has filled."""
    first = await low(trader)
    second = await trader.filled(MARKET, BUY, linkedOrderId=first)
    link = (await trader.row(second)).get("linkedOrderId")
    return (await trader.row(first))["status"], link == first


async def search_by_update(trader: Trader) -> object:
    """How many orders are found from the time of a cancellation on."""
    order_id = await low(trader)
    await trader.wait(0.01)
    await ended(trader, order_id)
    since = (await trader.row(order_id))["updateTimestamp"]
    return len(await found(trader, startTimestamp=since))


async def search_up_to(trader: Trader) -> object:
    """How many orders are found up to the instant at which the platform made one."""
    await trader.filled(MARKET, BUY)
    await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 0)
    return len(await found(trader, endTimestamp=FLATTEN))


async def search_far_back(trader: Trader) -> object:
    """How many orders are found from the day's beginning on."""
    await low(trader)
    return len(await found(trader))


async def search_many(trader: Trader) -> object:
    """Which of two orders are found."""
    first = await low(trader)
    await low(trader)
    return [row["id"] - first for row in await found(trader)]


async def size_alone(trader: Trader) -> object:
    """The code of changing a size without naming the price."""
    order_id = await low(trader)
    return (await trader.ask("Order/modify", orderId=order_id, size=2))["errorCode"]


async def size_as_filled(trader: Trader) -> object:
    """The code of changing a size to what has filled, and whether the order works on."""
    order_id, size = await partly(trader)
    answer = await trader.ask("Order/modify", orderId=order_id, size=size)
    await low(trader)
    return answer["errorCode"], (await trader.row(order_id))["status"]


async def price_of_a_suspended_leg(trader: Trader) -> object:
    """The code of giving a leg a price before its entry fills."""
    entry = await low(trader, **legs())
    price = trader.price(trader.best(BUY) - 80)
    answer = await trader.ask("Order/modify", orderId=entry + 1, stopPrice=price)
    return answer["errorCode"]


async def sibling_of_a_cancelled_leg(trader: Trader) -> object:
    """Where the target is when the stop was cancelled."""
    entry = await trader.filled(MARKET, BUY, **legs())
    await trader.status(entry + 2, WORKING)
    await ended(trader, entry + 1)
    return (await trader.row(entry + 2))["status"]


async def legs_of_a_cancelled_entry(trader: Trader) -> object:
    """Where the stop is when its entry was cancelled."""
    entry = await low(trader, **legs())
    await ended(trader, entry)
    return (await trader.row(entry + 1))["status"]


async def legs_of_a_partial_fill(trader: Trader) -> object:
    """Where the stop is when some of its entry has filled."""
    entry, _ = await partly(trader, **legs())
    await trader.wait(0.1)
    return (await trader.row(entry + 1))["status"]


async def anchor(trader: Trader) -> object:
    """Whether the stop counts from the price of the first fill."""
    levels = trader.levels(SELL)[:6]
    entry = await trader.filled(MARKET, BUY, sum(size for _, size in levels), **legs())
    stop = await trader.status(entry + 1, WORKING)
    from_first: bool = stop["stopPrice"] == trader.price(levels[0][0] - 40)
    return from_first


async def leg_without_position(trader: Trader) -> object:
    """Where the stop is when its position was closed."""
    entry = await trader.filled(MARKET, BUY, **legs())
    await trader.status(entry + 1, WORKING)
    await trader.ask("Position/closeContract", contractId=trader.contract.contract_id)
    await trader.hear(lambda e: e[0] == POSITION and e[2]["size"] == 0)
    await low(trader)
    return (await trader.row(entry + 1))["status"]


async def protection(trader: Trader) -> object:
    """The types of the orders that protect a position."""
    await trader.filled(MARKET, BUY)
    await low(trader)
    rows = (await trader.ask("Order/searchOpen"))["orders"]
    return [row["type"] for row in rows if row["side"] == SELL]


async def reversal(trader: Trader) -> object:
    """Sizes of the executions, and how many positions there were."""
    await trader.filled(MARKET, BUY)
    await trader.filled(MARKET, SELL, 3)
    trades = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    return [t["size"] for t in trades], len({e[2]["id"] for e in trader.events if e[0] == POSITION})


async def actions(trader: Trader) -> object:
    """The numbers beside an execution, a working order, a flat position and a filled order."""
    await low(trader)
    await trader.filled(MARKET, BUY)
    await trader.filled(MARKET, SELL)
    last = {}
    for target, action, data in trader.events:
        last[target, data.get("status"), data.get("size") == 0] = action
    return (
        last[TRADE, None, False],
        last[ORDER, WORKING, False],
        last[POSITION, None, True],
        last[ORDER, FILLED, False],
    )


async def joined_by_a_better_bid(trader: Trader) -> object:
    """Whether a joining bid follows the quote."""
    bid = await resting(trader)
    ask, size = trader.levels(SELL)[0]
    await trader.filled(MARKET, BUY, size)
    better = await trader.order(LIMIT, BUY, limitPrice=trader.price(ask))
    await trader.status(better, WORKING)
    await low(trader)
    follows: bool = (await trader.row(bid))["limitPrice"] == trader.price(ask)
    return follows


async def at_the_flatten(trader: Trader) -> object:
    """How an order ends that the platform cancels."""
    order_id = await low(trader)
    return (await trader.status(order_id, CANCELLED, EXPIRED))["status"]


async def accounts(trader: Trader) -> object:
    """How many accounts there are in all."""
    return len((await trader.post("Account/search", {}))["accounts"])


async def balance(trader: Trader) -> object:
    """What is left after one execution."""
    await trader.filled(MARKET, BUY)
    return (await trader.ask("Account/search"))["accounts"][0]["balance"]


def over(route: str, **members: object) -> Look:
    """The code of a command for an order that is over."""

    async def look(trader: Trader) -> object:
        order_id = await trader.filled(MARKET, BUY)
        return (await trader.ask(route, orderId=order_id, **members))["errorCode"]

    return look


async def on_its_way(trader: Trader) -> object:
    """The codes of commands for an order that has not arrived."""
    order_id = await trader.order(JOIN_BID, BUY)
    changed = await trader.ask("Order/modify", orderId=order_id, size=2)
    cancelled = await trader.ask("Order/cancel", orderId=order_id)
    return changed["errorCode"], cancelled["errorCode"]


async def update_time(trader: Trader) -> object:
    """Whether a filled order was updated after it was made."""
    row = await trader.row(await trader.filled(MARKET, BUY))
    later: bool = row["updateTimestamp"] > row["creationTimestamp"]
    return later


def is_about(target: str, event: Event) -> bool:
    """Whether an event is of some kind."""
    return event[0] == target


async def order_of_a_fill(trader: Trader) -> object:
    """What tells of a fill, in order."""
    await trader.order(MARKET, BUY)
    await trader.hear(lambda e: e[2].get("status") == FILLED)
    for kind in (TRADE, POSITION, ACCOUNT):
        await trader.hear(partial(is_about, kind))
    told = [e for e in trader.events if e[2].get("status") != PENDING]
    return [target.removeprefix("GatewayUser").lower() for target, _, _ in told]


async def moves_of_a_trail(trader: Trader) -> object:
    """How often a trailing stop is told of when the market moved once."""
    last = trader.best(BUY)
    order_id = await trader.order(TRAIL, SELL, trailPrice=trader.price(last - 6))
    await trader.status(order_id, WORKING)
    await trader.filled(MARKET, BUY)
    await low(trader)
    return trader.told(order_id)


async def stop_at_the_ask(trader: Trader) -> object:
    """The code of a buy stop at the ask, where the last print was at the bid."""
    price = trader.price(trader.best(SELL))
    return (await trader.place(STOP, BUY, stopPrice=price))["errorCode"]


async def leg_soon(trader: Trader) -> object:
    """Where the stop is a tenth of a second after its entry's fill."""
    entry = await trader.filled(MARKET, BUY, **legs())
    await trader.wait(0.1)
    return (await trader.row(entry + 1))["status"]


def queried(**members: object) -> Look:
    """How many of two orders the v2 query gives."""

    async def look(trader: Trader) -> object:
        await low(trader)
        await low(trader)
        query = {"filter": {"accountId": trader.account, **members}}
        return len((await trader.post("Order/v2/query", query))["orders"])

    return look


async def far_trail(trader: Trader) -> object:
    """The code of changing a trail to a level that is far away."""
    price = trader.price(trader.best(BUY) - 6)
    order_id = await trader.order(TRAIL, SELL, trailPrice=price)
    await trader.status(order_id, WORKING)
    return (await trader.ask("Order/modify", orderId=order_id, trailPrice=1.5))["errorCode"]


async def large_ids(trader: Trader) -> object:
    """Whether ids of orders and executions need 64 bits."""
    order_id = await trader.filled(MARKET, BUY)
    (trade,) = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    return order_id > 2**31, trade["id"] > 2**31


async def first_status(trader: Trader) -> object:
    """Where a market order is a tenth of a second after it was sent."""
    order_id = await trader.order(MARKET, BUY)
    await trader.wait(0.1)
    return (await trader.row(order_id))["status"]


async def delays(trader: Trader) -> object:
    """Whether market orders take three milliseconds each."""
    for _ in range(4):
        await trader.filled(MARKET, BUY)
    trades = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    rows = {row["id"]: row for row in await found(trader)}
    taken = [
        datetime.fromisoformat(trade["creationTimestamp"])
        - datetime.fromisoformat(rows[trade["orderId"]]["creationTimestamp"])
        for trade in trades
    ]
    return all(2_999 <= each.total_seconds() * 1e6 <= 3_001 for each in taken)


async def fees(trader: Trader) -> object:
    """What an execution cost."""
    await trader.filled(MARKET, BUY)
    (trade,) = (await trader.ask("Trade/search", startTimestamp=START))["trades"]
    return trade["fees"], trade["commissions"]


async def wrapped(trader: Trader) -> object:
    """Whether events carry an action."""
    await low(trader)
    return trader.events[0][1] != BARE


async def bracketed(trader: Trader) -> object:
    """The code of an order with a bracket."""
    return (await trader.place(MARKET, BUY, **legs()))["errorCode"]


async def without_start(trader: Trader) -> object:
    """The status of a search without a start."""
    return (await trader.reply("/api/Order/search", b'{"accountId":%d}' % trader.account)).status


def ex(
    name: str,
    value: object,
    look: Look,
    usual: object,
    switched: object,
    *,
    base: dict[str, object] | None = None,
    **options: Any,
) -> Switch:
    """A switch of the exchange."""
    return Switch(f"exchange.{name}", value, look, usual, switched, base or {}, options)


def top(
    name: str,
    value: object,
    look: Look,
    usual: object,
    switched: object,
    **base: object,
) -> Switch:
    """A switch of the gateway as a whole."""
    return Switch(name, value, look, usual, switched, base)


POSITION_MODE: dict[str, object] = {"bracket_mode": "position", "position_stop_ticks": 8}
SLOW: dict[str, object] = {"latency_ns": 50 * SECOND_NS}

SWITCHES = [
    ex("max_tag_length", 3, code(MARKET, customTag="abcd"), 0, 2),
    ex("ascii_tags", True, code(MARKET, customTag="ü"), 0, 2),
    ex("refused_order_uses_tag", False, tag_of_a_refused_order, 2, 0),
    ex("tags_for_ever", False, tag_of_an_old_order, (2, 2), (2, 0)),
    ex("stop_limit", True, away(STOP_LIMIT, "stopPrice", 8, limitPrice=24_004), 2, 0),
    ex("honour_linked_order_id", True, linked, (WORKING, False), (CANCELLED, True)),
    ex("search_by", "updated", search_by_update, 0, 1),
    ex("search_end_inclusive", False, search_up_to, 2, 1, **BEFORE_FLATTEN),
    ex("search_window_ns", SECOND_NS, search_far_back, 1, 0),
    ex("search_row_cap", 1, search_many, [0, 1], [1]),
    ex("null_leaves_unchanged", False, size_alone, 0, 3),
    ex("size_below_filled", "cancel rest", size_as_filled, (3, WORKING), (0, CANCELLED)),
    ex("modify_suspended", True, price_of_a_suspended_leg, 3, 0),
    ex("cancel_leg_cancels_sibling", True, sibling_of_a_cancelled_leg, WORKING, CANCELLED),
    ex("cancel_parent_cancels_legs", False, legs_of_a_cancelled_entry, CANCELLED, SUSPENDED),
    ex("legs_on_partial_fill", "on completion", legs_of_a_partial_fill, WORKING, SUSPENDED),
    ex("bracket_anchor", "first fill", anchor, False, True),
    ex("signed_bracket_ticks", False, code(MARKET, **legs(40, None)), 2, 0),
    ex("min_bracket_ticks", 4, code(MARKET, **legs(-3)), 0, 2),
    ex("single_leg_brackets", False, code(MARKET, **legs(-8, None)), 0, 2),
    ex("cancel_legs_when_flat", True, leg_without_position, WORKING, CANCELLED),
    ex("position_brackets_visible", False, protection, [STOP], [], base=POSITION_MODE),
    ex("reversal_keeps_position_id", False, reversal, ([3, 1], 1), ([3, 1], 2)),
    ex("reversal_rows", 2, reversal, ([3, 1], 1), ([2, 1, 1], 1)),
    ex("insert_action", 7, actions, (0, 1, 2, 2), (7, 1, 2, 2)),
    ex("update_action", 7, actions, (0, 1, 2, 2), (0, 7, 2, 2)),
    ex("delete_action", 7, actions, (0, 1, 2, 2), (0, 1, 7, 2)),
    ex("ended_order_action", 7, actions, (0, 1, 2, 2), (0, 1, 2, 7)),
    ex("join_other_side", False, code(JOIN_ASK), 0, 2),
    ex("join_pegged", True, joined_by_a_better_bid, False, True),
    ex("wrong_side_stop", "trigger", away(STOP, "stopPrice", -4), 2, 0),
    ex("price_band_bp", None, away(LIMIT, "limitPrice", -2000), 2, 0),
    ex("price_band_min_ticks", 2500, away(LIMIT, "limitPrice", -2000), 2, 0),
    ex("margin_code", 3, code(MARKET), 2, 3, accounts=[SimulatedAccount(margin=200_000)]),
    ex("platform_cancel_status", 4, at_the_flatten, CANCELLED, EXPIRED, **BEFORE_FLATTEN),
    ex("refuse_live_accounts", False, code(MARKET), 10, 0, accounts=["live"]),
    ex(
        "inactive_accounts_listed",
        False,
        accounts,
        2,
        1,
        accounts=["practice", SimulatedAccount(can_trade=False)],
    ),
    ex("costs_at_fill", False, balance, 149_999.39, 150_000),
    ex("outside_hours_code", 5, code(MARKET), 2, 5, **AFTER_FLATTEN),
    ex("flatten_minute", None, code(MARKET), 2, 0, **AFTER_FLATTEN),
    ex("terminal_cancel_code", 2, over("Order/cancel"), 5, 2),
    ex("terminal_modify_code", 2, over("Order/modify", size=2), 3, 2),
    ex("pending_commands_refused", True, on_its_way, (0, 0), (4, 4), base=SLOW),
    ex("update_time_is_fill_time", True, update_time, False, True),
    ex(
        "fill_events",
        ("account", "position", "order", "trade"),
        order_of_a_fill,
        ["trade", "order", "position", "account"],
        ["account", "position", "order", "trade"],
    ),
    ex(
        "report_trail_moves",
        True,
        moves_of_a_trail,
        [PENDING, WORKING],
        [PENDING, WORKING, WORKING],
    ),
    ex("trigger_by", "quote", stop_at_the_ask, 0, 2),
    ex("activation_ns", 1000 * SECOND_NS, leg_soon, WORKING, SUSPENDED),
    ex("query_filters_contract", True, queried(contractId="CON.F.US.EP.U26"), 2, 0),
    ex("query_row_cap", 1, queried(), 2, 1),
    ex("max_order_size", 4, code(MARKET, size=5), 0, 2),
    ex("modify_trail_capped", True, far_trail, 0, 3),
    ex("large_ids", False, large_ids, (True, True), (False, False)),
    top("wrapped_user_events", False, wrapped, True, False),
    top("strict_start", True, without_start, 200, 400),
    top("bracket_mode", "position", bracketed, 0, 2),
    top("position_stop_ticks", 8, protection, [], [STOP], bracket_mode="position"),
    top("position_target_ticks", 8, protection, [], [LIMIT], bracket_mode="position"),
    top("latency_ns", 50 * SECOND_NS, first_status, FILLED, PENDING),
    top("latency_spread_percent", 100, delays, True, False),
    top("charge_costs", False, fees, (0.36, 0.25), (0, 0)),
]


@switch_cards(SWITCHES)
def test_exchange_switch(play: Callable[..., None], switch: Switch) -> None:
    """The default does one thing, the switch the other."""
    play_switch(play, switch)
