"""What a script does about failures: retry, wait, check, collect.

The SDK's own calls need none of this: the client retries what can do no harm, and waits for its
rate limit. These are for functions of your own around it.

A failure here is one of the gateway or of the network: a :class:`ProjectXError`, an ``OSError`` or
a ``TimeoutError``. A programming error always passes through as it is.

Invariants (``tests/utils/test_failures.py``): an order whose fate is unknown is never sent again;
``CancelledError`` always passes; a function keeps its name and its docstring.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from project_x_py.exceptions import (
    InvalidFieldError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXError,
    ProjectXRateLimitError,
)

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType
    from typing import Self

__all__ = [
    "ErrorContext",
    "handle_errors",
    "handle_rate_limit",
    "retry_on_network_error",
    "validate_response",
]

P = ParamSpec("P")
T = TypeVar("T")

log = logging.getLogger(__name__)

FAILURES = (ProjectXError, OSError, TimeoutError)


def _coroutine_function(name: str, function: Callable[..., object]) -> None:
    if not inspect.iscoroutinefunction(function):
        raise TypeError(f"{name} is for coroutine functions, and {function!r} is none")


def retry_on_network_error(
    max_attempts: int = 3,
    backoff_factor: float = 2.0,
    initial_delay: float = 1.0,
    max_delay: float = 60.0,
    retry_on: tuple[type[BaseException], ...] = (ProjectXConnectionError,),
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Return a decorator that calls a coroutine function again when the network fails.

    Only for what may be done twice: do not put it around orders. The client's own calls raise
    :class:`OrderSubmissionUncertainError` when an order may have been sent, which is no
    connection error, so it is not repeated.

    Args:
        max_attempts: Calls at most, 1 or more.
        backoff_factor: Each wait is so many times the one before.
        initial_delay: Seconds before the second call.
        max_delay: Longest wait in seconds.
        retry_on: What is worth another call.

    Raises:
        InvalidFieldError: ``max_attempts`` is below 1; also a ``ValueError``.
        TypeError: What is decorated is no coroutine function.
    """
    if max_attempts < 1:
        raise InvalidFieldError(f"max_attempts must be 1 or more, not {max_attempts}")

    def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        _coroutine_function("retry_on_network_error", function)

        @functools.wraps(function)
        async def again(*args: P.args, **kwargs: P.kwargs) -> T:
            delay = initial_delay
            for _ in range(max_attempts - 1):
                try:
                    return await function(*args, **kwargs)
                except retry_on as error:
                    log.warning("%s: %s; again in %.1f s", function.__qualname__, error, delay)
                await asyncio.sleep(delay)
                delay = min(delay * backoff_factor, max_delay)
            return await function(*args, **kwargs)

        return again

    return decorate


def handle_rate_limit(
    logger: logging.Logger | None = None, fallback_delay: float = 60.0
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Return a decorator that waits out a rate limit, and calls once more.

    Args:
        logger: Where the wait is told; the module's own when left out.
        fallback_delay: Seconds to wait when the gateway did not say how long.

    Raises:
        TypeError: What is decorated is no coroutine function.
    """

    def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        _coroutine_function("handle_rate_limit", function)

        @functools.wraps(function)
        async def patient(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                return await function(*args, **kwargs)
            except ProjectXRateLimitError as error:
                asked = error.response_data.get("retry_after_s")
                delay = asked if isinstance(asked, int | float) else fallback_delay
            (logger or log).warning("%s: too fast; again in %.1f s", function.__qualname__, delay)
            await asyncio.sleep(delay)
            return await function(*args, **kwargs)

        return patient

    return decorate


def handle_errors(
    operation: str,
    logger: logging.Logger | None = None,
    reraise: bool = True,
    default_return: Any = None,
) -> Callable[[Callable[P, Any]], Callable[P, Any]]:
    """Return a decorator that logs a failure, and raises it again or returns something instead.

    Args:
        operation: What the function does, for the log line.
        logger: Where it is logged; the module's own when left out.
        reraise: Whether the failure is raised again.
        default_return: What is returned when it is not.
    """

    def note(error: BaseException) -> None:
        (logger or log).error("%s: %s: %s", operation, type(error).__name__, error)

    def decorate(function: Callable[P, Any]) -> Callable[P, Any]:
        if inspect.iscoroutinefunction(function):

            @functools.wraps(function)
            async def waiting(*args: P.args, **kwargs: P.kwargs) -> Any:
                try:
                    return await function(*args, **kwargs)
                except FAILURES as error:
                    note(error)
                    if reraise:
                        raise
                    return default_return

            return waiting

        @functools.wraps(function)
        def direct(*args: P.args, **kwargs: P.kwargs) -> Any:
            try:
                return function(*args, **kwargs)
            except FAILURES as error:
                note(error)
                if reraise:
                    raise
                return default_return

        return direct

    return decorate


def validate_response(
    required_fields: list[str] | None = None, response_type: type | None = None
) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """Return a decorator that checks what a coroutine function returned.

    Args:
        required_fields: Keys that a mapping must have, or attributes that an object must have.
        response_type: What the answer must be an instance of.

    Raises:
        TypeError: What is decorated is no coroutine function.
    """

    def decorate(function: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        _coroutine_function("validate_response", function)

        @functools.wraps(function)
        async def checked(*args: P.args, **kwargs: P.kwargs) -> T:
            answer = await function(*args, **kwargs)
            name = function.__qualname__
            if response_type is not None and not isinstance(answer, response_type):
                raise ProjectXDataError(
                    f"{name} returned {type(answer).__name__}, not {response_type.__name__}"
                )
            have = answer if isinstance(answer, Mapping) else dir(answer)
            lacking = [field for field in required_fields or () if field not in have]
            if lacking:
                raise ProjectXDataError(f"{name} returned nothing for {', '.join(lacking)}")
            return answer

        return checked

    return decorate


class ErrorContext:
    """Collects the failures of one piece of work; ``with`` and ``async with`` both do.

    An exception that leaves the block is collected as well, and goes on.

    Args:
        operation: What the work is, for the log lines and the summary.
        logger: Where each failure is logged; the module's own when left out.
    """

    def __init__(self, operation: str, logger: logging.Logger | None = None) -> None:
        self.operation = operation
        self.errors: list[tuple[str, BaseException]] = []
        self._log = logger or log

    def add_error(self, context: str, error: Exception) -> None:
        """Collect a failure.

        Args:
            context: What was being done.
            error: What came of it.
        """
        self._add(context, error)

    @property
    def has_errors(self) -> bool:
        """Whether anything failed."""
        return bool(self.errors)

    @property
    def error_count(self) -> int:
        """How many failures there are."""
        return len(self.errors)

    def get_summary(self) -> str:
        """Return one line for each failure, under a heading with their number."""
        if not self.errors:
            return f"{self.operation}: no errors"
        lines = [f"  {what}: {type(error).__name__}: {error}" for what, error in self.errors]
        return "\n".join([f"{self.operation}: {self.error_count} failed", *lines])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        if isinstance(exc_val, Exception):
            self._add("left the block", exc_val)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        self.__exit__(exc_type, exc_val, exc_tb)

    def _add(self, context: str, error: BaseException) -> None:
        self.errors.append((context, error))
        self._log.error("%s: %s: %s: %s", self.operation, context, type(error).__name__, error)
