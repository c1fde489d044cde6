"""Node programs as children, and the client library that they need."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

__all__ = ["Client", "install_signalr", "node_program", "signalr_folder"]

HERE = Path(__file__).resolve().parent
MODULES = HERE / "node_modules"
STAMP = MODULES / ".installed"
INSTALL_S = 60
ANSWER_S = 10
MAX_LINE = 16 * 1024 * 1024


def node_program() -> str:
    """Return the path of Node; skips where there is none."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs node")
    return node


def signalr_folder() -> Path:
    """Return the folder whose modules hold ``@microsoft/signalr``; skips where it cannot be had."""
    hindrance = install_signalr()
    if hindrance is not None:
        pytest.skip(hindrance)
    return MODULES


@functools.cache
def install_signalr() -> str | None:
    """Have npm install what ``package.json`` asks for, and return what hinders it, if anything.

    It happens in a folder of its own that is moved into place whole, with the stamp that says what
    was asked for, so that neither an interrupted nor an outdated installation counts and several
    test processes may install at once.
    """
    wanted = (HERE / "package.json").read_text(encoding="utf-8")
    if _installed(wanted):
        return None
    npm = shutil.which("npm")
    if npm is None:
        return "needs npm, which installs @microsoft/signalr"
    with tempfile.TemporaryDirectory(prefix="node_modules.", dir=HERE) as folder:
        hindrance = _npm_install(npm, Path(folder), wanted)
        if hindrance is None:
            _move_into_place(Path(folder) / "node_modules", wanted)
    return hindrance


def _installed(wanted: str) -> bool:
    return STAMP.is_file() and STAMP.read_text(encoding="utf-8") == wanted


def _npm_install(npm: str, folder: Path, wanted: str) -> str | None:
    (folder / "package.json").write_text(wanted, encoding="utf-8")
    options = ["--no-save", "--no-package-lock", "--no-audit", "--no-fund", "--ignore-scripts"]
    try:
        done = subprocess.run(
            [npm, "install", *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=INSTALL_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"npm did not install @microsoft/signalr within {INSTALL_S} s"
    if done.returncode:
        told = [line for line in done.stderr.splitlines() if line.startswith("npm error")]
        return f"npm cannot install @microsoft/signalr: {' '.join(told[:1])}"
    return None


def _move_into_place(modules: Path, wanted: str) -> None:
    (modules / STAMP.name).write_text(wanted, encoding="utf-8")
    if MODULES.exists() and not _installed(wanted):
        with contextlib.suppress(OSError):  # another process was first
            MODULES.rename(modules.parent / "outdated")
    try:
        modules.rename(MODULES)
    except OSError:
        if not _installed(wanted):  # else another process was first
            raise


class Client:
    """One run of ``client.mjs``, for the length of an ``async with`` block.

    Args:
        part: What it does, see the script.
        way: ``"direct"`` or ``"negotiated"``.
        ready: What the gateway told of itself.
    """

    def __init__(self, part: str, way: str, ready: dict[str, str]) -> None:
        signalr_folder()
        script = HERE / "client.mjs"
        self._command = [node_program(), str(script), part, way, json.dumps(ready)]

    async def __aenter__(self) -> Self:
        direct = {key: value for key, value in os.environ.items() if "proxy" not in key.casefold()}
        self._process = await asyncio.create_subprocess_exec(
            *self._command,
            env=direct,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            limit=MAX_LINE,
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        process = self._process
        try:
            async with asyncio.timeout(ANSWER_S if kind is None else 0):
                out, err = await process.communicate()
        except TimeoutError:
            process.kill()
            out, err = await process.communicate()
        if kind is None:
            assert (process.returncode, out, err) == (0, b"", b"")

    async def said(self, at: str) -> dict[str, Any]:
        """Return its next line, which is ``at``."""
        assert self._process.stdout is not None
        async with asyncio.timeout(ANSWER_S):
            line = await self._process.stdout.readline()
        if not line:
            assert self._process.stderr is not None
            pytest.fail((await self._process.stderr.read()).decode())
        words: dict[str, Any] = json.loads(line)
        assert words["at"] == at, words
        return words

    def tell(self) -> None:
        """Tell a part that waits to go on."""
        assert self._process.stdin is not None
        self._process.stdin.write(b"\n")
