"""The picture of the README comes from the demonstration, through tools/picture.py."""

from __future__ import annotations

import asyncio
import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live
from tests.suites import simulated_suite
from tools import picture

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.cli._view import TIMEFRAMES, DemoState, draw, summary

SHOWN = (
    "projectx demo",
    "MNQ",
    "book",
    "bars",
    "5sec",
    "connected",
    "protected trade",
    "event to handler",
)


def words(svg: str) -> str:
    """The text of a picture, blanks as they are on a terminal."""
    texts = [node.text or "" for node in ET.fromstring(svg).iter() if node.tag.endswith("text")]
    return " ".join(texts).replace("\xa0", " ")


async def live_output() -> tuple[str, str]:
    """What two views of a live display and the summary write, and the last price shown."""
    file = io.StringIO()
    console = Console(file=file, force_terminal=True, width=picture.COLUMNS, height=picture.LINES)
    async with simulated_suite(
        timeframes=list(TIMEFRAMES), features=["orderbook"], initial_days=1
    ) as (
        served,
        suite,
    ):
        state = DemoState(suite, served.clock)
        await state.listen()
        first = await draw(state, *console.size)
        with Live(first, console=console, auto_refresh=False) as live:
            await asyncio.sleep(6)
            live.update(await draw(state, *console.size), refresh=True)
            price = state.price(await suite.data.get_current_price())
        file.write(await summary(state))
    return file.getvalue(), price


def test_the_last_view_becomes_a_picture() -> None:
    """Of a live display's output the last view is shown, whole, and no font is fetched."""
    output, price = run_virtual(live_output())
    view = picture.last_view(output)
    svg = picture.svg(view)
    shown = words(svg)
    assert "waiting for the first quote" in output
    assert "waiting for the first quote" not in shown
    assert price in shown
    assert [text for text in SHOWN if text not in shown] == []
    assert view.count("╭") == view.count("╯") == 5
    assert not re.search(r"@font-face|href|url\(['\"]?http", svg)
    with pytest.raises(ValueError, match="no view"):
        picture.last_view("MNQ 24000.0 bid 23999.75")


def test_the_picture_in_the_documents_is_one_of_these() -> None:
    """The picture that the README shows has every part of a view, and this tool's width."""
    svg = picture.PICTURE.read_text(encoding="utf-8")
    assert [text for text in SHOWN if text not in words(svg)] == []
    width = re.compile(r'viewBox="0 0 ([\d.]+)')
    (made,) = width.findall(picture.svg("a view"))
    assert width.findall(svg) == [made]


@pytest.mark.long
def test_the_tool_takes_a_picture(tmp_path: Path) -> None:
    """A run of the tool writes a picture with everything in it."""
    picture.main(["--out", str(tmp_path / "demo.svg"), "--seconds", "8"])
    shown = words((tmp_path / "demo.svg").read_text(encoding="utf-8"))
    assert [text for text in SHOWN if text not in shown] == []
