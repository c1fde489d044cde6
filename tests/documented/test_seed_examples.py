"""The printed example programs run unmodified; they are read from ../shared, never kept here."""

from __future__ import annotations

import csv
import gc
import re
import signal
import sys
import warnings
from typing import TYPE_CHECKING

import pytest
from tests.processes import LIMIT_S, read_until, start

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import SimulatedGateway

if TYPE_CHECKING:
    from pathlib import Path

DOCUMENT = "004_a838957d5355021c.txt"
TAPE = "es_l3_20231225"
STREAMED = (
    r"Real-time streaming started for MNQ",
    r"Connected: True",
    r"Tick #10: \$\d+\.\d\d",
    r"New 15sec bar #\d+:\n  OHLC: \$\d+\.\d\d / ",
    r"New 1min bar #\d+:",
    r"Status - Price: \$\d+\.\d\d",
)

ANALYSED = (
    r"Multi-Timeframe Data Processor Active",
    r"New 1min bar: \$\d+\.\d\d @ 20\d\d-",
    r"  1min Analysis - Trend: (bullish|bearish), RSI: \d+\.\d, Momentum: (strong|weak)",
    r"  5min Analysis - Trend: (bullish|bearish), RSI: \d+\.\d, Momentum: (strong|weak)",
)
EXPORTED = (
    r"Real-time Data Exporter Active",
    r"Exported 15sec bar: \$\d+\.\d\d",
    r"Exported 1min bar: \$\d+\.\d\d",
    r"Price: \$\d+\.\d\d \| Bars: \d+",
)

posix = pytest.mark.skipif(sys.platform == "win32", reason="sends POSIX signals")


def _example(shared: Path, number: int) -> str:
    text = (shared / "seeds" / DOCUMENT).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)[number - 1]


def _run(folder: Path, script: str, options: list[str], seconds: float) -> str:
    path = folder / "example.py"
    path.write_text(script, encoding="utf-8")
    process = start(["run", *options, "--seconds", str(seconds), str(path)], folder)
    output, errors = process.communicate(timeout=seconds + LIMIT_S)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert "ERROR" not in errors
    return output


def _run_until_seen(
    folder: Path, script: str, options: list[str], patterns: tuple[str, ...] = STREAMED
) -> str:
    path = folder / "example.py"
    path.write_text(script, encoding="utf-8")
    process = start(["run", *options, str(path)], folder)
    seen = read_until(process, lambda text: all(re.search(p, text) for p in patterns))
    process.send_signal(signal.SIGINT)
    rest, errors = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, errors
    assert "Traceback" not in errors
    assert "ERROR" not in errors
    assert "Warning" not in errors
    return seen + rest


def _check(output: str) -> None:
    for pattern in STREAMED:
        assert re.search(pattern, output), pattern
    assert output.endswith("Disconnected from real-time feeds\n")


@posix
@pytest.mark.checklist(177, 181, 184, 185)
def test_basic_streaming_on_the_tape(shared: Path, tmp_path: Path) -> None:
    """Example 1 prints ticks, bars and status of the recorded session, and shuts down cleanly."""
    tape = str(shared / "data" / TAPE)
    options = ["--tape", tape, "--instrument", "MNQ", "--speed", "60"]
    _check(_run_until_seen(tmp_path, _example(shared, 1), options))


@posix
def test_basic_streaming_on_a_synthetic_market(shared: Path, tmp_path: Path) -> None:
    """Example 1 does the same on a made-up market."""
    options = ["--seed", "1", "--speed", "30"]
    _check(_run_until_seen(tmp_path, _example(shared, 1), options))


@pytest.mark.long
@pytest.mark.parametrize("market", ["tape", "synthetic"])
def test_basic_streaming_for_its_whole_time(shared: Path, tmp_path: Path, market: str) -> None:
    """The same with --seconds: 60 on the tape, 40 on the made-up market, both at speed 30."""
    if market == "tape":
        tape = str(shared / "data" / TAPE)
        options, seconds = ["--tape", tape, "--instrument", "MNQ", "--speed", "30"], 60
    else:
        options, seconds = ["--seed", "1", "--speed", "30"], 40
    _check(_run(tmp_path, _example(shared, 1), options, seconds))


def _options(shared: Path, market: str) -> list[str]:
    if market == "tape":
        tape = str(shared / "data" / TAPE)
        return ["--tape", tape, "--instrument", "MNQ", "--speed", "60"]
    return ["--seed", "1", "--speed", "60"]


@posix
@pytest.mark.checklist(188, 190)
@pytest.mark.parametrize("market", ["tape", "synthetic"])
def test_timeframes_are_analysed(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, market: str
) -> None:
    """Example 2 prints analysis lines from fifty bars on; cancelled, it leaves nothing open."""
    monkeypatch.setenv("PYTHONWARNINGS", "default::ResourceWarning,default::RuntimeWarning")
    options = _options(shared, market)
    output = _run_until_seen(tmp_path, _example(shared, 2), options, ANALYSED)
    assert "Error analyzing" not in output


@posix
@pytest.mark.parametrize("market", ["tape", "synthetic"])
def test_bars_are_exported(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, market: str
) -> None:
    """Example 3 writes each completed bar once to its file; cancelled, it leaves nothing open."""
    monkeypatch.setenv("PYTHONWARNINGS", "default::RuntimeWarning")
    _run_until_seen(tmp_path, _example(shared, 3), _options(shared, market), EXPORTED)
    (written,) = (tmp_path / "data_exports").glob("bars_*.csv")
    header, *rows = csv.reader(written.read_text(encoding="utf-8").splitlines())
    assert header == ["timestamp", "timeframe", "open", "high", "low", "close", "volume"]
    keys = [(row[1], row[0]) for row in rows]
    assert len(keys) == len(set(keys)) >= 5


@pytest.mark.checklist(198)
def test_the_exporters_snapshot_fails_by_its_own_fault(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five minutes on, example 3 hands a datetime to json.dump; the corrected one is in docs/."""
    monkeypatch.chdir(tmp_path)
    module: dict[str, object] = {"__name__": "example"}
    exec(compile(_example(shared, 3), "example.py", "exec"), module)

    async def main() -> None:
        quiet = ("MNQ",)
        async with SimulatedGateway(in_process=True, instruments=quiet) as gateway:
            for name, value in gateway.environment().items():
                monkeypatch.setenv(name, value)
            program = module["main"]
            assert callable(program)
            with pytest.raises(TypeError, match="datetime is not JSON serializable"):
                await program()

    run_virtual(main())
    assert (tmp_path / "data_exports").is_dir()
    module.clear()
    with warnings.catch_warnings():
        # The example never closes its file when it fails; let go of it here, not in a later test.
        warnings.simplefilter("ignore", ResourceWarning)
        gc.collect()
