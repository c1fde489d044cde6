"""Which trades may move bars, by stated rules, and how many may not.

A trade is refused when

- it belongs to another contract, be it another month of the same product;
- its time is more than a minute ahead of the clock, or more than a day behind it;
- its price or its size is beyond any that an exchange can print;
- its price is far from the last one, and the trades after it do not confirm it.

Far is more than a tenth of the price and more than 200 ticks. A far trade waits: two more within
reach of it confirm it, and all three count, as after a limit move; a trade near the last price
refutes it. Zero and negative prices are prices: crude oil has traded below zero.

Invariant (``tests/realtime_data_manager/test_admission.py``): every trade is admitted, refused and
counted, or waits; those admitted keep their order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.time import DAY_NS, MINUTE_NS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.records import Trade

__all__ = ["LARGEST_PRICE", "REASONS", "TradeGate"]

AHEAD_NS = MINUTE_NS
BEHIND_NS = DAY_NS
LARGEST_PRICE = 10**12
"""In ticks."""
LARGEST_SIZE = 10**7
NEAR_TICKS = 200
NEAR_SHARE = 10
CONFIRMED_BY = 3
"""Trades within reach of each other that make a far price believable."""

REASONS = ("wrong contract", "future", "past", "absurd", "outlier")


class TradeGate:
    """Admits or refuses the trades of one contract.

    Args:
        contract_id: Whose trades are admitted.

    Attributes:
        refused: Trades refused so far, by reason.
        total: Trades refused so far.
        apart_ns: How far the newest trade that was refused for its time is from the clock; below
            zero behind it, 0 while there is none.
    """

    __slots__ = ("_contract_id", "_last", "_waiting", "apart_ns", "refused", "total")

    def __init__(self, contract_id: str) -> None:
        self._contract_id = contract_id
        self._last: int | None = None
        self._waiting: list[Trade] = []
        self.refused = dict.fromkeys(REASONS, 0)
        self.total = 0
        self.apart_ns = 0

    @property
    def waiting(self) -> int:
        """How many far trades wait."""
        return len(self._waiting)

    def expect(self, price: int | None) -> None:
        """Let prices be judged by this one, in ticks, until the next trade."""
        if price is not None:
            self._last = price

    def admit(self, trades: Sequence[Trade], now_ns: int) -> Sequence[Trade]:
        """Return the trades that may move bars, in order.

        Args:
            trades: As received.
            now_ns: Exchange time.
        """
        if not self._waiting and self._all_plain(trades, now_ns):
            self._last = trades[-1].price
            return trades
        admitted: list[Trade] = []
        for trade in trades:
            reason = self._reason(trade, now_ns)
            if reason is not None:
                self._refuse(reason, 1)
            else:
                self._weigh(trade, admitted)
        return admitted

    def _all_plain(self, trades: Sequence[Trade], now_ns: int) -> bool:
        """Whether nothing about the trades asks for a second look, which is the usual case."""
        last = self._last
        if last is None:
            return False
        reach = max(abs(last) // NEAR_SHARE, NEAR_TICKS)
        low, high = last - reach, last + reach
        oldest_ns, newest_ns = now_ns - BEHIND_NS, now_ns + AHEAD_NS
        contract_id = self._contract_id
        for trade in trades:
            if not (
                low <= trade.price <= high
                and oldest_ns <= trade.exch_ns <= newest_ns
                and trade.size <= LARGEST_SIZE
                and trade.contract_id == contract_id
            ):
                return False
        return bool(trades)

    def _reason(self, trade: Trade, now_ns: int) -> str | None:
        if trade.contract_id != self._contract_id:
            return "wrong contract"
        apart_ns = trade.exch_ns - now_ns
        if not -BEHIND_NS <= apart_ns <= AHEAD_NS:
            self.apart_ns = apart_ns
            return "future" if apart_ns > 0 else "past"
        if abs(trade.price) > LARGEST_PRICE or not 0 <= trade.size <= LARGEST_SIZE:
            return "absurd"
        return None

    def _weigh(self, trade: Trade, admitted: list[Trade]) -> None:
        if self._last is None or _near(trade.price, self._last):
            self._refute()
            admitted.append(trade)
            self._last = trade.price
            return
        if self._waiting and not _near(trade.price, self._waiting[-1].price):
            self._refute()
        self._waiting.append(trade)
        if len(self._waiting) == CONFIRMED_BY:
            admitted += self._waiting
            self._waiting = []
            self._last = trade.price

    def _refute(self) -> None:
        self._refuse("outlier", len(self._waiting))
        self._waiting = []

    def _refuse(self, reason: str, count: int) -> None:
        self.refused[reason] += count
        self.total += count


def _near(price: int, other: int) -> bool:
    return abs(price - other) <= max(abs(other) // NEAR_SHARE, NEAR_TICKS)
