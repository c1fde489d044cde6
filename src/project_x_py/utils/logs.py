"""Logging of scripts. The library itself never configures logging; these do, when called.

Invariants (``tests/utils/test_logs.py``): only the ``project_x_py`` logger is touched, calling
twice leaves one handler, and tokens and keys are removed from every line.
"""

from __future__ import annotations

import difflib
import json
import logging
from pathlib import Path

from project_x_py._core.redact import redact
from project_x_py._core.time import format_iso
from project_x_py.exceptions import InvalidFieldError

__all__ = ["StructuredFormatter", "configure_sdk_logging", "setup_logging"]

_LOGGER = "project_x_py"
_FORMAT = "%(asctime)s %(levelname)-8s %(name)s: %(message)s"
_LEVELS = ("CRITICAL", "ERROR", "WARNING", "INFO", "DEBUG")
_NS = 1_000_000_000
_USUAL = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}


class _Plain(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class StructuredFormatter(logging.Formatter):
    """One JSON object a line: time, level, logger, message, and what ``extra`` added.

    An error has ``exception`` with its traceback. Secrets are removed from all of it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return a record as one line."""
        line: dict[str, object] = {
            "time": format_iso(int(record.created * _NS)),
            "level": record.levelname,
            "logger": record.name,
            "message": redact(record.getMessage()),
        }
        for name, value in vars(record).items():
            if name not in _USUAL and name not in line:
                plain = isinstance(value, bool | int | float | None)
                line[name] = value if plain else redact(str(value))
        if record.exc_info:
            line["exception"] = redact(self.formatException(record.exc_info))
        return json.dumps(line)


def setup_logging(
    level: str = "INFO", format_string: str | None = None, filename: str | None = None
) -> logging.Logger:
    """Let the SDK's log lines be written, and return its logger.

    Args:
        level: DEBUG, INFO, WARNING, ERROR or CRITICAL; case does not matter.
        format_string: Format of a line as :mod:`logging` reads it.
        filename: File to append to; standard error without one.

    Raises:
        InvalidFieldError: ``level`` is another one; also a ``ValueError``.
    """
    return _install(_level(level), _Plain(format_string or _FORMAT), filename)


def configure_sdk_logging(
    level: int = logging.INFO, format_json: bool = False, log_file: str | None = None
) -> None:
    """Let the SDK's log lines be written, as text or as one JSON object a line.

    Args:
        level: Lowest level that is written, a number of :mod:`logging`.
        format_json: Whether a line is a JSON object, see :class:`StructuredFormatter`.
        log_file: File to append to; standard error without one.
    """
    _install(level, StructuredFormatter() if format_json else _Plain(_FORMAT), log_file)


def _level(name: str) -> int:
    levels = logging.getLevelNamesMapping()
    if name.upper() in levels:
        return levels[name.upper()]
    close = difflib.get_close_matches(name.upper(), _LEVELS, 1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(_LEVELS)}"
    raise InvalidFieldError(f"{name!r} is no log level; {hint}")


def _install(level: int, formatter: logging.Formatter, filename: str | None) -> logging.Logger:
    logger = logging.getLogger(_LOGGER)
    handler: logging.Handler
    if filename is None:
        handler = logging.StreamHandler()
    else:
        Path(filename).parent.mkdir(parents=True, exist_ok=True)
        handler = logging.FileHandler(filename, encoding="utf-8")
    handler.setFormatter(formatter)
    for old in [
        item
        for item in logger.handlers
        if isinstance(item.formatter, (_Plain, StructuredFormatter))
    ]:
        logger.removeHandler(old)
        old.close()
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    return logger
