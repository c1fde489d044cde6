"""What an answer means, whatever its bytes."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.gateways import BEGAN_NS, Answer, envelope

from project_x_py.client._envelope import header_seconds, raise_for_status, read_envelope, refused
from project_x_py.client._retry import SpoiltAnswerError
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXClientError,
    ProjectXDataError,
    ProjectXError,
    ProjectXInstrumentError,
    ProjectXOrderError,
    ProjectXPositionError,
    ProjectXRateLimitError,
    ProjectXServerError,
)

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJtZSJ9.c2lnbmF0dXJlLW9mLWl0"


@given(st.binary(max_size=300))
def test_any_bytes_are_an_envelope_or_an_error(body: bytes) -> None:
    """No body makes anything but an envelope or the documented error."""
    try:
        assert isinstance(read_envelope("/Account/search", Answer(body)).success, bool)
    except ProjectXDataError:
        return


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "empty"),
        (b"<!DOCTYPE html><html>Just a moment</html>", "web page"),
        (b"\n <HTML><body>no</body>", "web page"),
        (b'{"success":true,"errorCode":0', "not JSON"),
        (b'{"success":1}', "not JSON"),
        (b'{"success":true,"errorCode":"x"}', "not JSON"),
        (b"null", "not JSON"),
        (b'[{"success":true}]', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'{"errorCode":0}', "envelope"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_no_envelope_is_named(body: bytes, said: str) -> None:
    """The error says what came instead, and shows its beginning."""
    with pytest.raises(SpoiltAnswerError, match=said):
        read_envelope("/Account/search", Answer(body))


@pytest.mark.parametrize("cut", [b"", b"}", b'","x":"' + b"y" * 5000 + b'"}'])
def test_a_token_in_a_spoilt_answer_is_not_shown(cut: bytes) -> None:
    """A body that is shown in an error is shown without the token in it, wherever it is cut."""
    for filler in (0, 200, 260, 295):
        body = b'{"pad":"' + b"p" * filler + b'","token":"' + TOKEN.encode() + b'"' + cut
        with pytest.raises(SpoiltAnswerError) as caught:
            read_envelope("/Auth/loginKey", Answer(body))
        shown = str(caught.value) + repr(caught.value.response_data)
        assert TOKEN[:20] not in shown


def test_members_are_read_by_type() -> None:
    """Absent and null members are None; one of another type is an error that names it."""
    answer = read_envelope("/X", envelope(rows=[1, 2], nothing=None))
    assert answer.read("rows", list[int]) == [1, 2]
    assert answer.read("nothing", list[int]) is None
    assert answer.read("missing", list[int]) is None
    with pytest.raises(ProjectXDataError, match="rows"):
        answer.read("rows", list[str])
    assert answer.plain()["rows"] == [1, 2]
    assert "rows" not in repr(answer)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/Contract/searchById", ProjectXInstrumentError),
        ("/History/retrieveBars", ProjectXDataError),
        ("/Order/place", ProjectXOrderError),
        ("/Position/searchOpen", ProjectXPositionError),
        ("/Trade/search", ProjectXOrderError),
        ("/Auth/logout", ProjectXAuthenticationError),
        ("/Account/search", ProjectXError),
    ],
)
def test_a_refusal_is_the_exception_of_its_subject(path: str, kind: type[ProjectXError]) -> None:
    """What is refused about orders is an order error, and so on; the code comes with it."""
    error = refused(read_envelope(path, envelope(1, "because")))
    assert type(error) is kind
    assert error.error_code == 1
    assert "because" in str(error)
    assert error.response_data["errorMessage"] == "because"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, ProjectXClientError),
        (400, ProjectXClientError),
        (401, ProjectXAuthenticationError),
        (403, ProjectXClientError),
        (404, ProjectXDataError),
        (429, ProjectXRateLimitError),
        (500, ProjectXServerError),
        (503, ProjectXServerError),
    ],
)
def test_every_status_has_its_exception(status: int, kind: type[ProjectXError]) -> None:
    """An HTTP status becomes the documented exception with that status as its code."""
    with pytest.raises(kind) as caught:
        raise_for_status("/X", Answer(b"", status), 0)
    assert type(caught.value) is kind
    assert caught.value.error_code == status


def test_only_a_challenge_comes_from_the_door() -> None:
    """A 401 with the challenge of the token check was turned away; one without may have acted."""
    for headers, challenged in (({"WWW-Authenticate": "Bearer"}, True), ({}, False)):
        with pytest.raises(ProjectXAuthenticationError) as caught:
            raise_for_status("/X", Answer(b"", 401, headers), 0)
        assert caught.value.response_data["challenged"] is challenged


@pytest.mark.parametrize(
    ("text", "date", "seconds"),
    [
        ("7", "", 7.0),
        (" 120 ", "", 120.0),
        ("99999999999", "", 86_400.0),
        ("Tue, 01 Sep 2026 14:30:30 GMT", "Tue, 01 Sep 2026 14:30:00 GMT", 30.0),
        ("Tue, 01 Sep 2026 14:29:00 GMT", "Tue, 01 Sep 2026 14:30:00 GMT", 0.0),
        ("Tue, 01 Sep 2026 14:30:30 GMT", "", 30.0),
        ("Tue, 01 Sep 2026 14:30:30 GMT", "nonsense", None),
        ("Tue, 01 Sep 2026 14:30:30 -0000", "Tue, 01 Sep 2026 14:30:00 GMT", None),
        ("-5", "", None),
        ("soon", "", None),
        ("\N{ARABIC-INDIC DIGIT SEVEN}", "", None),
        ("", "", None),
    ],
)
def test_retry_after_is_read(text: str, date: str, seconds: float | None) -> None:
    """Seconds or a date, in any letter case of the name; nonsense is as good as nothing."""
    assert header_seconds({"RETRY-AFTER": text, "Date": date}, BEGAN_NS) == seconds


def test_a_list_is_not_built_before_it_is_read() -> None:
    """Ten megabytes are scanned in passing: what is in them is told only when asked for."""
    body = msgspec.json.encode(
        {"bars": [{"t": "x", "o": 1.0}] * 600_000, "success": True, "errorCode": 0}
    )
    assert len(body) > 10_000_000
    answer = read_envelope("/History/retrieveBars", Answer(body))
    assert answer.success
    assert len(bytes(answer.members["bars"])) > 10_000_000
