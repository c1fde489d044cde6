"""Recorded market data, which lies beside the checkout and is never part of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Rows = list[dict[str, Any]]
DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture
def recorded() -> Callable[[str], Rows]:
    """Reads a recorded table, such as ``es_l3_20231225/trades``, as a list of rows."""

    def read(name: str) -> Rows:
        path = DATA / f"{name}.parquet"
        if not path.exists():
            pytest.skip(f"recorded data is absent: ../shared/data/{name}.parquet")
        import polars as pl

        return pl.read_parquet(path).to_dicts()

    return read
