"""Rows as text for people, and as JSON for programs.

Invariant (``tests/cli/test_accounts.py``): the same rows either way, and no row is cut to the width
of a terminal; no number is written with an exponent.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["show"]


def show(
    rows: Sequence[Mapping[str, object]],
    *,
    as_json: bool,
    none: str,
    units: Mapping[str, str] | None = None,
) -> None:
    """Print rows of the same keys: in columns under the keys, or as one JSON list.

    Args:
        rows: What to print.
        as_json: Whether a program reads it.
        none: What to print where there is no row and a person reads it.
        units: What the numbers of a key are, for people.
    """
    if as_json:
        click.echo(json.dumps(list(rows), indent=2))
        return
    if not rows:
        click.echo(none)
        return
    of = units or {}
    cells = [[" ".join([*key.split("_"), *of.get(key, "").split()]) for key in rows[0]]]
    cells += [[_text(value) for value in row.values()] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    numbers = [isinstance(value, int | float) for value in rows[0].values()]
    for line in cells:
        parts = [
            text.rjust(width) if number else text.ljust(width)
            for text, width, number in zip(line, widths, numbers, strict=True)
        ]
        click.echo("  ".join(parts).rstrip())


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{Decimal(str(value)):f}"
    return "" if value is None else str(value)
