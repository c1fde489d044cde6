# Made by ``python -m project_x_py.indicators._reference``; do not edit.
# ruff: noqa
# fmt: off

from project_x_py.indicators.base import BoundIndicator
from project_x_py.indicators.base import MomentumIndicator, OverlapIndicator
from project_x_py.indicators.base import VolatilityIndicator, VolumeIndicator
from project_x_py.indicators import calculate_lorenz as calculate_lorenz
from project_x_py.indicators import LORENZ as LORENZ

__all__: list[str]

class LORENZIndicator(BoundIndicator, VolatilityIndicator): ...
