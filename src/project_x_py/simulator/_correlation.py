"""What markets have in common: moods shared by a group, and the latent price of an underlying.

Everything here is a function of the seed, a name and the second asked for, so that a market moves
in the same way whatever other markets are simulated beside it.

Invariants (``tests/simulator/test_synthetic.py``): products of one underlying have the same latent
returns; underlyings of one factor are correlated; another instrument changes nothing.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

from project_x_py.simulator._noise import bits, key_of, normal, smooth

if TYPE_CHECKING:
    from project_x_py.simulator._profiles import Profile

__all__ = ["Climate", "LatentPrice"]


class Climate:
    """The mood of a group of markets, second by second: a common return and how wild it is.

    Volatility comes in clusters of minutes to hours, and a few seconds in a thousand start a burst
    that dies down within half a minute.

    Args:
        seed: Seed of the market.
        factor: Name of the group.
    """

    __slots__ = ("_burst", "_cached", "_mood", "_second", "_shock")

    _SCALES = (60, 420, 3600)
    _BURST_S = 30

    def __init__(self, seed: int, factor: str) -> None:
        self._shock = key_of(seed, "shock", factor)
        self._mood = tuple(key_of(seed, "mood", factor, scale) for scale in self._SCALES)
        self._burst = key_of(seed, "burst", factor)
        self._second = -1
        self._cached = (0.0, 1.0)

    def at(self, second: int) -> tuple[float, float]:
        """Return the factor's shock (standard normal) and the volatility multiplier, about 1."""
        if second != self._second:
            self._cached = normal(self._shock, second), self._wildness(second)
            self._second = second
        return self._cached

    def _wildness(self, second: int) -> float:
        total = 0.0
        for key, scale in zip(self._mood, self._SCALES, strict=True):
            total += smooth(key, second, scale)
        mean = total / 3
        wild = 0.35 + 2.2 * mean * mean
        window, since = divmod(second, self._BURST_S)
        draw = bits(self._burst, window)
        if draw & 0xFF < 5:
            fade = 1 - since / self._BURST_S
            wild *= 1 + (1 + (draw >> 8 & 3)) * fade
        return wild


class LatentPrice:
    """The value that a market's orders gather around, second by second.

    Args:
        profile: Volatility, and what the underlying is correlated with.
        climate: The mood of the profile's factor.
        seed: Seed of the market.
        price: Where it starts, in ticks.
    """

    __slots__ = (
        "_climate", "_common", "_day_start", "_gap", "_growth", "_key", "_own", "_price", "_second",
        "_volatility", "wild",
    )  # fmt: skip

    _GAP = 0.2
    """The jump while the market was closed, in standard deviations of a day."""

    def __init__(self, profile: Profile, climate: Climate, seed: int, price: int) -> None:
        self._climate = climate
        self._key = key_of(seed, "own", profile.underlying)
        self._common = profile.correlation
        self._own = sqrt(1 - profile.correlation * profile.correlation)
        self._volatility = tuple(sigma / sqrt(60) for sigma in profile.minute_volatility)
        self._gap = self._GAP * profile.daily_volatility
        self._price = price
        self._growth = 1.0
        self._second = self._day_start = 0
        self.wild = 1.0
        """The volatility multiplier of the second it stands at."""

    @property
    def ticks(self) -> float:
        """The value now; a market whose best bid is its floor is in balance."""
        return self._price * self._growth + 0.5

    def start(self, second: int, day_start: int) -> None:
        """Stand at a second without moving.

        Args:
            second: Exchange time in seconds since 1970 UTC.
            day_start: When its trading day started, in the same unit.
        """
        self._second, self._day_start = second, day_start
        self.wild = self._climate.at(second)[1]

    def reopen(self, second: int, day_start: int) -> None:
        """Stand at the second of an opening, a jump away from the close."""
        self.start(second, day_start)
        self._move(self._gap, second)

    def advance(self, second: int) -> None:
        """Move on to a second, one at a time."""
        while self._second < second:
            self._second += 1
            minute = min((self._second - self._day_start) // 60, len(self._volatility) - 1)
            self._move(self._volatility[minute], self._second)

    def _move(self, sigma: float, second: int) -> None:
        shock, self.wild = self._climate.at(second)
        move = self._common * shock + self._own * normal(self._key, second)
        self._growth *= 1 + sigma * self.wild * move
