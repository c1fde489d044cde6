"""What the typing file promises is importable, too."""

from __future__ import annotations

import inspect

from tests.typing import api


def test_typed_names_exist_at_run_time() -> None:
    """Every name that the typing file imports from the package exists when it is imported."""
    assert inspect.iscoroutinefunction(api.stream)
    assert callable(api.values)
