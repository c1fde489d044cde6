"""The fixture that users get with the package."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

pytest_plugins = ["pytester"]

PLUGIN = "project_x_py.simulator.pytest_plugin"
INSTALLED = any(entry.value == PLUGIN for entry in entry_points(group="pytest11"))
OPTIONS = [] if INSTALLED else ["-p", PLUGIN]

USER_TESTS = '''
import pytest

@pytest.mark.gateway(seed=3, instruments=("ES", "MNQ"), in_process=True)
async def test_marked(gateway):
    """The marker's options arrive, and the gateway runs."""
    assert [contract.product.ticker for contract in gateway.contracts] == ["ES", "MNQ"]
    assert gateway.ready()["api_url"].startswith("http://localhost:")

class TestNearest:
    pytestmark = pytest.mark.gateway(in_process=True, username="outer", balance=5)

    @pytest.mark.gateway(username="inner")
    async def test_nearest_wins(self, gateway):
        """Markers add up; the nearest wins."""
        assert gateway.credentials.username == "inner"

async def test_plain(gateway):
    """Without a marker there is a socket."""
    assert gateway.config.api_url.startswith("http://127.0.0.1:")
'''


@pytest.mark.parametrize("mode", ["auto", "strict"])
def test_users_get_a_gateway(pytester: pytest.Pytester, mode: str) -> None:
    """In both modes of pytest-asyncio, with warnings as errors and strict markers."""
    text = USER_TESTS
    if mode == "strict":
        text = text.replace("import pytest\n", "import pytest\npytestmark = pytest.mark.asyncio\n")
    pytester.makepyfile(text)
    settings = ("-o", "asyncio_default_fixture_loop_scope=function", "-o", f"asyncio_mode={mode}")
    result = pytester.runpytest_subprocess(
        *OPTIONS, "-W", "error", "--strict-markers", *settings, timeout=120
    )
    result.assert_outcomes(passed=3)


def test_loading_is_cheap() -> None:
    """Loading the plugin takes less than 10 ms of processor time and loads no server."""
    code = (
        "import time, sys, pytest, pytest_asyncio\n"
        "begin = time.process_time()\n"
        f"import {PLUGIN}\n"
        "print(time.process_time() - begin)\n"
        "heavy = {'starlette', 'uvicorn', 'msgspec', 'aiohttp', 'polars', 'numpy'}\n"
        "print(sorted(heavy & sys.modules.keys()))\n"
    )
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(3)
    ]
    seconds, heavy = zip(*(run.stdout.split("\n")[:2] for run in runs), strict=True)
    assert set(heavy) == {"[]"}
    assert min(map(float, seconds)) < 0.01
