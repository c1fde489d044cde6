"""The parts of a suite as plain mappings."""

from __future__ import annotations

from tests.statistics.samples import part, suite

from project_x_py.statistics import ComponentCollector, SuiteStatistics


class Source:
    """Tells what was made by hand."""

    def statistics(self) -> SuiteStatistics:
        told: SuiteStatistics = suite(part("MNQ.data", 60.0), part("MES.data"))
        return told


async def test_each_part_is_there_with_its_score() -> None:
    """Every part once, the documented figures and the score together; collections are counted."""
    collector = ComponentCollector(Source())
    found = await collector.collect()
    assert list(found) == ["client", "realtime", "events", "MNQ.data", "MES.data"]
    assert found["MNQ.data"]["health_score"] == 60.0
    assert found["client"]["performance_metrics"]["api_calls"] == 1000
    assert collector.statistics().figures == {"collections": 1}
