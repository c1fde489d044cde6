"""The command group of ``projectx``: its subcommands and their help."""

from __future__ import annotations

import click

from project_x_py._version import __version__
from project_x_py.cli.accounts import accounts
from project_x_py.cli.bars import bars
from project_x_py.cli.contracts import contracts
from project_x_py.cli.demo import demo
from project_x_py.cli.doctor import doctor
from project_x_py.cli.gateway import gateway
from project_x_py.cli.run import run
from project_x_py.cli.stream import stream

__all__ = ["cli"]


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="projectx")
def cli() -> None:
    """Futures through the ProjectX Gateway, and a simulated gateway to try everything on."""


for command in (accounts, bars, contracts, demo, doctor, gateway, run, stream):
    cli.add_command(command)
