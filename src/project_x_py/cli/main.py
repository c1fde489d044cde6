"""The ``projectx`` command: how a user's mistake and an early Ctrl-C are shown.

Everything that takes time to import is imported inside :func:`main`, where Ctrl-C is caught.

Invariant (``tests/loopback/test_cli.py``): a mistake ends with one line that names the cause and
the way out, and exit status 2; neither it nor Ctrl-C shows a traceback.
"""

from __future__ import annotations

import errno
import signal
import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; exit status 2 for a user's mistake, 130 for an early Ctrl-C."""
    try:
        # A shell starts its background jobs deaf to the interrupt; these commands end by it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.exit(_run())
    except KeyboardInterrupt:
        sys.exit(130)


def _run() -> int:
    import click

    from project_x_py.cli._commands import cli
    from project_x_py.exceptions import ProjectXError

    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except SystemExit:
        return 0  # click's way out when the reader of the output has left
    except (ProjectXError, ValueError, OSError) as error:
        click.echo(f"projectx: {_told(error)}", err=True)
        return 2
    return status if isinstance(status, int) else 0


def _told(error: Exception) -> str:
    """Return what has happened, and the way out at a terminal where it has another one."""
    from project_x_py.exceptions import ProjectXConnectionError

    text = str(error)
    if isinstance(error, ProjectXConnectionError) and "projectx" not in text:
        return f"{text}. Check the network and the address; projectx doctor looks closer"
    if isinstance(error, OSError) and error.errno == errno.ENOSPC and not error.filename:
        return f"{text}: where the output goes"
    return text
