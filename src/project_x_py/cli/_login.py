"""How a command reaches its gateway: by the environment, or one made up for the occasion.

Without options a command uses what a program would use: the credentials and addresses of the
environment or of a ``.env`` file. With ``--simulated`` it serves a market to itself, in its own
process and without a socket.

Invariant (``tests/cli/test_accounts.py``): Ctrl-C ends a command without a traceback, and what it
had opened is closed.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from project_x_py.cli._signals import terminable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from project_x_py.client import ProjectX
    from project_x_py.config import ProjectXConfig

__all__ = ["Login", "logged_in", "login", "login_options", "run"]

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Login:
    """Where to log in, and as whom."""

    config: ProjectXConfig
    username: str
    api_key: str
    account_name: str | None

    def client(self) -> ProjectX:
        """Return a client that is not logged in yet."""
        from project_x_py.client import ProjectX

        return ProjectX(self.username, self.api_key, self.config, self.account_name)

    def keywords(self) -> dict[str, Any]:
        """Return the keywords of ``TradingSuite.create`` that lead there."""
        return {
            "config": self.config,
            "username": self.username,
            "api_key": self.api_key,
            "account_name": self.account_name,
        }

    def __repr__(self) -> str:
        return f"Login({self.config.api_url!r})"


def login_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options that say which account, and which gateway."""
    for option in reversed(
        (
            click.option(
                "--account",
                metavar="NAME",
                help="The account; PROJECT_X_ACCOUNT_NAME, else the first that may trade, when "
                "left out.",
            ),
            click.option(
                "--simulated",
                is_flag=True,
                help="Use a made-up market inside this command; no account is needed.",
            ),
        )
    ):
        command = option(command)
    return command


@asynccontextmanager
async def login(account: str | None, simulated: bool) -> AsyncIterator[Login]:
    """Find out where to log in; a simulated gateway runs for as long as the block.

    Raises:
        ValueError: Credentials or settings are missing or cannot be right.
    """
    if simulated:
        from project_x_py.simulator import SimulatedGateway

        async with SimulatedGateway(in_process=True) as served:
            found = served.credentials
            name = account or found.account_name
            yield Login(served.config, found.username, found.api_key, name)
        return
    from project_x_py.config import load_credentials, load_default_config

    own = load_credentials()
    name = account or own.account_name
    yield Login(load_default_config(), own.username, own.api_key, name)


@asynccontextmanager
async def logged_in(account: str | None, simulated: bool) -> AsyncIterator[ProjectX]:
    """Open a client that is logged in.

    Raises:
        ProjectXError: The gateway refused or could not be reached.
        ValueError: As :func:`login`.
    """
    async with login(account, simulated) as where, where.client() as client:
        await client.authenticate()
        yield client


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end.

    Raises:
        KeyboardInterrupt: Ctrl-C or SIGTERM ended it; what it had opened is closed.
    """

    async def stoppable() -> T:
        with terminable():
            return await work

    try:
        return asyncio.run(stoppable())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
