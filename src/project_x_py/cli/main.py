"""The ``projectx`` command: its subcommands, and how a user's mistake is shown.

Invariant (``tests/cli/test_main.py``): a mistake ends with one line that names the cause and the
way out, and exit status 2; it never shows a traceback.
"""

from __future__ import annotations

import sys

import click

from project_x_py._version import __version__
from project_x_py.cli.demo import demo
from project_x_py.cli.gateway import gateway
from project_x_py.cli.run import run
from project_x_py.exceptions import ProjectXError

__all__ = ["cli", "main"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="projectx")
def cli() -> None:
    """Futures through the ProjectX Gateway, and a simulated gateway to try everything on."""


cli.add_command(demo)
cli.add_command(gateway)
cli.add_command(run)


def main() -> None:
    """Run the command line; exit status 2 for a user's mistake, 130 for an early Ctrl-C."""
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (ProjectXError, ValueError, OSError) as error:
        click.echo(f"projectx: {error}", err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(status if isinstance(status, int) else 0)
