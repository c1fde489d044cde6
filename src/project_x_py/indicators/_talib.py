"""TA-Lib's functions as nodes, and as indicators where nothing else is documented.

Names, inputs, parameters, defaults and outputs of the functions come from TA-Lib's own metadata;
nothing is written per function. Parameter names are put into this package's form
(``timeperiod`` is ``period``, ``fastk_period`` stays, ``slowk_matype`` is ``slowk_ma_type``).

Invariants (``tests/indicators/test_talib.py``, ``test_stream.py``):

- values and leading nulls are those of the C library called directly;
- a parameter outside the C library's range is refused before any call.
"""

from __future__ import annotations

import functools
import math
import re
from typing import TYPE_CHECKING, Protocol, Self, cast

import numpy as np
import talib
from talib import abstract

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._spec import (
    MA_TYPES,
    Dtype,
    Group,
    Indicator,
    Input,
    Output,
    Param,
    Params,
    ParamValue,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from project_x_py.indicators._graph import Array, Formula, Graph, NodeState, V

__all__ = ["Fed", "Several", "Single", "Ta", "bound", "lookback", "ta_indicator", "ta_names"]

Number = int | float

_TOO_SHORT = cast("type[Exception]", vars(talib)["InsufficientHistory"])
_MAKE_METADATA = cast("Callable[[str], _Metadata]", vars(abstract)["Function"])
_NAMES = cast("Callable[[], Sequence[str]]", vars(talib)["get_functions"])
"""Names that TA-Lib's type stubs leave out."""

_GROUPS: Mapping[str, Group] = {
    "Cycle Indicators": "cycle",
    "Math Operators": "math",
    "Math Transform": "math",
    "Momentum Indicators": "momentum",
    "Overlap Studies": "overlap",
    "Pattern Recognition": "pattern",
    "Price Transform": "price",
    "Statistic Functions": "statistic",
    "Volatility Indicators": "volatility",
    "Volume Indicators": "volume",
}
_MA_NAMES = {number: name for name, number in MA_TYPES.items()}


class _Handle(Protocol):
    """TA-Lib's own live object."""

    def update(self, *values: float) -> Number | tuple[Number, ...]: ...

    def peek(self, *values: float) -> Number | tuple[Number, ...]: ...

    def copy(self) -> _Handle: ...


class _Metadata(Protocol):
    """What ``talib.abstract.Function`` knows about a function."""

    info: Mapping[str, object]
    lookback: int
    parameters: Mapping[str, Number]


def _metadata(name: str) -> _Metadata:
    return _MAKE_METADATA(name)


@functools.lru_cache(maxsize=4096, typed=True)
def lookback(name: str, args: tuple[Number, ...]) -> int:
    """Return how many rows TA-Lib's function needs before its first value.

    Raises:
        IndicatorError: TA-Lib refuses the parameters.
    """
    function = _metadata(name)
    named = dict(zip(function.parameters, args, strict=True))
    if named:
        function.parameters = named
    rows = int(function.lookback)
    if rows < 0:
        shown = ", ".join(f"{_snake(key)}={value!r}" for key, value in named.items())
        raise IndicatorError(f"{name}: TA-Lib's range does not allow {shown}")
    return rows


class Ta:
    """One TA-Lib function with fixed parameters.

    Args:
        name: Name of the function.
        args: All its parameters, in TA-Lib's order.
    """

    __slots__ = ("_function", "_open", "args", "lookback", "name", "outputs")

    def __init__(self, name: str, *args: Number) -> None:
        self.name = name
        self.args = args
        self.lookback = lookback(name, args)
        self.outputs = len(cast("Sequence[str]", _metadata(name).info["output_names"]))
        self._function = cast("Callable[..., object]", getattr(talib, name))
        self._open = cast("Callable[..., _Handle]", getattr(talib.stream, name))

    def batch(self, *columns: Array) -> tuple[Array, ...]:
        """Call the C library; integer outputs become floats with NaN in the warm-up."""
        return tuple(
            cast("Array", out) if out.dtype == np.float64 else self._floats(out, columns)
            for out in _arrays(self._function(*columns, *self.args))
        )

    def _floats(self, integers: NDArray[np.generic], columns: Sequence[Array]) -> Array:
        floats = integers.astype(np.float64)
        floats[: _leading_nan(columns) + self.lookback] = np.nan
        return floats

    def open(self, *columns: Array) -> NodeState:
        """Open TA-Lib's live object on a history, or wait for enough of it."""
        start = _leading_nan(columns)
        known = [column[start:] for column in columns]
        return self.state(known, self.try_open(known))

    def state(self, known: list[Array], handle: _Handle | None) -> _TaState:
        """Return the state with a live object, or with the rows so far."""
        return _TaState(self, known, handle)

    def try_open(self, columns: Sequence[Array]) -> _Handle | None:
        """Return the live object, ``None`` while the history is too short for one."""
        if columns[0].size <= self.lookback:
            return None
        try:
            return self._open(*columns, *self.args)
        except _TOO_SHORT:
            return None


def _leading_nan(columns: Sequence[Array]) -> int:
    """Return the number of leading rows with a NaN in any column."""
    if not columns[0].size or not any(column[0] != column[0] for column in columns):
        return 0
    known = np.logical_and.reduce([~np.isnan(column) for column in columns])
    return int(known.argmax()) if known.any() else columns[0].size


class _TaState:
    """A live object, or the rows it is still waiting for; rows are finite numbers.

    A live object needs no rows, so that a handle keeps no history alive.
    """

    __slots__ = ("_handle", "_node", "_waiting")

    def __init__(self, node: Ta, waiting: list[Array], handle: _Handle | None) -> None:
        self._node = node
        self._waiting = waiting if handle is None else []
        self._handle = handle

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        handle = self._handle
        if handle is None:
            columns, outputs = self._wait(values)
            self._handle = self._node.try_open(columns)
            self._waiting = columns if self._handle is None else []
            return outputs
        out = handle.update(*values)
        return out if isinstance(out, tuple) else (out,)

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        handle = self._handle
        if handle is None:
            return self._wait(values)[1]
        out = handle.peek(*values)
        return out if isinstance(out, tuple) else (out,)

    def _wait(self, values: tuple[float, ...]) -> tuple[list[Array], tuple[float, ...]]:
        """Answer by batch over the rows so far; leading NaN are not rows, as in TA-Lib."""
        node, columns = self._node, self._waiting
        if not any(value != value for value in values):
            columns = [np.append(c, value) for c, value in zip(columns, values, strict=True)]
            if columns[0].size > node.lookback:
                return columns, tuple(float(out[-1]) for out in node.batch(*columns))
        return columns, (float("nan"),) * node.outputs

    def copy(self) -> Self:
        handle = None if self._handle is None else self._handle.copy()
        return type(self)(self._node, self._waiting, handle)


class _FedState(_TaState):
    """The same behind another node, whose values may overflow."""

    __slots__ = ()

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        self._check(values)
        return super().update(values)

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        self._check(values)
        return super().peek(values)

    def _check(self, values: tuple[float, ...]) -> None:
        if self._handle is not None and not all(map(math.isfinite, values)):
            raise IndicatorError(f"{self._node.name}: a live value must be finite, got {values}")


class Fed(Ta):
    """A function whose inputs are outputs of other nodes: NaN in their warm-up, else finite."""

    __slots__ = ()

    def state(self, known: list[Array], handle: _Handle | None) -> _TaState:
        """Return the state that checks what other nodes give."""
        return _FedState(self, known, handle)


def ta_names() -> tuple[str, ...]:
    """Return the names of all functions of the installed TA-Lib."""
    return tuple(_NAMES())


def _snake(name: str) -> str:
    """Return TA-Lib's parameter name in this package's form."""
    if name.startswith("timeperiod"):
        return name.removeprefix("time")
    if name.startswith("nbdev"):
        return name.replace("nbdev", "std_dev_").rstrip("_")
    name = re.sub(r"_?matype$", "_ma_type", name).lstrip("_")
    return re.sub(r"(?<=[a-z0-9])(period|bars)$", r"_\1", name)


def _param(key: str, default: Number) -> Param:
    name = _snake(key)
    if name.endswith("ma_type"):
        return Param(name, "ma", _MA_NAMES[int(default)], "moving-average type")
    if isinstance(default, float):
        return Param(name, "float", default)
    if name.endswith(("period", "bars")) or name.startswith("period"):
        return Param(name, "period", default, "rows")
    return Param(name, "int", default)


def _inputs(names: Mapping[str, str | Sequence[str]]) -> tuple[Input, ...]:
    """Return the inputs in the order of TA-Lib's arguments."""
    flat: list[Input] = []
    for key, columns in names.items():
        if not isinstance(columns, str):
            flat += [Input(f"{column}_column", column) for column in columns]
        elif key == "price":
            flat.append(Input("column", columns))
        elif key == "periods":
            flat.append(Input("periods_column", columns))
        else:
            flat.append(Input(key.replace("price", "column"), columns))
    return tuple(flat)


def _outputs(
    name: str, inputs: int, outs: Sequence[str], params: Sequence[Param]
) -> tuple[Output, ...]:
    """Return ``<name>[_<output>][_<period>...]`` for every output, with TA-Lib's dtype."""
    base = name.lower()
    suffix = "".join(f"_{{{p.name}}}" for p in params if p.kind == "period")
    # The metadata does not tell integer outputs from real ones; a call does.
    arrays = _arrays(vars(talib)[name](*[np.ones(1)] * inputs))
    result = []
    for key, array in zip(outs, arrays, strict=True):
        alone = key in ("real", "integer")
        template = base if alone else key if key.startswith(base) else f"{base}_{key}"
        dtype: Dtype = "Float64" if array.dtype == np.float64 else "Int32"
        result.append(Output(template + suffix, dtype))
    return tuple(result)


def _arrays(out: object) -> tuple[NDArray[np.generic], ...]:
    """Return what a TA-Lib function returned as a tuple of columns."""
    return cast("tuple[NDArray[np.generic], ...]", out if isinstance(out, tuple) else (out,))


def ta_indicator(name: str) -> Indicator:
    """Return the indicator that is exactly TA-Lib's function ``name``."""
    info = _metadata(name).info
    defaults = cast("Mapping[str, Number]", info["parameters"])
    params = tuple(_param(key, default) for key, default in defaults.items())
    inputs = _inputs(cast("Mapping[str, str | Sequence[str]]", info["input_names"]))
    return Indicator(
        name=name,
        group=_GROUPS[cast("str", info["group"])],
        title=cast("str", info["display_name"]),
        inputs=inputs,
        params=params,
        outputs=_outputs(name, len(inputs), cast("Sequence[str]", info["output_names"]), params),
        bind=functools.partial(bound, name, tuple(p.name for p in params)),
        source=f"TA-Lib {name}",
    )


def bound(name: str, args: Sequence[str], params: Params) -> Formula:
    """Return TA-Lib's function of all inputs, its parameters taken from ``params`` by name."""
    return Single(Ta(name, *(_number(key, params[key]) for key in args)))


def _number(key: str, value: ParamValue) -> Number:
    if isinstance(value, str):
        return MA_TYPES[value]
    if isinstance(value, int | float):
        return value
    raise TypeError(f"{key}={value!r} is not a TA-Lib parameter")


class Single:
    """The formula that is one TA-Lib function of all inputs."""

    __slots__ = ("node",)

    def __init__(self, node: Ta) -> None:
        self.node = node

    def __call__(self, g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        """Evaluate the function."""
        return g(self.node, *x)


class Several:
    """The formula that is several TA-Lib functions of the same inputs, one after another."""

    __slots__ = ("nodes",)

    def __init__(self, *nodes: Ta) -> None:
        self.nodes = nodes

    def __call__(self, g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        """Evaluate the functions."""
        return [out for node in self.nodes for out in g(node, *x)]
