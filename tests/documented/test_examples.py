"""Each program of examples/ runs to its end, in virtual time, and prints what it is about.

They are run as they are: the script's ``main`` on the loop of an in-process gateway, which it
finds by the environment as it would find one that ``projectx run`` started.
"""

from __future__ import annotations

import ast
import asyncio
import runpy
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.architecture.source import ROOT

from project_x_py import ProjectX
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import SimulatedGateway

FOLDER = ROOT / "examples"
GUARD = "guard"
OPEN = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)
MAX_LINES = 80

PRINTS = {
    "first_connection": ("simulated", "price     2", "connected True"),
    "bars_to_frame": ("bars of 15 minutes", "range"),
    "live_bars": (" 5sec ", "15sec ", "shape: (3, 6)"),
    "quotes": ("bid 2", "quotes, spread 0."),
    "order_book": ("spread 0.", "bought less sold"),
    "indicators": ("sma_20", "its average, RSI"),
    "bracket_order": ("placed True", "stays at the gateway"),
    "partial_exits": ("bought 3 at", "out: True"),
    "trailing_stop": ("placed True", "the stop is at", "flat: True"),
    "pairs": ("MNQ: MNQU6", "MES: MESU6", "spread"),
    "risk_limits": ("2 contracts risk $80.00", "refused before it was sent: ", "flat: True"),
    "export_bars": ("6 bars in bars.csv and bars.json",),
    "chart": ("bars in chart.html",),
    "unattended": ("alive: price 2", "health 100/100"),
    "record_trades": ("contracts in trades.parquet",),
    "sessions": (
        "bars are of regular hours",
        "open: True",
        "next regular open: Tue 01 Sep 08:30",
    ),
    "health": ("health 100/100", "of 200 in the last minute", "exported: "),
    "managed_trade": ("bought 4, $80.00 at risk", "one contract is out", "flat: True"),
    "momentum_strategy": (": bought ", ": out, ", "flat: True"),
    "flatten": ("flat: True", "positions 0", "working orders 0"),
    "event_stream": ("20 trades",),
}
"""What each example prints, among other things."""

ORDERING = {
    "bracket_order",
    "flatten",
    "managed_trade",
    "momentum_strategy",
    "partial_exits",
    "risk_limits",
    "trailing_stop",
}
"""The examples that place orders."""

PAIRS = {"momentum_strategy", "pairs"}
"""The examples that need two instruments."""

PLACING = ("place_", "add_stop", "add_take", "attach_risk", "flatten", "managed_trade", "execute")


def script(name: str) -> Path:
    """The file of an example."""
    return FOLDER / f"{name}.py"


@pytest.fixture
def load(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], Any]:
    """Loads an example as Python would, in an empty folder; returns its main function."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(FOLDER))
    monkeypatch.delitem(sys.modules, GUARD, raising=False)

    def loaded(name: str, *arguments: str) -> Any:
        monkeypatch.setattr(sys, "argv", [str(script(name)), *arguments])
        return runpy.run_path(str(script(name)), run_name="example")["main"]

    return loaded


async def beside(
    program: Callable[[], Awaitable[None]], patch: pytest.MonkeyPatch, **gateway: Any
) -> int:
    """Run a program beside a gateway; return how many orders the account has had."""
    options: dict[str, Any] = {"in_process": True, "start": OPEN, "instruments": ("MNQ",)}
    async with SimulatedGateway(**{**options, **gateway}) as served:
        for name, value in served.environment().items():
            patch.setenv(name, value)
        try:
            await program()
        finally:
            await asyncio.sleep(1)  # what is under way arrives
            async with ProjectX.from_env() as client:
                await client.authenticate()
                body = {
                    "accountId": client.get_account_info().id,
                    "startTimestamp": "2026-01-01T00:00:00Z",
                }
                ended = await client.call("/Order/search", body)
                working = await client.call("/Order/searchOpen", body)
    return len(ended["orders"]) + len(working["orders"])


def test_every_example_is_tested() -> None:
    """There are fifteen or more, each listed here, and each says whether it places orders."""
    found = {path.stem for path in FOLDER.glob("*.py")} - {GUARD}
    assert found == set(PRINTS)
    assert len(found) >= 15
    listed = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert {name for name in found if f"({name}.py)" not in listed} == set()


@pytest.mark.parametrize("name", sorted(PRINTS))
def test_the_example_is_short(name: str) -> None:
    """It has fewer than eighty lines, a docstring, and asks the guard if it places orders."""
    text = script(name).read_text(encoding="utf-8")
    tree = ast.parse(text)
    assert len(text.splitlines()) < MAX_LINES
    assert ast.get_docstring(tree)
    called = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    places = any(attribute.startswith(PLACING) for attribute in called)
    assert places == (name in ORDERING) == ("practice_only(suite)" in text)


@pytest.mark.parametrize("name", sorted(PRINTS))
def test_the_example_runs(
    name: str,
    load: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """It ends by itself and prints what it is about; orders come from those that say so."""
    caplog.set_level("INFO")
    tickers = ("MNQ", "MES") if name in PAIRS else ("MNQ",)
    orders = run_virtual(beside(load(name), monkeypatch, instruments=tickers))
    printed = capsys.readouterr().out + caplog.text
    for part in PRINTS[name]:
        assert part in printed
    assert (orders > 0) == (name in ORDERING)


@pytest.mark.parametrize("name", sorted(ORDERING))
def test_a_live_account_is_refused(
    name: str, load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a live account an example that places orders ends before the first of them."""
    tickers = ("MNQ", "MES") if name in PAIRS else ("MNQ",)
    main = load(name)
    sent: list[int] = []

    async def refused() -> None:
        with pytest.raises(SystemExit, match=r"LIVE-\S+ is live.*--live"):
            await main()

    sent.append(run_virtual(beside(refused, monkeypatch, accounts=["live"], instruments=tickers)))
    assert sent == [0]


def test_live_is_meant(
    load: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With --live an example orders on a live account, which this gateway refuses."""
    run_virtual(beside(load("bracket_order", "--live"), monkeypatch, accounts=["live"]))
    assert "placed False" in capsys.readouterr().out
