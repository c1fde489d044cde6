"""Which month was the active one when."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.products import PRODUCTS, active_contract, product_for_ticker
from project_x_py._core.time import DAY_NS, format_iso, parse_ns, to_datetime
from project_x_py.client._months import parts_of

NOW = parse_ns("2026-11-20T18:00:00Z")


@given(product=st.sampled_from(PRODUCTS), days=st.integers(1, 800), ahead=st.integers(-1, 2))
def test_parts_cover_the_window_once(product: object, days: int, ahead: int) -> None:
    """Newest first, each part ends where the next begins, each month once; the first is active.

    Whether the gateway has rolled before the rule, or after it.
    """
    start = NOW - days * DAY_NS
    listed = active_contract(product, to_datetime(NOW + ahead * 40 * DAY_NS).date())
    parts = parts_of(product, listed.contract_id, start, NOW)
    assert parts[0].contract_id == listed.contract_id
    assert parts[0].end_ns > NOW
    assert parts[-1].start_ns == start
    for later, earlier in itertools.pairwise(parts):
        assert earlier.end_ns == later.start_ns
        assert earlier.start_ns < earlier.end_ns
    names = [part.contract_id for part in parts]
    assert len(set(names)) == len(names)


def test_index_futures_roll_in_the_third_week() -> None:
    """The months of the E-mini hand over on the evening before their third week's Monday."""
    parts = parts_of(product_for_ticker("ES"), "CON.F.US.EP.Z26", NOW - 120 * DAY_NS, NOW)
    assert [part.contract_id for part in parts] == ["CON.F.US.EP.Z26", "CON.F.US.EP.U26"]
    assert format_iso(parts[0].start_ns) == "2026-09-13T22:00:00+00:00"


@pytest.mark.parametrize("listed", ["CON.F.US.EP.H27", "CON.F.US.EP.M27"])
def test_a_gateway_that_rolled_early_keeps_its_month(listed: str) -> None:
    """A month that the rule does not have yet takes over with the running trading day."""
    parts = parts_of(product_for_ticker("ES"), listed, NOW - 120 * DAY_NS, NOW)
    assert [part.contract_id for part in parts] == [listed, "CON.F.US.EP.Z26", "CON.F.US.EP.U26"]
    assert format_iso(parts[0].start_ns) == "2026-11-19T23:00:00+00:00"


def test_an_id_of_another_form_stands_alone() -> None:
    """Where the id cannot be read, nothing is put together."""
    parts = parts_of(product_for_ticker("ES"), "SPREAD", NOW - DAY_NS, NOW)
    assert [part.contract_id for part in parts] == ["SPREAD"]
