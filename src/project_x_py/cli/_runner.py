"""Runs a user's script in the child process of ``projectx run``.

The script is run as ``python SCRIPT`` would run it. Ctrl-C, however it is sent, ends it with
exit status 0 and without a traceback, after its own clean-up; a second one is ignored meanwhile.

Invariant (``tests/cli/test_runner.py``): a traceback begins in the script, as Python's own would.
"""

from __future__ import annotations

import logging
import runpy
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

__all__ = ["main"]


def main(argv: list[str]) -> int:
    """Run ``argv[0]`` with the arguments after it; return the exit status."""
    if hasattr(signal, "SIGBREAK"):
        signal.signal(signal.SIGBREAK, signal.default_int_handler)
    script = Path(argv[0])
    sys.argv = argv
    sys.path.insert(0, str(script.resolve().parent))
    _log_to_stderr()
    try:
        runpy.run_path(str(script), run_name="__main__")
    except KeyboardInterrupt:
        return 0
    except Exception as error:  # noqa: BLE001 - whatever a script raises is shown as Python does
        _show(error, str(script))
        return 1
    finally:
        signal.signal(signal.SIGINT, _ignore)
    return 0


def _show(error: Exception, script: str) -> None:
    """Show what ended the script, without the frames that lead to it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != script:
        trace = trace.tb_next
    sys.excepthook(type(error), error.with_traceback(trace), trace)


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """The interrupt has been heard."""


def _log_to_stderr() -> None:
    """Show the SDK's start-up line and its warnings, unless the script sets logging up itself.

    The handler is that of last resort: with one at the root, the script's own
    ``logging.basicConfig`` would do nothing.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logging.lastResort = handler
    logging.getLogger("project_x_py.trading_suite").setLevel(logging.INFO)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(0)
