"""Time to import, beside the least that any client with the same libraries needs."""

from __future__ import annotations

import statistics
import subprocess
import sys

__all__ = ["main"]

RUNS = 7
PROBE = "import time; began = time.perf_counter(); {}; print(time.perf_counter() - began)"
STATEMENTS = {
    "bare import": "import project_x_py",
    "TradingSuite": "from project_x_py import TradingSuite",
    "ceiling: aiohttp and msgspec": "import aiohttp, msgspec",
    "polars alone": "import polars",
}


def seconds(statement: str) -> float:
    """Median wall time of a statement in a fresh interpreter, its start-up left out."""
    command = [sys.executable, "-c", PROBE.format(statement)]
    return statistics.median(
        float(subprocess.run(command, capture_output=True, check=True).stdout) for _ in range(RUNS)
    )


def main() -> None:
    """Print one line for each statement."""
    for name, statement in STATEMENTS.items():
        print(f"{name:30} {seconds(statement) * 1000:8.1f} ms")


if __name__ == "__main__":
    main()
