"""Everything about the real exchange that is unknown or varies, as one table of switches.

Each field says what is not known and what this exchange does by default. The defaults are the
best guesses of people who have looked at live traffic; none of them is documented by the gateway.
A client that is right works with every setting.

Invariant (``tests/core/exchange/test_quirks.py``): every switch changes what a test sees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["ExchangeQuirks", "FillEvent"]

FillEvent = Literal["trade", "order", "position", "account"]
"""One of the four messages that a fill causes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeQuirks:
    """What the simulated exchange does where the real one is unknown.

    Attributes:
        max_tag_length: Longest ``customTag``, the ``-SL`` and ``-TP`` of legs included; None for
            no limit. Unknown; people keep their own to 60.
        ascii_tags: Whether a tag with other than printable ASCII is refused. Unknown.
        refused_order_uses_tag: Whether the tag of a refused order, which is stored like any
            other, counts as used. Unknown; tags are documented as unique across the account.
        tags_for_ever: Whether a tag stays taken when its order is over. Documented is only that it
            is unique across the account.
        stop_limit: Whether type 3 can be placed. In the enumeration, not in the documented list.
        honour_linked_order_id: Whether ``linkedOrderId`` on place ties two orders so that what one
            fills the other loses. An old document has it; ignored today as far as known.
        search_by: Which time an order search compares.
        search_end_inclusive: Whether an order or trade at the end of a search belongs to it.
        search_window_ns: Longest span of a search, from its start; None for no limit.
        search_row_cap: Most rows an order or trade search returns, the newest; None for no limit.
        null_leaves_unchanged: Whether a modification may leave out a price its order needs.
        size_below_filled: What a modified size of no more than the filled volume does: it is
            refused, or it cancels the rest.
        modify_suspended: Whether a leg without a price can be given one before its entry fills.
        cancel_leg_cancels_sibling: Whether cancelling one leg cancels the other.
        cancel_parent_cancels_legs: Whether cancelling an entry that has not filled cancels its
            suspended legs.
        legs_on_partial_fill: Legs come to life with the first contract of the entry and grow with
            it, or only when the entry is over.
        bracket_anchor: The price that ticks count from when an entry filled at several: the
            average, rounded to the tick, or that of the first fill.
        signed_bracket_ticks: Whether ticks on the wrong side of the entry are refused, as captured
            live; the documented sample has no signs, and then they count as distances.
        min_bracket_ticks: Fewest ticks between entry and leg. One source claims 4.
        single_leg_brackets: Whether a bracket of only a stop or only a target is taken.
        cancel_legs_when_flat: Whether legs are cancelled when their position is closed by
            something else. People report orphaned stops.
        position_brackets_visible: Whether the protective orders of an account in position-bracket
            mode are reported and found; they are plain orders without a parent.
        reversal_keeps_position_id: Whether a position that changes sides keeps its id.
        reversal_rows: Whether a fill that closes and opens is one trade row or two.
        insert_action: Number beside a trade on the user hub.
        update_action: Number beside an account, order or position that lives on.
        delete_action: Number beside a position that went flat.
        ended_order_action: Number beside an order that is over; seen as 2 on some.
        join_other_side: Whether JoinBid may sell and JoinAsk may buy, which trades at once.
        join_pegged: Whether a JoinBid or JoinAsk follows the quote it joined.
        wrong_side_stop: What a stop does that the market has already passed.
        price_band_bp: Furthest a limit price may be from the market, in hundredths of a percent;
            None for no limit. Known to be less than 2 %.
        price_band_min_ticks: The band is never narrower than this.
        margin_code: Code of ``Not enough margin.``: 2, or 3 as the enumeration suggests.
        platform_cancel_status: Status of an order that the platform cancels at the flatten time or
            the daily close: 3 cancelled or 4 expired.
        refuse_live_accounts: Whether placing and modifying refuse live accounts, as cancelling and
            closing are documented to.
        inactive_accounts_listed: Whether a search for all accounts finds those that cannot trade.
        costs_at_fill: Whether the balance pays fees and commissions with each fill, or all of a
            day's at its close.
        outside_hours_code: Code of an order outside trading hours: 2 as captured live, or 5 as the
            enumeration suggests.
        flatten_minute: Minute of the Chicago day from which the platform closes positions, cancels
            orders and takes no new ones until the next trading day; None to switch it off. The
            figure is Topstep's 15:10; a market that closes earlier flattens at its close.
        terminal_cancel_code: Answer to cancelling an order that is over; 5 was seen once.
        terminal_modify_code: Answer to changing an order that is over.
        pending_commands_refused: Whether an order that has not reached the matching engine refuses
            changes and cancels with code 4; they wait in line otherwise.
        update_time_is_fill_time: Whether a fill moves ``updateTimestamp``. In live histories it
            stays at creation, or at a leg's activation.
        fill_events: The order in which a fill is told on the user hub.
        report_trail_moves: Whether every move of a trailing stop is told.
        trigger_by: Whether trades or quotes trigger stops and move trailing ones.
        activation_ns: From an entry's first fill to its legs working; 10 ms in live captures.
        modify_trail_capped: Whether modifying refuses a trail of more than 1,000 ticks, as placing
            does; documented not to.
        large_ids: Whether ids of orders and executions begin above 2^31, as live ones do.
        query_filters_contract: Whether ``contractId`` filters the v2 query; measured not to.
        query_row_cap: Most rows of one v2 query.
        max_order_size: Largest order in contracts.
    """

    max_tag_length: int | None = 64
    ascii_tags: bool = False
    refused_order_uses_tag: bool = True
    tags_for_ever: bool = True
    stop_limit: bool = False
    honour_linked_order_id: bool = False
    search_by: Literal["created", "updated"] = "created"
    search_end_inclusive: bool = True
    search_window_ns: int | None = None
    search_row_cap: int | None = None
    null_leaves_unchanged: bool = True
    size_below_filled: Literal["reject", "cancel rest"] = "reject"
    modify_suspended: bool = False
    cancel_leg_cancels_sibling: bool = False
    cancel_parent_cancels_legs: bool = True
    legs_on_partial_fill: Literal["per fill", "on completion"] = "per fill"
    bracket_anchor: Literal["average", "first fill"] = "average"
    signed_bracket_ticks: bool = True
    min_bracket_ticks: int = 1
    single_leg_brackets: bool = True
    cancel_legs_when_flat: bool = False
    position_brackets_visible: bool = True
    reversal_keeps_position_id: bool = True
    reversal_rows: Literal[1, 2] = 1
    insert_action: int = 0
    update_action: int = 1
    delete_action: int = 2
    ended_order_action: int = 2
    join_other_side: bool = True
    join_pegged: bool = False
    wrong_side_stop: Literal["reject", "trigger"] = "reject"
    price_band_bp: int | None = 150
    price_band_min_ticks: int = 40
    margin_code: Literal[2, 3] = 2
    platform_cancel_status: Literal[3, 4] = 3
    refuse_live_accounts: bool = True
    inactive_accounts_listed: bool = True
    costs_at_fill: bool = True
    outside_hours_code: Literal[2, 5] = 2
    flatten_minute: int | None = 15 * 60 + 10
    terminal_cancel_code: Literal[2, 3, 5] = 5
    terminal_modify_code: Literal[2, 3, 5] = 3
    pending_commands_refused: bool = False
    update_time_is_fill_time: bool = False
    fill_events: tuple[FillEvent, FillEvent, FillEvent, FillEvent] = (
        "trade",
        "order",
        "position",
        "account",
    )
    report_trail_moves: bool = False
    trigger_by: Literal["trade", "quote"] = "trade"
    activation_ns: int = 10_000_000
    modify_trail_capped: bool = False
    large_ids: bool = True
    query_filters_contract: bool = False
    query_row_cap: int = 100
    max_order_size: int = 10_000
