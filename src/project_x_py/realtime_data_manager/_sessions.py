"""Bars of regular, electronic or custom hours, read from the bars that are held.

Invariant (``tests/realtime_data_manager/test_reads.py``): a session read is the frame of
``get_data`` with the rows outside the session left out; the bars themselves know no session.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import polars as pl

    from project_x_py.realtime_data_manager._reads import BarReads
    from project_x_py.sessions import SessionConfig, SessionType

__all__ = ["SessionReads"]


class SessionReads:
    """Session reads of one instrument.

    Args:
        reads: The bars.
        config: The user's hours and session; the exchange's electronic session when left out.
    """

    def __init__(self, reads: BarReads, config: SessionConfig | None) -> None:
        self.product = ""
        self._reads = reads
        self._config = config

    @property
    def config(self) -> SessionConfig | None:
        """What was given."""
        return self._config

    def set_config(self, config: SessionConfig | None) -> None:
        """Use other hours from now on; None means the exchange's."""
        self._config = config

    def set_type(self, session_type: SessionType | str) -> None:
        """Use another session where none is named.

        Raises:
            ValueError: There is no such session.
        """
        from dataclasses import replace

        from project_x_py.sessions import SessionConfig, SessionType

        kind = SessionType(session_type)
        given = self._config if self._config is not None else SessionConfig()
        self._config = replace(given, session_type=kind)

    def frame(self, timeframe: str, session_type: SessionType | str | None) -> pl.DataFrame | None:
        """Return the bars that start in a session, None while there is none.

        Raises:
            ValueError: Timeframe, session or product is unknown, or the session has no hours.
        """
        from project_x_py.sessions import filter_session

        frame = self._reads.frame(timeframe)
        if frame is None:
            return None
        inside = filter_session(frame, session_type, self.product, config=self._config)
        return None if inside.is_empty() else inside

    def statistics(self, timeframe: str) -> dict[str, Any]:
        """Return figures of the regular and of the electronic session over the bars held.

        Keys, each once with ``rth_`` and once with ``eth_``: bars, volume, high, low, vwap (by the
        typical price of each bar), range. None where a session has no bars.
        """
        found: dict[str, Any] = {}
        for kind in ("rth", "eth"):
            frame = self.frame(timeframe, kind.upper())
            found.update((f"{kind}_{name}", value) for name, value in _figures(frame).items())
        return found


def _figures(frame: pl.DataFrame | None) -> dict[str, Any]:
    if frame is None:
        names = ("high", "low", "range", "vwap")
        return {"bars": 0, "volume": 0, **dict.fromkeys(names)}
    high, low = float(frame["high"].to_numpy().max()), float(frame["low"].to_numpy().min())
    volume = int(frame["volume"].sum())
    typical = (frame["high"] + frame["low"] + frame["close"]) / 3
    traded = float((typical * frame["volume"]).sum())
    return {
        "bars": frame.height,
        "volume": volume,
        "high": high,
        "low": low,
        "range": high - low,
        "vwap": traded / volume if volume else None,
    }
