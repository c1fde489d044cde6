"""The command group of ``projectx``: its subcommands and their help."""

from __future__ import annotations

import click

from project_x_py._version import __version__
from project_x_py.cli.demo import demo
from project_x_py.cli.gateway import gateway
from project_x_py.cli.run import run

__all__ = ["cli"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="projectx")
def cli() -> None:
    """Futures through the ProjectX Gateway, and a simulated gateway to try everything on."""


cli.add_command(demo)
cli.add_command(gateway)
cli.add_command(run)
