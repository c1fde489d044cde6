"""Live handles: the same indicator, one bar at a time, with the same bits.

A handle runs the indicator's own formula over single bars (see ``_graph``); TA-Lib's functions in
it are TA-Lib's live objects. An update costs the same after a million bars as after ten.

Held by ``tests/indicators/test_stream.py``.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import polars as pl

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._engine import Request, history_arrays
from project_x_py.indicators._functions import indicator_of
from project_x_py.indicators._graph import LiveGraph, Node, NodeState, OpeningGraph, PeekGraph

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py.indicators._spec import Dtype, ParamValue

__all__ = ["IndicatorStream", "StreamValue", "Value", "stream"]

Value: TypeAlias = float | bool | None
StreamValue: TypeAlias = Value | tuple[Value, ...]
Bar: TypeAlias = object

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def stream(
    indicator: object, *, history: pl.DataFrame | None = None, **params: ParamValue
) -> IndicatorStream:
    """Return a live handle of an indicator, opened on a history.

    Args:
        indicator: ``RSI``, ``"RSI"`` or a class form.
        history: Closed bars, oldest first; rows with a null input are skipped, as in batch.
        params: The indicator's own parameters and column names.

    Raises:
        IndicatorError: unknown indicator, wrong parameter, or a history without the columns or
            with NaN or infinite values.
    """
    spec = indicator_of(indicator)
    request = Request(spec, *spec.resolve((), params, ()))
    frame = pl.DataFrame() if history is None else history
    return IndicatorStream.opened(request, frame)


class IndicatorStream:
    """An indicator that goes on from a history bar by bar.

    A bar is a mapping (``{"close": 4500.25, ...}``) or an object with the columns as attributes.
    A value is a float (an int or a bool for such columns), ``None`` where batch has null, and a
    tuple in the order of :attr:`columns` when the indicator adds several columns. Handles are not
    shared between threads; ``copy`` makes one for another.

    Attributes:
        columns: Names of the indicator's output columns.
        value: What the newest closed bar gave, ``None`` before the first.
    """

    __slots__ = ("_convert", "_live", "_peek", "_read", "_request", "columns", "value")

    def __init__(
        self, request: Request, states: Mapping[Node, NodeState], value: StreamValue
    ) -> None:
        """Stand after the rows that gave ``states`` and ``value``; use :func:`stream`."""
        outputs = request.indicator.active_outputs(request.params)
        self.columns = request.indicator.columns(request.params)
        self.value = value
        self._request = request
        self._live = LiveGraph(states)
        self._peek = PeekGraph(states)
        self._read = _reader(request)
        self._convert = _converter([output.dtype for output in outputs])

    @classmethod
    def opened(cls, request: Request, history: pl.DataFrame) -> IndicatorStream:
        """Return a handle that stands after the last row of a history."""
        arrays, last_is_known = history_arrays(request, history)
        graph = OpeningGraph()
        with np.errstate(all="ignore"):
            outs = request.formula(graph, arrays)
        handle = cls(request, graph.states, None)
        last = [float(out[-1]) if last_is_known else math.nan for out in outs]
        handle.value = handle._convert(last)
        return handle

    def update(self, bar: Bar) -> StreamValue:
        """Take a closed bar in and return the indicator's value at it.

        A bar with ``None`` for an input is skipped, as batch skips such a row.

        Raises:
            IndicatorError: the bar lacks an input, or it is not a finite number; the handle is
                as it was.
        """
        self.value = self._evaluated(self._live, bar)
        return self.value

    def peek(self, bar: Bar) -> StreamValue:
        """Return what ``update`` would for a forming bar, and change nothing.

        Raises:
            IndicatorError: as ``update``.
        """
        return self._evaluated(self._peek, bar)

    def _evaluated(self, graph: LiveGraph, bar: Bar) -> StreamValue:
        values = self._read(bar)
        if values is None:
            return self._convert((math.nan,) * len(self.columns))
        return self._convert(self._request.formula(graph, values))

    @property
    def values(self) -> dict[str, Value]:
        """What the newest closed bar gave, by column."""
        value = self.value
        row = value if isinstance(value, tuple) else (value,)
        return dict(zip(self.columns, row, strict=True))

    def copy(self) -> IndicatorStream:
        """Return an independent handle at the same bar."""
        return IndicatorStream(self._request, self._live.copied_states(), self.value)


def _converter(dtypes: Sequence[Dtype]) -> Callable[[Sequence[float]], StreamValue]:
    """Return what turns a formula's floats into values of the columns' types."""
    if list(dtypes) == ["Float64"]:
        return _single_float
    if set(dtypes) == {"Float64"}:
        return _floats
    types = [_TYPES[dtype] for dtype in dtypes]

    def mixed(row: Sequence[float]) -> StreamValue:
        values = tuple(
            None if value != value else to(value) for to, value in zip(types, row, strict=True)
        )
        return values if len(values) > 1 else values[0]

    return mixed


_TYPES: Mapping[Dtype, type[float] | type[int] | type[bool]] = {
    "Float64": float,
    "Int32": int,
    "Int64": int,
    "Boolean": bool,
}


def _single_float(row: Sequence[float]) -> StreamValue:
    (value,) = row
    return value if value == value else None


def _floats(row: Sequence[float]) -> StreamValue:
    return tuple([value if value == value else None for value in row])


def _reader(request: Request) -> Callable[[Bar], tuple[float, ...] | None]:
    """Return what takes the inputs out of a bar: finite floats, or ``None`` for a bar to skip."""
    columns = request.columns
    wanted = request.indicator.inputs
    fills = {
        name: float(request.params.whole(i.fill))
        for name, i in zip(columns, wanted, strict=True)
        if i.fill
    }
    times = [k for k, i in enumerate(wanted) if i.time]
    from_mapping: Callable[[Bar], object] = operator.itemgetter(*columns)
    from_object: Callable[[Bar], object] = operator.attrgetter(*columns)
    alone = len(columns) == 1

    def taken(bar: Bar) -> tuple[object, ...]:
        mapped = bar.__class__ is dict or isinstance(bar, Mapping)
        try:
            found = from_mapping(bar) if mapped else from_object(bar)
        except (KeyError, AttributeError) as error:
            return tuple(_one(bar, name, fills, error) for name in columns)
        return (found,) if alone else found  # type: ignore[return-value]

    def read(bar: Bar) -> tuple[float, ...] | None:
        values = taken(bar)
        if times and None not in values:
            values = tuple(_microseconds(v) if k in times else v for k, v in enumerate(values))
        try:
            if all(map(math.isfinite, values)):  # type: ignore[arg-type]
                return tuple(map(float, values))  # type: ignore[arg-type]
        except TypeError:
            if None in values:
                return None
        shown = dict(zip(columns, values, strict=True))
        raise IndicatorError(
            f"{request.indicator.name}: a live bar needs finite numbers, got {shown}"
        )

    return read


def _one(bar: Bar, name: str, fills: Mapping[str, float], error: Exception) -> object:
    """Return one input of a bar that lacks some, from its default if it has one."""
    if isinstance(bar, Mapping):
        found = bar.get(name, fills.get(name, bar))
    else:
        found = getattr(bar, name, fills.get(name, bar))
    if found is bar:
        raise IndicatorError(f"the bar has no {name!r}: {bar!r}") from error
    return found


def _microseconds(value: object) -> float:
    """Return a datetime, or integer nanoseconds since 1970, as microseconds since 1970."""
    if isinstance(value, datetime):
        aware = value if value.tzinfo else value.replace(tzinfo=UTC)
        return float((aware - _EPOCH) // _MICROSECOND)
    if isinstance(value, int):
        return float(value // 1000)
    raise IndicatorError(f"a live bar's time must be a datetime or nanoseconds, got {value!r}")
