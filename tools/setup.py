"""Set up the project's own virtual environment: ``python tools/setup.py run|dev [--venv DIR]``.

``run`` installs the package and what it needs; ``dev`` adds the tools and the test packages. uv
does the work where it runs, the standard library's venv and pip otherwise; both install under
the pins of ``requirements/constraints.txt``.

A stage is done when its stamp holds the key of its inputs. The stamp is written last, so that a
set-up that was interrupted, or that was made from other pins, is made again from nothing.

Invariants (``tests/architecture/test_setup.py``): an interrupted set-up is redone; a finished
one costs nothing; ``run`` installs none of the tools.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Sequence
from pathlib import Path

__all__ = ["Environment", "Installer", "choose_installer", "main", "set_up"]

ROOT = Path(__file__).resolve().parent.parent
PINS = ROOT / "requirements" / "constraints.txt"
PROJECT = ROOT / "pyproject.toml"
STAGES = ("run", "dev")


class Installer:
    """The standard library's venv, and the pip it brings."""

    def create(self, folder: Path) -> None:
        venv.create(folder, clear=True, with_pip=True)

    def install(self, python: Path, arguments: Sequence[str]) -> None:
        command = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, *arguments], check=True, cwd=ROOT)


class UvInstaller(Installer):
    """uv, which does the same several times faster."""

    def __init__(self, uv: str) -> None:
        self._uv = uv

    def create(self, folder: Path) -> None:
        command = [self._uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)]
        subprocess.run(command, check=True, cwd=ROOT)

    def install(self, python: Path, arguments: Sequence[str]) -> None:
        command = [self._uv, "pip", "install", "--quiet", "--python", str(python)]
        subprocess.run([*command, *arguments], check=True, cwd=ROOT)


class Environment:
    """One virtual environment folder with its stamps."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def key(self) -> str:
        """Return what the environment is made from: the pins, the interpreter and the place."""
        made_from = [PROJECT.read_bytes(), PINS.read_bytes(), sys.version.encode()]
        made_from.append(str(self.folder).encode())
        return hashlib.sha256(b"\0".join(made_from)).hexdigest()

    def stamp(self, stage: str) -> Path:
        return self.folder / f".stamp-{stage}"

    def is_done(self, stage: str) -> bool:
        stamp = self.stamp(stage)
        return stamp.is_file() and stamp.read_text(encoding="ascii") == self.key()

    def mark_done(self, stage: str) -> None:
        self.stamp(stage).write_text(self.key(), encoding="ascii")


def choose_installer() -> Installer:
    """Return uv where it runs, else venv with pip."""
    uv = shutil.which("uv")
    if uv and subprocess.run([uv, "--version"], capture_output=True, check=False).returncode == 0:
        return UvInstaller(uv)
    return Installer()


def set_up(environment: Environment, stage: str, installer: Installer) -> None:
    """Bring ``environment`` to ``stage``; does nothing when it is there already.

    Raises:
        subprocess.CalledProcessError: An installation failed; no stamp is left for it.
    """
    if not environment.is_done("run"):
        print(f"setting up {environment.folder.name} ...", file=sys.stderr, flush=True)
        installer.create(environment.folder)
        installer.install(environment.python, ["-c", str(PINS), "-e", "."])
        environment.mark_done("run")
    if stage == "dev" and not environment.is_done("dev"):
        print("adding the development tools ...", file=sys.stderr, flush=True)
        tools = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["dependency-groups"]["dev"]
        installer.install(environment.python, ["-c", str(PINS), *tools])
        environment.mark_done("dev")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Set up the project's virtual environment.")
    parser.add_argument("stage", choices=STAGES, nargs="?", default="run")
    parser.add_argument("--venv", type=Path, default=ROOT / ".venv", help="folder (.venv)")
    options = parser.parse_args(arguments)
    environment = Environment(options.venv.absolute())
    try:
        set_up(environment, options.stage, choose_installer())
    except KeyboardInterrupt:
        print("set-up interrupted; the next run starts it again", file=sys.stderr)
        return 130
    except subprocess.CalledProcessError as error:
        print(f"set-up failed: {error}; run it again", file=sys.stderr)
        return 1
    except ImportError as error:
        print(f"set-up needs venv and pip (Debian: python3-venv) or uv: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
