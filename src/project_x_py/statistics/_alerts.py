"""Dictionaries that the health monitor returns; annotations are evaluated, for ``NotRequired``.

Invariant (``tests/statistics/test_health.py``): what is returned has these keys.
"""

from typing import NotRequired, TypedDict

__all__ = ["HealthAlert", "HealthBreakdown"]


class HealthAlert(TypedDict):
    """Something that keeps the score down, and what may help."""

    level: str
    category: str
    message: str
    metric: str
    current_value: float | int | str
    threshold: float | int
    recommendation: str


class HealthBreakdown(TypedDict):
    """The score of each category, 100 for one of which nothing was measured, and the whole."""

    errors: float
    performance: float
    connection: float
    resources: float
    data_quality: float
    component_status: float
    weighted_total: float
    overall_score: float
    missing_categories: NotRequired[list[str]]
    calculation_time_ms: NotRequired[float]
