"""What can be read off a session token without its key: form and end.

Invariant (``tests/client/test_tokens.py``): no text, however malformed, raises anything.
"""

from __future__ import annotations

import base64
import binascii
import math

import msgspec

__all__ = ["ASSUMED_LIFE_NS", "is_token", "token_life_ns"]

NS = 1_000_000_000
ASSUMED_LIFE_NS = 24 * 3600 * NS
"""Life of a token that does not say when it ends; the gateway documents 24 hours."""
LONGEST_TOKEN = 8192
"""Characters; a longer one fits into no header."""


def is_token(text: str) -> bool:
    """Whether a text can be sent as a token at all: printable ASCII without a blank."""
    return (
        0 < len(text) <= LONGEST_TOKEN
        and text.isascii()
        and text.isprintable()
        and (" " not in text)
    )


def token_life_ns(token: str, now_ns: int) -> tuple[int, bool]:
    """Return how long a token just received lives, and whether this machine's clock is wrong.

    A token that ended before it was received came from a gateway whose clock differs; its life is
    then what lies between its own two claims.
    """
    claims = _claims(token)
    expiry, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    if expiry is None:
        return ASSUMED_LIFE_NS, False
    if expiry > now_ns:
        return expiry - now_ns, False
    if issued is not None and issued < expiry:
        return expiry - issued, True
    return ASSUMED_LIFE_NS, True


def _claims(token: str) -> dict[str, object]:
    parts = token.split(".")
    if len(parts) != 3:
        return {}
    try:
        claims = msgspec.json.decode(
            base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        )
    except (binascii.Error, ValueError, msgspec.DecodeError, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


def _seconds(claims: dict[str, object], name: str) -> int | None:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return round(value * NS) if abs(value) < 1e11 else None
