"""Log lines with fields: what a call, a step or a context adds to the message.

Invariants (``tests/utils/test_logging_config.py``): a context never changes the logger, and keeps
what a caller adds with ``extra``; no logger is configured unless a handler is given.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from project_x_py._runtime.clock import SystemClock
from project_x_py.utils.logs import StructuredFormatter, configure_sdk_logging

if TYPE_CHECKING:
    from collections.abc import MutableMapping
    from types import TracebackType

    Adapter = logging.LoggerAdapter[logging.Logger]
else:
    Adapter = logging.LoggerAdapter

__all__ = [
    "LogContext",
    "ProjectXLogger",
    "StructuredFormatter",
    "configure_sdk_logging",
    "log_api_call",
    "log_performance",
]

NS = 1_000_000_000
MS = 1000.0
BAD_STATUS = 400


class ProjectXLogger:
    """Loggers below the SDK's own, which :func:`setup_logging` configures."""

    @staticmethod
    def get_logger(
        name: str, level: int | None = None, handler: logging.Handler | None = None
    ) -> logging.Logger:
        """Return the logger ``project_x_py.<name>``.

        Args:
            name: Its name, with or without the ``project_x_py.`` in front.
            level: Its level; that of the SDK's logger when left out.
            handler: Written to besides; the same one is added once.
        """
        known = name == "project_x_py" or name.startswith("project_x_py.")
        logger = logging.getLogger(name if known else f"project_x_py.{name}")
        if level is not None:
            logger.setLevel(level)
        if handler is not None:
            logger.addHandler(handler)
        return logger


class _WithFields(Adapter):
    """Adds fields to each line; those of the caller count more."""

    def process(
        self, msg: Any, kwargs: MutableMapping[str, Any]
    ) -> tuple[Any, MutableMapping[str, Any]]:
        return msg, {**kwargs, "extra": {**(self.extra or {}), **(kwargs.get("extra") or {})}}


class LogContext:
    """Adds fields to the lines of a block::

        with LogContext(logger, symbol="MNQ") as log:
            log.info("bracket placed")

    Lines that are logged through the logger itself stay as they are.

    Args:
        logger: Where the lines go.
        **context: The fields.
    """

    def __init__(self, logger: logging.Logger, **context: Any) -> None:
        self._adapter = _WithFields(logger, context)

    def __enter__(self) -> Adapter:
        return self._adapter

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Leave the block; there is nothing to take back."""


def log_api_call(
    logger: logging.Logger,
    method: str,
    endpoint: str,
    status_code: int | None = None,
    duration: float | None = None,
    error: Exception | None = None,
    **extra: Any,
) -> None:
    """Log one request: at ERROR when it failed, at WARNING from status 400 on, else at DEBUG.

    Args:
        logger: Where.
        method: GET, POST, ...
        endpoint: The path.
        status_code: That of the answer.
        duration: Seconds it took.
        error: What came instead of an answer.
        **extra: More fields of the line.
    """
    fields = {"method": method, "endpoint": endpoint, **extra}
    told = [f"{method} {endpoint}"]
    if status_code is not None:
        fields["status_code"] = status_code
        told.append(str(status_code))
    if duration is not None:
        fields["duration_ms"] = round(duration * MS, 3)
        told.append(f"{duration * MS:.1f} ms")
    level = logging.DEBUG
    if error is not None:
        fields["error"] = f"{type(error).__name__}: {error}"
        told.append(fields["error"])
        level = logging.ERROR
    elif status_code is not None and status_code >= BAD_STATUS:
        level = logging.WARNING
    logger.log(level, "%s", " ".join(told), extra=fields)


def log_performance(
    logger: logging.Logger,
    operation: str,
    start_time: float,
    end_time: float | None = None,
    **extra: Any,
) -> None:
    """Log at DEBUG how long something took.

    Args:
        logger: Where.
        operation: What.
        start_time: When it began, in seconds since 1970 as ``time.time()`` has them.
        end_time: When it ended; this moment when left out.
        **extra: More fields of the line.
    """
    ended = SystemClock.wall_ns() / NS if end_time is None else end_time
    took_ms = (ended - start_time) * MS
    fields = {"operation": operation, "duration_ms": round(took_ms, 3), **extra}
    logger.debug("%s took %.1f ms", operation, took_ms, extra=fields)
