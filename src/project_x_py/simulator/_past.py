"""Makes up the past of a contract, backwards from the price that its market starts at.

Each trading day is made on its own from the seed, so days come out the same however many are
asked for and in whatever order; only their level is chained, from the newest day back. Minutes are
made first; the seconds of a minute are made so that they add up to it.

Invariants (``tests/simulator/test_history.py``): the last close is the given price; no bar lies
outside the sessions of the calendar; the seconds of a minute aggregate to exactly that minute; a
minute without trades has no bar.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from project_x_py._core.calendar import day_start_of
from project_x_py._core.time import MINUTE_NS, NS
from project_x_py.simulator._noise import key_of, normal, normals, uniforms, words
from project_x_py.simulator._profiles import MINUTES, day_shape
from project_x_py.simulator._rows import EMPTY

if TYPE_CHECKING:
    import numpy.typing as npt

    from project_x_py._core.calendar import SessionCalendar
    from project_x_py.simulator._noise import Floats
    from project_x_py.simulator._profiles import Profile
    from project_x_py.simulator._rows import Table

    Ints = npt.NDArray[np.int64]

__all__ = ["PastMaker"]

_GAP = 0.2
"""The jump between two trading days, in standard deviations of a day."""
_SLOTS = np.arange(60, dtype=np.int64)


class PastMaker:
    """Makes the bars of one contract's past.

    Args:
        profile: Volatility, pace and shape of the day.
        calendar: When the market is open.
        seed: Same seed, same past.
    """

    __slots__ = ("_calendar", "_keys", "_profile", "_shape", "_volatility")

    _KINDS = ("return", "mood", "trades", "round", "wick", "size", "gap", "path", "slot")

    def __init__(self, profile: Profile, calendar: SessionCalendar, seed: int) -> None:
        self._profile = profile
        self._calendar = calendar
        self._shape: Floats = np.array(day_shape(profile.group))
        self._volatility: Floats = np.array(profile.minute_volatility)
        self._keys = {kind: key_of(seed, "past", profile.ticker, kind) for kind in self._KINDS}

    def gap(self, day: int, level: int) -> int:
        """Return the ticks between the close before a trading day and its first price."""
        return round(normal(self._keys["gap"], day) * _GAP * self._profile.daily_volatility * level)

    def day(self, day: int, close: int, end_ns: int) -> Table:
        """Return the minutes of the trading day that ends on a date.

        Args:
            day: Ordinal of the date.
            close: Price of the last minute in ticks; the volatility is in proportion to it.
            end_ns: Minutes from here on are left out.
        """
        minutes = self._open_minutes(day, end_ns)
        of_day = np.minimum(minutes - day_start_of(day) // MINUTE_NS, MINUTES - 1)
        weight, wild = self._shape[of_day], self._wildness(minutes)
        trades = self._trades(minutes, weight, wild)
        alive = trades > 0
        if not alive.any():
            return EMPTY
        minutes, trades = minutes[alive], trades[alive]
        sigma = self._volatility[of_day[alive]] * wild[alive] * max(abs(close), 1)
        moves = np.rint(normals(self._keys["return"], minutes) * sigma).astype(np.int64)
        moves[trades < 2] = 0
        opens, closes = self._path(minutes, moves, close)
        upper, lower = self._wicks(minutes, sigma, trades)
        high, low = np.maximum(opens, closes) + upper, np.minimum(opens, closes) - lower
        volume, bought = self._volumes(minutes, trades, moves / (sigma + 1.0))
        stamps = minutes * MINUTE_NS
        return np.vstack(
            [stamps, opens, high, low, closes, volume, trades, bought, volume - bought]
        )

    def seconds(self, minutes: Table) -> Table:
        """Return the seconds of some minutes; those of a minute add up to it."""
        stamps, opened, high, low, close, volume, trades, bought, _ = (
            row[:, None] for row in minutes
        )
        counters = stamps // MINUTE_NS * 60 + _SLOTS
        count = np.minimum(trades, 60)
        ranks = np.argsort(np.argsort(words(self._keys["slot"], counters), axis=1, kind="stable"))
        alive = ranks < count
        at = np.cumsum(alive, axis=1) - 1
        price = self._walk(counters, at, count, (opened, high, low, close))
        prints = alive + _share(trades - count, alive)
        drift = (words(self._keys["return"], counters) % np.uint64(5)).astype(np.int64) - 2
        other = np.where(prints > 1, np.clip(price + drift, low, high), price)
        final = at == count - 1
        start, end = np.where(final, other, price), np.where(final, price, other)
        weights = (words(self._keys["size"], counters) % np.uint64(97)).astype(np.int64) + 3
        sizes = _share(volume - trades, weights * alive) + prints
        buys = _share(bought, sizes)
        top, bottom = np.maximum(start, end), np.minimum(start, end)
        table = (stamps + _SLOTS * NS, start, top, bottom, end, sizes, prints, buys, sizes - buys)
        return np.vstack([column[alive] for column in table])

    def _open_minutes(self, day: int, end_ns: int) -> Ints:
        spans = [
            np.arange(opens // MINUTE_NS, min(closes, end_ns) // MINUTE_NS, dtype=np.int64)
            for opens, closes in self._calendar.sessions(date.fromordinal(day))
        ]
        return np.concatenate([np.empty(0, np.int64), *spans])

    def _wildness(self, minutes: Ints) -> Floats:
        total = np.zeros(minutes.size)
        for scale in (9, 60, 7200):
            key = key_of(self._keys["mood"], scale)
            cell, offset = minutes // scale, minutes % scale
            first = uniforms(key, cell)
            total += first + (uniforms(key, cell + 1) - first) * offset / scale
        mean = total / 3
        return 0.35 + 2.2 * mean * mean

    def _trades(self, minutes: Ints, weight: Floats, wild: Floats) -> Ints:
        usual = self._profile.trades_a_minute * weight * (0.3 + 0.7 * wild)
        spread = 0.4 + 1.2 * uniforms(self._keys["trades"], minutes)
        return np.floor(usual * spread + uniforms(self._keys["round"], minutes)).astype(np.int64)

    def _path(self, minutes: Ints, moves: Ints, close: int) -> tuple[Ints, Ints]:
        """Return opens and closes; a minute opens within a tick of the close before."""
        draw = words(self._keys["path"], minutes) % np.uint64(16)
        steps = (draw == 0).astype(np.int64) - (draw == 1)
        steps[0] = 0
        closes = np.cumsum(moves + steps)
        closes += close - closes[-1]
        return closes - moves, closes

    def _wicks(self, minutes: Ints, sigma: Floats, trades: Ints) -> tuple[Ints, Ints]:
        """Return how far high and low are from the body; few trades leave no room for either."""
        reach = np.abs(normals(self._keys["wick"], minutes)) * 0.5
        split = uniforms(self._keys["round"], -minutes)
        upper = np.floor(sigma * reach * split * 2 + 0.7).astype(np.int64)
        lower = np.floor(sigma * reach * (1 - split) * 2 + 0.7).astype(np.int64)
        return np.where(trades < 3, 0, upper), np.where(trades < 4, 0, lower)

    def _volumes(self, minutes: Ints, trades: Ints, move: Floats) -> tuple[Ints, Ints]:
        extra = (self._profile.trade_size - 1) * (0.5 + uniforms(self._keys["size"], minutes))
        volume = trades + np.floor(trades * extra).astype(np.int64)
        lean = 0.5 + np.clip(move * 0.15, -0.35, 0.35)
        return volume, np.floor(volume * lean).astype(np.int64)

    def _walk(self, counters: Ints, at: Ints, count: Ints, ohlc: tuple[Ints, ...]) -> Ints:
        """Return a price for each second, from open to close, that shows high and low.

        ``at`` is the place of a second among the ``count`` of its minute that have trades.
        """
        opened, high, low, close = ohlc
        jitter = (words(self._keys["path"], counters) % np.uint64(5)).astype(np.int64) - 2
        price = opened + (close - opened) * at // np.maximum(count - 1, 1) + jitter
        price = np.clip(price, low, high)
        pick = (words(self._keys["wick"], counters[:, :1]) >> np.uint64(8)).astype(np.int64)
        up = 1 + pick % np.maximum(count - 2, 1)
        down = 1 + pick // 64 % np.maximum(count - 3, 1)
        price = np.where((at == up) & (count >= 3), high, price)
        price = np.where((at == down + (down >= up)) & (count >= 4), low, price)
        price = np.where(at == count - 1, close, price)
        return np.where(at == 0, opened, price)


def _share(total: Ints, weights: Ints) -> Ints:
    """Split each row's total in proportion to its weights; the parts add up to it."""
    edges = np.cumsum(weights, axis=1)
    return np.diff(total * edges // edges[:, -1:], axis=1, prepend=0)
