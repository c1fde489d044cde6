"""The firm's rules, as data and as refusals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.rules import (
    AccountKind,
    AccountRules,
    Exposure,
    RuleName,
    RuleState,
    must_be_flat,
    rules_for,
    size_units,
)
from project_x_py._core.time import CHICAGO, from_datetime
from project_x_py.exceptions import ProjectXInstrumentError

MNQ = "CON.F.US.MNQ.U26"
ES = "CON.F.US.EP.U26"
D = Decimal


def at(hour: int, minute: int) -> int:
    return from_datetime(datetime(2026, 9, 1, hour, minute, tzinfo=CHICAGO), CHICAGO)


MORNING = at(9, 0)


def state(name: str = "50KTC-V2-DLL-1", **changes: object) -> RuleState:
    return RuleState(rules_for(name), **{"balance": D(50_000), **changes})


def deny(one: RuleState, size: int = 1, risk: int = 100, **changes: object) -> list[RuleName]:
    values = {"contract_id": MNQ, "exposure": Exposure(), "exch_ns": MORNING, **changes}
    return [denial.rule for denial in one.deny(size=size, risk_per_contract=D(risk), **values)]


def test_names_tell_the_kind_and_the_limits() -> None:
    """The patterns of the gateway's account names, upper and lower case."""
    combine = rules_for("100ktc-v2-dll-77")
    assert (combine.kind, combine.start, combine.max_loss, combine.daily_loss) == (
        AccountKind.COMBINE,
        100_000,
        3_000,
        2_000,
    )
    assert rules_for("50KTC-V2-1").daily_loss is None
    assert rules_for("150KTC-V2-1").max_units == 150
    practice = rules_for("PRAC-V2-100-200")
    assert (practice.kind, practice.max_loss, practice.max_units) == (
        AccountKind.PRACTICE,
        None,
        None,
    )
    assert rules_for("Something else").kind is AccountKind.UNKNOWN
    assert rules_for("75KTC-V2-1").kind is AccountKind.UNKNOWN


def test_an_express_account_needs_its_size_said() -> None:
    """Its name does not tell; with a size the scaling plan follows the profit."""
    assert rules_for("EXPRESS-V2-1").max_loss is None
    express = rules_for("EXPRESS-V2-DLL-1", size_thousands=50)
    assert (express.start, express.max_loss, express.daily_loss) == (0, 2_000, 1_000)
    profits = (-1, 0, 1_499, 1_500, 2_000, 9_000)
    assert [express.units_allowed(D(profit)) for profit in profits] == [0, 20, 20, 30, 50, 50]
    with pytest.raises(ValueError, match="50, 100, 150"):
        rules_for("EXPRESS-V2-1", size_thousands=75)


def test_micros_count_a_tenth_with_the_known_exceptions() -> None:
    """Ten micros are a mini, silver counts double, crypto micros count whole."""
    code = {"SIL": "SIL", "MBT": "MBT", "MET": "GMET", "MCL": "MCLE"}
    units = {ticker: size_units(f"CON.F.US.{one}.U26") for ticker, one in code.items()}
    assert units == {"SIL": 2, "MBT": 10, "MET": 10, "MCL": 1}
    assert (size_units(ES), size_units(MNQ)) == (10, 1)
    with pytest.raises(ProjectXInstrumentError):
        size_units("CON.F.US.NOPE.U26")


@given(st.lists(st.integers(-3_000, 3_000), max_size=30))
def test_the_loss_limit_trails_up_and_locks_at_the_start(days: list[int]) -> None:
    """It never falls, follows the highest end of day, and never passes the opening balance."""
    one = state()
    floors = [one.floor]
    balance, highest = D(50_000), D(50_000)
    for day in days:
        balance += day
        highest = max(highest, balance)
        one.settle(balance)
        one.end_day()
        floors.append(one.floor)
        assert one.floor == min(highest - 2_000, D(50_000))
    assert floors == sorted(floor for floor in floors if floor is not None)


@given(
    st.integers(48_001, 53_000),
    st.integers(1, 500),
    st.integers(0, 900),
    st.integers(0, 40),
)
def test_what_is_allowed_stays_above_every_limit(
    balance: int, risk: int, at_risk: int, held: int
) -> None:
    """The largest size passes, one more does not, and the worst of the largest is no breach."""
    one = state(balance=D(balance))
    exposure = Exposure(at_risk=D(at_risk), units=held)
    largest = one.largest(
        contract_id=MNQ, risk_per_contract=D(risk), exposure=exposure, exch_ns=MORNING
    )
    assert largest is not None
    if largest:
        assert deny(one, largest, risk, exposure=exposure) == []
        assert one.breach(-D(at_risk + largest * risk)) is None
    assert deny(one, largest + 1, risk, exposure=exposure)


def test_refusals_are_data() -> None:
    """Rule, figure, limit, the largest size, and a sentence."""
    one = state(balance=D(49_300), day_start=D(50_000))
    (denial,) = one.deny(
        contract_id=MNQ,
        size=4,
        risk_per_contract=D(100),
        exposure=Exposure(),
        exch_ns=MORNING,
    )
    assert (denial.rule, denial.figure, denial.limit, denial.largest) == (
        RuleName.DAILY_LOSS,
        400,
        300,
        2,
    )
    assert denial.message == "$400 at risk, $300 left before the limit"
    (denial,) = one.deny(
        contract_id=ES,
        size=5,
        risk_per_contract=D(1),
        exposure=Exposure(units=5),
        exch_ns=MORNING,
    )
    assert denial.message == "5.5 mini contracts would be held or working, 5 are allowed"
    assert denial.largest == 4


def test_which_limit_is_nearer_is_named() -> None:
    """The trailing loss limit refuses where it lies above the day's."""
    one = state(balance=D(48_500), day_start=D(48_500))
    assert deny(one, 6) == [RuleName.MAX_LOSS]
    assert deny(state("50KTC-V2-1", balance=D(48_500)), 6) == [RuleName.MAX_LOSS]
    no_floor = AccountRules(kind=AccountKind.UNKNOWN, daily_loss=D(500))
    assert deny(RuleState(no_floor, D(0)), 6) == [RuleName.DAILY_LOSS]
    assert deny(state(highest=D(51_000), balance=D(49_100), day_start=D(51_000)), 1) == [
        RuleName.DAILY_LOSS
    ]


def test_nothing_is_allowed_when_flat_is_due_or_trading_is_over() -> None:
    """15:10 to 17:00 in Chicago; an account that ended; a day that is locked."""
    assert [must_be_flat(at(*time)) for time in ((15, 9), (15, 10), (16, 59), (17, 0))] == [
        False,
        True,
        True,
        False,
    ]
    one = state()
    assert deny(one, exch_ns=at(15, 30)) == [RuleName.FLAT_TIME]
    one.locked_today = True
    assert deny(one) == [RuleName.DAILY_LOSS]
    one.end_day()
    assert deny(one) == []
    one.can_trade = False
    assert deny(one) == [RuleName.CANNOT_TRADE]
    assert (
        one.largest(contract_id=MNQ, risk_per_contract=D(0), exposure=Exposure(), exch_ns=MORNING)
        == 0
    )


def test_a_breach_is_at_the_limit_not_beyond_it() -> None:
    """The account ends at the floor; the day ends at its own limit."""
    one = state(day_start=D(50_500))
    assert one.breach(D(-499)) is None
    assert one.breach(D(-500)) is RuleName.DAILY_LOSS
    assert one.breach(D(-2_000)) is RuleName.MAX_LOSS
    assert state("PRAC-V2-1").breach(D(-60_000)) is None


def test_an_account_without_limits_refuses_nothing() -> None:
    """A practice account has no floor, no headroom and no largest size."""
    one = RuleState(rules_for("PRAC-V2-1"), D(1))
    assert (one.floor, one.headroom(Exposure())) == (None, None)
    assert (
        one.largest(contract_id=ES, risk_per_contract=D(1), exposure=Exposure(), exch_ns=MORNING)
        is None
    )


def test_one_day_must_not_make_half_the_profit() -> None:
    """The best day is compared with the whole profit, days past and the present one."""
    one = state()
    assert one.consistent()
    one.settle(D(51_000))
    assert not one.consistent()
    one.end_day()
    one.settle(D(51_900))
    one.end_day()
    assert not one.consistent()
    one.settle(D(52_100))
    assert one.consistent()
    assert RuleState(AccountRules(kind=AccountKind.UNKNOWN), D(5)).consistent()
    assert one.day_profit == 200
