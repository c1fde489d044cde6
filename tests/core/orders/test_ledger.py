"""All orders of an account, from facts in any order."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import order_facts, order_fills

from project_x_py._core.orders import ledger as ledgers
from project_x_py._core.orders import state as codes
from project_x_py._core.orders.intents import SETTLE_NS, CompleteRead, Intent, IntentState
from project_x_py._core.orders.ledger import Change, OrderChange, OrderLedger
from project_x_py._core.records import OrderUpdate, TradeUpdate
from project_x_py._core.submission import OrderEdit, OrderRequest
from project_x_py.exceptions import ProjectXOrderError

EP = "CON.F.US.EP.U26"
ACCOUNT = 1


def intent(tag: str = "run-1", **changes: object) -> Intent:
    values = {
        "account_id": ACCOUNT,
        "contract_id": EP,
        "type": 1,
        "side": 0,
        "size": 3,
        "limit": 20_000,
    }
    request = OrderRequest(tag=tag, **{**values, **changes})
    return Intent(tag=tag, request=request, created_ns=0)


def fact(number: int = 70, **changes: object) -> OrderUpdate:
    values = {
        "id": number,
        "account_id": ACCOUNT,
        "contract_id": EP,
        "status": codes.OPEN,
        "type": 1,
        "side": 0,
        "size": 3,
        "limit": 20_000,
        "recv_ns": 1,
    }
    return OrderUpdate(**{**values, **changes})


def fill(number: int, size: int, order_id: int = 70, **changes: object) -> TradeUpdate:
    values = {
        "id": number,
        "account_id": ACCOUNT,
        "contract_id": EP,
        "order_id": order_id,
        "price": 20_000,
        "size": size,
        "side": 0,
        "exch_ns": 1,
        "recv_ns": 1,
    }
    return TradeUpdate(**{**values, **changes})


def kinds(changes: list[OrderChange]) -> list[Change]:
    return [change.kind for change in changes]


def sent(ledger: OrderLedger, tag: str = "run-1", **changes: object) -> OrderLedger:
    submission = ledger.plan(intent(tag, **changes))
    submission.recorded()
    submission.sending()
    return ledger


def read(began_ns: int, *orders: OrderUpdate) -> CompleteRead:
    return CompleteRead(
        began_ns,
        began_ns,
        frozenset(order.custom_tag for order in orders if order.custom_tag),
        frozenset(order.id for order in orders),
    )


@given(st.data())
def test_facts_in_any_order_give_the_same_orders(data: st.DataObject) -> None:
    """Facts and fills of one order, shuffled and repeated, end in one state."""
    said = [
        *data.draw(st.lists(order_facts(), min_size=1, max_size=6)),
        *data.draw(st.lists(order_fills(), max_size=4, unique_by=lambda one: one.id)),
    ]

    def ended(facts: list[OrderUpdate | TradeUpdate]) -> tuple[OrderUpdate, int, int]:
        ledger, told = OrderLedger(ACCOUNT), []
        for one in facts:
            told += ledger.merge(one) if isinstance(one, OrderUpdate) else ledger.merge_fill(one)
        order = ledger.order(7)
        assert order is not None
        ends = [change for change in told if change.kind.value.endswith(("led", "ected", "ired"))]
        placed = kinds(told).count(Change.PLACED)
        terminal = [one for one in ends if one.kind in ENDS]
        assert len(terminal) == order.is_terminal
        assert placed + kinds(told).count(Change.REJECTED) >= 1
        assert sum(change.filled for change in told) <= order.filled
        if order.is_terminal and order.status != codes.REJECTED:
            assert sum(change.filled for change in told) == order.filled
        return order.snapshot(), placed, len(terminal)

    assert ended(said)[0] == ended([*data.draw(st.permutations(said)), *said])[0]


ENDS = {Change.FILLED, Change.CANCELLED, Change.EXPIRED, Change.REJECTED}


def test_a_life_is_told_once() -> None:
    """Placed, partly filled, filled: each once, however often it is reported."""
    ledger = OrderLedger(ACCOUNT)
    told = []
    for one in (fact(), fact(filled=1), fact(filled=1), fact(status=codes.FILLED, filled=3)) * 2:
        told += ledger.merge(one)
    assert kinds(told) == [Change.PLACED, Change.PARTIAL_FILL, Change.FILLED]
    assert [change.filled for change in told] == [0, 1, 2]


def test_the_last_contracts_are_told_of_by_filled() -> None:
    """A trade that completes the order waits for the gateway's own word."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact())
    assert ledger.merge_fill(fill(1, 3)) == []
    (filled,) = ledger.merge(fact(status=codes.FILLED, filled=3))
    assert (filled.kind, filled.filled) == (Change.FILLED, 3)


def test_a_cancelled_order_keeps_what_was_filled() -> None:
    """The fill is told of before the end."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact())
    told = ledger.merge(fact(status=codes.CANCELLED, filled=2))
    assert kinds(told) == [Change.PARTIAL_FILL, Change.CANCELLED]
    assert kinds(ledger.merge_fill(fill(1, 3))) == [Change.PARTIAL_FILL]


def test_edits_are_told_but_not_activation_or_trailing() -> None:
    """A price that was not there before, or that trails by itself, is no edit."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact(updated_ns=1))
    moved = ledger.merge(fact(limit=20_004, updated_ns=2))
    grown = ledger.merge(fact(limit=20_004, size=4, updated_ns=3))
    assert kinds(moved) + kinds(grown) == [Change.MODIFIED, Change.MODIFIED]
    ledger.merge(fact(71, status=codes.SUSPENDED, limit=None))
    assert ledger.merge(fact(71, limit=20_040, updated_ns=5)) == []
    ledger.merge(fact(72, type=5, limit=None, stop=19_990))
    assert ledger.merge(fact(72, type=5, limit=None, stop=19_994, updated_ns=9)) == []


def edited(**changes: int) -> OrderEdit:
    return OrderEdit(account_id=ACCOUNT, order_id=70, contract_id=EP, **changes)


def send(ledger: OrderLedger, edit: OrderEdit) -> None:
    order = ledger.order(edit.order_id)
    assert order is not None
    order.edit_sent(edit)


def test_an_edit_that_was_acknowledged_is_known() -> None:
    """The answer tells of it once; a newer edit that is known already stands."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact(updated_ns=1))
    edit = edited(limit=20_004, size=2)
    send(ledger, edit)
    (told,) = ledger.edited(edit, 5)
    assert (told.kind, told.order.limit, told.order.size) == (Change.MODIFIED, 20_004, 2)
    assert ledger.merge(fact(limit=20_004, size=2, updated_ns=2, recv_ns=6)) == []
    edit = edited(limit=19_990)
    send(ledger, edit)
    for limit, updated_ns in ((19_990, 3), (19_980, 4)):
        assert kinds(ledger.merge(fact(limit=limit, updated_ns=updated_ns))) == [Change.MODIFIED]
    assert ledger.edited(edit, 0) == []
    edit = OrderEdit(account_id=ACCOUNT, order_id=99, contract_id=EP, limit=1)
    assert ledger.edited(edit, 8) == []


def test_an_edit_without_an_answer_is_told_by_a_row() -> None:
    """What was asked for is believed once it is shown, and not before."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact(updated_ns=1))
    edit = edited(limit=20_004)
    send(ledger, edit)
    assert ledger.edited(edit, None) == []
    assert kinds(ledger.merge(fact(limit=20_004, updated_ns=2))) == [Change.MODIFIED]


def test_the_price_of_a_trailing_stop_is_what_is_stated() -> None:
    """It moves by itself, so that an answer says nothing of where it is."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact(type=5, limit=None, stop=19_990, updated_ns=1))
    edit = edited(stop=19_992)
    send(ledger, edit)
    assert ledger.edited(edit, 5) == []
    ledger.merge(fact(type=5, limit=None, stop=19_991, updated_ns=2))
    order = ledger.order(70)
    assert order is not None
    assert order.snapshot().stop == 19_991


def test_an_order_that_is_first_heard_of_edited_was_placed_as_asked() -> None:
    """A row with another price than was asked for tells of the order and of its edit."""
    ledger = sent(OrderLedger(ACCOUNT))
    placed, moved = ledger.merge(fact(custom_tag="run-1", limit=20_004, size=2, updated_ns=2))
    assert (placed.kind, placed.order.limit, placed.order.size) == (Change.PLACED, 20_000, 3)
    assert (moved.kind, moved.order.limit, moved.order.size) == (Change.MODIFIED, 20_004, 2)
    ledger = OrderLedger(ACCOUNT)
    ledger.plan(intent()).confirmed(70)
    assert kinds(ledger.merge(fact(custom_tag="run-1", limit=20_004))) == [Change.PLACED]
    ledger = sent(OrderLedger(ACCOUNT), type=5, limit=None, stop=19_990)
    (placed,) = ledger.merge(fact(custom_tag="run-1", type=5, limit=None, stop=19_994))
    assert placed.order.stop == 19_994


C_NS = 1_000_000
"""When the order of the next test was placed, by the gateway's clock."""


@given(st.data())
def test_an_order_and_its_edit_are_told_once_each(data: st.DataObject) -> None:
    """Answers, hub rows and query rows of placing and of editing, in any order that can be."""
    ledger = sent(OrderLedger(ACCOUNT))
    submission = ledger.submission("run-1")
    assert submission is not None
    edit = edited(**data.draw(st.sampled_from([{"limit": 20_004}, {"size": 2}, {"limit": 1}])))
    changed = {name: value for name in ("limit", "size") if (value := getattr(edit, name))}
    row = {"custom_tag": "run-1", "created_ns": C_NS, "updated_ns": C_NS}
    status = st.sampled_from((codes.PENDING, codes.OPEN))
    told: list[OrderChange] = []

    def say(kind: str, at: int) -> None:
        if kind == "answer":
            told.extend(ledger.accepted(submission, 70, at))
        elif kind == "edit answer":
            told.extend(ledger.edited(edit, at))
        else:
            said = {**row, "status": data.draw(status), "recv_ns": at}
            if kind.startswith("edited"):
                said |= {**changed, "updated_ns": C_NS + 1}
            told.extend(ledger.merge(fact(**said), read=kind.endswith("read")))

    before = st.sampled_from(("answer", "hub", "read"))
    after = st.sampled_from(
        ("answer", "hub", "read", "edit answer", "edited hub", "edited read", "edited hub")
    )
    first = data.draw(st.lists(before, min_size=1, max_size=4))
    late = data.draw(st.lists(after, max_size=8))
    late.insert(
        data.draw(st.integers(0, len(late))),
        data.draw(st.sampled_from(("edit answer", "edited hub", "edited read"))),
    )
    for at, kind in enumerate(first):
        say(kind, at)
    send(ledger, edit)
    for at, kind in enumerate(late, len(first)):
        say(kind, at)
    assert kinds(told) == [Change.PLACED, Change.MODIFIED]
    assert (told[0].order.limit, told[0].order.size) == (20_000, 3)
    order = ledger.order(70)
    assert order is not None
    for name, value in changed.items():
        assert getattr(order.snapshot(), name) == getattr(told[1].order, name) == value


@given(st.data())
def test_edits_are_told_forwards(data: st.DataObject) -> None:
    """Of several edits each is told at most once, never one of before, the last one always."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact(limit=0, created_ns=C_NS))
    count = data.draw(st.integers(2, 4))
    edits = [edited(limit=number) for number in range(count + 1)]
    facts = [(kind, n) for n in range(1, count + 1) for kind in ("send", "answer", "row")]
    facts += [("fill", n) for n in data.draw(st.lists(st.integers(0, count), max_size=2))]
    lost = data.draw(st.sets(st.sampled_from(facts)))
    facts = [one for one in facts if one[0] == "send" or one[1] == count or one not in lost]
    facts += data.draw(st.lists(st.sampled_from([one for one in facts if one[0] != "send"])))
    sends, told, waiting = 0, [0], list(data.draw(st.permutations(facts)))
    while waiting:
        # What cannot have happened yet comes later.
        at = next(
            n
            for n, (kind, number) in enumerate(waiting)
            if number == sends + 1 or (kind != "send" and number <= sends)
            if kind == "send" or number <= sends
        )
        kind, number = waiting.pop(at)
        now = len(waiting)
        if kind == "send":
            sends += 1
            send(ledger, edits[number])
            continue
        if kind == "answer":
            changes = ledger.edited(edits[number], now)
        else:
            filled = int(kind == "fill")
            said = fact(limit=number, created_ns=C_NS, updated_ns=C_NS + number, filled=filled)
            changes = ledger.merge(said)
        told += [one.order.limit for one in changes if one.kind is Change.MODIFIED]
    assert told == sorted(set(told))
    assert told[-1] == count


def test_a_fill_that_comes_before_its_order_waits_for_it() -> None:
    """Hub events of one moment come in any order."""
    ledger = OrderLedger(ACCOUNT)
    assert ledger.merge_fill(fill(1, 1)) == []
    told = ledger.merge(fact())
    assert kinds(told) == [Change.PLACED, Change.PARTIAL_FILL]


def test_the_answer_and_the_hub_tell_of_one_order() -> None:
    """Whichever is first, the order is placed once and belongs to the intent."""
    for hub_first in (True, False):
        ledger = sent(OrderLedger(ACCOUNT))
        submission = ledger.submission("run-1")
        assert submission is not None
        told = ledger.merge(fact(custom_tag="run-1")) if hub_first else []
        told += ledger.accepted(submission, 70, 5)
        told += ledger.merge(fact(custom_tag="run-1"))
        assert kinds(told) == [Change.PLACED]
        assert submission.state is IntentState.CONFIRMED
        assert ledger.by_tag("run-1") is ledger.order(70)
        assert ledger.committed(EP) == (3, 0)


def test_a_refusal_has_its_text_whoever_tells_first() -> None:
    """With and without a number, and when the hub said so before the answer."""
    ledger = sent(sent(OrderLedger(ACCOUNT)), "run-2")
    one, two = ledger.submission("run-1"), ledger.submission("run-2")
    assert one is not None
    assert two is not None
    (told,) = ledger.refused(one, 2, "Not enough margin.", 70, 5)
    assert (told.kind, told.reason, told.order.id) == (Change.REJECTED, "Not enough margin.", 70)
    assert ledger.merge(fact(status=codes.REJECTED, custom_tag="run-1")) == []
    (told,) = ledger.refused(two, 8, None, None, 5)
    assert (told.kind, told.order.id) == (Change.REJECTED, 0)
    assert ledger.committed(EP) == (0, 0)
    hub_first = sent(OrderLedger(ACCOUNT))
    (told,) = hub_first.merge(fact(status=codes.REJECTED, custom_tag="run-1"))
    submission = hub_first.submission("run-1")
    assert submission is not None
    assert submission.state is IntentState.REFUSED
    assert hub_first.refused(submission, 2, "late", 70, 6) == []


def test_unknown_counts_as_exposure_until_it_is_proved_absent() -> None:
    """Nothing but two settled reads takes it away, and an order found puts it back."""
    ledger = sent(OrderLedger(ACCOUNT), side=1)
    submission = ledger.submission("run-1")
    assert submission is not None
    submission.unanswered(0, "reset")
    assert ledger.committed(EP) == (0, 3)
    assert ledger.note_read(read(SETTLE_NS)) == []
    assert ledger.note_read(read(2 * SETTLE_NS)) == [submission]
    assert (ledger.committed(EP), ledger.outstanding()) == ((0, 0), [])
    ledger.merge(fact(side=1, custom_tag="run-1"))
    assert submission.state is IntentState.CONFIRMED
    assert ledger.committed(EP) == (0, 3)


def test_a_read_that_shows_the_tag_proves_nothing_absent() -> None:
    """The order is there."""
    ledger = sent(OrderLedger(ACCOUNT))
    submission = ledger.submission("run-1")
    assert submission is not None
    submission.unanswered(0, "reset")
    for second in (1, 2, 3):
        assert ledger.note_read(read(second * SETTLE_NS, fact(custom_tag="run-1"))) == []


def test_a_working_order_that_a_complete_read_lacks_is_named() -> None:
    """Nothing is made up about it; it has to be asked for."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact(70, recv_ns=5))
    ledger.merge(fact(71, recv_ns=50))
    assert ledger.unaccounted(read(20)) == [70]
    assert ledger.unaccounted(read(20, fact(70))) == []


def test_one_tag_on_two_orders_is_kept_as_evidence() -> None:
    """It must never happen, so it is never hidden."""
    ledger = sent(OrderLedger(ACCOUNT))
    ledger.merge(fact(70, custom_tag="run-1"))
    for _ in range(2):
        ledger.merge(fact(71, custom_tag="run-1"))
    assert ledger.conflicts == [("run-1", 70, 71)]
    assert ledger.by_tag("run-1") is ledger.order(70)


def test_tags_and_accounts_are_checked() -> None:
    """A tag is used once, and another account's facts are nobody's."""
    ledger = sent(OrderLedger(ACCOUNT))
    with pytest.raises(ProjectXOrderError, match="used before"):
        ledger.plan(intent())
    with pytest.raises(ProjectXOrderError, match="account 1, not 2"):
        ledger.plan(intent("run-2", account_id=2))
    assert ledger.merge(fact(account_id=2)) == []
    assert ledger.merge_fill(fill(1, 1, account_id=2)) == []
    assert list(ledger.orders()) == []
    assert ledger.by_tag("run-9") is None


def test_children_are_found_by_their_parent() -> None:
    """Protective orders name their entry."""
    ledger = OrderLedger(ACCOUNT)
    ledger.merge(fact(70))
    ledger.merge(fact(71, parent_id=70))
    assert [child.id for child in ledger.children(70)] == [71]
    assert [order.id for order in ledger.working(EP)] == [70, 71]
    assert list(ledger.working("CON.F.US.MNQ.U26")) == []


def test_old_ends_are_forgotten_and_not_told_of_again() -> None:
    """The newest ended orders are kept; a late fact about a forgotten one is counted."""
    ledger = OrderLedger(ACCOUNT, capacity=2)
    ledger.merge(fact(60))
    for number in (61, 62, 63, 64):
        ledger.merge(fact(number, status=codes.CANCELLED))
    assert [order.id for order in ledger.orders()] == [60, 63, 64]
    ledger.merge(fact(60, status=codes.CANCELLED))
    assert ledger.merge(fact(61)) == []
    assert ledger.merge_fill(fill(9, 1, 62)) == []
    assert ledger.stale_facts == 2


def test_not_even_forgetting_is_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """The numbers of forgotten orders are a bounded set, too."""
    monkeypatch.setattr(ledgers, "FORGOTTEN", 2)
    ledger = OrderLedger(ACCOUNT, capacity=1)
    for number in range(60, 66):
        ledger.merge(fact(number, status=codes.CANCELLED))
    assert ledger.merge(fact(64)) == []
    assert kinds(ledger.merge(fact(60))) == [Change.PLACED]


def test_ended_submissions_are_forgotten_when_there_are_many() -> None:
    """What is outstanding, or has an order that is kept, stays."""
    ledger = sent(OrderLedger(ACCOUNT, capacity=2), "kept")
    for number in range(8):
        ledger.plan(intent(f"run-{number}")).unsent("no budget")
    assert ledger.submission("kept") is not None
    assert ledger.submission("run-0") is None
    with_order = sent(OrderLedger(ACCOUNT, capacity=1))
    for number in (70, 71):
        with_order.merge(fact(number, status=codes.CANCELLED, custom_tag="run-1"))
    assert with_order.submission("run-1") is None
