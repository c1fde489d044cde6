"""Indicators that live with the bars: each bar is counted once, when it has ended.

``context.data.indicators.add(RSI, period=14, timeframe="1min")`` makes NEW_BAR, BAR_CLOSED and the
frames of that timeframe carry ``rsi_14``, without computing the past again.

An indicator is opened on the bars held when it is added and goes on from there, bar by bar. When
bars that had ended change, by a late trade or from history, it is opened anew on the bars held at
the next use.

Invariants (``tests/realtime_data_manager/test_indicators.py``): the column equals the batch
indicator over the same bars bit for bit, as long as no bar has left the window; the forming bar's
row is what the bar would give if it ended now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import polars as pl

    from project_x_py._core.bars import Bar, BarBuilder
    from project_x_py._core.grid import TickGrid
    from project_x_py.indicators import IndicatorStream

__all__ = ["BarIndicators", "TimeframeIndicators"]

Value = float | int | bool | None


class _Live:
    """One indicator: its handle, and its values at the closed bars held."""

    __slots__ = ("columns", "dtypes", "indicator", "params", "stream", "values")

    def __init__(self, indicator: object, params: Mapping[str, Any]) -> None:
        self.indicator = indicator
        self.params = dict(params)
        self.columns: tuple[str, ...] = ()
        self.dtypes: list[pl.DataType] = []
        self.stream: IndicatorStream | None = None
        self.values: list[list[Value]] = []

    def open(self, frame: pl.DataFrame) -> None:
        """Compute the past once, and stand at its end.

        Raises:
            IndicatorError: The indicator is unknown, or a parameter is wrong.
        """
        import polars as pl

        from project_x_py.indicators import stream

        handle: IndicatorStream = stream(self.indicator, history=frame, **self.params)
        self.stream = handle
        self.columns = tuple(handle.columns)
        if frame.is_empty():
            self.dtypes = [pl.Float64() for _ in self.columns]
            self.values = [[] for _ in self.columns]
            return
        from project_x_py.indicators import with_indicators

        past = with_indicators(frame, (self.indicator, self.params), short="null")
        self.dtypes = [past[name].dtype for name in self.columns]
        self.values = [past[name].to_list() for name in self.columns]

    def update(self, bar: Mapping[str, object], kept: int) -> None:
        """Count a bar that has ended, and keep so many values."""
        assert self.stream is not None
        found = self.stream.update(bar)
        row = found if isinstance(found, tuple) else (found,)
        for column, value in zip(self.values, row, strict=True):
            column.append(value)
            if len(column) > 2 * kept:
                del column[: len(column) - kept]

    def peek(self, bar: Mapping[str, object]) -> tuple[Value, ...]:
        """Return the values at a bar that is still forming."""
        assert self.stream is not None
        found = self.stream.peek(bar)
        return found if isinstance(found, tuple) else (found,)


class TimeframeIndicators:
    """The live indicators of one timeframe.

    Args:
        builder: The bars.
        grid: Converts ticks to prices.
        closed: Returns the frame of the bars that have ended.

    Attributes:
        generation: Differs after an indicator was added, removed or opened anew.
    """

    def __init__(
        self, builder: BarBuilder, grid: TickGrid, closed: Callable[[], pl.DataFrame]
    ) -> None:
        self.generation = 0
        self._builder = builder
        self._grid = grid
        self._closed = closed
        self._live: dict[tuple[str, ...], _Live] = {}
        self._appended = builder.series.appended
        self._rewrites = builder.series.rewrites

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns, in the order in which they were added."""
        return tuple(name for live in self._live.values() for name in live.columns)

    def add(self, indicator: object, params: Mapping[str, Any]) -> tuple[str, ...]:
        """Add an indicator; one that is there already stays as it is.

        Raises:
            IndicatorError: The indicator is unknown, or a parameter is wrong.
            ValueError: Its columns have names that are taken.
        """
        self._catch_up()
        live = _Live(indicator, params)
        live.open(self._closed())
        if live.columns in self._live:
            return live.columns
        taken = {*self.columns, "timestamp", "open", "high", "low", "close", "volume"}
        if clash := taken & set(live.columns):
            raise ValueError(f"there is a column {min(clash)!r} already")
        self._live[live.columns] = live
        self.generation += 1
        return live.columns

    def remove(self, columns: tuple[str, ...]) -> bool:
        """Remove the indicator with these columns; False when there is none."""
        found = self._live.pop(columns, None) is not None
        self.generation += found
        return found

    def values(self, start_ns: int) -> dict[str, Value]:
        """Return the values at the closed bar that starts at a moment; empty without such a bar."""
        if not self._live:
            return {}
        self._catch_up()
        series = self._builder.series
        index, found = series.find(start_ns)
        if not found:
            return {}
        back = index - len(series)
        return {name: values[back] for name, values in self._columns()}

    def series(self, first: int) -> list[pl.Series]:
        """Return the columns of the closed bars from row ``first`` on."""
        import polars as pl

        self._catch_up()
        count = len(self._builder.series) - first
        dtypes = [dtype for live in self._live.values() for dtype in live.dtypes]
        return [
            pl.Series(name, values[len(values) - count :], dtype=dtype)
            for (name, values), dtype in zip(self._columns(), dtypes, strict=True)
        ]

    def row(self, bar: Bar) -> list[pl.Series]:
        """Return the columns of the forming bar, one value each."""
        import polars as pl

        self._catch_up()
        facts = self._facts(bar)
        return [
            pl.Series(name, [value], dtype=dtype)
            for live in self._live.values()
            for name, value, dtype in zip(live.columns, live.peek(facts), live.dtypes, strict=True)
        ]

    def _columns(self) -> Iterator[tuple[str, list[Value]]]:
        for live in self._live.values():
            yield from zip(live.columns, live.values, strict=True)

    def _catch_up(self) -> None:
        """Count the bars that have ended since the last use."""
        series = self._builder.series
        behind = series.appended - self._appended
        if self._rewrites != series.rewrites or behind > len(series):
            self._rewrites, self._appended = series.rewrites, series.appended
            if self._live:
                frame = self._closed()
                for live in self._live.values():
                    live.open(frame)
                self.generation += 1
            return
        if not behind:
            return
        self._appended = series.appended
        if self._live:
            for index in range(len(series) - behind, len(series)):
                facts = self._facts(series.bar(index))
                for live in self._live.values():
                    live.update(facts, series.capacity)

    def _facts(self, bar: Bar) -> dict[str, object]:
        num, den = self._grid.ratio
        return {
            "timestamp": bar.start_ns,
            "open": bar.open * num / den,
            "high": bar.high * num / den,
            "low": bar.low * num / den,
            "close": bar.close * num / den,
            "volume": bar.volume,
        }


class BarIndicators:
    """The live indicators of an instrument: ``context.data.indicators``.

    Args:
        default: The timeframe that is meant when none is named.
        timeframe: Returns the indicators of a timeframe, or raises ValueError.
    """

    def __init__(self, default: str, timeframe: Callable[[str], TimeframeIndicators]) -> None:
        self._default = default
        self._of = timeframe

    def add(
        self, indicator: object, *, timeframe: str | None = None, **params: Any
    ) -> tuple[str, ...]:
        """Let events and frames of a timeframe carry an indicator from now on.

        Args:
            indicator: ``RSI``, ``"RSI"`` or a class form.
            timeframe: One of the manager's; its only or first one when left out.
            **params: The indicator's own parameters.

        Returns:
            The names of its columns.

        Raises:
            IndicatorError: The indicator is unknown, or a parameter is wrong.
            ValueError: The timeframe is unknown, or a column's name is taken.
        """
        return self._of(timeframe or self._default).add(indicator, params)

    def remove(self, columns: tuple[str, ...], *, timeframe: str | None = None) -> bool:
        """Remove the indicator that :meth:`add` returned ``columns`` of; False if there is none."""
        return self._of(timeframe or self._default).remove(tuple(columns))

    def columns(self, timeframe: str | None = None) -> tuple[str, ...]:
        """Return the names of the columns of a timeframe's indicators."""
        return self._of(timeframe or self._default).columns
