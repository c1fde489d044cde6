"""The statistics of a suite through a real socket."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import aiohttp
import pytest
from tests.suites import login

from project_x_py import TradingSuite
from project_x_py.simulator import SimulatedGateway


async def test_a_suite_is_scraped_until_it_is_disconnected() -> None:
    """``/metrics`` answers with the suite's figures, and its port is free afterwards."""
    async with SimulatedGateway(instruments=("MNQ",)) as gateway:
        suite = await TradingSuite.create("MNQ", initial_days=0.1, **login(gateway))
        served = await suite.serve_metrics()
        async with aiohttp.ClientSession() as http, http.get(served.url) as answer:
            text = await answer.text()
        assert answer.status == 200
        assert "\nprojectx_connections_active 2\n" in text
        assert 'component="MNQ.data"' in text
        await suite.disconnect()
        port = urlsplit(served.url).port
        assert port is not None
        with socket.socket() as taken:
            taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            taken.bind(("127.0.0.1", port))
        with pytest.raises(RuntimeError, match="closed"):
            await suite.serve_metrics()
