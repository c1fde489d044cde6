"""Who may speak to the simulated gateway, and the tokens that say so.

A token is a JSON Web Token of three parts, signed by HMAC-SHA256 with a secret that lives as long
as the gateway, or as its state. It is valid for 24 hours of wall time. A new log-in leaves older
tokens valid; a log-out ends its own token only.

Invariants (``tests/simulator/test_auth.py``): a token that was altered, expired, logged out or
signed elsewhere is refused; neither key nor secret shows in a repr.
"""

from __future__ import annotations

import base64
import binascii
import enum
import hashlib
import hmac
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random

__all__ = ["Access", "AccessImage", "TokenState", "bearer_of"]

NS = 1_000_000_000
LIFETIME_S = 24 * 3600
_HEADER = base64.urlsafe_b64encode(b'{"alg":"HS256","typ":"JWT"}').rstrip(b"=")


class TokenState(enum.Enum):
    """What a token is worth."""

    VALID = "valid"
    EXPIRED = "expired"
    ENDED = "ended"
    """It was logged out."""
    UNKNOWN = "unknown"
    """It is none of this gateway's."""


class _Claims(msgspec.Struct):
    sub: str
    jti: str
    iat: int
    exp: int


_decode_claims = msgspec.json.Decoder(_Claims).decode


class AccessImage(msgspec.Struct, frozen=True, kw_only=True):
    """The key, and which tokens are good, as one gateway leaves them for the next.

    Attributes:
        api_key: The key.
        secret: What tokens are signed with, hexadecimal.
        issued: How many tokens there were.
        valid_from: Tokens up to this one are refused.
        ended: Tokens that were logged out, by their ids.
        runs: How many gateways there were before.
    """

    api_key: str
    secret: str
    issued: int = 0
    valid_from: int = 0
    ended: tuple[str, ...] = ()
    runs: int = 0

    def __repr__(self) -> str:
        return f"AccessImage(issued={self.issued})"


class Access:
    """One user, one API key, and the tokens issued for them.

    Args:
        username: Compared without regard to case, as the gateway does.
        api_key: The key that opens the gateway.
        random: Where the signing secret and the token ids come from.
        kept: What an earlier gateway left; its tokens are good here, too.
        keep: Writes down what changes, before anybody is told.
    """

    def __init__(
        self,
        username: str,
        api_key: str,
        random: Random,
        kept: AccessImage | None = None,
        keep: Callable[[AccessImage], None] | None = None,
    ) -> None:
        self.username = username
        self._api_key = api_key
        self._random = random
        self._secret = random.randbytes(32) if kept is None else bytes.fromhex(kept.secret)
        self._ended = set(() if kept is None else kept.ended)
        self._valid_from = 0 if kept is None else kept.valid_from
        self._issued = 0 if kept is None else kept.issued
        self._runs = 0 if kept is None else kept.runs + 1
        self._keep = keep
        self._written()

    def accepts(self, username: str, api_key: str) -> bool:
        """Whether the pair is the one this gateway was started with."""
        same_key = hmac.compare_digest(api_key.encode(), self._api_key.encode())
        return self.knows(username) and same_key

    def knows(self, username: str) -> bool:
        """Whether the user is the one there is."""
        return username.casefold() == self.username.casefold()

    def issue(self, wall_ns: int) -> str:
        """Return a token valid for 24 hours from ``wall_ns``."""
        issued = wall_ns // NS
        self._issued += 1
        claims = _Claims(
            sub=self.username,
            jti=f"{self._issued}-{self._random.randbytes(8).hex()}",
            iat=issued,
            exp=issued + LIFETIME_S,
        )
        body = _HEADER + b"." + _b64(msgspec.json.encode(claims))
        self._written()
        return (body + b"." + self._sign(body)).decode()

    def admits(self, token: str | None, wall_ns: int) -> bool:
        """Whether ``token`` is one of ours and neither expired nor ended."""
        return self.state(token, wall_ns) is TokenState.VALID

    def state(self, token: str | None, wall_ns: int) -> TokenState:
        """Return what a token is worth."""
        claims = self._claims(token)
        if claims is None:
            return TokenState.UNKNOWN
        if claims.jti in self._ended:
            return TokenState.ENDED
        if claims.exp <= wall_ns // NS or _ordinal(claims.jti) <= self._valid_from:
            return TokenState.EXPIRED
        return TokenState.VALID

    def left_s(self, token: str, wall_ns: int) -> float:
        """Return how many seconds a token is still valid; 0 for one that is not."""
        claims = self._claims(token)
        return 0.0 if claims is None else max(claims.exp - wall_ns / NS, 0.0)

    def end(self, token: str) -> None:
        """Log a token out; other tokens stay valid."""
        claims = self._claims(token)
        if claims is not None:
            self._ended.add(claims.jti)
            self._written()

    def end_all(self) -> None:
        """Refuse every token issued so far."""
        self._valid_from = self._issued
        self._ended.clear()
        self._written()

    def _written(self) -> None:
        if self._keep is not None:
            self._keep(
                AccessImage(
                    api_key=self._api_key,
                    secret=self._secret.hex(),
                    issued=self._issued,
                    valid_from=self._valid_from,
                    ended=tuple(sorted(self._ended)),
                    runs=self._runs,
                )
            )

    def _claims(self, token: str | None) -> _Claims | None:
        if not token or not token.isascii():
            return None
        body, _, signature = token.encode().rpartition(b".")
        if not hmac.compare_digest(signature, self._sign(body)):
            return None
        _, _, payload = body.partition(b".")
        try:
            return _decode_claims(base64.urlsafe_b64decode(payload + b"=" * (-len(payload) % 4)))
        except (msgspec.MsgspecError, binascii.Error):
            return None

    def _sign(self, body: bytes) -> bytes:
        return _b64(hmac.new(self._secret, body, hashlib.sha256).digest())

    def __repr__(self) -> str:
        return f"Access({self.username!r})"


def bearer_of(headers: Mapping[str, str], query: str = "") -> str | None:
    """Return the token of a request: from its Authorization header, else from its query.

    Args:
        headers: With names in lower case.
        query: Query string without its question mark; hubs take ``access_token`` from it.
    """
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.casefold() == "bearer" and token.strip():
        return token.strip()
    return next(iter(parse_qs(query).get("access_token", ())), None)


def _b64(raw: bytes) -> bytes:
    return base64.urlsafe_b64encode(raw).rstrip(b"=")


def _ordinal(token_id: str) -> int:
    return int(token_id.partition("-")[0])
