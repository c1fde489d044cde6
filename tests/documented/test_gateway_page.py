"""The clients of the page on the gateway run as printed, against the gateway started as printed."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.architecture.source import ROOT
from tests.documented.documents import BESIDE_A_GATEWAY, Block, blocks
from tests.interop.node import node_program, signalr_folder

LIMIT_S = 30


def environment() -> dict[str, str]:
    """This process's environment, with this checkout's package and without proxies."""
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.casefold()}
    search = os.pathsep.join([str(ROOT / "src"), kept.get("PYTHONPATH", "")])
    return {**kept, "PYTHONPATH": search, "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="module")
def beside_gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the ready line of a gateway that runs."""
    folder = tmp_path_factory.mktemp("gateway")
    (line,) = (block.text for block in blocks("sh") if f"> {BESIDE_A_GATEWAY}" in block.text)
    program, *words = shlex.split(line)
    assert (program, words[-2:]) == ("projectx", [">", BESIDE_A_GATEWAY])
    process = subprocess.Popen(
        [sys.executable, "-m", "project_x_py.cli", *words[:-2]],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    assert process.stdout is not None
    try:
        (folder / BESIDE_A_GATEWAY).write_text(process.stdout.readline(), encoding="utf-8")
        yield folder
    finally:
        process.terminate()
        process.communicate(timeout=LIMIT_S)


def output(command: list[str], folder: Path) -> str:
    """What a program printed that ended well."""
    ran = subprocess.run(
        command,
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=LIMIT_S,
        check=False,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout


def the_block(language: str) -> Block:
    """The page's block in a language."""
    (block,) = (block for block in blocks(language) if BESIDE_A_GATEWAY in block.text)
    return block


def test_curl(beside_gateway: Path) -> None:
    """The commands print the account, the contracts and the id of an order."""
    bash = shutil.which("bash")
    if bash is None or shutil.which("curl") is None or sys.platform == "win32":
        pytest.skip("needs bash and curl")
    printed = output([bash, "-c", "set -eu; token=; " + the_block("bash").text], beside_gateway)
    assert '"accounts":[{' in printed
    assert '"name":"MNQ' in printed
    assert '{"orderId":3' in printed


def test_javascript(beside_gateway: Path) -> None:
    """The script prints at least five trades and ends."""
    node = node_program()
    # Below the modules, so that the import is resolved as in a project that installed them.
    script = signalr_folder() / "page.mjs"
    script.write_text(the_block("javascript").text, encoding="utf-8")
    lines = output([node, str(script)], beside_gateway).splitlines()
    # The library tells of its connection in between.
    assert sum(line.startswith("CON.F.US.MNQ.") for line in lines) >= 5


def test_python(beside_gateway: Path) -> None:
    """The script prints at least five quotes, the first of them whole."""
    lines = output([sys.executable, "-c", the_block("python").text], beside_gateway).splitlines()
    assert len(lines) >= 5
    assert "'bestBid'" in lines[0]
    assert "'volume'" in lines[0]
