"""Both ways to play a card."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.contract.cards import Scene, play_in_process, play_over_loopback


@pytest.fixture(params=[play_in_process, play_over_loopback], ids=["in-process", "loopback"])
def play(request: pytest.FixtureRequest) -> Callable[[Scene, dict[str, Any]], None]:
    """Plays a card's scene."""
    way: Callable[[Scene, dict[str, Any]], None] = request.param
    return way
