"""The SignalR JSON hub protocol, version 1: bytes in, records out, no I/O.

Client and simulator share this framing and nothing that reads a payload: the arguments of an
invocation stay raw JSON here.

Invariants (``tests/wire/test_signalr.py``):

- however the bytes of a stream are cut into chunks, the records are the same;
- whatever the bytes are, nothing but :class:`ProjectXDataError` is raised;
- an error message never quotes what was received, which may hold a token.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Final

import msgspec

from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "MAX_RECORD_BYTES",
    "PING",
    "RECORD_END",
    "Envelope",
    "HandshakeRequest",
    "RecordSplitter",
    "RecordType",
    "decode_record",
    "encode_close",
    "encode_completion",
    "encode_handshake",
    "encode_handshake_response",
    "encode_invocation",
    "parse_handshake_request",
    "parse_handshake_response",
]

RECORD_END: Final = b"\x1e"
"""Ends every record; inside JSON this byte only occurs escaped."""

MAX_RECORD_BYTES: Final = 16 * 1024 * 1024
"""Depth snapshots far above 10 kB are normal; a record beyond this is not a market's."""

PING: Final = b'{"type":6}\x1e'


class RecordType(enum.IntEnum):
    """The numbers in a record's ``type``."""

    INVOCATION = 1
    STREAM_ITEM = 2
    COMPLETION = 3
    STREAM_INVOCATION = 4
    CANCEL_INVOCATION = 5
    PING = 6
    CLOSE = 7


class Envelope(msgspec.Struct, rename="camel", frozen=True):
    """One record of the hub protocol; a number of a type not known here stays a plain int."""

    type: int
    target: str | None = None
    arguments: list[msgspec.Raw] = []
    invocation_id: str | None = None
    error: str | None = None
    result: msgspec.Raw = msgspec.Raw()
    """Raw JSON of a completion's result, empty when there is none."""
    allow_reconnect: bool = False


class HandshakeRequest(msgspec.Struct, frozen=True):
    """What a client asks for first."""

    protocol: str
    version: int


class _HandshakeResponse(msgspec.Struct, frozen=True):
    error: str | None = None
    type: int | None = None


class _Invocation(
    msgspec.Struct, rename="camel", omit_defaults=True, kw_only=True, tag_field="type", tag=1
):
    invocation_id: str | None = None
    target: str
    arguments: Sequence[object]


class _Completion(msgspec.Struct, rename="camel", tag_field="type", tag=3):
    invocation_id: str
    result: object = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


class _Close(msgspec.Struct, rename="camel", omit_defaults=True, tag_field="type", tag=7):
    error: str | None = None
    allow_reconnect: bool = False


_envelopes = msgspec.json.Decoder(Envelope)
_requests = msgspec.json.Decoder(HandshakeRequest)
_responses = msgspec.json.Decoder(_HandshakeResponse)
_encode = msgspec.json.Encoder().encode
_GARBAGE = (msgspec.MsgspecError, ValueError, RecursionError)


class RecordSplitter:
    """Cuts a stream of text or bytes into records, keeping what is not complete.

    Args:
        max_bytes: Longest record accepted, without its end mark.
    """

    __slots__ = ("_held", "_held_bytes", "_max")

    def __init__(self, max_bytes: int = MAX_RECORD_BYTES) -> None:
        self._max = max_bytes
        self._held: list[bytes] = []
        self._held_bytes = 0

    def feed(self, data: bytes | str) -> list[bytes]:
        """Return the records that ``data`` completes, in order, without their end marks.

        Raises:
            ProjectXDataError: A record is longer than ``max_bytes``; what was held is dropped.
        """
        if isinstance(data, str):
            data = data.encode("utf-8", "surrogatepass")
        total = self._held_bytes + len(data)
        records = data.split(RECORD_END)
        rest = records.pop()
        if self._held and records:
            records[0] = b"".join((*self._held, records[0]))
            self._held.clear()
            self._held_bytes = 0
        if rest:
            self._held.append(rest)
            self._held_bytes += len(rest)
        if total > self._max and (
            self._held_bytes > self._max or any(len(r) > self._max for r in records)
        ):
            self._held.clear()
            self._held_bytes = 0
            raise ProjectXDataError(f"a hub record is longer than {self._max} bytes")
        return records


def decode_record(raw: bytes) -> Envelope:
    """Return the record that ``raw``, one piece of :meth:`RecordSplitter.feed`, denotes.

    Raises:
        ProjectXDataError: It is not a record of the protocol, an invocation names no target, or
            a completion names no invocation.
    """
    try:
        record = _envelopes.decode(raw)
    except _GARBAGE as exc:
        raise _not_a("hub record", exc) from None
    kind = record.type
    if kind == 1:
        if not record.target:
            raise ProjectXDataError("a hub invocation names no target")
    elif kind == 3 and record.invocation_id is None:
        raise ProjectXDataError("a hub completion names no invocation")
    return record


def encode_handshake() -> bytes:
    """Return the client's first record."""
    return b'{"protocol":"json","version":1}\x1e'


def parse_handshake_request(raw: bytes) -> HandshakeRequest:
    """Return what a client asks for; judging protocol and version is the server's.

    Raises:
        ProjectXDataError: ``raw`` is not a handshake request.
    """
    try:
        return _requests.decode(raw)
    except _GARBAGE as exc:
        raise _not_a("handshake request", exc) from None


def encode_handshake_response(error: str | None = None) -> bytes:
    """Return the server's first record: consent, or ``error`` before the close."""
    return b"{}\x1e" if error is None else _encode({"error": error}) + RECORD_END


def parse_handshake_response(raw: bytes) -> str | None:
    """Return None when the server consents, else its reason.

    Raises:
        ProjectXDataError: ``raw`` is not a handshake response.
    """
    try:
        answer = _responses.decode(raw)
    except _GARBAGE as exc:
        raise _not_a("handshake response", exc) from None
    if answer.type is not None:
        raise ProjectXDataError(f"a record of type {answer.type} came before the handshake")
    return answer.error


def encode_invocation(
    target: str, arguments: Sequence[object], invocation_id: str | None = None
) -> bytes:
    """Return a call of ``target``; with an id, the other side must complete it.

    An argument may be a ``msgspec.Raw`` and is then written as it is.
    """
    call = _Invocation(invocation_id=invocation_id, target=target, arguments=arguments)
    return _encode(call) + RECORD_END


def encode_completion(invocation_id: str, result: object = None, error: str | None = None) -> bytes:
    """Return the answer to a call: its result, which may be null, or why it failed."""
    if error is None:
        return _encode(_Completion(invocation_id, result=result)) + RECORD_END
    return _encode(_Completion(invocation_id, error=error)) + RECORD_END


def encode_close(error: str | None = None, allow_reconnect: bool = False) -> bytes:
    """Return the last record of a connection."""
    return _encode(_Close(error, allow_reconnect)) + RECORD_END


def _not_a(what: str, exc: Exception) -> ProjectXDataError:
    # The decoder's message names a position and a type, never the text it read.
    return ProjectXDataError(f"not a {what}: {exc}")
