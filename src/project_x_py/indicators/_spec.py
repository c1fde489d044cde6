"""What an indicator is, as data: inputs, parameters, outputs, formula, convention, source.

One :class:`Indicator` describes one name of the package. Batch evaluation, live handles, class
forms, type stubs and the reference page are all derived from it, so that a name, a default or a
column is written down once. The module knows neither polars nor TA-Lib: reading the documented
names costs nothing.

Invariants (``tests/indicators/test_registry.py``):

- resolved parameters have exactly the types their :class:`Param` declares;
- an output column depends on parameters only, never on data.
"""

from __future__ import annotations

import difflib
import math
import numbers
import operator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from project_x_py.exceptions import IndicatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from project_x_py.indicators._graph import Formula

__all__ = [
    "MAX_PERIOD",
    "MA_TYPES",
    "Dtype",
    "Group",
    "Indicator",
    "Input",
    "Kind",
    "Output",
    "Param",
    "ParamValue",
    "Params",
    "close_matches",
]

ParamValue = int | float | str | bool | None
Dtype = Literal["Float64", "Int32", "Int64", "Boolean"]
Kind = Literal["period", "int", "float", "ma", "choice", "flag", "text"]
Group = Literal[
    "overlap",
    "momentum",
    "volatility",
    "volume",
    "pattern",
    "cycle",
    "price",
    "statistic",
    "math",
]

MA_TYPES: Mapping[str, int] = {
    "sma": 0,
    "ema": 1,
    "wma": 2,
    "dema": 3,
    "tema": 4,
    "trima": 5,
    "kama": 6,
    "mama": 7,
    "t3": 8,
    "hma": 9,
    "none": 10,
    "default": 11,
    "zlema": 12,
    "rma": 13,
}
"""Moving-average types by name, with TA-Lib's numbers."""

MAX_PERIOD = 100_000


def close_matches(word: str, names: Iterable[str]) -> str:
    """Return ``"; did you mean 'x' or 'y'?"`` for the names nearest to ``word``, or nothing."""
    by_fold = {name.casefold(): name for name in names}
    near = difflib.get_close_matches(word.casefold(), by_fold, n=3, cutoff=0.6)
    if not near:
        return ""
    return "; did you mean " + " or ".join(repr(by_fold[name]) for name in near) + "?"


def _float(value: numbers.Real) -> float:
    """Return a number as a float, infinity for what no float can hold."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


class Params(dict[str, ParamValue]):
    """Resolved parameters of one call, with typed access for formulas."""

    def whole(self, name: str) -> int:
        """Return an integer parameter."""
        value = self[name]
        if not isinstance(value, int):
            raise TypeError(f"{name}={value!r} is not an integer parameter")
        return value

    def real(self, name: str) -> float:
        """Return a real parameter."""
        value = self[name]
        if not isinstance(value, int | float):
            raise TypeError(f"{name}={value!r} is not a real parameter")
        return float(value)

    def word(self, name: str) -> str:
        """Return a word, for example a chosen convention."""
        value = self[name]
        if not isinstance(value, str):
            raise TypeError(f"{name}={value!r} is not a word")
        return value

    def ma(self, name: str) -> int:
        """Return TA-Lib's number of a moving-average type."""
        return MA_TYPES[self.word(name)]


@dataclass(frozen=True, slots=True)
class Input:
    """One input series: the parameter that names its column, and the default column.

    ``time`` inputs are timestamps, handed to formulas as microseconds since 1970. Where the
    default column is absent and ``fill`` names a parameter, that constant is added as the column.
    """

    param: str
    column: str
    time: bool = False
    fill: str = ""


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter: its kind, default and range.

    ``extra`` marks a parameter beyond the documented signature; it is keyword-only. A ``period``
    is a window in rows: at least 1, and an error when no frame row could ever fill it.
    """

    name: str
    kind: Kind
    default: ParamValue
    doc: str = ""
    low: float = -math.inf
    high: float = math.inf
    choices: tuple[str, ...] = ()
    optional: bool = False
    extra: bool = False

    def check(self, owner: str, value: object) -> ParamValue:
        """Return ``value`` in this parameter's own type.

        Raises:
            IndicatorError: wrong type or out of range; names the value and the limit.
        """
        if value is None and self.optional:
            return None
        if self.kind in ("ma", "choice"):
            return self._check_word(owner, value)
        if self.kind == "flag":
            if isinstance(value, bool):
                return value
            raise IndicatorError(f"{owner}: {self.name} must be True or False, got {value!r}")
        if self.kind == "text":
            if isinstance(value, str):
                return value
            raise IndicatorError(f"{owner}: {self.name} must be a string, got {value!r}")
        return self._check_number(owner, value)

    def _check_word(self, owner: str, value: object) -> str:
        choices = tuple(MA_TYPES) if self.kind == "ma" else self.choices
        if isinstance(value, str) and value.casefold() in choices:
            return value.casefold()
        hint = close_matches(value, choices) if isinstance(value, str) else ""
        listed = ", ".join(choices)
        raise IndicatorError(f"{owner}: {self.name} must be one of {listed}, got {value!r}{hint}")

    def _check_number(self, owner: str, value: object) -> int | float:
        whole = self.kind in ("period", "int")
        low, high = (1, MAX_PERIOD) if self.kind == "period" else (self.low, self.high)
        wanted = "an integer" if whole else "a finite number"
        number: int | float | None = None
        if isinstance(value, numbers.Real) and not isinstance(value, bool):
            if not whole:
                number = _float(value)
            elif isinstance(value, numbers.Integral):
                number = operator.index(int(value))
        if number is None or (isinstance(number, float) and not math.isfinite(number)):
            raise IndicatorError(f"{owner}: {self.name} must be {wanted}, got {value!r}")
        if low <= number <= high:
            return number
        bounds = f">= {low:g}" if number < low else f"<= {high:g}"
        raise IndicatorError(f"{owner}: {self.name} must be {wanted} {bounds}, got {value!r}")


@dataclass(frozen=True, slots=True)
class Output:
    """One output column: a template over the parameters (``"rsi_{period}"``) and its dtype.

    ``when`` names a switch without which the column is left out.
    """

    template: str
    dtype: Dtype = "Float64"
    when: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Indicator:
    """One indicator of the package.

    Attributes:
        name: Name in capitals; unique.
        group: Category.
        title: What it is, in a few words.
        inputs: Input series, in the documented order.
        params: Parameters, in the documented order, extra ones last.
        outputs: Columns it adds, in order.
        bind: Makes the formula for resolved parameters.
        source: Where the definition comes from.
        convention: What was chosen where definitions differ.
        formula: The definition in a line, for those that are not TA-Lib's own.
        class_name: Name of the class form in its category module, ``name`` unless given.
        twins: Lower-case names beside ``calculate_<name>``.
        leading: Parameters that come first, positionally, in the form in capitals.
        name_of: Value of ``{name}`` in the templates, where it follows from the parameters.
    """

    name: str
    group: Group
    title: str
    inputs: tuple[Input, ...]
    params: tuple[Param, ...]
    outputs: tuple[Output, ...]
    bind: Callable[[Params], Formula]
    source: str
    convention: str = ""
    formula: str = ""
    class_name: str = ""
    twins: tuple[str, ...] = ()
    leading: tuple[str, ...] = ()
    name_of: Callable[[Params], str] | None = None

    def documented(self) -> tuple[str, ...]:
        """Return the arguments that may be positional, inputs first."""
        return (*(i.param for i in self.inputs), *(p.name for p in self.params if not p.extra))

    def short_order(self) -> tuple[str, ...]:
        """Return the positional arguments of the function in capitals."""
        rest = (argument for argument in self.documented() if argument not in self.leading)
        return (*self.leading, *rest)

    def defaults(self) -> dict[str, ParamValue]:
        """Return every argument with its default."""
        columns: dict[str, ParamValue] = {i.param: i.column for i in self.inputs}
        return {**columns, **{p.name: p.default for p in self.params}}

    def active_outputs(self, params: Params) -> tuple[Output, ...]:
        """Return the outputs that these parameters ask for."""
        return tuple(o for o in self.outputs if not o.when or params[o.when])

    def columns(self, params: Params) -> tuple[str, ...]:
        """Return the names of the output columns for resolved parameters."""
        named: dict[str, ParamValue] = dict(params)
        if self.name_of is not None:
            named["name"] = self.name_of(params)
        return tuple(o.template.format_map(named) for o in self.active_outputs(params))

    def longest_period(self, params: Params) -> tuple[str, int]:
        """Return name and value of the largest window parameter, ``("", 0)`` without any."""
        longest = ("", 0)
        for param in self.params:
            if param.kind == "period" and params[param.name] is not None:
                value = params.whole(param.name)
                if value > longest[1]:
                    longest = (param.name, value)
        return longest

    def resolve(
        self, arguments: Sequence[object], named: Mapping[str, object], order: Sequence[str]
    ) -> tuple[tuple[str, ...], Params]:
        """Return input columns and parameters of a call.

        Args:
            arguments: Positional arguments after the frame.
            named: Keyword arguments.
            order: Names of the positional arguments.

        Raises:
            IndicatorError: too many, unknown, doubled or wrong arguments.
        """
        if len(arguments) > len(order):
            raise IndicatorError(
                f"{self.name} takes at most {len(order)} arguments after the frame, "
                f"got {len(arguments)}"
            )
        given = dict(zip(order, arguments, strict=False))
        for name, value in named.items():
            if name in given:
                raise IndicatorError(f"{self.name}: {name} is given twice")
            given[name] = value
        columns = tuple(self._column(i, given.pop(i.param, i.column)) for i in self.inputs)
        params = Params()
        for param in self.params:
            value = given.pop(param.name, param.default)
            params[param.name] = param.check(self.name, value)
        for name in given:
            known = [key for key in (*self.defaults(), "by", "short") if key != name]
            raise IndicatorError(
                f"{self.name} has no parameter {name!r}{close_matches(str(name), known)}"
            )
        return columns, params

    def _column(self, wanted: Input, value: object) -> str:
        if isinstance(value, str):
            return value
        raise IndicatorError(f"{self.name}: {wanted.param} must be a column name, got {value!r}")
