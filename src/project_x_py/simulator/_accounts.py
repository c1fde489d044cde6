"""The accounts of a simulated gateway, as somebody asks for them.

The kind of an account shows in its name only, as on the real gateway: practice, evaluation and
express accounts are all simulated ones. A live account is listed and takes no orders.

Invariants (``tests/simulator/test_accounts.py``): every account has its own number and name; what
cannot be is refused before anything runs.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, get_args

from project_x_py._core.exchange.accounts import AccountSpec
from project_x_py._core.exchange.codes import BracketMode
from project_x_py._core.rules import EXPRESS_SIZES, rules_for
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from project_x_py.simulator._quirks import Quirks

__all__ = ["AccountKind", "SimulatedAccount", "resumed", "specs_of"]

AccountKind = Literal["practice", "combine", "express", "live"]

FIRST_ID = 21_000_001
_USER = 100_001
_NAMES: dict[AccountKind, str] = {
    "practice": "PRAC-V2-{user}-{id}",
    "combine": "50KTC-V2-{user}-{id}",
    "express": "EXPRESS-V2-{user}-{id}",
    "live": "LIVE-{user}-{id}",
}
_BALANCES: dict[AccountKind, int] = {
    "practice": 150_000,
    "combine": 50_000,
    "express": 0,
    "live": 10_000,
}
_MAX_BALANCE = Decimal(10**12)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedAccount:
    """One account of a simulated gateway.

    Attributes:
        kind: ``"practice"``, ``"combine"`` (an evaluation), ``"express"`` (funded, simulated all
            the same) or ``"live"``, which is not simulated and takes no orders over the API.
        id: Its number; None for the next free one from 21,000,001 on.
        name: Shown name; None for one of the kind's form, such as ``PRAC-V2-100001-21000001``.
            How live accounts are named is not known.
        balance: Dollars as it begins; None for what the kind begins with.
        can_trade: Whether it may place orders.
        violated: Whether it broke a rule; such an account cannot trade, and its orders get code 4.
        visible: Whether the platform shows it; hidden ones are still listed.
        follower: Whether it copies another account; such may not cancel.
        bracket_mode: ``"auto_oco"`` or ``"position"``; None for that of the gateway's quirks.
        position_limit: Most contracts of one product, either way; None for no limit.
        margin: Dollars of balance needed for each contract; None for none.
        rules: Whether the firm's limits, by the account's name, end or lock it and cap positions.
        size_thousands: Size of an express account, 50, 100 or 150, which its name does not tell;
            without it none of its limits is known.
    """

    kind: AccountKind = "practice"
    id: int | None = None
    name: str | None = None
    balance: float | Decimal | None = None
    can_trade: bool = True
    violated: bool = False
    visible: bool = True
    follower: bool = False
    bracket_mode: Literal["auto_oco", "position"] | None = None
    position_limit: int | None = None
    margin: float | Decimal | None = None
    rules: bool = False
    size_thousands: int | None = None

    def spec(self, number: int, quirks: Quirks) -> AccountSpec:
        """Return the account as the exchange takes it.

        Args:
            number: Its id, unless it has one of its own.
            quirks: Tell the bracket mode that is not given, and the platform's own protection.

        Raises:
            ProjectXError: A value that no account has.
        """
        self._check()
        account_id = number if self.id is None else self.id
        balance = _BALANCES[self.kind] if self.balance is None else self.balance
        name = self.name or _NAMES[self.kind].format(user=_USER, id=account_id)
        modes = {"auto_oco": BracketMode.AUTO_OCO, "position": BracketMode.POSITION}
        return AccountSpec(
            id=account_id,
            name=name,
            balance=Decimal(str(balance)),
            can_trade=self.can_trade and not self.violated,
            violated=self.violated,
            visible=self.visible,
            live=self.kind == "live",
            follower=self.follower,
            bracket_mode=modes[self.bracket_mode] if self.bracket_mode else quirks.mode(),
            position_bracket=quirks.position_bracket(),
            position_limit=self.position_limit,
            margin=None if self.margin is None else Decimal(str(self.margin)),
            rules=rules_for(name, size_thousands=self.size_thousands) if self.rules else None,
        )

    def _check(self) -> None:
        kinds = get_args(AccountKind)
        if self.kind not in kinds:
            raise ProjectXError(f"an account is one of {', '.join(kinds)}, not {self.kind!r}")
        if self.size_thousands is not None and self.kind != "express":
            raise ProjectXError("size_thousands is of express accounts; others tell it by name")
        if self.size_thousands not in (None, *EXPRESS_SIZES):
            raise ProjectXError(
                f"size_thousands is one of {EXPRESS_SIZES}, not {self.size_thousands}"
            )
        if self.id is not None and not 0 < self.id < 2**31:
            raise ProjectXError(f"an account's id is a positive 32-bit number, not {self.id}")
        if self.position_limit is not None and self.position_limit < 0:
            raise ProjectXError(f"a position limit is not below 0, as {self.position_limit} is")
        for what, dollars in (("balance", self.balance), ("margin", self.margin)):
            if dollars is not None and not (
                math.isfinite(dollars) and abs(Decimal(str(dollars))) <= _MAX_BALANCE
            ):
                raise ProjectXError(f"a {what} is dollars up to a trillion, not {dollars}")
        if self.margin is not None and self.margin < 0:
            raise ProjectXError(f"a margin is not below 0, as {self.margin} is")


def specs_of(
    accounts: Iterable[SimulatedAccount | AccountKind], quirks: Quirks
) -> tuple[AccountSpec, ...]:
    """Return accounts as the exchange takes them; a kind alone stands for an account of it.

    Raises:
        ProjectXError: There is none, one has a value that cannot be, or two share an id or name.
    """
    wanted = [SimulatedAccount(kind=a) if isinstance(a, str) else a for a in accounts]
    taken = {account.id for account in wanted if account.id is not None}
    free = (number for number in range(FIRST_ID, 2**31) if number not in taken)
    specs = [a.spec(next(free) if a.id is None else a.id, quirks) for a in wanted]
    if not specs:
        raise ProjectXError("a gateway needs an account")
    for what, values in (
        ("id", [str(spec.id) for spec in specs]),
        ("name", [spec.name for spec in specs]),
    ):
        twice = sorted({value for value in values if values.count(value) > 1})
        if twice:
            raise ProjectXError(f"accounts need {what}s of their own; twice: {', '.join(twice)}")
    return tuple(specs)


def resumed(wanted: Sequence[AccountSpec], left: Sequence[AccountSpec]) -> tuple[AccountSpec, ...]:
    """Return the accounts of a gateway that goes on with those an earlier one left.

    An account that is asked for again keeps its state and gets the settings asked for; the others
    stay as they were left.

    Args:
        wanted: Accounts that are asked for; empty for those that were left.
        left: Accounts that were left.

    Raises:
        ProjectXError: One that is asked for has the number or the name of another that was left.
    """
    for one in wanted:
        for other in left:
            if (one.id == other.id) != (one.name == other.name):
                raise ProjectXError(
                    f"the state has account {other.name} ({other.id}); {one.name} ({one.id}) "
                    "cannot be beside it"
                )
    asked = {spec.id for spec in wanted}
    return (*wanted, *(spec for spec in left if spec.id not in asked))
