"""What the demonstration shows and trades, on an in-process gateway in virtual time."""

from __future__ import annotations

import asyncio
import io

import pytest
from rich.console import Console
from tests.cli.commands import OPEN
from tests.suites import simulated_suite

from project_x_py import EventType
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.cli._trade import price_text
from project_x_py.cli._view import LEAST, TIMEFRAMES, DemoState, draw, plain_line, summary

FIT = [LEAST, (80, 24), (200, 60)]


async def _seen() -> tuple[dict[tuple[int, int], str], list[int], str]:
    """Views of some sizes while something is held, stops missing then, and the last lines."""
    views: dict[tuple[int, int], str] = {}
    bare: list[int] = []
    async with simulated_suite(
        gateway={"start": OPEN}, timeframes=list(TIMEFRAMES), features=["orderbook"], initial_days=1
    ) as (served, suite):
        state = DemoState(suite, served.clock)
        opened = suite.stream(EventType.POSITION_OPENED)
        await state.listen()
        async with asyncio.timeout(60):
            await anext(opened)
        for _ in range(10):
            await asyncio.sleep(0.5)
            bare += suite.working_report().unprotected.values()
            if suite.working_report().positions and not views:
                views = {size: _drawn(await draw(state, *size), size) for size in FIT}
                line = await plain_line(state)
        state.ended = await state.trade.end()
        assert suite.working_report().is_empty
        return views, bare, f"{line}\n{await summary(state)}"


def _drawn(view: object, size: tuple[int, int]) -> str:
    console = Console(file=io.StringIO(), width=size[0], height=size[1], force_terminal=False)
    console.print(view)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_protected_trade_fits_the_terminal() -> None:
    """Nothing is cut, a stop works all the time, the end is flat and told with its units."""
    views, bare, told = run_virtual(_seen())
    assert set(views) == set(FIT)
    for (width, height), view in views.items():
        lines = view.splitlines()
        assert len(lines) < height
        assert max(map(len, lines)) == width
        assert "…" not in view
        assert "at the gateway: stop at" in view
        assert "target at" in view
        assert all(view.count(f"{name}  SMA(20)") == 1 for name in TIMEFRAMES)
    assert bare == []
    line, *ends = told.splitlines()
    assert " at 2" in line
    assert " USD" in line
    assert any("USD before costs; nothing is held" in text for text in ends)
    assert ends[-1].startswith("event to handler")
    assert ends[-1].endswith(" ms")


@pytest.mark.parametrize(
    ("price", "tick", "text"),
    [
        (24000.0, 0.25, "24000.00"),
        (0.00672, 5e-07, "0.0067200"),
        (39000.0, 5.0, "39000"),
        (None, 0.25, "-"),
    ],
)
def test_a_price_has_the_digits_of_its_tick(price: float | None, tick: float, text: str) -> None:
    """Prices line up, and none has an exponent."""
    assert price_text(price, tick) == text
