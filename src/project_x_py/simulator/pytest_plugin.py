"""A simulated gateway as a pytest fixture.

Installed with the package, it gives every test that asks for it a fresh gateway::

    @pytest.mark.gateway(seed=7, instruments=("ES",))
    async def test_my_bot(gateway):
        async with ProjectX(**...) as client: ...

The marker takes the arguments of :class:`~project_x_py.simulator.SimulatedGateway`. Needs
pytest-asyncio. Nothing of the server is loaded before a test asks for a gateway.

Invariant (``tests/simulator/test_plugin.py``): loading the plugin takes less than 10 ms.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from project_x_py.simulator.gateway import SimulatedGateway

__all__ = ["gateway", "pytest_configure"]


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line(
        "markers", "gateway(**options): options of SimulatedGateway for the fixture `gateway`"
    )


async def _gateway(request: pytest.FixtureRequest) -> AsyncIterator[SimulatedGateway]:
    """A running simulated gateway; the marker ``gateway`` takes its options."""
    from project_x_py.simulator.gateway import SimulatedGateway

    options: dict[str, Any] = {}
    for marker in request.node.iter_markers("gateway"):
        options = {**marker.kwargs, **options}
    async with SimulatedGateway(**options) as running:
        yield running


def _no_gateway() -> None:
    """Say what is missing."""
    pytest.fail("the fixture `gateway` needs pytest-asyncio", pytrace=False)


def _fixture() -> object:
    try:
        import pytest_asyncio
    except ImportError:
        return pytest.fixture(name="gateway")(_no_gateway)
    return pytest_asyncio.fixture(name="gateway")(_gateway)


gateway = _fixture()
"""A running simulated gateway; the marker ``gateway`` takes its options."""
