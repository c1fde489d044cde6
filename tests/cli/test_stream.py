"""``projectx stream``: lines as they come, and how it ends."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

import click
import pytest
from tests.cli.commands import projectx

from project_x_py.cli import stream as module
from project_x_py.simulator import faults


def test_bars_are_lines(command: projectx) -> None:
    """Each finished bar of each timeframe is a line; --count ends it."""
    ended = command("stream", "MNQ", "--timeframes", "5sec,15sec", "--count", "8")
    lines = ended.out.splitlines()
    assert ended.status == 0
    assert len(lines) == 8
    assert {line.split()[2] for line in lines} == {"5sec", "15sec"}
    assert all("open 2" in line and "volume " in line for line in lines)


def test_json_lines(command: projectx) -> None:
    """With --json each line is an object; quotes and trades come where they are asked for."""
    options = ("--timeframes", "1sec", "--quotes", "--trades", "--json", "--count", "60")
    records = [json.loads(line) for line in command("stream", "MNQ", *options).out.splitlines()]
    keys = {record["event"]: set(record) for record in records}
    head = {"event", "symbol", "timestamp"}
    assert keys == {
        "bar_closed": head | {"timeframe", "amended", *module.BAR},
        "quote_update": head | {"bid", "ask", "last"},
        "trade_tick": head | {"price", "size", "side"},
    }


def test_quotes_and_trades_are_lines(command: projectx) -> None:
    """A person reads quotes and trades of several instruments beside the bars."""
    ended = command("stream", "MNQ", "ES", "--quotes", "--trades", "--count", "80")
    assert {" ".join(line.split()[1:3]) for line in ended.out.splitlines()} >= {
        "MNQ quote",
        "MNQ trade",
        "ES quote",
        "ES trade",
    }


def test_seconds_end_it(command: projectx) -> None:
    """After --seconds it ends by itself, with status 0."""
    ended = command("stream", "MNQ", "--timeframes", "1sec", "--seconds", "10")
    assert ended.status == 0
    assert 0 < len(ended.out.splitlines()) <= 11


def test_a_lost_hub_is_told(command: projectx) -> None:
    """That prices stop, and come again, is said on the standard error."""
    command.faults = [(5.0, faults.Drop(hub="market"))]
    ended = command("stream", "MNQ", "--timeframes", "1sec", "--seconds", "20")
    assert "the market hub is lost: " in ended.err
    assert "the market hub is back\n" in ended.err


def end_with(error: BaseException) -> Callable[..., None]:
    """An output that fails at the first line."""

    def echo(*_line: object, **_options: object) -> None:
        raise error

    return echo


@pytest.mark.parametrize("error", [KeyboardInterrupt(), BrokenPipeError()])
def test_it_ends_quietly(
    command: projectx, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    """Ctrl-C, and a reader that leaves, end it with status 0 and without a traceback."""
    monkeypatch.setattr(click, "echo", end_with(error))
    monkeypatch.setattr(module, "_forget_output", lambda: sys.stdout.flush())
    ended = command("stream", "MNQ", "--timeframes", "1sec")
    assert (ended.status, ended.out, ended.err) == (0, "", "")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("MNQ", "--timeframes", "1mn"), "1min"),
        (("MNQQ",), "MNQ"),
        ((), "SYMBOLS"),
        (("MNQ", "--seconds", "nan"), "finite"),
    ],
)
def test_a_mistake_is_one_message(
    command: projectx, arguments: tuple[str, ...], match: str
) -> None:
    """What cannot be is named with a way out, status 2."""
    ended = command("stream", *arguments)
    assert ended.status == 2
    assert match in ended.err
    assert "Traceback" not in ended.err


def test_somebody_at_a_terminal_is_told_what_is_waited_for(
    command: projectx, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line before the first bar, on the standard error, and none where nobody looks."""
    arguments = ("stream", "MNQ", "--trades", "--timeframes", "5sec", "--count", "1")
    assert command(*arguments).err == ""
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    assert command(*arguments).err == "MNQ: trades and bars of 5sec as they come, until Ctrl-C\n"
