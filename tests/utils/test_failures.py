"""Decorators and collectors of failures."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.exceptions import (
    OrderSubmissionUncertainError,
    ProjectXConnectionError,
    ProjectXDataError,
    ProjectXRateLimitError,
)
from project_x_py.utils import (
    ErrorContext,
    handle_errors,
    handle_rate_limit,
    retry_on_network_error,
    validate_response,
)


class Calls:
    """A coroutine function that fails as often as it is told to."""

    def __init__(self, *failures: BaseException) -> None:
        self.failures = list(failures)
        self.times: list[float] = []

    async def __call__(self, answer: Any = "done") -> Any:
        self.times.append(asyncio.get_running_loop().time())
        if self.failures:
            raise self.failures.pop(0)
        return answer


@in_virtual_time
async def test_network_failures_are_tried_again_with_growing_waits() -> None:
    """Each wait is twice the one before up to the longest, and the last failure is raised."""
    calls = Calls(*[ProjectXConnectionError("down") for _ in range(9)])

    @retry_on_network_error(5, initial_delay=1.0, max_delay=3.0)
    async def ask() -> Any:
        """Ask."""
        return await calls()

    assert (ask.__name__, ask.__doc__) == ("ask", "Ask.")
    with pytest.raises(ProjectXConnectionError, match="down"):
        await ask()
    waits = [b - a for a, b in zip(calls.times, calls.times[1:], strict=False)]
    assert waits == pytest.approx([1.0, 2.0, 3.0, 3.0])
    calls.failures = calls.failures[:1]
    assert await ask() == "done"


@pytest.mark.parametrize("failure", [OrderSubmissionUncertainError("?"), KeyError("x")])
def test_other_failures_are_not_tried_again(failure: Exception) -> None:
    """An order whose fate is unknown and a programming error pass at the first call."""
    calls = Calls(failure)

    @retry_on_network_error()
    async def ask() -> Any:
        return await calls()

    with pytest.raises(type(failure)):
        run_virtual(ask())
    assert len(calls.times) == 1


@in_virtual_time
async def test_a_rate_limit_is_waited_out_once() -> None:
    """The wait is what the gateway asked for, else the fallback; a second refusal is raised."""
    asked = ProjectXRateLimitError("slow", response_data={"retry_after_s": 7.0})
    calls = Calls(asked, ProjectXRateLimitError("slow"), ProjectXRateLimitError("slow"))

    @handle_rate_limit(fallback_delay=30)
    async def ask() -> Any:
        return await calls()

    with pytest.raises(ProjectXRateLimitError):
        await ask()
    assert calls.times[1] - calls.times[0] == pytest.approx(7.0)
    assert await ask() == "done"
    assert calls.times[3] - calls.times[2] == pytest.approx(30.0)


def test_failures_are_logged_and_replaced(caplog: pytest.LogCaptureFixture) -> None:
    """What is said instead is returned, plain function or coroutine; mistakes pass unlogged."""

    @handle_errors("reading", reraise=False, default_return=[])
    def read(error: Exception) -> list[int]:
        raise error

    @handle_errors("asking", logging.getLogger("own"))
    async def ask() -> None:
        raise TimeoutError("late")

    assert read(OSError("disk")) == []
    with pytest.raises(TimeoutError):
        run_virtual(ask())
    with pytest.raises(KeyError):
        read(KeyError("typo"))
    assert [(one.name, one.getMessage()) for one in caplog.records] == [
        ("project_x_py.utils.failures", "reading: OSError: disk"),
        ("own", "asking: TimeoutError: late"),
    ]


def test_answers_are_checked() -> None:
    """A wrong type and a missing key or attribute are named; a right answer is passed on."""
    calls = Calls()

    @validate_response(["bid", "ask"], dict)
    async def quote(answer: Any) -> Any:
        return await calls(answer)

    @validate_response(["real"])
    async def number() -> complex:
        return 1j

    assert run_virtual(quote({"bid": 1, "ask": 2})) == {"bid": 1, "ask": 2}
    assert run_virtual(number()) == 1j
    with pytest.raises(ProjectXDataError, match="returned nothing for ask"):
        run_virtual(quote({"bid": 1}))
    with pytest.raises(ProjectXDataError, match="returned list, not dict"):
        run_virtual(quote([]))


@pytest.mark.parametrize("decorator", [retry_on_network_error, handle_rate_limit])
def test_only_coroutine_functions_are_decorated(decorator: Any) -> None:
    """A plain function is refused where a wait belongs, and so is no attempt at all."""
    with pytest.raises(TypeError, match="is for coroutine functions"):
        decorator()(len)
    with pytest.raises(ValueError, match="max_attempts"):
        retry_on_network_error(0)


async def test_failures_are_collected(caplog: pytest.LogCaptureFixture) -> None:
    """What is added and what leaves the block is collected, logged and summed up."""
    with ErrorContext("export") as errors:
        assert errors.get_summary() == "export: no errors"
        errors.add_error("row 3", ValueError("no price"))
    assert errors.has_errors
    with pytest.raises(OSError):
        async with errors:
            raise OSError("disk")
    assert errors.error_count == 2
    assert errors.get_summary().splitlines() == [
        "export: 2 failed",
        "  row 3: ValueError: no price",
        "  left the block: OSError: disk",
    ]
    assert len(caplog.records) == 2
