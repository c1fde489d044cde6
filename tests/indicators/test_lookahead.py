"""No indicator looks ahead."""

from __future__ import annotations

import pytest

from project_x_py.indicators._functions import function
from tests.indicators.series import NAMES, added, bars, shaped
from tests.indicators.test_stream import VARIANTS


@pytest.mark.parametrize("name", NAMES)
def test_later_rows_change_nothing(name: str) -> None:
    """Values of the first n rows are the same whether or not later rows are there."""
    frame = bars(320, seed=21)
    whole = added(frame, function(name)(frame))
    for rows in (150, 233, 319):
        part = frame.head(rows)
        assert added(part, function(name)(part, short="null")).equals(whole.head(rows))


def test_variants_do_not_look_ahead() -> None:
    """Nor with other parameters, on gapping bars."""
    frame = shaped("gaps", 320, seed=22)
    for name, params in VARIANTS:
        whole = added(frame, function(name)(frame, **params))
        part = frame.head(200)
        assert added(part, function(name)(part, **params)).equals(whole.head(200)), name
