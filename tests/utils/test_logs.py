"""Logging that a script asks for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from project_x_py.utils import configure_sdk_logging, setup_logging

SDK = logging.getLogger("project_x_py")


@pytest.fixture(autouse=True)
def _restore() -> Iterator[None]:
    handlers, level, propagate = list(SDK.handlers), SDK.level, SDK.propagate
    yield
    for handler in [item for item in SDK.handlers if item not in handlers]:
        SDK.removeHandler(handler)
        handler.close()
    SDK.setLevel(level)
    SDK.propagate = propagate


def test_lines_go_to_a_file_without_secrets(tmp_path: Path) -> None:
    """A line of any module of the SDK is written at its level, tokens removed."""
    path = tmp_path / "logs" / "sdk.log"
    logger = setup_logging("warning", "%(levelname)s %(message)s", str(path))
    assert logger is SDK
    logging.getLogger("project_x_py.realtime").warning("to %s", "wss://x?access_token=abc123")
    logging.getLogger("project_x_py.realtime").info("not this")
    assert path.read_text() == "WARNING to wss://x?access_token=[redacted]\n"


def test_calling_twice_leaves_one_handler(tmp_path: Path) -> None:
    """The last call counts; handlers of the user's own and the root logger are left alone."""
    own, root = logging.NullHandler(), list(logging.getLogger().handlers)
    SDK.addHandler(own)
    setup_logging(filename=str(tmp_path / "a.log"))
    setup_logging("DEBUG")
    configure_sdk_logging(logging.ERROR)
    added = [handler for handler in SDK.handlers if handler is not own]
    assert len(added) == 1
    assert SDK.level == logging.ERROR
    assert logging.getLogger().handlers == root
    SDK.removeHandler(own)


def test_json_lines(tmp_path: Path) -> None:
    """Each line is one object; an error comes with its traceback, both without secrets."""
    path = tmp_path / "sdk.jsonl"
    configure_sdk_logging(logging.INFO, format_json=True, log_file=str(path))
    SDK.info("api_key=%s", "0123456789")
    try:
        raise RuntimeError("token=0123456789")
    except RuntimeError:
        SDK.exception("failed")
    first, second = map(json.loads, path.read_text().splitlines())
    assert (first["level"], first["logger"]) == ("INFO", "project_x_py")
    assert first["message"] == "api_key=[redacted]"
    assert "RuntimeError: token=[redacted]" in second["exception"]
    assert first["time"].endswith("+00:00")


def test_unknown_level_is_refused() -> None:
    """A level that does not exist is named with a close match."""
    with pytest.raises(ValueError, match="did you mean WARNING"):
        setup_logging("WARNIN")
    with pytest.raises(ValueError, match="there are CRITICAL"):
        setup_logging("xyz")
