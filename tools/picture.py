"""Make the picture of the README from a real run of the demonstration: ``python tools/picture.py``.

``projectx demo`` runs as a program of its own, on real sockets, and is told that its output is a
terminal. The picture is the last view that it drew, as SVG. It is taken from the output as it is:
nothing in it is made up or edited.

Invariants (``tests/documented/test_picture.py``): the picture shows the last view whole, and that
in the documents is one that this tool can make.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

__all__ = ["COLUMNS", "PICTURE", "TITLE", "last_view", "main", "svg"]

ROOT = Path(__file__).resolve().parent.parent
PICTURE = ROOT / "docs" / "pictures" / "demo.svg"
TITLE = "projectx demo"
COLUMNS, LINES = 106, 45

REDRAWN = re.compile(r"(?:\r?\x1b\[2K(?:\x1b\[1A\x1b\[2K)*|\x1b\[\?25[lh]|\r(?:\x1b\[1A)+)+")
"""What a terminal is sent before a view is drawn over the one before it, and at the end."""

FETCHED_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
"""What would let a picture load a font from elsewhere; the reader's own monospace serves."""


def last_view(output: str) -> str:
    """Return the last view in what a live display wrote, with its colours.

    Raises:
        ValueError: Nothing was drawn.
    """
    views = [view.strip("\r\n") for view in REDRAWN.split(output)]
    # What ends the demonstration is plain text below the last view.
    drawn = [view[: view.rindex("╯") + 1] for view in views if "╭" in view and "╯" in view]
    if not drawn:
        raise ValueError("no view was drawn: the output has no frame in it")
    return drawn[-1]


def svg(view: str) -> str:
    """Return a view as an SVG picture of a terminal."""
    console = Console(record=True, width=COLUMNS, file=Path(os.devnull).open("w"))  # noqa: SIM115
    with console.file:
        console.print(Text.from_ansi(view), soft_wrap=False)
        return FETCHED_FONT.sub("", console.export_svg(title=TITLE, unique_id="demo"))


def run_demo(arguments: list[str]) -> str:
    """Run the demonstration to its end and return what it wrote.

    Raises:
        subprocess.CalledProcessError: It failed.
    """
    search = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    terminal = {"FORCE_COLOR": "1", "COLUMNS": str(COLUMNS), "LINES": str(LINES)}
    ran = subprocess.run(
        [sys.executable, "-m", "project_x_py.cli", "demo", *arguments],
        env={**os.environ, "PYTHONPATH": search, "PYTHONIOENCODING": "utf-8", **terminal},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=True,
    )
    return ran.stdout


def main(arguments: list[str] | None = None) -> None:
    """Write the picture."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=PICTURE, help="where to write it")
    parser.add_argument("--seconds", default="18", help="how long the demonstration runs")
    chosen = parser.parse_args(arguments)
    morning = ["--seed", "1", "--start", "2026-09-01T09:31:20-05:00"]
    output = run_demo([*morning, "--seconds", chosen.seconds])
    chosen.out.parent.mkdir(parents=True, exist_ok=True)
    chosen.out.write_text(svg(last_view(output)), encoding="utf-8")
    print(chosen.out)


if __name__ == "__main__":
    main()
