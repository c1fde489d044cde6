"""What importing the package loads, and that it leaves no trace. No test here looks at a watch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.architecture.source import ROOT

FRAMES_AND_SERVERS = {"numpy", "polars", "starlette", "talib", "uvicorn"}
NETWORK = {"aiohttp", "asyncio", "click", "msgspec", "rich", "websockets", "yaml"}

PROBE = """
import json, os, sys
before = set(os.listdir("."))
exec(sys.argv[1])
loaded = sorted(sys.modules)
import asyncio.events, logging, threading
print(json.dumps({
    "modules": loaded,
    "threads": threading.active_count(),
    "handlers": len(logging.getLogger().handlers) + sum(
        len(logger.handlers)
        for name, logger in logging.Logger.manager.loggerDict.items()
        if name.startswith("project_x_py") and isinstance(logger, logging.Logger)
    ),
    "policy": asyncio.events._event_loop_policy is not None,
    "files": sorted(set(os.listdir(".")) - before),
}))
"""


def after(statement: str, folder: Path) -> dict[str, object]:
    """What a fresh interpreter looks like after ``statement``."""
    search = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", PROBE, statement],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    found: dict[str, object] = json.loads(run.stdout)
    return found


def loaded(found: dict[str, object]) -> set[str]:
    """The top-level packages of a probe."""
    names = found["modules"]
    assert isinstance(names, list)
    return {str(name).partition(".")[0] for name in names}


def test_bare_import_loads_almost_nothing(tmp_path: Path) -> None:
    """``import project_x_py`` loads no dependency and none of its own packages."""
    found = after("import project_x_py", tmp_path)
    assert loaded(found) & (FRAMES_AND_SERVERS | NETWORK) == set()
    names = found["modules"]
    assert isinstance(names, list)
    ours = [name for name in names if str(name).startswith("project_x_py.")]
    assert ours == ["project_x_py._lazy", "project_x_py._version"]


@pytest.mark.parametrize(
    "name", ["TradingSuite", "EventType", "ProjectX", "ProjectXRealtimeClient", "OrderBook"]
)
def test_main_names_load_no_frames_and_no_server(name: str, tmp_path: Path) -> None:
    """The names that a script begins with load neither frame libraries nor servers."""
    found = after(f"from project_x_py import {name}", tmp_path)
    assert loaded(found) & FRAMES_AND_SERVERS == set()


@pytest.mark.parametrize("statement", ["import project_x_py", "from project_x_py import *"])
def test_import_has_no_side_effect(statement: str, tmp_path: Path) -> None:
    """Importing starts no thread, adds no handler, sets no event-loop policy, writes no file."""
    found = after(statement, tmp_path)
    assert found["threads"] == 1
    assert found["handlers"] == 0
    assert found["policy"] is False
    assert found["files"] == []
