"""What the gateway's error codes mean, endpoint by endpoint: one number, many meanings.

Invariant (``tests/client/test_codes.py``): every documented code of every endpoint has a name,
and exactly those that prove nothing count as undecided.
"""

from __future__ import annotations

__all__ = ["CODES", "HINTS", "LOGIN_HINTS", "UNDECIDED", "code_name", "refusal_text"]

_NAMES = {
    "/Auth/loginKey": (
        "Success UserNotFound PasswordVerificationFailed InvalidCredentials AppNotFound "
        "AppVerificationFailed InvalidDevice AgreementsNotSigned UnknownError "
        "ApiSubscriptionNotFound ApiKeyAuthenticationDisabled"
    ),
    "/Auth/validate": "Success InvalidSession SessionNotFound ExpiredToken UnknownError",
    "/Auth/logout": "Success InvalidSession UnknownError",
    "/Account/search": "Success",
    "/Contract/search": "Success",
    "/Contract/searchById": "Success ContractNotFound",
    "/Contract/available": "Success",
    "/History/retrieveBars": (
        "Success ContractNotFound UnitInvalid UnitNumberInvalid LimitInvalid"
    ),
    "/Order/place": (
        "Success AccountNotFound OrderRejected InsufficientFunds AccountViolation "
        "OutsideTradingHours OrderPending UnknownError ContractNotFound ContractNotActive "
        "AccountRejected"
    ),
    "/Order/modify": (
        "Success AccountNotFound OrderNotFound Rejected Pending UnknownError AccountRejected "
        "ContractNotFound"
    ),
    "/Order/cancel": (
        "Success AccountNotFound OrderNotFound Rejected Pending UnknownError AccountRejected"
    ),
    "/Order/search": "Success AccountNotFound",
    "/Order/searchOpen": "Success AccountNotFound",
    "/Order/searchById": "Success OrderNotFound",
    "/Order/v2/query": "Success AccountNotFound",
    "/Position/searchOpen": "Success AccountNotFound",
    "/Position/closeContract": (
        "Success AccountNotFound PositionNotFound ContractNotFound ContractNotActive "
        "OrderRejected OrderPending UnknownError AccountRejected"
    ),
    "/Position/partialCloseContract": (
        "Success AccountNotFound PositionNotFound ContractNotFound ContractNotActive "
        "InvalidCloseSize OrderRejected OrderPending UnknownError AccountRejected"
    ),
    "/Trade/search": "Success AccountNotFound",
}

CODES: dict[str, tuple[str, ...]] = {path: tuple(names.split()) for path, names in _NAMES.items()}
"""Names by code, for each endpoint."""

UNDECIDED = {
    "/Order/place": frozenset({6, 7}),
    "/Order/modify": frozenset({4, 5}),
    "/Order/cancel": frozenset({4, 5}),
    "/Position/closeContract": frozenset({6, 7}),
    "/Position/partialCloseContract": frozenset({7, 8}),
}
"""Codes (pending, unknown error) after which the request may still have been carried out."""

LOGIN_HINTS = {
    1: "the user name is not known",
    2: "the password is wrong",
    3: "the user name and the API key do not belong together, or the key is no longer active",
    7: "agreements are not signed: log into the platform once and accept them",
    8: "the gateway gives no reason; a wrong user name has been seen to end like this",
    9: "no active API subscription: it must be bought and linked in the platform's API settings",
    10: "the firm has switched API keys off for this login",
}

HINTS = {
    "Brackets cannot be used with Position Brackets": (
        "the account manages brackets by position; switch it to Auto OCO Brackets in the "
        "platform's risk settings, or protect the position with orders of its own"
    ),
    "not in an active trading status": "the market is closed, or paused",
    "outside allowed range": "the price is too far from the market",
    "not aligned to tick size": "the price is not a whole number of ticks",
    "Not enough margin": "the account cannot carry a position of this size",
    "Follower accounts": "the account copies another one and cannot cancel by itself",
    "Live accounts not supported": "the gateway does not do this for live accounts",
}
"""What the gateway's own sentences mean for the one who reads them."""


def code_name(path: str, code: int) -> str:
    """Return the name of a code at an endpoint; ``code 42`` for one that is not documented."""
    names = CODES.get(path, ())
    return names[code] if 0 <= code < len(names) else f"code {code}"


def refusal_text(path: str, code: int, message: str | None) -> str:
    """Say in words why the gateway refused."""
    name = code_name(path, code)
    known = LOGIN_HINTS.get(code) if path == "/Auth/loginKey" else None
    said = message or known or "no reason given"
    hint = next((text for part, text in HINTS.items() if part in said), "")
    label = name if name.startswith("code") else f"code {code}, {name}"
    return f"the gateway refused ({label}): {said}{f'; {hint}' if hint else ''}"
