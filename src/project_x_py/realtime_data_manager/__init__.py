"""Bars of every timeframe from one stream of trades."""

from __future__ import annotations

from project_x_py.realtime_data_manager._audit import audits_per_minute
from project_x_py.realtime_data_manager.dst_handling import DSTHandlingMixin
from project_x_py.realtime_data_manager.manager import RealtimeDataManager

__all__ = ["DSTHandlingMixin", "RealtimeDataManager", "audits_per_minute"]
