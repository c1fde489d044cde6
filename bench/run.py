"""Run every benchmark of this folder and print its figures: ``make bench``.

A benchmark is a file ``bench_<what>.py`` that prints its own figures as a script: what was
measured, the figure, and its ratio to a raw ceiling measured in the same run. Each has a process
of its own, so that none pays for the imports and the garbage of another. Names given as
arguments choose among them: ``python bench/run.py bus book``.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

__all__ = ["main"]

FOLDER = Path(__file__).resolve().parent


def main(names: list[str]) -> int:
    """Run the chosen benchmarks, or all; returns 1 when one failed or a name is unknown."""
    scripts = {path.stem.removeprefix("bench_"): path for path in FOLDER.glob("bench_*.py")}
    unknown = sorted(set(names) - set(scripts))
    if unknown:
        print(f"no benchmark {unknown[0]!r}; there are: {', '.join(sorted(scripts))}")
        return 1
    print(f"Python {sys.version.split()[0]} on {sys.platform}, {os.cpu_count()} cores")
    failed = []
    for name in names or sorted(scripts):
        print(f"\n{name}", flush=True)
        if subprocess.run([sys.executable, str(scripts[name])], check=False).returncode:
            failed.append(name)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
