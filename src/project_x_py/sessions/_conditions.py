"""Conditions such as ``close > session_vwap and volume > 1000``, read into expressions.

Only comparisons, arithmetic, ``and``, ``or``, ``not``, numbers and column names are understood; the
text is parsed, never evaluated.

Held by ``tests/sessions/test_alerts.py``.
"""

from __future__ import annotations

import ast
import difflib
import operator
from typing import TYPE_CHECKING

import polars as pl

from project_x_py.exceptions import InvalidFieldError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

__all__ = ["condition", "names_in"]

_COMPARE: dict[type[ast.cmpop], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}
_ARITHMETIC: dict[type[ast.operator], Callable[[pl.Expr, pl.Expr], pl.Expr]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}


def names_in(text: str) -> set[str]:
    """Return the names that a condition uses.

    Raises:
        InvalidFieldError: It cannot be parsed.
    """
    return {node.id for node in ast.walk(_parsed(text)) if isinstance(node, ast.Name)}


def condition(text: str, columns: Collection[str]) -> pl.Expr:
    """Return the expression of a condition.

    Args:
        text: A comparison, or several joined by ``and``, ``or`` and ``not``.
        columns: The names it may use.

    Raises:
        InvalidFieldError: It is none, or names something else; the message has close matches.
    """
    tree = _parsed(text)
    if not isinstance(tree, ast.Compare | ast.BoolOp | ast.UnaryOp):
        raise InvalidFieldError(f"{text!r} compares nothing; a condition is like 'close > open'")
    return _expression(tree, text, columns)


def _parsed(text: str) -> ast.expr:
    try:
        return ast.parse(text.strip(), mode="eval").body
    except (SyntaxError, ValueError, AttributeError, RecursionError, MemoryError) as exc:
        raise InvalidFieldError(f"{text!r} is no condition such as 'close > session_vwap'") from exc


def _expression(node: ast.expr, text: str, columns: Collection[str]) -> pl.Expr:
    def read(part: ast.expr) -> pl.Expr:
        return _expression(part, text, columns)

    match node:
        case ast.Name(id=name) if name in columns:
            return pl.col(name)
        case ast.Name(id=name):
            close = difflib.get_close_matches(name, columns, 1)
            hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(columns)}"
            raise InvalidFieldError(f"{text!r} uses {name!r}, which is no column; {hint}")
        case ast.Constant(value=bool() | int() | float() as value):
            return pl.lit(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return ~read(operand)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -read(operand)
        case ast.BinOp(left=left, op=sign, right=right) if type(sign) in _ARITHMETIC:
            return _ARITHMETIC[type(sign)](read(left), read(right))
        case ast.BoolOp(op=ast.And(), values=values):
            return pl.all_horizontal([read(value) for value in values])
        case ast.BoolOp(op=ast.Or(), values=values):
            return pl.any_horizontal([read(value) for value in values])
        case ast.Compare(left=left, ops=signs, comparators=others):
            sides = [read(side) for side in (left, *others)]
            if all(type(sign) in _COMPARE for sign in signs):
                pairs = zip(signs, sides, sides[1:], strict=False)
                return pl.all_horizontal([_COMPARE[type(sign)](a, b) for sign, a, b in pairs])
    raise InvalidFieldError(
        f"{text!r} has {ast.unparse(node)!r}; a condition has columns, numbers, comparisons, "
        "arithmetic, and, or, not"
    )
