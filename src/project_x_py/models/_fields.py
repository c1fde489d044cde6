"""How a model's fields are checked, read from a payload and written to one.

A model declares one rule per field with :func:`rules`. The constructor applies them, so a model
that exists is valid; ``from_api`` maps a payload onto them and ignores what it does not know, so
a field or a code the gateway adds breaks nobody.

Invariants (``tests/test_models.py``):

- ``Model.from_api(model.to_dict()) == model``;
- a fault names the model, the field, the value and what is expected;
- ``bool`` is never taken for a number, NaN and infinity never for a price.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, NamedTuple, NoReturn, Self, SupportsFloat, SupportsIndex

from project_x_py.exceptions import InvalidFieldError, ProjectXDataError

__all__ = [
    "AMOUNT",
    "CODE",
    "COUNT",
    "FLAG",
    "ID",
    "NAME",
    "POSITIVE",
    "TEXT",
    "Check",
    "Model",
    "Rule",
    "nested",
    "number",
    "optional",
    "refuse",
    "rules",
]


class Check(NamedTuple):
    """One kind of value: what suffices by type alone, and the full test."""

    exact: frozenset[type]
    test: Callable[[str, Any], Any]


class Rule(NamedTuple):
    """One field: its name, its label in errors and what it may hold."""

    field: str
    label: str
    exact: frozenset[type]
    test: Callable[[str, Any], Any]


def refuse(label: str, value: object, expected: str) -> NoReturn:
    """Raise the error that says which value is wrong and what is expected."""
    raise InvalidFieldError(f"{label} must be {expected}, not {value!r}")


def _integer(label: str, value: Any, expected: str) -> int:
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        refuse(label, value, expected)
    return value if isinstance(value, int) else operator.index(value)


def _id(label: str, value: Any) -> int:
    return _integer(label, value, "a whole number")


def _count(label: str, value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    number = _integer(label, value, "a whole number of 0 or more")
    return number if number >= 0 else refuse(label, value, "a whole number of 0 or more")


def _code(label: str, value: Any) -> int:
    if type(value) is int and value >= 0:
        return value
    number = _integer(label, value, "a code of 0 or more, or a member of its enum")
    return number if number >= 0 else refuse(label, value, "a code of 0 or more")


def number(label: str, value: Any) -> float:
    """Return ``value`` as a finite float, or raise naming ``label``."""
    if type(value) is not float:
        if isinstance(value, bool) or not isinstance(value, SupportsFloat):
            refuse(label, value, "a number")
        value = float(value)
    result: float = value
    return result if math.isfinite(result) else refuse(label, value, "a finite number")


def _positive(label: str, value: Any) -> float:
    result = number(label, value)
    return result if result > 0 else refuse(label, value, "a number above 0")


def _name(label: str, value: Any) -> str:
    if isinstance(value, str) and value:
        return value
    refuse(label, value, "a text that is not empty")


def _text(label: str, value: Any) -> str:
    return value if isinstance(value, str) else refuse(label, value, "a text")


def _flag(label: str, value: Any) -> bool:
    return value if isinstance(value, bool) else refuse(label, value, "True or False")


ID = Check(frozenset({int}), _id)
COUNT = Check(frozenset(), _count)
CODE = Check(frozenset(), _code)
AMOUNT = Check(frozenset(), number)
POSITIVE = Check(frozenset(), _positive)
NAME = Check(frozenset(), _name)
TEXT = Check(frozenset({str}), _text)
FLAG = Check(frozenset({bool}), _flag)


def optional(check: Check) -> Check:
    """Return ``check`` with None allowed too."""
    return Check(check.exact | {type(None)}, check.test)


def nested(model: type[Model]) -> Check:
    """Return the check of a field that holds another model, or a mapping that makes one."""

    def test(label: str, value: Any) -> Model:
        if isinstance(value, Mapping):
            return model.from_api(value)
        refuse(label, value, f"a {model.__name__}")

    return Check(frozenset({model}), test)


def rules(model: str, **checks: Check) -> tuple[Rule, ...]:
    """Return the rules of a model, one per field in order."""
    return tuple(Rule(name, f"{model}.{name}", *check) for name, check in checks.items())


class Model:
    """Base of the documented models: checked construction, ``from_api`` and ``to_dict``."""

    __slots__ = ()
    _rules: ClassVar[tuple[Rule, ...]]

    def __post_init__(self) -> None:
        """Check every field; a number of another type becomes the declared one.

        Raises:
            InvalidFieldError: A field has a value it cannot have.
        """
        for field, label, exact, test in self._rules:
            value = getattr(self, field)
            if type(value) not in exact:
                checked = test(label, value)
                if checked is not value:
                    setattr(self, field, checked)

    @classmethod
    def from_api(cls, payload: Mapping[str, Any]) -> Self:
        """Return a model from a gateway payload, or from what :meth:`to_dict` made.

        Fields it does not know are ignored, unknown codes are kept as numbers, and a field the
        gateway leaves out because it is null is None.

        Raises:
            ProjectXDataError: ``payload`` is no mapping, a required field is missing, or a field
                has a value it cannot have.
        """
        if not isinstance(payload, Mapping):
            raise ProjectXDataError(f"{cls.__name__} is read from a mapping, not {payload!r}")
        payload = cls._read(payload)
        values: dict[str, Any] = {}
        for field, label, exact, _ in cls._rules:
            value = payload.get(field)
            if value is None and type(None) not in exact:
                raise ProjectXDataError(
                    f"{label} is missing; the payload has {', '.join(sorted(map(str, payload)))}",
                    response_data=payload,
                )
            values[field] = value
        return cls(**values)

    @classmethod
    def _read(cls, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        return payload

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by their documented names, ready for JSON."""
        return {field: _plain(getattr(self, field)) for field, *_ in self._rules}


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, int) and type(value) not in (int, bool):
        return int(value)
    return value
