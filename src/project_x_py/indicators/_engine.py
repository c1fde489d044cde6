"""From frames to formulas and back.

Rules, held by ``tests/indicators/test_engine.py``:

- a row with a null in any input is skipped: the indicator is what it would be without that row,
  and the row's own outputs are null. NaN is not null: it is a value, handed on as it is;
- an output that is undefined (warm-up, a division by zero) is null, never 0 or NaN;
- with ``by``, every group is computed alone, in row order, and the frame keeps its order;
- columns that exist already are replaced; all others are shared with the given frame, not copied.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, TypeAlias

import numpy as np
import polars as pl
from numpy.typing import NDArray

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._graph import Array, BatchGraph, Formula
from project_x_py.indicators._spec import close_matches
from project_x_py.indicators._talib import Single

if TYPE_CHECKING:
    from project_x_py.indicators._request import Request

__all__ = ["By", "FrameInputs", "Short", "check_frame", "evaluate", "history_arrays"]

By: TypeAlias = str | Sequence[str] | None
Short: TypeAlias = Literal["raise", "null"]
Rows: TypeAlias = NDArray[np.intp]

_BATCH = BatchGraph()
_DTYPES = {"Int32": pl.Int32, "Int64": pl.Int64, "Boolean": pl.Boolean}


def check_frame(data: object, owner: str) -> pl.DataFrame:
    """Return the frame, if it is one with rows.

    Raises:
        IndicatorError: not a DataFrame, or empty.
    """
    if not isinstance(data, pl.DataFrame):
        hint = "; call .collect() first" if isinstance(data, pl.LazyFrame) else ""
        raise IndicatorError(f"{owner} needs a polars DataFrame, got {type(data).__name__}{hint}")
    if data.is_empty():
        raise IndicatorError(f"{owner} needs at least one row, the frame is empty")
    return data


class FrameInputs:
    """The input series of one frame, converted once however many indicators read them."""

    def __init__(self, frame: pl.DataFrame, by: By = None) -> None:
        self.frame = frame
        self._arrays: dict[tuple[str, bool], Array] = {}
        self._valid: dict[str, NDArray[np.bool_] | None] = {}
        self._order, self._edges = self._grouped(by)

    def _grouped(self, by: By) -> tuple[Rows | None, Rows]:
        """Return the rows in group order, and where each group begins and the last ends.

        ``None`` stands for all rows as they are.
        """
        if not (by is None or isinstance(by, str | Sequence)):
            raise IndicatorError(f"by must be a column name or several, got {by!r}")
        given = [by] if isinstance(by, str) else by or ()
        names = list({self._series(name, "by").name: None for name in given})
        if not names:
            return None, np.array([0, self.frame.height], dtype=np.intp)
        row = "".join(names) + " row"
        numbered = self.frame.select(*names, pl.int_range(pl.len()).alias(row))
        rows = numbered.group_by(names, maintain_order=True).agg(row)[row]
        order = rows.explode().to_numpy().astype(np.intp)
        return order, np.append(0, rows.list.len().to_numpy()).cumsum()

    def _series(self, name: object, owner: str) -> pl.Series:
        if not isinstance(name, str):
            raise IndicatorError(f"{owner}: a column name must be a string, got {name!r}")
        if name not in self.frame.columns:
            known = self.frame.columns
            raise IndicatorError(
                f"{owner}: no column {name!r}{close_matches(name, known)} "
                f"(the frame has {', '.join(known)})"
            )
        return self.frame.get_column(name)

    def of(self, request: Request) -> list[Array]:
        """Return the inputs of a request as float64, nulls as NaN; views where polars has floats.

        Raises:
            IndicatorError: no such column, or one without numbers.
        """
        return [
            self._array(name, request.indicator.name, time=wanted.time)
            for name, wanted in zip(request.columns, request.indicator.inputs, strict=True)
        ]

    def _array(self, name: str, owner: str, *, time: bool) -> Array:
        key = (name, time)
        if key not in self._arrays:
            series = self._series(name, owner)
            self._arrays[key] = _microseconds(series, owner) if time else _floats(series, owner)
            self._valid[name] = series.is_not_null().to_numpy() if series.null_count() else None
        return self._arrays[key]

    def rows(self, names: Sequence[str]) -> tuple[Rows | None, list[slice]]:
        """Return the rows to compute, in group order, and where each group lies among them.

        ``None`` stands for all rows as they are.
        """
        masks = [mask for name in names if (mask := self._valid[name]) is not None]
        order, edges = self._order, self._edges
        if masks:
            valid = np.logical_and.reduce(masks)
            kept = valid if order is None else valid[order]
            order = np.flatnonzero(valid) if order is None else order[kept]
            edges = np.append(0, kept.cumsum())[edges]
        spans = itertools.pairwise(edges.tolist())
        return order, [slice(first, last) for first, last in spans if last > first]


def _floats(series: pl.Series, owner: str) -> Array:
    dtype = series.dtype
    if not (dtype.is_numeric() or dtype in (pl.Boolean, pl.Null)):
        raise IndicatorError(f"{owner}: column {series.name!r} holds {dtype}, not numbers")
    return (series if dtype == pl.Float64 else series.cast(pl.Float64)).to_numpy()


def _microseconds(series: pl.Series, owner: str) -> Array:
    if not isinstance(series.dtype, pl.Datetime):
        raise IndicatorError(f"{owner}: column {series.name!r} holds {series.dtype}, not datetimes")
    return series.dt.timestamp("us").cast(pl.Float64).to_numpy()


def evaluate(
    frame: pl.DataFrame, requests: Sequence[Request], *, by: By = None, short: Short = "raise"
) -> pl.DataFrame:
    """Return ``frame`` with the outputs of all requests, computed in one pass.

    Args:
        frame: Rows in time order (in each group, with ``by``).
        requests: What to compute; requests do not see one another's outputs.
        by: Column or columns whose values separate the instruments.
        short: What a frame shorter than a window is: an error, or nulls.

    Raises:
        IndicatorError: missing or wrong columns, or a window longer than the frame.
    """
    if short not in ("raise", "null"):
        raise IndicatorError(f"short must be 'raise' or 'null', got {short!r}")
    for request in requests:
        frame = _filled(request, frame)
    inputs = FrameInputs(frame, by)
    columns: dict[str, pl.Series] = {}
    for request in requests:
        if short == "raise":
            _refuse_short(request, frame.height)
        for series in _outputs(request, inputs):
            columns[series.name] = series
    if not columns.keys().isdisjoint(frame.columns):
        return frame.with_columns(columns.values())
    return frame.hstack(list(columns.values()))


def _filled(request: Request, frame: pl.DataFrame) -> pl.DataFrame:
    """Add the constant columns that an indicator documents for absent inputs."""
    for name, wanted in zip(request.columns, request.indicator.inputs, strict=True):
        if wanted.fill and name == wanted.column and name not in frame.columns:
            constant = pl.lit(request.params[wanted.fill], pl.Int32)
            frame = frame.with_columns(constant.alias(name))
    return frame


def history_arrays(request: Request, history: pl.DataFrame) -> tuple[list[Array], bool]:
    """Return the inputs of the rows without nulls, and whether the last row is one of them.

    Raises:
        IndicatorError: missing or wrong columns, NaN or infinite values.
    """
    name = request.indicator.name
    if not isinstance(history, pl.DataFrame):
        raise IndicatorError(
            f"{name}: history must be a polars DataFrame, got {type(history).__name__}"
        )
    if history.is_empty():
        return [np.empty(0) for _ in request.columns], False
    frame = _filled(request, history)
    inputs = FrameInputs(frame)
    arrays = inputs.of(request)
    rows, _ = inputs.rows(request.columns)
    last_is_known = rows is None or (rows.size > 0 and int(rows[-1]) == frame.height - 1)
    known = arrays if rows is None else [array[rows] for array in arrays]
    if not all(np.isfinite(array).all() for array in known):
        raise IndicatorError(f"{name}: a history for live use must not hold NaN or infinities")
    return known, last_is_known


def _refuse_short(request: Request, height: int) -> None:
    name, period = request.period
    if period > height:
        raise IndicatorError(
            f"{request.indicator.name}: {name}={period} needs at least {period} rows, "
            f"the frame has {height}"
        )


def _outputs(request: Request, inputs: FrameInputs) -> list[pl.Series]:
    formula = request.formula
    arrays = inputs.of(request)
    rows, groups = inputs.rows(request.columns)
    if rows is None and isinstance(formula, Single):
        outs = formula(_BATCH, arrays)
    else:
        with np.errstate(all="ignore"):
            if rows is None:
                outs = formula(_BATCH, arrays)
            else:
                outs = _by_rows(formula, arrays, rows, groups, len(request.outputs))
    result = []
    for (name, dtype), out in zip(request.outputs, outs, strict=True):
        series = pl.Series(name, out, nan_to_null=True)
        # What an integer column cannot hold, a volume of infinity for one, is undefined in it.
        result.append(series if dtype == "Float64" else series.cast(_DTYPES[dtype], strict=False))
    return result


def _by_rows(
    formula: Formula, arrays: Sequence[Array], rows: Rows, groups: Sequence[slice], outputs: int
) -> list[Array]:
    """Evaluate on chosen rows, group by group, and leave NaN elsewhere."""
    gathered = [array[rows] for array in arrays]
    outs = [np.full(arrays[0].size, np.nan) for _ in range(outputs)]
    for group in groups:
        computed = formula(_BATCH, [column[group] for column in gathered])
        for out, values in zip(outs, computed, strict=True):
            out[rows[group]] = values
    return outs
