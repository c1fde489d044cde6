"""Reads a recording: trades, quotes and depth in Parquet files, checked and put into one order.

A folder has ``trades.parquet`` and may have ``quotes.parquet`` and ``depth.parquet``. Without
quotes the best prices come from the depth; without depth the book has the quotes' best level alone,
if they carry sizes; without both there are prints only. Columns (others are ignored):

- all: ``ts`` int64 ns UTC exchange time; optional ``ts_recv`` likewise, capture time; optional
  ``event`` integer, rows of one event apply together (``seq`` serves where there is none);
- trades: ``price`` float, ``size`` integer contracts, optional ``aggressor`` B, S or N;
  an optional ``price_ticks`` must agree with the instrument's tick size;
- quotes: ``bid``, ``ask`` float, null for an empty side; optional ``bid_size``, ``ask_size``;
- depth: ``side`` B or A, ``price`` float, ``size`` integer, 0 for a level that left.

``mbo.parquet`` may hold the orders that the book was made of, see
:mod:`project_x_py.simulator._tape_orders`.

Rows are replayed by (``ts_recv``, ``event``); in an event orders come first, then trades, depth and
quotes.

Invariant (``tests/simulator/test_tape.py``): a file that cannot be replayed raises
``ProjectXDataError`` that names file, column and what is expected; nothing is skipped.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import polars as pl

from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator._tape_orders import ORDER_COLUMNS, coded_orders, plain_orders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from project_x_py._core.grid import TickGrid

__all__ = ["DEPTH", "ORDER", "QUOTE", "TRADE", "Recording", "read_recording"]

ORDER, TRADE, DEPTH, QUOTE = -1, 0, 1, 2
_TIMES = {"ts": "int64: exchange time in ns since 1970 UTC"}
_TRADES = {**_TIMES, "price": "float64: points", "size": "integer: contracts"}
_QUOTES = {**_TIMES, "bid": "float64: points", "ask": "float64: points"}
_DEPTH = {
    **_TIMES,
    "side": "string: B or A",
    "price": "float64: points",
    "size": "integer: contracts",
}
_EARLIEST_NS = 946_684_800 * 10**9
"""2000-01-01: times before it are not nanoseconds."""


@dataclass(frozen=True, slots=True)
class Recording:
    """All rows of a recording in the order of replay.

    Attributes:
        rows: ``event`` (grows by one with each event), ``kind``, ``ts``, ``code`` (aggressor 0, 1,
            2 or side 0, 1), ``a`` and ``b`` (price and size, or bid and ask), ``c`` and ``d`` (bid
            and ask size, or order and action); prices are ticks.
        has_quotes: Whether quotes were recorded.
        has_depth: Whether depth was recorded.
        has_orders: Whether the single orders were.
    """

    rows: pl.DataFrame
    has_quotes: bool
    has_depth: bool
    has_orders: bool = False


def read_recording(folder: Path, grid: TickGrid, ticker: str) -> Recording:
    """Read and check the files of a folder.

    Args:
        folder: Where ``trades.parquet`` is.
        grid: The prices of the instrument that the recording is replayed as.
        ticker: That instrument, for messages.

    Raises:
        ProjectXDataError: A file is missing, cannot be read, is empty, unsorted or has a wrong
            column, or a price is not on the grid.
    """
    if not folder.is_dir():
        raise ProjectXDataError(f"there is no tape folder {folder}")
    reader = _Reader(folder, grid, ticker)
    trades = reader.read("trades", _TRADES)
    if trades is None:
        held = ", ".join(sorted(path.name for path in folder.glob("*.parquet"))) or "none"
        raise ProjectXDataError(
            f"{folder} has no trades.parquet (Parquet files there: {held}); expected columns: "
            + "; ".join(f"{name} {text}" for name, text in _TRADES.items())
        )
    quotes, depth = reader.read("quotes", _QUOTES), reader.read("depth", _DEPTH)
    frames = [frame for frame in (trades, quotes, depth) if frame is not None]
    order = next((c for c in ("event", "seq") if all(c in f.columns for f in frames)), "ts")
    parts = [_trades(trades, order)]
    if depth is not None:
        parts.append(_depth(depth, order))
    if quotes is not None:
        parts.append(_quotes(quotes, order))
    orders = reader.orders(order)
    if orders is not None:
        code, number, action = (pl.col(name) for name in ("side", "order_id", "action"))
        values = pl.col("price"), pl.col("size"), number, action
        parts.append(_part(orders, order, ORDER, code, *values))
    rows = pl.concat(parts).sort("ts_recv", "key", "kind", maintain_order=True)
    rows = rows.with_columns(pl.col("key").rle_id().alias("event"))
    columns = rows.select("event", "kind", "ts", "code", "a", "b", "c", "d")
    return Recording(columns, quotes is not None, depth is not None, orders is not None)


class _Reader:
    """Reads one file after the other by the same rules."""

    def __init__(self, folder: Path, grid: TickGrid, ticker: str) -> None:
        self._folder = folder
        self._grid = grid
        self._ticker = ticker

    def read(self, stem: str, expected: Mapping[str, str]) -> pl.DataFrame | None:
        """Return a checked file with prices in ticks, None if it is not there."""
        path = self._folder / f"{stem}.parquet"
        frame = _parquet(path)
        if frame is None:
            return None
        nullable = ("bid", "ask") if stem == "quotes" else ()
        for column, text in expected.items():
            _check_column(path, frame, column, text, nullable)
        frame = self._timed(path, frame)
        for column in ("aggressor",) if stem == "trades" else ("side",) if stem == "depth" else ():
            _check_codes(path, frame, column)
        for column in ("size", "bid_size", "ask_size"):
            _check_sizes(path, frame, column)
        prices = [c for c in ("price", "bid", "ask") if c in expected]
        ticks = [self._ticks(path, frame, column) for column in prices]
        if "price" in prices and "price_ticks" in frame.columns:
            self._check_grid(path, frame, ticks[0])
        return frame.with_columns(ticks)

    def orders(self, order: str) -> pl.DataFrame | None:
        """Return the checked orders with sides, actions and prices as numbers, None without."""
        path = self._folder / "mbo.parquet"
        raw = _parquet(path)
        if raw is None:
            return None
        frame = plain_orders(path, raw, order)
        for column, text in ORDER_COLUMNS.items():
            nullable = ("price",) if column == "price" else ()
            _check_column(path, frame, column, text, nullable)
        frame = self._timed(path, frame)
        _check_sizes(path, frame, "size")
        return coded_orders(path, frame.with_columns(self._ticks(path, frame, "price")))

    def _timed(self, path: Path, frame: pl.DataFrame) -> pl.DataFrame:
        """Return the frame with ``ts_recv``, after a look at both times."""
        if "ts_recv" in frame.columns:
            _check_column(path, frame, "ts_recv", "int64: capture time in ns since 1970 UTC", ())
        else:
            frame = frame.with_columns(pl.col("ts").alias("ts_recv"))
        for column in ("ts", "ts_recv"):
            if (row := _first(frame[column] < _EARLIEST_NS)) is not None:
                raise ProjectXDataError(
                    f"{path} row {row}: {column} {frame[column][row]} is before the year 2000; "
                    "expected int64 ns since 1970 UTC"
                )
        if (row := _first(frame["ts_recv"].diff().fill_null(0) < 0)) is not None:
            raise ProjectXDataError(
                f"{path} row {row}: ts_recv goes back; expected rows sorted by ts_recv "
                "(by ts where there is no ts_recv)"
            )
        return frame

    def _ticks(self, path: Path, frame: pl.DataFrame, column: str) -> pl.Series:
        """Convert a column of prices to ticks, null kept."""
        num, den = self._grid.ratio
        prices = frame[column].cast(pl.Float64)
        if (row := _first(prices.is_nan() | prices.is_infinite())) is not None:
            raise ProjectXDataError(
                f"{path} row {row}: {column} is {prices[row]}; expected a price in points"
            )
        ticks = (prices * den / num).round()
        if (row := _first((ticks * num / den - prices).abs() * den > 1e-3 * num)) is not None:
            raise ProjectXDataError(
                f"{path} row {row}: {column} {prices[row]} is not a multiple of the tick size "
                f"{self._grid.tick_size} of {self._ticker}; is it a tape of another instrument?"
            )
        return ticks.cast(pl.Int64).alias(column)

    def _check_grid(self, path: Path, frame: pl.DataFrame, ticks: pl.Series) -> None:
        recorded = frame["price_ticks"]
        if (row := _first(recorded != ticks)) is not None:
            raise ProjectXDataError(
                f"{path} row {row}: price {frame['price'][row]} is {recorded[row]} ticks and "
                f"{ticks[row]} of {self._grid.tick_size} in {self._ticker}; "
                "the tick sizes must be the same"
            )


def _parquet(path: Path) -> pl.DataFrame | None:
    if not path.is_file():
        return None
    try:
        frame = pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as exc:
        raise ProjectXDataError(f"{path} is not a readable Parquet file: {exc}") from exc
    if frame.is_empty():
        raise ProjectXDataError(f"{path} has no rows")
    return frame


def _check_column(
    path: Path, frame: pl.DataFrame, column: str, text: str, nullable: tuple[str, ...]
) -> None:
    if column not in frame.columns:
        held = ", ".join(frame.columns)
        raise ProjectXDataError(f"{path} has no column {column!r} ({text}); it has {held}")
    dtype = frame.schema[column]
    fits = {
        "int64": dtype == pl.Int64,
        "float64": dtype.is_numeric(),
        "integer": dtype.is_integer(),
        "string": dtype == pl.String or dtype == pl.Categorical or isinstance(dtype, pl.Enum),
    }
    if not fits[text.partition(":")[0]]:
        raise ProjectXDataError(f"{path}: column {column!r} is {dtype}; expected {text}")
    if column not in nullable and (row := _first(frame[column].is_null())) is not None:
        raise ProjectXDataError(f"{path} row {row}: {column} is null; expected {text}")


def _check_codes(path: Path, frame: pl.DataFrame, column: str) -> None:
    if column not in frame.columns:
        return
    codes = "BSN" if column == "aggressor" else "BA"
    known = frame[column].cast(pl.String).is_in(list(codes))
    if column == "aggressor":
        known = known | frame[column].is_null()
    if (row := _first(~known)) is not None:
        raise ProjectXDataError(
            f"{path} row {row}: {column} is {frame[column][row]!r}; expected {' or '.join(codes)}"
        )


def _check_sizes(path: Path, frame: pl.DataFrame, column: str) -> None:
    if column not in frame.columns:
        return
    if not frame.schema[column].is_integer():
        raise ProjectXDataError(
            f"{path}: column {column!r} is {frame.schema[column]}; expected integer: contracts"
        )
    if (row := _first(frame[column] < 0)) is not None:
        raise ProjectXDataError(
            f"{path} row {row}: {column} is {frame[column][row]}; expected 0 or more contracts"
        )


def _first(mask: pl.Series) -> int | None:
    """Return the row of the first True."""
    return int(mask.arg_max() or 0) if mask.any() else None


def _trades(frame: pl.DataFrame, order: str) -> pl.DataFrame:
    code = pl.lit(2)
    if "aggressor" in frame.columns:
        side = pl.col("aggressor").cast(pl.String)
        code = pl.when(side == "B").then(0).when(side == "S").then(1).otherwise(2)
    nothing = pl.lit(None, pl.Int64)
    return _part(frame, order, TRADE, code, pl.col("price"), pl.col("size"), nothing, nothing)


def _depth(frame: pl.DataFrame, order: str) -> pl.DataFrame:
    code = pl.when(pl.col("side").cast(pl.String) == "B").then(0).otherwise(1)
    nothing = pl.lit(None, pl.Int64)
    return _part(frame, order, DEPTH, code, pl.col("price"), pl.col("size"), nothing, nothing)


def _quotes(frame: pl.DataFrame, order: str) -> pl.DataFrame:
    sizes = [
        pl.col(name) if name in frame.columns else pl.lit(None, pl.Int64)
        for name in ("bid_size", "ask_size")
    ]
    return _part(frame, order, QUOTE, pl.lit(0), pl.col("bid"), pl.col("ask"), *sizes)


def _part(frame: pl.DataFrame, order: str, kind: int, *columns: pl.Expr) -> pl.DataFrame:
    names = ("code", "a", "b", "c", "d")
    return frame.select(
        pl.col("ts_recv"),
        pl.col(order).cast(pl.Int64).alias("key"),
        pl.lit(kind).cast(pl.Int64).alias("kind"),
        pl.col("ts"),
        *(column.cast(pl.Int64).alias(name) for name, column in zip(names, columns, strict=True)),
    )
