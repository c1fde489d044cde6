"""Everything for one or more instruments, connected: the suite, its contexts, its settings."""

from __future__ import annotations

from project_x_py.trading_suite.config import Features, TradingSuiteConfig
from project_x_py.trading_suite.context import InstrumentContext
from project_x_py.trading_suite.suite import TradingSuite

__all__ = ["Features", "InstrumentContext", "TradingSuite", "TradingSuiteConfig"]
