"""The error codes of each route, by number; the same number means something else elsewhere.

The table is what the gateway's document enumerates. Most codes are answers of the exchange or of
a handler; those that nothing a client sends brings about are answered on demand, by the fault
:class:`~project_x_py.simulator.faults.Answer`.

Invariant (``tests/contract/test_error_codes.py``): every code of the table is provoked by a card.
"""

from __future__ import annotations

from project_x_py.exceptions import ProjectXError
from project_x_py.simulator._openapi_rows import PAYLOADS
from project_x_py.simulator._rest import answered

__all__ = ["CODES", "envelope_of"]

_LOGIN = {
    1: "UserNotFound",
    2: "PasswordVerificationFailed",
    3: "InvalidCredentials",
    4: "AppNotFound",
    5: "AppVerificationFailed",
    6: "InvalidDevice",
    7: "AgreementsNotSigned",
    8: "UnknownError",
    9: "ApiSubscriptionNotFound",
    10: "ApiKeyAuthenticationDisabled",
}
_ACCOUNT = {1: "AccountNotFound"}
_CLOSE = {
    1: "AccountNotFound",
    2: "PositionNotFound",
    3: "ContractNotFound",
    4: "ContractNotActive",
}

CODES: dict[str, dict[int, str]] = {
    "/api/Auth/loginKey": _LOGIN,
    "/api/Auth/loginApp": _LOGIN,
    "/api/Auth/validate": {
        1: "InvalidSession",
        2: "SessionNotFound",
        3: "ExpiredToken",
        4: "UnknownError",
    },
    "/api/Auth/logout": {1: "InvalidSession", 2: "UnknownError"},
    "/api/Account/search": {},
    "/api/Contract/search": {},
    "/api/Contract/searchById": {1: "ContractNotFound"},
    "/api/Contract/available": {},
    "/api/History/retrieveBars": {
        1: "ContractNotFound",
        2: "UnitInvalid",
        3: "UnitNumberInvalid",
        4: "LimitInvalid",
    },
    "/api/Order/place": {
        1: "AccountNotFound",
        2: "OrderRejected",
        3: "InsufficientFunds",
        4: "AccountViolation",
        5: "OutsideTradingHours",
        6: "OrderPending",
        7: "UnknownError",
        8: "ContractNotFound",
        9: "ContractNotActive",
        10: "AccountRejected",
    },
    "/api/Order/modify": {
        1: "AccountNotFound",
        2: "OrderNotFound",
        3: "Rejected",
        4: "Pending",
        5: "UnknownError",
        6: "AccountRejected",
        7: "ContractNotFound",
    },
    "/api/Order/cancel": {
        1: "AccountNotFound",
        2: "OrderNotFound",
        3: "Rejected",
        4: "Pending",
        5: "UnknownError",
        6: "AccountRejected",
    },
    "/api/Order/search": _ACCOUNT,
    "/api/Order/searchOpen": _ACCOUNT,
    "/api/Order/searchById": {1: "OrderNotFound"},
    "/api/Order/v2/query": _ACCOUNT,
    "/api/Position/searchOpen": _ACCOUNT,
    "/api/Position/closeContract": {
        **_CLOSE,
        5: "OrderRejected",
        6: "OrderPending",
        7: "UnknownError",
        8: "AccountRejected",
    },
    "/api/Position/partialCloseContract": {
        **_CLOSE,
        5: "InvalidCloseSize",
        6: "OrderRejected",
        7: "OrderPending",
        8: "UnknownError",
        9: "AccountRejected",
    },
    "/api/Trade/search": _ACCOUNT,
    "/api/Status/ping": {},
}
"""Names by number, by path; 0 is success everywhere."""


def envelope_of(path: str, code: int, message: str | None) -> bytes:
    """Return the answer of a route that fails with one of its codes, its payload null.

    Raises:
        ProjectXError: There is no such route, or it has no such code.
    """
    found = next((known for known in CODES if known.casefold() == path.casefold().rstrip("/")), "")
    codes = CODES.get(found, {})
    if code not in codes:
        known = ", ".join(f"{number} {name}" for number, name in codes.items()) or "no codes"
        raise ProjectXError(f"{path} does not answer with code {code}; it has {known}")
    payload = PAYLOADS.get(found)
    return answered(code, message, **dict.fromkeys(payload.members if payload else ()))
