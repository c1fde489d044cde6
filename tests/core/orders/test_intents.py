"""What becomes of a submission."""

from __future__ import annotations

import pytest

from project_x_py._core.orders.intents import (
    QUICK_SETTLE_NS,
    SETTLE_NS,
    CompleteRead,
    Intent,
    IntentState,
    Submission,
)
from project_x_py._core.submission import OrderRequest
from project_x_py.exceptions import ProjectXOrderError


def submission(protects: str | None = None) -> Submission:
    return Submission(
        Intent(
            tag="run-1",
            protects=protects,
            request=OrderRequest(
                account_id=1, contract_id="CON.F.US.EP.U26", type=2, side=0, size=1
            ),
            created_ns=0,
        )
    )


def sent(protects: str | None = None) -> Submission:
    one = submission(protects)
    one.recorded()
    one.sending()
    return one


def read(began_ns: int) -> CompleteRead:
    return CompleteRead(began_ns, began_ns, frozenset(), frozenset())


def test_it_is_sent_once_and_only_when_written_down() -> None:
    """Neither a second send nor one that the journal does not know of is possible."""
    one = submission()
    with pytest.raises(ProjectXOrderError, match="planned"):
        one.sending()
    one.recorded()
    one.sending()
    with pytest.raises(ProjectXOrderError, match="sent"):
        one.sending()


@pytest.mark.parametrize(
    ("protects", "ended", "settle_ns", "apart_ns"),
    [
        ("run-0", True, QUICK_SETTLE_NS, QUICK_SETTLE_NS),
        ("run-0", False, SETTLE_NS, QUICK_SETTLE_NS),
        (None, True, SETTLE_NS, SETTLE_NS),
    ],
    ids=["ended", "timed out", "entry"],
)
def test_protection_is_proved_absent_sooner(
    protects: str | None, ended: bool, settle_ns: int, apart_ns: int
) -> None:
    """By reads close together, at once if nothing is on its way; an entry has no such hurry."""
    one = sent(protects)
    one.unanswered(1_000, "no answer", ended=ended)
    assert one.proof_due_ns == 1_000 + settle_ns
    assert not one.absent_from(read(999 + settle_ns))
    assert not one.absent_from(read(1_000 + settle_ns))
    assert one.proof_due_ns == 1_000 + settle_ns + apart_ns
    assert not one.absent_from(read(999 + settle_ns + apart_ns))
    assert one.absent_from(read(1_000 + settle_ns + apart_ns))


def test_absence_takes_two_settled_reads() -> None:
    """Reads that began too early, or too close to each other, prove nothing."""
    one = sent()
    assert not one.absent_from(read(10 * SETTLE_NS))
    one.unanswered(5 * SETTLE_NS, "timed out")
    assert one.state is IntentState.UNKNOWN
    assert not one.absent_from(read(6 * SETTLE_NS - 1))
    assert not one.absent_from(read(6 * SETTLE_NS))
    assert not one.absent_from(read(7 * SETTLE_NS - 1))
    assert one.is_outstanding
    assert one.absent_from(read(7 * SETTLE_NS))
    assert (one.state, one.is_outstanding) == (IntentState.ABSENT, False)


def test_it_is_known_when_a_read_proves_something() -> None:
    """A settle time after the bytes could last have left, then after the first miss."""
    one = sent()
    assert one.proof_due_ns is None
    one.unanswered(5 * SETTLE_NS, "gone")
    assert one.proof_due_ns == 6 * SETTLE_NS
    one.absent_from(read(6 * SETTLE_NS))
    assert one.proof_due_ns == 7 * SETTLE_NS
    one.absent_from(read(7 * SETTLE_NS))
    assert one.proof_due_ns is None


def test_what_is_found_was_there() -> None:
    """An order that shows up after all ends every doubt, a proof of absence included."""
    one = sent()
    one.unanswered(0, "timed out")
    assert not one.absent_from(read(SETTLE_NS))
    assert one.absent_from(read(2 * SETTLE_NS))
    one.confirmed(70)
    assert (one.state, one.order_id) == (IntentState.CONFIRMED, 70)


def test_an_order_found_before_the_answer_was_lost_stays_found() -> None:
    """The hub may be faster than the answer that never comes."""
    one = sent()
    one.confirmed(70)
    one.unanswered(9, "reset")
    assert one.state is IntentState.CONFIRMED


def test_a_refusal_keeps_its_code_and_number() -> None:
    """The gateway stores a refused order and says its number."""
    one = sent()
    one.refused(2, "Not enough margin.", 71)
    one.refused(2, "Not enough margin.")
    assert (one.state, one.code, one.message, one.order_id) == (
        IntentState.REFUSED,
        2,
        "Not enough margin.",
        71,
    )


def test_giving_up_is_possible_only_before_the_answer_was_lost() -> None:
    """What may have left is never called unsent."""
    one = submission()
    one.unsent("no budget")
    assert (one.state, one.message) == (IntentState.UNSENT, "no budget")
    lost = sent()
    lost.unanswered(0, "timed out")
    lost.unsent("no budget")
    assert lost.state is IntentState.UNKNOWN


def test_what_an_earlier_run_wrote_down_is_unknown() -> None:
    """Nobody knows whether it left before the process died."""
    one = submission()
    one.restored()
    assert (one.state, one.is_outstanding) == (IntentState.UNKNOWN, True)
