"""Where the REST half of the real gateway is unknown or varies, as one table of switches.

Invariant (``tests/contract/test_quirk_table.py``): every switch is tried both ways, and
``docs/reference/gateway-quirks.md`` names each with its default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["RestQuirks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RestQuirks:
    """The switches of the routes.

    Attributes:
        wrong_user_code: Code of a log-in whose user is not known: 3 with no text as documented, 8
            with "Unknown error" as seen, or 1 as the enumeration suggests.
        session_refusals: Whether a token that is not valid makes validate and log-out a 401, or a
            200 with the code of their own enumeration.
        validate_rotates: Whether validating answers with another token than it was asked with.
        validate_ends_token: Whether the token that was asked with is over then.
        logout_scope: Whether a log-out ends its own token, or every token of the user.
        search_descriptions: Whether a contract search looks into descriptions, too.
        bars_newest_first: Whether the newest bar comes first.
        bars_cap: Most bars of one request; 20,000 documented, 1,000 seen.
        bars_above_cap: What a higher limit does: code 4, or as many bars as the cap allows.
        bars_start_inclusive: Whether a bar that begins at the start belongs to the answer.
        bars_end_inclusive: Whether one that begins at the end does.
        bars_extra_members: Whether bars have the members ``d`` and ``k``, null as seen.
        max_unit_number: Highest multiple of a bar's unit.
        daily_bars: Whether days begin with the session, at 17:00 in Chicago, or at midnight UTC.
        commissions_on_trades: Whether executions have ``commissions`` on REST; the hub always has.
        nine_decimals: Whether prices have nine decimals, as in documented samples; they are the
            shortest numbers otherwise.
        short_times: Whether times have three digits and a ``Z``, as in some samples; up to six
            digits and ``+00:00`` otherwise.
        naive_times: Whether a time without offset is UTC, or a 400.
        quoted_ping: Whether ``pong`` is a JSON string, or bare text.
        problem_bodies: Whether a 401 and a 429 have a problem document as their body.
        rate_window: Whether budgets count what was let through in the last seconds, or in fixed
            stretches of time.
        rate_scope: Whether a budget is a user's, or a token's.
        rate_pooled: Whether the routes beside the bars share one budget.
        hub_calls_counted: Whether calls of hub methods count against it.
        cors_origin: Origin that pages in a browser may ask from, ``"*"`` for any; None for none.
    """

    wrong_user_code: Literal[1, 3, 8] = 3
    session_refusals: Literal["401", "code"] = "401"
    validate_rotates: bool = True
    validate_ends_token: bool = False
    logout_scope: Literal["token", "user"] = "token"
    search_descriptions: bool = True
    bars_newest_first: bool = True
    bars_cap: int = 20_000
    bars_above_cap: Literal["refuse", "truncate"] = "refuse"
    bars_start_inclusive: bool = True
    bars_end_inclusive: bool = False
    bars_extra_members: bool = False
    max_unit_number: int = 10_000
    daily_bars: Literal["session", "utc"] = "session"
    commissions_on_trades: bool = True
    nine_decimals: bool = False
    short_times: bool = False
    naive_times: Literal["utc", "refuse"] = "utc"
    quoted_ping: bool = True
    problem_bodies: bool = False
    rate_window: Literal["sliding", "fixed"] = "sliding"
    rate_scope: Literal["user", "token"] = "user"
    rate_pooled: bool = True
    hub_calls_counted: bool = False
    cors_origin: str | None = None
