"""Recorded orders: the columns of ``mbo.parquet``, and what their codes mean.

Columns, beside the times of :mod:`project_x_py.simulator._tape_files` (``ts_event`` serves for
``ts``):

- ``order_id`` integer; ``side`` B, A, or N where the order is known; ``size`` integer contracts;
- ``price`` points, or an integer of billionths, as some vendors write it; null where there is none;
- ``action``: A a new order, C contracts that leave, M the price and size that an order has now, F a
  fill of an order that rested, T the print itself, R the end of all orders;
- ``event``, or ``flags`` whose bit 128 ends an event, where the other files have events.

Invariant (``tests/simulator/test_order_tape.py``): the book that the orders make is the recorded
depth, and a file that cannot be replayed raises ``ProjectXDataError`` that names file and column.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from project_x_py._core.exchange.order_tape import ADD, CANCEL, CLEAR, FILL, MODIFY
from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["ORDER_COLUMNS", "coded_orders", "plain_orders"]

ORDER_COLUMNS: Final = {
    "ts": "int64: exchange time in ns since 1970 UTC",
    "order_id": "integer: the order",
    "side": "string: B, A or N",
    "price": "float64: points",
    "size": "integer: contracts",
    "action": "string: A, C, M, F, T or R",
}
_ACTIONS: Final = {"A": ADD, "C": CANCEL, "M": MODIFY, "F": FILL, "R": CLEAR}
_PRINT: Final = "T"
_LAST: Final = 128
_BILLION: Final = 1_000_000_000
_NO_PRICE: Final = (1 << 63) - 1


def plain_orders(path: Path, frame: pl.DataFrame, order: str) -> pl.DataFrame:
    """Return the frame with its times, prices and order of replay in their usual columns.

    Args:
        path: Of the file, for messages.
        frame: As it was read.
        order: The column by which the other files are ordered: ``event``, ``seq`` or ``ts``.

    Raises:
        ProjectXDataError: The file has nothing to be ordered by.
    """
    if "ts" not in frame.columns and "ts_event" in frame.columns:
        frame = frame.rename({"ts_event": "ts"})
    if order == "seq" and "seq" not in frame.columns and "sequence" in frame.columns:
        frame = frame.rename({"sequence": "seq"})
    if order == "event" and "event" not in frame.columns and "flags" in frame.columns:
        last = ((pl.col("flags").cast(pl.Int64) & _LAST) != 0).cast(pl.Int64)
        frame = frame.with_columns(event=last.cum_sum().shift(1, fill_value=0))
    if order not in frame.columns and "ts" in frame.columns:
        raise ProjectXDataError(
            f"{path} has no column {order!r}, by which the other files are ordered; it has "
            + ", ".join(frame.columns)
        )
    if "price" in frame.columns and frame.schema["price"].is_integer():
        price = pl.col("price").cast(pl.Int64)
        known = pl.when(price != _NO_PRICE).then(price)
        frame = frame.with_columns(price=known.cast(pl.Float64) / _BILLION)
    return frame


def coded_orders(path: Path, frame: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that change queues, with side and action as numbers.

    Raises:
        ProjectXDataError: A side or an action is not one, or an order has no price.
    """
    for column, codes in (("action", "ACMFTR"), ("side", "BAN")):
        known = frame[column].cast(pl.String).is_in(list(codes))
        if not known.all():
            row = int((~known).arg_max() or 0)
            raise ProjectXDataError(
                f"{path} row {row}: {column} is {frame[column][row]!r}; "
                f"expected one of {', '.join(codes)}"
            )
    action, side = pl.col("action").cast(pl.String), pl.col("side").cast(pl.String)
    bare = frame.select(action.is_in(["A", "M"]) & (pl.col("price").is_null() | (side == "N")))
    if bare.to_series().any():
        row = int(bare.to_series().arg_max() or 0)
        raise ProjectXDataError(f"{path} row {row}: an order needs a price, and side B or A")
    number = pl.col("order_id")
    if frame.schema["order_id"] == pl.UInt64:
        number = number.reinterpret(signed=True)
    return frame.filter(action != _PRINT).with_columns(
        order_id=number,
        side=pl.when(side == "B").then(0).otherwise(1),
        price=pl.col("price").fill_null(0),
        action=action.replace_strict(_ACTIONS, default=CLEAR, return_dtype=pl.Int64),
    )
