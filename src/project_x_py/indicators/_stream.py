"""Live handles: the same indicator, one bar at a time, with the same bits.

A handle runs the indicator's own formula over single bars (see ``_graph``); TA-Lib's functions in
it are TA-Lib's live objects. An update costs the same after a million bars as after ten.

Held by ``tests/indicators/test_stream.py``.
"""

from __future__ import annotations

import functools
import math
import numbers
import operator
import struct
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np
import polars as pl

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._engine import history_arrays
from project_x_py.indicators._functions import indicator_of
from project_x_py.indicators._graph import Formula, LiveGraph, Node, NodeState, OpeningGraph
from project_x_py.indicators._request import request
from project_x_py.indicators._talib import Several, Single

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py.indicators._request import Request
    from project_x_py.indicators._spec import Dtype, ParamValue


__all__ = ["IndicatorStream", "StreamValue", "Value", "stream"]

Value: TypeAlias = float | bool | None
StreamValue: TypeAlias = Value | tuple[Value, ...]
Bar: TypeAlias = object

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - times without a zone are UTC


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
    frame = pl.DataFrame() if history is None else history
    return IndicatorStream.opened(request(indicator_of(indicator), (), params), frame)


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

    __slots__ = (
        "_advance",
        "_ask",
        "_convert",
        "_read",
        "_request",
        "_skipped",
        "_states",
        "columns",
        "value",
    )

    def __init__(
        self, request: Request, states: Mapping[Node, NodeState], value: StreamValue
    ) -> None:
        """Stand after the rows that gave ``states`` and ``value``; use :func:`stream`."""
        self.columns = request.names
        self.value = value
        self._request = request
        self._skipped = (math.nan,) * len(request.outputs)
        self._states = states
        self._advance, self._ask = _evaluators(request.formula, states)
        self._read = _reader(request)
        self._convert = _converter([dtype for _, dtype in request.outputs])

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
        values = self._read(bar)
        out = self._skipped if values is None else self._advance(values)
        self.value = value = self._convert(out)
        return value

    def peek(self, bar: Bar) -> StreamValue:
        """Return what ``update`` would for a forming bar, and change nothing.

        Raises:
            IndicatorError: as ``update``.
        """
        values = self._read(bar)
        return self._convert(self._skipped if values is None else self._ask(values))

    @property
    def values(self) -> dict[str, Value]:
        """What the newest closed bar gave, by column."""
        value = self.value
        row = value if isinstance(value, tuple) else (value,)
        return dict(zip(self.columns, row, strict=True))

    def copy(self) -> IndicatorStream:
        """Return an independent handle at the same bar."""
        states = {node: state.copy() for node, state in self._states.items()}
        return IndicatorStream(self._request, states, self.value)


Evaluate: TypeAlias = "Callable[[tuple[float, ...]], Sequence[float]]"


def _evaluators(formula: Formula, states: Mapping[Node, NodeState]) -> tuple[Evaluate, Evaluate]:
    """Return what advances the states by a row, and what only asks them."""
    if isinstance(formula, Single):
        state = states[formula.node]
        return state.update, state.peek
    if isinstance(formula, Several):
        held = [states[node] for node in formula.nodes]
        return _joined([s.update for s in held]), _joined([s.peek for s in held])
    updating, peeking = LiveGraph.updating(states), LiveGraph.peeking(states)
    return functools.partial(formula, updating), functools.partial(formula, peeking)


def _joined(calls: Sequence[Evaluate]) -> Evaluate:
    """Return what gives the outputs of several calls, one after another."""

    def joined(values: tuple[float, ...]) -> Sequence[float]:
        row: list[float] = []
        for call in calls:
            row += call(values)
        return row

    return joined


def _converter(dtypes: Sequence[Dtype]) -> Callable[[Sequence[float]], StreamValue]:
    """Return what turns a formula's floats into values of the columns' types."""
    types = [_TYPES[dtype] for dtype in dtypes]
    if len(types) == 1:
        return _single if types[0] is float else functools.partial(_single_of, types[0])
    if set(types) == {float}:
        return _floats
    return functools.partial(_mixed, types)


_Type: TypeAlias = "type[float] | type[int] | type[bool]"
_TYPES: Mapping[Dtype, _Type] = {"Float64": float, "Int32": int, "Int64": int, "Boolean": bool}


def _single(row: Sequence[float]) -> StreamValue:
    (value,) = row
    return value if value == value else None


def _single_of(to: _Type, row: Sequence[float]) -> StreamValue:
    (value,) = row
    return to(value) if value == value else None


def _floats(row: Sequence[float]) -> StreamValue:
    total = sum(row)
    if total == total:
        return tuple(row)
    return tuple([value if value == value else None for value in row])


def _mixed(types: Sequence[_Type], row: Sequence[float]) -> StreamValue:
    pairs = zip(types, row, strict=True)
    return tuple([to(value) if value == value else None for to, value in pairs])


Take: TypeAlias = "Callable[[Bar], tuple[float, ...]]"
"""Takes what stands for the inputs; whether it is numbers is checked afterwards."""


def _reader(request: Request) -> Callable[[Bar], tuple[float, ...] | None]:
    """Return what takes the inputs out of a bar: finite floats, or ``None`` to skip the bar."""
    columns = request.columns
    wanted = request.indicator.inputs
    items = _taker(operator.itemgetter(*columns), len(columns))
    attributes = _taker(operator.attrgetter(*columns), len(columns))
    fills = {i.column: request.params[i.fill] for i in wanted if i.fill}
    times = [k for k, i in enumerate(wanted) if i.time]
    owner = request.indicator.name

    def read(bar: Bar) -> tuple[float, ...] | None:
        try:
            values = items(bar) if isinstance(bar, (dict, Mapping)) else attributes(bar)
        except (KeyError, AttributeError):
            return read(_completed(bar, columns, fills, owner))
        for k in times:
            if values[k] is None:
                return None
            values = (*values[:k], _timed(values[k]), *values[k + 1 :])
        try:
            # One sum asks whether all are finite floats or ints; it may itself overflow.
            total = sum(values, 0.0)
        except (TypeError, OverflowError):
            total = None
        if type(total) is float and (total - total == 0.0 or all(map(math.isfinite, values))):
            return values
        row = _doubles(values)
        if row is not None and not all(map(math.isfinite, row)):
            shown = dict(zip(columns, values, strict=True))
            raise IndicatorError(f"{owner}: a live bar needs finite numbers, got {shown}")
        return row

    if len(columns) > 1 or times:
        return read
    name = columns[0]

    def read_one(bar: Bar) -> tuple[float, ...] | None:
        """Read the commonest bar, a dict with a float, without a detour."""
        if isinstance(bar, dict):
            value = bar.get(name)
            if type(value) is float and value - value == 0.0:
                return (value,)
        return read(bar)

    return read_one


def _doubles(values: tuple[object, ...]) -> tuple[float, ...] | None:
    """Return numbers of any kind as floats, NaN for what is none; ``None`` with a ``None`` in."""
    if any(value is None for value in values):
        return None
    doubles = struct.Struct(f"{len(values)}d")
    try:
        row: tuple[float, ...] = doubles.unpack(doubles.pack(*values))
    except (struct.error, OverflowError):
        return (math.nan,)
    return row


def _completed(
    bar: Bar, columns: Sequence[str], fills: Mapping[str, ParamValue], owner: str
) -> dict[str, object]:
    """Return a bar that lacks columns with the defaults of those that have one."""
    row: dict[str, object] = {}
    for name in columns:
        default = fills.get(name, bar)
        found = bar.get(name, default) if isinstance(bar, Mapping) else getattr(bar, name, default)
        if found is bar:
            raise IndicatorError(f"{owner}: the bar has no {name!r}: {bar!r}")
        row[name] = found
    return row


def _taker(get: object, count: int) -> Take:
    """Return a getter of ``count`` names as one that always gives a tuple."""
    if count > 1:
        return cast("Take", get)
    one = cast("Callable[[Bar], float]", get)
    return lambda bar: (one(bar),)


def _timed(value: object) -> float:
    """Return a datetime, or integer nanoseconds since 1970, as microseconds since 1970."""
    if isinstance(value, datetime):
        since = value - (_EPOCH if value.tzinfo else _NAIVE_EPOCH)
        return since.days * 86_400e6 + since.seconds * 1e6 + since.microseconds
    if isinstance(value, numbers.Integral):
        return float(int(value) // 1000)
    raise IndicatorError(f"a live bar's time must be a datetime or nanoseconds, got {value!r}")
