"""How many rows an indicator needs before it has a value.

Held by ``tests/indicators/test_registry.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from project_x_py.indicators._graph import BatchGraph
from project_x_py.indicators._talib import Single

if TYPE_CHECKING:
    from project_x_py.indicators._graph import Array
    from project_x_py.indicators._spec import Indicator, Params

__all__ = ["warm_up"]


def warm_up(indicator: Indicator, params: Params) -> int:
    """Return the number of leading null rows on a series without missing or degenerate values.

    TA-Lib knows it for its functions; for formulas of several nodes it is read off a made-up
    series. Of several columns the one that comes last counts, columns that are null between
    events aside.
    """
    formula = indicator.bind(params)
    if isinstance(formula, Single):
        return formula.node.lookback
    windows = sum(params.whole(p.name) for p in indicator.params if _is_window(params, p.name))
    series = _made_up(4 * windows + 200)
    with np.errstate(all="ignore"):
        outs = formula(BatchGraph(), [series[i.column] for i in indicator.inputs])
    known = [~np.isnan(out) for out in outs]
    return max(int(k.argmax()) for k in known if k[k.argmax() :].all())


def _is_window(params: Params, name: str) -> bool:
    return isinstance(params[name], int) and not isinstance(params[name], bool)


def _made_up(rows: int) -> dict[str, Array]:
    """Return smooth bars, a period per row, an anchor on the first row, a bar per minute."""
    at = np.arange(float(rows))
    middle = 100.0 + np.sin(at) + at / 50.0
    return {
        "open": middle,
        "high": middle + 1.0 + np.cos(at) ** 2,
        "low": middle - 1.0 - np.sin(at / 2.0) ** 2,
        "close": middle + 0.9 * np.cos(1.7 * at),
        "volume": 100.0 + 50.0 * np.sin(0.7 * at),
        "periods": 2.0 + at % 20.0,
        "anchor": np.where(at == 0.0, 1.0, 0.0),
        "timestamp": 60e6 * at,
    }
