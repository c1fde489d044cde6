"""The framing of the hub protocol, against lines transcribed from the gateway's contract."""

from __future__ import annotations

import contextlib
import itertools

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._wire import signalr
from project_x_py._wire.signalr import RecordSplitter, RecordType, decode_record
from project_x_py.exceptions import ProjectXDataError

HANDSHAKE = b'{"protocol":"json","version":1}\x1e'
SUBSCRIBE = b'{"type":1,"invocationId":"1","target":"SubscribeOrders","arguments":[20514377]}\x1e'
COMPLETION = b'{"type":3,"invocationId":"1","result":null}\x1e'
EVENT = b'{"type":1,"target":"GatewayUserOrder","arguments":[{"action":1,"data":{"id":3}}]}\x1e'
PING = b'{"type":6}\x1e'


def test_what_is_written_is_what_the_contract_shows() -> None:
    """Handshake, call, completion, event and ping are byte for byte the contract's."""
    assert signalr.encode_handshake() == HANDSHAKE
    assert signalr.encode_handshake_response() == b"{}\x1e"
    assert signalr.encode_invocation("SubscribeOrders", [20514377], "1") == SUBSCRIBE
    assert signalr.encode_completion("1") == COMPLETION
    raw = msgspec.Raw(b'{"action":1,"data":{"id":3}}')
    assert signalr.encode_invocation("GatewayUserOrder", [raw]) == EVENT
    assert signalr.PING == PING


def test_optional_members_are_written_only_when_set() -> None:
    """Errors, results and the close's members appear when they say something."""
    assert signalr.encode_completion("2", error="no") == (
        b'{"type":3,"invocationId":"2","error":"no"}\x1e'
    )
    assert signalr.encode_completion("2", 5) == b'{"type":3,"invocationId":"2","result":5}\x1e'
    assert signalr.encode_close() == b'{"type":7}\x1e'
    assert signalr.encode_close("gone", True) == (
        b'{"type":7,"error":"gone","allowReconnect":true}\x1e'
    )
    assert signalr.encode_invocation("SubscribeAccounts", [], "7") == (
        b'{"type":1,"invocationId":"7","target":"SubscribeAccounts","arguments":[]}\x1e'
    )
    assert signalr.encode_handshake_response("bad") == b'{"error":"bad"}\x1e'


def test_records_of_the_contract_decode() -> None:
    """Each kind of record gives its type and its own members."""
    frame = SUBSCRIBE + COMPLETION + EVENT + PING + signalr.encode_close("gone", True)
    call, done, event, ping, close = map(decode_record, RecordSplitter().feed(frame))
    assert (call.type, call.invocation_id, call.target) == (1, "1", "SubscribeOrders")
    assert [bytes(a) for a in call.arguments] == [b"20514377"]
    assert (done.type, done.invocation_id, done.error, bytes(done.result)) == (
        3,
        "1",
        None,
        b"null",
    )
    assert event.invocation_id is None
    assert msgspec.json.decode(event.arguments[0]) == {"action": 1, "data": {"id": 3}}
    assert (ping.type, bytes(ping.result)) == (RecordType.PING, b"")
    assert (close.type, close.error, close.allow_reconnect) == (RecordType.CLOSE, "gone", True)


def test_a_record_of_an_unknown_type_is_kept() -> None:
    """Types above 7 and unknown members do not fail; the reader decides."""
    assert decode_record(b'{"type":9,"sequenceId":3}').type == 9


def test_handshakes_are_read() -> None:
    """A server accepts any version number to judge it; a client sees the server's reason."""
    request = signalr.parse_handshake_request(b'{"protocol":"json","version":0}')
    assert (request.protocol, request.version) == ("json", 0)
    assert signalr.parse_handshake_response(b'{"minorVersion":0}') is None
    assert signalr.parse_handshake_response(b'{"error":"no json"}') == "no json"


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"nonsense",
        b'{"type":"1"}',
        b'{"target":"x"}',
        b'{"type":1,"arguments":[]}',
        b'{"type":1,"target":"","arguments":[]}',
        b'{"type":3,"result":1}',
        b'{"type":1,"target":"x","arguments":{"a":1}}',
        b'{"type":1,"target":"x","arguments":[' + b"[" * 100_000,
        "\ud800".encode("utf-8", "surrogatepass"),
    ],
)
def test_what_is_no_record_is_refused(raw: bytes) -> None:
    """Garbage is a ProjectXDataError whose message does not quote it."""
    with pytest.raises(ProjectXDataError) as caught:
        decode_record(raw)
    assert "nonsense" not in str(caught.value)


@pytest.mark.parametrize(
    "raw", [b"", b"1", b'{"protocol":1,"type":1}', b'{"error":7}', b'{"type":6}']
)
def test_what_is_no_handshake_is_refused(raw: bytes) -> None:
    """A handshake is an object with the right members, and comes before any record."""
    with pytest.raises(ProjectXDataError):
        signalr.parse_handshake_request(raw)
    with pytest.raises(ProjectXDataError):
        signalr.parse_handshake_response(raw)


def test_a_record_beyond_the_cap_is_refused_and_forgotten() -> None:
    """The cap holds for whole, held and joined records, and the splitter is clean afterwards."""
    for chunks in ([b"x" * 9 + b"\x1e"], [b"x" * 9], [b"x" * 8, b"x\x1e"], [b"ab\x1e", b"y" * 9]):
        splitter = RecordSplitter(max_bytes=8)
        with pytest.raises(ProjectXDataError, match="longer than 8 bytes"):
            for chunk in chunks:
                splitter.feed(chunk)
        assert splitter.feed(b"12345678\x1e") == [b"12345678"]
    many = RecordSplitter(max_bytes=8)
    assert many.feed(b"1234567\x1e" * 3) == [b"1234567"] * 3


records = st.lists(st.binary(max_size=12).map(lambda b: b.replace(b"\x1e", b"")), max_size=6)


@given(records=records, tail=st.binary(max_size=4), cuts=st.lists(st.integers(0, 80), max_size=12))
def test_any_chunking_gives_the_same_records(
    records: list[bytes], tail: bytes, cuts: list[int]
) -> None:
    """Where the stream is cut changes neither the records nor what is held."""
    tail = tail.replace(b"\x1e", b"")
    stream = b"".join(record + b"\x1e" for record in records) + tail
    bounds = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    splitter = RecordSplitter()
    found: list[bytes] = []
    for start, end in itertools.pairwise(bounds):
        found += splitter.feed(stream[start:end])
    assert found == records
    assert splitter.feed(b"\x1e") == [tail]


@given(text=st.text(max_size=40))
def test_text_and_bytes_are_the_same_stream(text: str) -> None:
    """A text frame gives what its UTF-8 bytes give, whatever the text."""
    data = text.encode("utf-8", "surrogatepass")
    assert RecordSplitter().feed(text) == RecordSplitter().feed(data)


@given(
    raw=st.binary(max_size=60)
    | st.text(max_size=60).map(lambda t: f'{{"type":1,{t}'.encode("utf-8", "surrogatepass"))
)
def test_garbage_raises_nothing_else(raw: bytes) -> None:
    """Any bytes either decode or raise ProjectXDataError."""
    for read in (
        decode_record,
        signalr.parse_handshake_request,
        signalr.parse_handshake_response,
    ):
        with contextlib.suppress(ProjectXDataError):
            read(raw)


@given(
    target=st.text(min_size=1, max_size=10),
    arguments=st.lists(st.integers() | st.text(max_size=5) | st.none(), max_size=3),
    invocation_id=st.none() | st.text(min_size=1, max_size=4),
)
def test_an_invocation_survives_the_wire(
    target: str, arguments: list[object], invocation_id: str | None
) -> None:
    """What is encoded decodes to the same call, and holds one end mark only."""
    try:
        encoded = signalr.encode_invocation(target, arguments, invocation_id)
    except UnicodeEncodeError:
        return
    (raw,) = RecordSplitter().feed(encoded)
    call = decode_record(raw)
    assert (call.target, call.invocation_id) == (target, invocation_id)
    assert [msgspec.json.decode(a) for a in call.arguments] == arguments
