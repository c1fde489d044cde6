"""The manifest of the documented API, read out of the inspected original.

``python -m tests.architecture.documented_source SPEC`` prints the lines of ``documented_api.txt``
for the folder SPEC that holds ``public-api.json``. Names, parameters and defaults go in, and no
sentence does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["lines_of"]

ROOT = "project_x_py"
ALSO_NAMED = {
    "project_x_py.AsyncOrderManager is project_x_py.OrderManager seed",
    "project_x_py.AsyncPositionManager is project_x_py.PositionManager seed",
    "project_x_py.AsyncProjectX is project_x_py.ProjectX seed",
    "project_x_py.AsyncRealtimeDataManager is project_x_py.RealtimeDataManager seed",
    "project_x_py.EventType.POSITION_UPDATE seed",
    "project_x_py.trading_suite.InstrumentContext.instrument seed",
    "project_x_py.TradingSuite.create(timezone_str=...) async seed",
    "project_x_py.TradingSuite.realtime_client seed",
    "project_x_py.TradingSuite.export_stats",
    "project_x_py.TradingSuite.get_component_health",
    "project_x_py.TradingSuite.get_health_score",
    "project_x_py.create_realtime_client seed",
    "project_x_py.__version__",
}
"""What the seeds and the front page name, and the inspected level lacks."""

OPAQUE = ("<", "(<", "deque(", "defaultdict(", "1795")
IN_PROSE = (
    *("client", "config", "event_bus", "exceptions", "indicators", "models", "order_manager"),
    *("order_templates", "order_tracker", "orderbook", "position_manager", "realtime"),
    *("realtime_data_manager", "risk_manager", "sessions", "statistics", "trading_suite"),
    *("types", "utils"),
)


def lines_of(spec: Path) -> list[str]:
    """Return the sorted lines for the folder that holds ``public-api.json``."""
    entries = json.loads((spec / "public-api.json").read_text(encoding="utf-8"))["entries"]
    lines = {f"{ROOT}.{name}" for name in IN_PROSE} | ALSO_NAMED
    for entry in entries:
        lines.update(_entry(entry))
    return sorted(lines)


def _entry(entry: Mapping[str, Any]) -> Iterator[str]:
    name, others = _home(entry)
    mark = " seed" if entry["seed"] else ""
    shown = {other for other in others if other.count(".") < 3}
    members = entry.get("members")
    if "signature" in entry:
        yield f"{name}({_parameters(entry['signature'])}){_async(entry)}{mark}"
    elif "keys" in entry:
        keys = [key if of["required"] else f"{key}?" for key, of in entry["keys"].items()]
        yield f"{name}[{', '.join(keys)}]{mark}"
    elif "fields" in entry:
        fields = [_field(one, entry["init"]) for one in entry["fields"]]
        yield f"{name}{{{', '.join(fields)}}}{mark}"
    elif entry.get("init") and members is None:
        yield f"{name}({_parameters(entry['init'])}){mark}"
    else:
        yield f"{name}{mark}"
    yield from (f"{other} is {name}{mark if other in shown else ''}" for other in others)
    for member, value in (members or {}).items():
        used = " seed" if member in entry.get("seed_members", ()) else ""
        yield f"{name}.{member} = {value!r}{used}"
    yield from _members(name, entry)


def _members(name: str, entry: Mapping[str, Any]) -> Iterator[str]:
    """Methods and properties; those of a protocol are names only."""
    methods = entry.get("methods") or ()
    for method in methods:
        if not isinstance(methods, Mapping):
            yield f"{name}.{method}"
            continue
        of = methods[method]
        # What a dunder does is Python's own contract, and its parameters have no names in use.
        if method.startswith("__"):
            continue
        seed = " seed" if of.get("seed") else ""
        yield f"{name}.{method}({_parameters(of['signature'])}){_async(of)}{seed}"
    for property_name, of in (entry.get("properties") or {}).items():
        yield f"{name}.{property_name}{' seed' if of.get('seed') else ''}"


def _home(entry: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The name to compare under, and the others; not that of a module which merely uses it."""
    names = [entry["exported_as"], *entry.get("also_exported_as", ())]
    module = f"{entry['module']}."
    home = next((one for one in names if module.startswith(one.rpartition(".")[0] + ".")), names[0])
    return home, sorted(set(names) - {home})


def _async(of: Mapping[str, Any]) -> str:
    return " async" if of["async"] else ""


def _field(field: Mapping[str, Any], init: Mapping[str, Any]) -> str:
    default = next(
        (one.get("default") for one in init["params"] if one["name"] == field["name"]), None
    )
    return str(field["name"]) + ("" if default is None else f"={_default(default)}")


def _parameters(signature: Mapping[str, Any]) -> str:
    texts, named = [], False
    for one in signature["params"]:
        kind = one["kind"]
        if kind == "keyword_only" and not named:
            texts.append("*")
            named = True
        prefix = {"*args": "*", "**kwargs": "**"}.get(kind, "")
        named = named or prefix == "*"
        default = f"={_default(one['default'])}" if "default" in one else ""
        texts.append(f"{prefix}{one['name']}{default}")
    return ", ".join(texts)


def _default(text: str) -> str:
    """A default in source form; three dots for one that has none worth comparing."""
    return "..." if text.startswith(OPAQUE) else text


if __name__ == "__main__":
    print("\n".join(lines_of(Path(sys.argv[1]))))
