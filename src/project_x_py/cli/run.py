"""``projectx run``: an unmodified script against the simulated gateway.

The gateway stays in this process and the script runs in a child whose environment names nothing
but the gateway, so that neither can disturb the other and no real account is within reach.

Invariants (``tests/loopback/test_cli.py``): the exit status is the script's, 0 after an
interrupt; when the command ends, the child has ended.
"""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import click

from project_x_py._runtime.clock import ReplayClock
from project_x_py.cli._options import SECONDS, make_gateway, market_options
from project_x_py.cli._signals import terminable
from project_x_py.exceptions import ProjectXError

__all__ = ["run"]

PREFIXES = ("PROJECT_X_", "PROJECTX_")
PATIENCE_S = 15.0
"""How long an interrupted script may take to end before it is killed."""

HEAD_START_S = 2.0
"""Wall time before the exchange clock runs, in which the script imports and connects."""

WINDOWS = sys.platform == "win32"


@click.command(context_settings={"ignore_unknown_options": True})
@market_options
@click.option(
    "--seconds",
    type=SECONDS,
    help="Interrupt the script after so many seconds, as Ctrl-C would.",
)
@click.argument("script", type=click.Path(path_type=Path))
@click.argument("args", nargs=-1, type=click.UNPROCESSED)
def run(script: Path, args: tuple[str, ...], seconds: float | None, **options: Any) -> None:
    """Run SCRIPT with ARGS against the simulated gateway.

    Every PROJECT_X_* and PROJECTX_* variable is replaced for it; its exit status is this
    command's, 0 when it was interrupted.
    """
    if not script.is_file():
        raise ProjectXError(f"there is no script {script}")
    served = make_gateway(hold=True, **options)
    try:
        status = asyncio.run(_run(served, script, args, seconds))
    except (KeyboardInterrupt, asyncio.CancelledError):
        status = 0  # before the script had begun
    click.get_current_context().exit(status)


async def _run(served: Any, script: Path, args: tuple[str, ...], seconds: float | None) -> int:
    async with served:
        if isinstance(served.clock, ReplayClock):
            served.clock.start(after_s=HEAD_START_S)
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(PREFIXES)
        }
        environment.update(served.environment())
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "project_x_py.cli._runner",
            str(script),
            *args,
            env=environment,
            creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
        )
        interrupted = False
        heard = False
        try:
            with terminable():
                async with asyncio.timeout(seconds):
                    return await child.wait()
        except TimeoutError:
            interrupted = True
        except asyncio.CancelledError as cancelled:
            # At a terminal, Ctrl-C reaches the child too, and twice would break off its clean-up.
            interrupted = True
            heard = "SIGTERM" not in cancelled.args and sys.stdin.isatty() and not WINDOWS
            _go_on()
        status = await _end(child, after_s=PATIENCE_S / 3 if heard else 0)
        return 0 if interrupted and status in (0, -signal.SIGINT) else status


def _go_on() -> None:
    """Take back the cancellation of this task: it has been heard, and there is work left."""
    task = asyncio.current_task()
    if task is not None:
        task.uncancel()


async def _end(child: asyncio.subprocess.Process, *, after_s: float) -> int:
    """Wait ``after_s``, interrupt the child, wait again, and kill it when it does not end."""
    for patience_s, act in ((after_s, _interrupt), (PATIENCE_S, asyncio.subprocess.Process.kill)):
        try:
            async with asyncio.timeout(patience_s):
                return await child.wait()
        except TimeoutError:
            act(child)
    click.echo(f"projectx: the script did not end within {PATIENCE_S:g} s", err=True)
    await child.wait()
    return 1


def _interrupt(child: asyncio.subprocess.Process) -> None:
    if sys.platform == "win32":
        child.send_signal(signal.CTRL_BREAK_EVENT)
    else:
        child.send_signal(signal.SIGINT)
