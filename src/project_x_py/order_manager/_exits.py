"""What takes a guarded entry off, and what brings back what was taken off twice: read from orders.

Orders outlast every run: the gateway closes a position by an order without a tag, which is there
to be read when nobody remembers that it was asked for.

Invariants (``tests/order_manager/test_exits.py``): an order that brings contracts back makes
nothing held before it has filled; legs and entries are never taken for anybody's close.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import IntentState, Purpose

if TYPE_CHECKING:
    from project_x_py._core.orders.intents import Submission
    from project_x_py._core.orders.ledger import OrderLedger
    from project_x_py._core.orders.state import OrderState
    from project_x_py._core.records import OrderUpdate

__all__ = [
    "by_others",
    "exit_never_left",
    "exiting",
    "is_being_closed",
    "is_closed_at_market",
    "is_own_close",
    "lent",
]

MARKET = 2


def is_own_close(ledger: OrderLedger, tag: str | None) -> bool:
    """Whether the user closed a position by an order, which then ends no single entry."""
    submission = None if tag is None else ledger.submission(tag)
    if submission is None:
        return False
    return submission.intent.purpose is Purpose.EXIT and submission.intent.protects is None


def is_being_closed(ledger: OrderLedger, contract_id: str) -> bool:
    """Whether somebody's close of a contract may still fill, or arrive.

    What works at the market without anybody here having placed it is a close of the gateway's.
    """
    if any(is_own_close(ledger, one.intent.tag) for one in ledger.outstanding(contract_id)):
        return True
    for state in ledger.working(contract_id):
        order = state.snapshot()
        foreign = order.parent_id is None and ledger.submission(order.custom_tag or "") is None
        if is_own_close(ledger, order.custom_tag) or (foreign and order.type == MARKET):
            return True
    return False


def is_closed_at_market(ledger: OrderLedger, contract_id: str) -> bool:
    """Whether an order by which the user closes a contract at once may still fill, or arrive."""
    asked = [one.intent.tag for one in ledger.outstanding(contract_id) if _is_market_close(one)]
    return bool(asked) or any(
        state.snapshot().type == MARKET and is_own_close(ledger, state.snapshot().custom_tag)
        for state in ledger.working(contract_id)
    )


def _is_market_close(submission: Submission) -> bool:
    intent = submission.intent
    at_once = intent.request.type == MARKET
    return at_once and intent.purpose is Purpose.EXIT and intent.protects is None


def exit_never_left(ledger: OrderLedger, tag: str) -> bool:
    """Whether the exit that followed a refused stop did not arrive, and nothing was sent since."""
    sent = ledger.submissions_for(tag)
    stops = [one for one in sent if one.intent.purpose is Purpose.STOP]
    if not stops or stops[-1].state is not IntentState.REFUSED:
        return False
    gone = sent[-1].state in (IntentState.ABSENT, IntentState.UNSENT)
    return gone and sent[-1].intent.purpose is Purpose.EXIT


def exiting(ledger: OrderLedger, tag: str, entry_side: int) -> tuple[int, int]:
    """Return contracts that other orders close of an entry, and those they may still bring back.

    An exit that somebody else ordered counts as it fills: until then the stop stays. One that
    brings back what was closed twice makes nothing held before it has filled.
    """
    total = returning = 0
    for submission in ledger.submissions_for(tag):
        if submission.intent.purpose is not Purpose.EXIT:
            continue
        state, request = ledger.by_tag(submission.intent.tag), submission.intent.request
        filled = 0 if state is None else state.filled
        to_come = 0
        if submission.intent.tag.startswith(f"{tag}."):
            unseen = request.size if submission.is_outstanding else 0
            to_come = unseen if state is None else state.remaining
        if request.side == entry_side:
            total, returning = total - filled, returning + to_come
        else:
            total += filled + to_come
    return total, returning


def lent(ledger: OrderLedger, tag: str, entry: OrderState, legs_out: int) -> int:
    """Return what was brought back for an entry beyond what its own orders exited twice.

    Somebody else's exit explained it then: a leg of another entry, it may turn out.

    Args:
        ledger: Every order.
        tag: The entry's.
        entry: The order that opened.
        legs_out: What its legs have filled.
    """
    side = entry.snapshot().side
    exited, returning = exiting(ledger, tag, side)
    brought = sum(
        one.intent.request.size
        for one in ledger.submissions_for(tag)
        if one.intent.purpose is Purpose.EXIT and one.intent.request.side == side
    )
    return max(0, min(brought, entry.filled - legs_out - exited + returning))


def by_others(ledger: OrderLedger, entry: OrderUpdate, side: int) -> int:
    """Return the contracts that others than entries and legs trade on a side since an entry.

    They are closes of the user's, those on their way included, and orders that nobody here placed.
    """
    since_ns, total = entry.created_ns or 0, 0
    for state in ledger.orders():
        order = state.snapshot()
        if (order.contract_id, order.side) != (entry.contract_id, side):
            continue
        if order.created_ns is not None and order.created_ns < since_ns:
            continue
        if is_own_close(ledger, order.custom_tag):
            total += state.filled + (state.remaining if order.type == MARKET else 0)
        elif order.parent_id is None and ledger.submission(order.custom_tag or "") is None:
            total += state.filled
    for one in ledger.outstanding(entry.contract_id):
        sought = one.intent.request.side == side and ledger.by_tag(one.intent.tag) is None
        if sought and is_own_close(ledger, one.intent.tag):
            total += one.intent.request.size
    return total
