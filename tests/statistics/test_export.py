"""Statistics as text for other programs."""

from __future__ import annotations

import csv
import io
import json
import re

import pytest
from tests.statistics.samples import comprehensive, part

from project_x_py.statistics import StatsExporter
from project_x_py.statistics.export import COLUMNS, HELP, samples_of

STATS = comprehensive(part("MNQ.data", ticks_processed=7, token_renewals=2, own_token=5), errors=30)
LINE = re.compile(
    r"(?P<name>[a-zA-Z_:][a-zA-Z0-9_:]*)"
    r'(?:\{(?P<labels>(?:[a-z_]+="(?:[^"\\\n]|\\[\\"n])*",?)*)\})? (?P<value>-?[0-9.e+-]+)'
)
COUNT = len(list(samples_of(STATS))) - 1
"""One figure is named as a token, and left out."""


async def test_prometheus_text_follows_the_format() -> None:
    """Every metric is described once before its samples, which stand together, each once."""
    text = await StatsExporter().to_prometheus(STATS)
    assert text.endswith("\n")
    described: list[str] = []
    seen: set[str] = set()
    samples = 0
    for line in text.splitlines():
        if line.startswith("# HELP "):
            described.append(line.split()[2])
        elif line.startswith("# TYPE "):
            assert line.split()[2] == described[-1]
            assert line.split()[3] in ("gauge", "counter", "summary")
        else:
            match = LINE.fullmatch(line)
            assert match, line
            name = (
                re.sub("_(sum|count)$", "", match["name"]) if "latency" in line else match["name"]
            )
            assert name == described[-1]
            key = line.rpartition(" ")[0]
            assert key not in seen
            seen.add(key)
            samples += 1
    assert len(described) == len(set(described)) == len(HELP)
    assert samples == COUNT


async def test_the_documented_metrics_have_their_values() -> None:
    """Names and values as documented; what ends in seconds is in seconds."""
    text = await StatsExporter().to_prometheus(STATS, prefix="px")
    for line in (
        "px_health_score 100",
        'px_component_health{component="client"} 100',
        "px_api_calls_total 1000",
        "px_api_calls_failed_total 30",
        "px_cache_hit_rate 0.5",
        "px_response_time_seconds 0.05",
        "px_memory_total_mb 2",
        'px_component_memory_mb{component="MNQ.data"} 0.5',
        "px_errors_total 30",
        "px_error_rate 0.25",
        'px_component_errors_total{component="client"} 30',
        "px_connections_active 2",
        'px_connection_status{type="market"} 1',
        'px_component_figure{component="MNQ.data",name="ticks_processed"} 7',
        'px_latency_seconds{stage="decode",quantile="0.99"} 9e-06',
        'px_latency_seconds_count{stage="decode"} 10',
        'px_handler_run_max_seconds{handler="my.\\"slow\\"\\nhandler"} 1.5',
    ):
        assert f"\n{line}\n" in f"\n{text}", line


async def test_every_format_has_every_sample() -> None:
    """JSON has all sections; CSV and Datadog as many samples as Prometheus."""
    exporter = StatsExporter()
    data = json.loads(await exporter.to_json(STATS, pretty=True))
    assert data.pop("export_timestamp") == STATS["generated_at"]
    assert set(data) == set(STATS)
    assert json.loads(await exporter.to_json(STATS, include_timestamp=False)).keys() == set(STATS)
    rows = list(csv.reader(io.StringIO(await exporter.to_csv(STATS))))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == COUNT + 1
    assert ["component", "component_figure.ticks_processed", "7", "MNQ.data"] in [
        r[:4] for r in rows
    ]
    bare = list(csv.reader(io.StringIO(await exporter.to_csv(STATS, include_timestamp=False))))
    assert bare == [row[:-1] for row in rows]
    series = (await exporter.to_datadog(STATS))["series"]
    assert len(series) == COUNT
    first = series[0]
    assert (first["metric"], first["points"]) == ("projectx.health_score", [[1788273000, 100.0]])
    assert {"component:client"} in [set(one["tags"]) for one in series]


@pytest.mark.parametrize("form", ["json", "prometheus", "csv", "datadog"])
async def test_secrets_stay_here_unless_asked_for(form: str) -> None:
    """What is named as a token is left out of every format, and there when asked for."""
    hidden, shown = "own_token", "token_renewals"
    sanitized = str(await StatsExporter().export(STATS, form))
    assert shown in sanitized
    assert hidden not in sanitized or '"own_token":"[redacted]"' in sanitized
    assert hidden in str(await StatsExporter(sanitize_sensitive=False).export(STATS, form))


async def test_a_token_in_a_text_is_removed() -> None:
    """Messages of errors are handed out without what they leak."""
    stats = comprehensive()
    stats["errors"]["recent_errors"] = [
        {
            "timestamp": None,
            "component": "x",
            "error_type": "E",
            "message": "Bearer abcdef.ghijkl.mnopqr failed",
            "severity": "error",
        }
    ]
    assert "ghijkl" not in await StatsExporter().to_json(stats)


async def test_names_that_are_to_be_hidden_are_taken_out_of_texts() -> None:
    """Whole words only, and none that is too short to be told from others."""
    stats = comprehensive()
    stats["errors"]["recent_errors"] = [
        {
            "timestamp": None,
            "component": "x",
            "error_type": "E",
            "message": "login of jane@d.io to 50KTC-1 (id 4711), not 50KTC-12, as a b",
            "severity": "error",
        }
    ]
    exporter = StatsExporter(hidden=["jane@d.io", "50KTC-1", "4711", "a"])
    text = await exporter.to_json(stats)
    assert "login of [redacted] to [redacted] (id [redacted]), not 50KTC-12, as a b" in text


async def test_an_unknown_format_is_refused() -> None:
    """The message lists those that there are."""
    with pytest.raises(ValueError, match="no format 'xml', only json, prometheus, csv, datadog"):
        await StatsExporter().export(STATS, "xml")
    with pytest.raises(ValueError, match="no format None, only"):
        await StatsExporter().export(STATS, None)  # type: ignore[arg-type]
