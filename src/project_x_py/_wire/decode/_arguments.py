"""Arguments of hub events: which contract, which payload.

Market events carry ``[contractId, payload]``, user events ``[payload]``; a first argument that is
an account number, and a market event without its contract argument, are known variants.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from project_x_py._wire.decode._stats import DecodeStats

__all__ = ["entries", "market_arguments", "user_argument"]

_text = msgspec.json.Decoder(str)


def market_arguments(
    arguments: Sequence[msgspec.Raw], stats: DecodeStats
) -> tuple[str, msgspec.Raw] | None:
    """Return contract id and payload of a market event, or None after counting what it is.

    The first argument names the contract. Inside a payload ``symbol`` and ``symbolId`` are roots
    and never consulted; a lone payload is used when it carries a full contract id itself.
    """
    if len(arguments) == 2:
        try:
            return _text.decode(arguments[0]), arguments[1]
        except (msgspec.MsgspecError, ValueError):
            stats.note("market event: first argument is no contract id", bytes(arguments[0]))
            return None
    if len(arguments) == 1:
        for entry in entries(arguments[0], "market event", stats):
            contract_id = entry.get("contractId") or entry.get("contract")
            if isinstance(contract_id, str):
                return contract_id, arguments[0]
    stats.note("market event: no contract id", [bytes(a)[:200] for a in arguments])
    return None


def user_argument(arguments: Sequence[msgspec.Raw], stats: DecodeStats) -> msgspec.Raw | None:
    """Return the payload of a user event, the last of its arguments, or None when it has none."""
    if not arguments:
        stats.note("user event: no argument", "[]")
        return None
    return arguments[-1]


def entries(raw: bytes | msgspec.Raw, what: str, stats: DecodeStats) -> Iterator[dict[str, Any]]:
    """Yield the objects of a payload of any known shape; anything else is counted.

    Numbers with a zero fraction come as integers, which both kinds of field accept.
    """
    try:
        payload = json.loads(bytes(raw))
    except (ValueError, RecursionError):
        stats.note(f"{what}: not JSON", bytes(raw))
        return
    waiting = [payload]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            data = item.get("data")
            if isinstance(data, dict | list):
                waiting.append(data)
            else:
                yield {key: _plain(value) for key, value in item.items()}
        elif isinstance(item, list):
            # An account number may lead its payload.
            leads = len(item) == 2 and type(item[0]) is int and isinstance(item[1], dict | list)
            waiting.extend(reversed(item[1:] if leads else item))
        elif item is not None:
            stats.note(f"{what}: not an object", repr(item))


def _plain(value: Any) -> Any:
    return int(value) if type(value) is float and value.is_integer() else value
