"""The quote board: sparse quotes that add up."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.grid import TickGrid
from project_x_py._core.time import DAY_NS, NS, parse_ns
from project_x_py.simulator._board import QuoteBoard
from project_x_py.simulator._history import DayState

START_NS = parse_ns("2026-09-01T15:00:00Z")
GRID = TickGrid(0.25, 0.5)
FIELDS = ("bid", "ask", "last", "open", "high", "low", "volume")
NOTHING = DayState(None, None, None, None, 0, None)
PRICE = st.integers(90, 110)


def board(day: DayState = NOTHING) -> QuoteBoard:
    """A board in regular hours."""
    return QuoteBoard("CON.F.US.MNQ.U26", GRID, day, START_NS)


@given(
    steps=st.lists(
        st.tuples(st.booleans(), PRICE, st.integers(0, 5), st.none() | PRICE, st.none() | PRICE),
        max_size=30,
    )
)
def test_merged_quotes_are_the_board(
    steps: list[tuple[bool, int, int, int | None, int | None]],
) -> None:
    """Whoever merges all quotes knows what the board knows, and no quote is without a change."""
    shown, merged = board(), dict.fromkeys(FIELDS)
    bid = ask = None
    for k, (traded, price, size, new_bid, new_ask) in enumerate(steps):
        if traded:
            shown.trade(price, size)
        bid, ask = new_bid or bid, new_ask or ask
        quote = shown.quote(new_bid, new_ask, START_NS + k)
        if quote is not None:
            changes = {f: getattr(quote, f) for f in FIELDS if getattr(quote, f) is not None}
            assert changes
            merged.update(changes)
        told = shown.snapshot([], [])
        assert merged["bid"] == bid
        assert merged["ask"] == ask
        assert (merged["last"], merged["high"], merged["low"]) == (told.last, told.high, told.low)
        assert (merged["volume"] or 0) == told.volume


def test_change_is_against_the_previous_close() -> None:
    """Change is in points, its percentage of the previous close."""
    shown = board(DayState(100, 120, 90, 110, 50, 100))
    shown.trade(104, 2)
    quote = shown.quote(103, 104, START_NS)
    assert quote is not None
    assert (quote.change, quote.change_percent, quote.volume) == (1.0, 4.0, 52)
    assert (quote.open, quote.high, quote.low) == (None, None, None)


def test_day_turns_at_five_in_chicago() -> None:
    """At 17:00 the last price becomes the previous close and the session figures begin again."""
    shown = board(DayState(100, 120, 90, 110, 50, 100))
    shown.roll(START_NS + 60 * NS)
    assert shown.volume == 50
    shown.roll(START_NS + DAY_NS)
    told = shown.snapshot([], [])
    assert (told.open, told.high, told.low, told.volume) == (None, None, None, 0)
    assert (told.last, told.prev_close) == (110, 110)


def test_zero_close_has_no_percentage() -> None:
    """A previous close of zero, legal for spreads, divides nothing."""
    shown = board(DayState(None, None, None, 0, 0, 0))
    shown.trade(-3, 1)
    quote = shown.quote(None, None, START_NS)
    assert quote is not None
    assert (quote.change, quote.change_percent) == (-0.75, None)
