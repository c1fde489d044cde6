"""Log lines with fields."""

from __future__ import annotations

import json
import logging

import pytest

from project_x_py.utils import LogContext, ProjectXLogger, log_api_call
from project_x_py.utils.logging_config import StructuredFormatter, log_performance

LOG = logging.getLogger("project_x_py.own")


@pytest.fixture(autouse=True)
def _levels(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def test_a_context_adds_fields_and_leaves_the_logger_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Lines of the block have the fields, those of the caller first; others have none."""
    before = dict(vars(LOG))
    with LogContext(LOG, symbol="MNQ", side="buy") as log:
        log.info("placed", extra={"side": "sell"})
        LOG.info("beside")
    assert dict(vars(LOG)).keys() == before.keys()
    placed, beside = (json.loads(StructuredFormatter().format(one)) for one in caplog.records)
    assert (placed["symbol"], placed["side"], placed["message"]) == ("MNQ", "sell", "placed")
    assert set(beside) == {"time", "level", "logger", "message"}


def test_fields_are_without_secrets(caplog: pytest.LogCaptureFixture) -> None:
    """A text field is redacted like the message; numbers stay numbers."""
    LOG.info("to", extra={"url": "wss://x?access_token=abc123", "tries": 2})
    line = json.loads(StructuredFormatter().format(caplog.records[0]))
    assert (line["url"], line["tries"]) == ("wss://x?access_token=[redacted]", 2)


def test_requests_are_logged_by_their_outcome(caplog: pytest.LogCaptureFixture) -> None:
    """A failure is an error, a refusal a warning, the rest is for debugging."""
    log_api_call(LOG, "POST", "/Order/place", 200, 0.0123, order=7)
    log_api_call(LOG, "POST", "/Order/place", 429)
    log_api_call(LOG, "GET", "/Status/ping", error=OSError("down"))
    assert [(one.levelname, one.getMessage()) for one in caplog.records] == [
        ("DEBUG", "POST /Order/place 200 12.3 ms"),
        ("WARNING", "POST /Order/place 429"),
        ("ERROR", "GET /Status/ping OSError: down"),
    ]
    line = json.loads(StructuredFormatter().format(caplog.records[0]))
    assert (line["endpoint"], line["duration_ms"], line["order"]) == ("/Order/place", 12.3, 7)


def test_durations_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    """From a start to an end; without an end to this moment."""
    log_performance(LOG, "load", 100.0, 100.25, bars=5)
    log_performance(LOG, "load", 0.0)
    first, second = (json.loads(StructuredFormatter().format(one)) for one in caplog.records)
    assert (first["message"], first["bars"]) == ("load took 250.0 ms", 5)
    assert second["duration_ms"] > 1.7e12


def test_a_logger_below_the_sdks() -> None:
    """Both spellings of a name are one logger; level and handler are set when given."""
    handler = logging.NullHandler()
    logger = ProjectXLogger.get_logger("own.part", logging.ERROR, handler)
    assert logger is ProjectXLogger.get_logger("project_x_py.own.part", handler=handler)
    assert (logger.level, logger.handlers) == (logging.ERROR, [handler])
    logger.removeHandler(handler)
    logger.setLevel(logging.NOTSET)
