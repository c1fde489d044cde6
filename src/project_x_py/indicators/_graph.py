"""One formula, run over whole columns or one bar at a time.

A :data:`Formula` is ordinary arithmetic on its inputs. Whatever remembers earlier rows (a TA-Lib
function, a lag, a running sum, a recursion) is a *node*, called through the graph that evaluates
the formula:

- :class:`BatchGraph`: inputs are float64 arrays, nodes compute whole columns;
- :class:`OpeningGraph`: the same, and each node keeps the state after the last row;
- :class:`LiveGraph`: inputs are floats, nodes advance (``update``) or only look (``peek``).

So the batch value and the live value come from one text. A missing value is NaN in here, and
null outside. A node appears once in a formula, and none but warm-up NaN reach a node.

Invariants (``tests/indicators/test_stream.py``): live equals batch bit for bit; ``peek`` changes
nothing; a copied graph is independent of its origin.
"""

from __future__ import annotations

import copy
import operator
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING, Generic, Protocol, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

__all__ = [
    "Array",
    "BatchGraph",
    "Formula",
    "Graph",
    "Lag",
    "LiveGraph",
    "Node",
    "NodeState",
    "OpeningGraph",
    "RunningSum",
    "Scan",
    "Truth",
    "V",
]

Array: TypeAlias = NDArray[np.float64]
Truth: TypeAlias = "bool | NDArray[np.bool_]"

V = TypeVar("V", float, Array)
S = TypeVar("S")

_NAN = float("nan")


class NodeState(Protocol):
    """The memory of a node after some rows."""

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """Take one row in and return its outputs."""
        ...

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        """Return what ``update`` would, and change nothing."""
        ...

    def copy(self) -> NodeState:
        """Return an independent state at the same row."""
        ...


class Node(Protocol):
    """Something that remembers earlier rows."""

    def batch(self, *columns: Array) -> tuple[Array, ...]:
        """Return the output columns, as long as the inputs."""
        ...

    def open(self, *columns: Array) -> NodeState:
        """Return the state after these rows."""
        ...


class Graph(Protocol[V]):
    """What a formula may use besides ``+ - *`` and comparisons."""

    def __call__(self, node: Node, *values: V) -> tuple[V, ...]:
        """Evaluate a node."""
        ...

    def where(self, condition: Truth, yes: V | float, no: V | float) -> V:
        """Return ``yes`` where the condition holds, else ``no``."""
        ...

    def div(self, dividend: V, divisor: V) -> V:
        """Return the quotient, NaN where the divisor is zero."""
        ...


class Formula(Protocol):
    """Outputs of an indicator from its inputs."""

    def __call__(self, g: Graph[V], x: Sequence[V]) -> Sequence[V]:
        """Evaluate over arrays or floats, whichever the graph holds."""
        ...


Call: TypeAlias = Callable[[tuple[float, ...]], tuple[float, ...]]


class BatchGraph:
    """Evaluates over whole columns."""

    __slots__ = ()

    def __call__(self, node: Node, *values: Array) -> tuple[Array, ...]:
        """Compute a node's whole columns."""
        return node.batch(*values)

    def where(self, condition: Truth, yes: Array | float, no: Array | float) -> Array:
        """Choose by row."""
        return np.where(condition, yes, no)

    def div(self, dividend: Array, divisor: Array) -> Array:
        """Divide by row."""
        out = np.full(dividend.shape, _NAN)
        np.divide(dividend, divisor, out=out, where=divisor != 0.0)
        return out


class OpeningGraph(BatchGraph):
    """Evaluates over a history and keeps every node's state after it."""

    __slots__ = ("states",)

    def __init__(self) -> None:
        self.states: dict[Node, NodeState] = {}

    def __call__(self, node: Node, *values: Array) -> tuple[Array, ...]:
        """Compute a node's columns and open its state."""
        self.states[node] = node.open(*values)
        return node.batch(*values)


class LiveGraph:
    """Evaluates one row, advancing every node by it or only asking it."""

    __slots__ = ("_calls",)

    def __init__(
        self, calls: Mapping[Node, Callable[[tuple[float, ...]], tuple[float, ...]]]
    ) -> None:
        self._calls = calls

    @classmethod
    def updating(cls, states: Mapping[Node, NodeState]) -> LiveGraph:
        """Return the graph that moves the states on."""
        return cls({node: state.update for node, state in states.items()})

    @classmethod
    def peeking(cls, states: Mapping[Node, NodeState]) -> LiveGraph:
        """Return the graph that moves nothing."""
        return cls({node: state.peek for node, state in states.items()})

    def __call__(self, node: Node, *values: float) -> tuple[float, ...]:
        """Evaluate a node at one more row."""
        return self._calls[node](values)

    def where(self, condition: Truth, yes: float, no: float) -> float:
        """Choose."""
        return yes if condition else no

    def div(self, dividend: float, divisor: float) -> float:
        """Divide."""
        return dividend / divisor if divisor != 0.0 else _NAN


class Lag:
    """The value ``rows`` rows earlier, NaN before there is one."""

    __slots__ = ("rows",)

    def __init__(self, rows: int) -> None:
        self.rows = rows

    def batch(self, *columns: Array) -> tuple[Array, ...]:
        """Shift every column down."""
        return tuple(self._shift(column) for column in columns)

    def _shift(self, column: Array) -> Array:
        out = np.full(column.shape, _NAN)
        out[self.rows :] = column[: max(column.size - self.rows, 0)]
        return out

    def open(self, *columns: Array) -> NodeState:
        """Keep the newest rows."""
        held = [
            tuple(row) for row in zip(*(c[-self.rows :].tolist() for c in columns), strict=True)
        ]
        missing = (_NAN,) * len(columns)
        return _LagState([missing] * (self.rows - len(held)) + held)


class _LagState:
    """The newest rows, oldest first."""

    __slots__ = ("_rows",)

    def __init__(self, rows: Iterable[tuple[float, ...]]) -> None:
        self._rows = list(rows)

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        self._rows.append(values)
        return self._rows.pop(0)

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        return self._rows[0]

    def copy(self) -> _LagState:
        return _LagState(self._rows)


class Scan(Generic[S]):
    """A recursion: ``step(state, row) -> (next state, outputs)``.

    The state must be a value that ``step`` never changes in place; then looking ahead is calling
    ``step`` without keeping its state, and copying is keeping the same one.
    """

    __slots__ = ("_outputs", "_start", "_step")

    def __init__(
        self,
        start: S,
        step: Callable[[S, tuple[float, ...]], tuple[S, tuple[float, ...]]],
        outputs: int,
    ) -> None:
        self._start = start
        self._step = step
        self._outputs = outputs

    def _run(self, columns: Sequence[Array]) -> tuple[S, list[tuple[float, ...]]]:
        state, step = self._start, self._step
        rows = []
        for row in zip(*(column.tolist() for column in columns), strict=True):
            state, out = step(state, row)
            rows.append(out)
        return state, rows

    def batch(self, *columns: Array) -> tuple[Array, ...]:
        """Run the recursion from the first row."""
        _, rows = self._run(columns)
        table = np.array(rows, dtype=np.float64).reshape(len(rows), self._outputs)
        return tuple(np.ascontiguousarray(table[:, k]) for k in range(self._outputs))

    def open(self, *columns: Array) -> NodeState:
        """Run the recursion and keep its last state."""
        return _ScanState(self._run(columns)[0], self._step)


class _ScanState(Generic[S]):
    """Where a recursion stands."""

    __slots__ = ("_state", "_step")

    def __init__(
        self, state: S, step: Callable[[S, tuple[float, ...]], tuple[S, tuple[float, ...]]]
    ) -> None:
        self._state = state
        self._step = step

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        self._state, out = self._step(self._state, values)
        return out

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        return self._step(self._state, values)[1]

    def copy(self) -> _ScanState[S]:
        return _ScanState(self._state, self._step)


class RunningSum:
    """Running sums of all columns but the last, begun anew where the last is not zero.

    Rows before the first beginning give NaN.
    """

    __slots__ = ()

    def batch(self, *columns: Array) -> tuple[Array, ...]:
        """Sum from each beginning, in row order, so that live sums have the same bits."""
        *series, begins = columns
        edges = [*np.flatnonzero(begins).tolist(), begins.size]
        sums = tuple(np.full(begins.shape, _NAN) for _ in series)
        for first, last in pairwise(edges):
            for column, out in zip(series, sums, strict=True):
                np.cumsum(column[first:last], out=out[first:last])
        return sums

    def open(self, *columns: Array) -> NodeState:
        """Keep the last sums."""
        sums = self.batch(*columns)
        none = (_NAN,) * len(sums)
        return _SumState(tuple(float(s[-1]) for s in sums) if columns[0].size else none)


class _SumState:
    """The sums so far."""

    __slots__ = ("_sums",)

    def __init__(self, sums: tuple[float, ...]) -> None:
        self._sums = sums

    def update(self, values: tuple[float, ...]) -> tuple[float, ...]:
        self._sums = self.peek(values)
        return self._sums

    def peek(self, values: tuple[float, ...]) -> tuple[float, ...]:
        if values[-1]:
            return values[:-1]
        return tuple(map(operator.add, self._sums, values))

    def copy(self) -> _SumState:
        return copy.copy(self)
