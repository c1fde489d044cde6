"""Depth messages into the ladder and the history of its levels.

The rules, all of them:

- an entry sets the size at a price; size 0 removes the level, which may come back;
- a reset empties both sides, and what follows in the message is the picture: where that is not
  two-sided, the picture goes on in the next messages;
- while a picture is awaited, a message with five levels of each side is one, reset or not:
  whether the gateway always sends the reset is not documented;
- a best price (DomTypes 3, 4, 9, 10) is believed: better levels of its side and crossed levels of
  the other side are gone;
- a level that leaves at the far end in a message that brings a nearer one has left the feed's
  window, and was not cancelled;
- what rests now is believed against what rested before: a level that an open market cannot have
  beside the one just set is gone, so the order of entries and their chunks do not matter;
- a closed market may be crossed: that is how an auction looks.

Invariants (``tests/orderbook/test_depth.py``): any stream in any chunks gives the book that these
rules give on a plain dictionary; a wrong entry spoils no other; the last row of ``state.quotes``
is the top.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.book import ASK, BID
from project_x_py.orderbook._state import UNKNOWN, LevelKind
from project_x_py.types import DomType

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.book import Level
    from project_x_py._core.records import Depth, DepthLevel
    from project_x_py.orderbook._state import BookState

__all__ = ["Applied", "DepthApplier"]

SIDE_OF = {
    int(DomType.BID): BID,
    int(DomType.BEST_BID): BID,
    int(DomType.NEW_BEST_BID): BID,
    int(DomType.ASK): ASK,
    int(DomType.BEST_ASK): ASK,
    int(DomType.NEW_BEST_ASK): ASK,
}
BELIEVED = 2
"""Added to the side of a DomType that tells a best price."""
CODES = {
    int(DomType.BID): BID,
    int(DomType.ASK): ASK,
    int(DomType.BEST_BID): BID + BELIEVED,
    int(DomType.NEW_BEST_BID): BID + BELIEVED,
    int(DomType.BEST_ASK): ASK + BELIEVED,
    int(DomType.NEW_BEST_ASK): ASK + BELIEVED,
}
SIDES = (BID, ASK)
PICTURE_LEVELS = 5

SET, REMOVED, DROPPED = int(LevelKind.SET), int(LevelKind.REMOVED), int(LevelKind.DROPPED)
SNAPSHOT = int(LevelKind.SNAPSHOT)


class Applied:
    """What one depth message did; good until the next one is applied.

    Attributes:
        reset: It emptied the book first.
        pictured: The book is whole since this message.
        best: A best price or the size there is another one.
        dropped: Levels that plain levels crossed and that the message does not name otherwise, as
            side and price: a message that removed them may have been lost.
        prints: Depth prints of the message, in its order.
        is_plain: None of these: sizes behind the best prices are other ones.
    """

    __slots__ = ("best", "dropped", "is_plain", "pictured", "prints", "reset")

    def __init__(self) -> None:
        self.reset = False
        self.pictured = False
        self.best = False
        self.dropped: list[tuple[int, int]] = []
        self.prints: list[DepthLevel] = []
        self.is_plain = True

    def begin(self) -> None:
        """Forget the message before."""
        self.reset = self.pictured = self.best = False
        self.dropped = []
        self.prints = []
        self.is_plain = True


class DepthApplier:
    """Writes the ladder, the level history and the best prices of a state.

    Args:
        state: The book; nothing else writes these parts of it.
        is_open: Tells whether the market trades at an exchange time.
    """

    __slots__ = (
        "_added",
        "_done",
        "_far",
        "_grew",
        "_is_open",
        "_picture",
        "_put",
        "_seen",
        "_state",
        "_top",
        "_touched",
    )

    def __init__(self, state: BookState, is_open: Callable[[int], bool]) -> None:
        self._state = state
        self._is_open = is_open
        self._put = state.changes.append if state.settings.detection else None
        self._top = state.ladder.best()
        self._done = Applied()
        self._seen = False
        self._picture: dict[tuple[int, int], int] | None = None
        # Per message: whether a side has got a level, or its best level may be another one; and
        # the rows of the history that tell of removals at the far end.
        self._added = [False, False]
        self._grew = self._touched = False
        self._far: list[tuple[int, int]] = []

    def apply(self, depth: Depth) -> Applied:
        """Apply one message whole."""
        done, state, put = self._done, self._state, self._put
        if not done.is_plain:
            done.begin()
        if not self._seen and self._picture is None and _is_picture(depth):
            self._reset(depth.levels[0].exch_ns)
            done.reset = True
        counters, ladder = state.counters, state.ladder
        entries, codes, set_level = counters.entries, CODES, ladder.set_level
        exch_ns = depth.recv_ns
        for level in depth.levels:
            kind, price, size, exch_ns = level.kind, level.price, level.size, level.exch_ns
            if kind in entries:
                entries[kind] += 1
            else:
                entries[kind] = 1
            code = codes.get(kind)
            if code is None:
                self._take_other(level, done)
                continue
            side = code & 1
            if size <= 0:
                self._remove(side, price, size, exch_ns)
                continue
            old = set_level(side, price, size, exch_ns)
            if not old:
                self._added[side] = self._grew = True
            if (ladder.best_ask if side else ladder.best_bid) == price:
                self._touched = True
                if not old or code >= BELIEVED:
                    self._cross(side, price, exch_ns, done, believed=code >= BELIEVED)
            elif code >= BELIEVED:
                self._trim(side, price, exch_ns, done)
            if self._picture is not None:
                if put:
                    old = self._picture.get((side, price), 0)
                    put(SNAPSHOT, side, price, old, size, exch_ns)
            elif old == size:
                counters.duplicates += 1
            elif put:
                put(SET, side, price, old, size, exch_ns)
        counters.messages += 1
        state.last_update_ns = exch_ns
        if self._grew:
            self._keep_window()
        if self._far:
            self._far.clear()
        if self._touched:
            self._finish(depth, done)
        elif done.prints:
            done.is_plain = False
        return done

    def expect_picture(self) -> None:
        """Take the next message that looks like a picture for one."""
        self._seen = False

    def _remove(self, side: int, price: int, size: int, exch_ns: int) -> None:
        ladder = self._state.ladder
        if size < 0:
            self._state.counters.invalid += 1
            return
        if (ladder.best_ask if side else ladder.best_bid) == price:
            self._touched = True
        is_far = ladder.worst(side) == price
        old = ladder.set_level(side, price, 0, exch_ns)
        if not old:
            self._state.counters.duplicates += 1
        elif self._put:
            if is_far:
                self._far.append((side, self._state.changes.appended))
            self._put(REMOVED, side, price, old, 0, exch_ns)

    def _take_other(self, level: DepthLevel, done: Applied) -> None:
        """Apply what is no level: a reset, a print, an extreme of the session."""
        state, kind = self._state, level.kind
        if kind == DomType.RESET:
            self._reset(level.exch_ns)
            done.reset = True
            done.dropped.clear()
        elif kind == DomType.TRADE:
            if level.size < 0:
                state.counters.invalid += 1
            else:
                done.prints.append(level)
        elif kind == DomType.SESSION_LOW:
            state.session_low = level.price
        elif kind == DomType.SESSION_HIGH:
            state.session_high = level.price
        elif kind != DomType.FILL:
            state.counters.ignored += 1

    def _reset(self, exch_ns: int) -> None:
        state = self._state
        before = {(side, level[0]): level[1] for side in SIDES for level in state.ladder.top(side)}
        if self._picture is None:
            self._picture = before
        state.ladder.clear()
        self._touched = True
        state.counters.resets += 1
        if self._put:
            self._put(LevelKind.RESET, BID, UNKNOWN, len(before), 0, exch_ns)

    def _cross(self, side: int, price: int, exch_ns: int, done: Applied, *, believed: bool) -> None:
        """Drop the levels of the other side that cannot stand beside the one just set."""
        ladder = self._state.ladder
        other = ladder.best_bid if side else ladder.best_ask
        if other is None or (other < price if side else other > price):
            return
        if not believed and not self._is_open(exch_ns):
            return
        dropped = ladder.uncross(side, price)
        self._drop(1 - side, dropped, exch_ns)
        if not believed:
            done.dropped += [(1 - side, level[0]) for level in dropped]

    def _trim(self, side: int, price: int, exch_ns: int, done: Applied) -> None:
        """Drop the levels of a side that are better than its true best one."""
        self._touched = True
        self._drop(side, self._state.ladder.trim(side, price), exch_ns)
        self._cross(side, price, exch_ns, done, believed=True)

    def _drop(self, side: int, dropped: list[Level], exch_ns: int) -> None:
        self._state.counters.uncrossed += len(dropped)
        if self._put:
            for price, size, _ in dropped:
                self._put(DROPPED, side, price, size, 0, exch_ns)

    def _finish(self, depth: Depth, done: Applied) -> None:
        """Settle what only the whole message shows of the top."""
        state = self._state
        self._touched = done.is_plain = False
        if done.dropped:
            named = {(SIDE_OF.get(level.kind), level.price) for level in depth.levels}
            done.dropped = [level for level in done.dropped if level not in named]
        top = state.ladder.best()
        is_two_sided = top[0] is not None and top[1] is not None
        if is_two_sided and self._picture is not None:
            self._picture, self._seen, done.pictured = None, True, True
        if top != self._top:
            self._top = top
            done.best = True
            if state.settings.analytics:
                state.quotes.append(*top, state.last_update_ns)

    def _keep_window(self) -> None:
        state = self._state
        self._grew = False
        for side, row in self._far:
            if self._added[side]:
                state.changes.set_kind(row, DROPPED)
        most = state.settings.max_depth_levels
        for side in SIDES:
            self._added[side] = False
            if state.ladder.depth(side) > most:
                beyond = state.ladder.keep(side, most)
                state.counters.beyond += len(beyond)
                if self._put:
                    for price, size, _ in beyond:
                        self._put(DROPPED, side, price, size, 0, state.last_update_ns)


def _is_picture(depth: Depth) -> bool:
    """Whether a message without a reset shows a whole book: several levels of each side."""
    found = [0, 0]
    for level in depth.levels:
        if level.kind == DomType.RESET:
            return False
        side = SIDE_OF.get(level.kind)
        if side is not None and level.size > 0:
            found[side] += 1
    return min(found) >= PICTURE_LEVELS
