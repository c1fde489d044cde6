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
        product: Whose sessions they are.
        config: The user's hours and session; the exchange's electronic session when left out.
    """

    def __init__(self, reads: BarReads, product: str, config: SessionConfig | None) -> None:
        self.product = product
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
        """Return the totals of the bars held by kind of session, see ``session_totals``.

        Without any bar volume and bars are 0 and the prices None.

        Raises:
            ValueError: The timeframe or the product is unknown.
        """
        from project_x_py.sessions import session_totals

        return session_totals(self._reads.rows(timeframe), self.product, self._config)
