"""One indicator with resolved columns and parameters.

Held by ``tests/indicators/test_engine.py``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from project_x_py.indicators._spec import Indicator, Params, ParamValue

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Request", "request"]


class Request:
    """One indicator with resolved columns and parameters: nothing of it depends on a frame."""

    __slots__ = ("columns", "formula", "indicator", "outputs", "params", "period")

    def __init__(self, indicator: Indicator, columns: tuple[str, ...], params: Params) -> None:
        self.indicator = indicator
        self.columns = columns
        self.params = params
        self.period = indicator.longest_period(params)
        names, active = indicator.columns(params), indicator.active_outputs(params)
        self.outputs = tuple((name, o.dtype) for name, o in zip(names, active, strict=True))
        self.formula = indicator.bind(params)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the output columns."""
        return tuple(name for name, _ in self.outputs)


def request(
    indicator: Indicator,
    arguments: Sequence[object],
    named: Mapping[str, object],
    order: Sequence[str] = (),
) -> Request:
    """Return the request of a call; calls alike share one.

    Raises:
        IndicatorError: too many, unknown, doubled or wrong arguments.
    """
    columns, params = indicator.resolve(arguments, named, order)
    return _shared(indicator, columns, tuple(params.items()))


@functools.lru_cache(maxsize=4096, typed=True)
def _shared(
    indicator: Indicator, columns: tuple[str, ...], items: tuple[tuple[str, ParamValue], ...]
) -> Request:
    return Request(indicator, columns, Params(items))
