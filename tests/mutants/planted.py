"""Bugs that others have had, planted one at a time; each names the tests that must find it.

A patch replaces one piece of text that occurs once in a module. ``make mutants`` applies each to a
copy of the package and runs its tests, which have to fail.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["PLANTED", "Planted"]

CHAOS = "tests/chaos/test_orders.py"
DESK = "order_manager/_desk.py"
GUARD = "order_manager/_guard.py"
EXITS = "order_manager/_exits.py"
RECONCILER = "order_manager/_reconciler.py"
REQUESTS = "order_manager/_requests.py"
OCO = "order_manager/_oco.py"
STATE = "_core/orders/state.py"
LEDGER = "_core/orders/ledger.py"
INTENTS = "_core/orders/intents.py"
POSITIONS = "_core/positions.py"
OWN = "tests/order_manager"


class Planted(NamedTuple):
    """One bug.

    Attributes:
        name: What it is.
        module: Where, below the package.
        before: The text that is there.
        after: The text that is planted.
        tests: What must fail.
    """

    name: str
    module: str
    before: str
    after: str
    tests: str


PLANTED = (
    Planted(
        "blind retry",
        DESK,
        "            outcome = await self._gateway.place(submission.intent.request, lane=lane)\n",
        "            outcome = await self._gateway.place(submission.intent.request, lane=lane)\n"
        "            if isinstance(outcome, Uncertain):\n"
        "                again = submission.intent.request\n"
        "                outcome = await self._gateway.place(again, lane=lane)\n",
        f"{OWN}/test_desk.py",
    ),
    Planted(
        "only open orders are read",
        RECONCILER,
        "found.update((row.id, row) for row in listing.rows)",
        "found.update((row.id, row) for row in listing.rows if row.status == 1)",
        f"{OWN}/test_reconciler.py",
    ),
    Planted(
        "a timer rejects",
        INTENTS,
        "        if read.began_ns < self._last_possible_ns + self._settle_ns:\n",
        "        if read.began_ns < 0:\n",
        "tests/core/orders/test_intents.py",
    ),
    Planted(
        "one read proves absence",
        INTENTS,
        "            self._first_miss_ns = read.began_ns\n            return False\n",
        "            self._first_miss_ns = read.began_ns - self._settle_ns\n",
        "tests/core/orders/test_intents.py",
    ),
    Planted(
        "absent stays absent although it was found",
        INTENTS,
        "        self.order_id = order_id\n        self.state = IntentState.CONFIRMED\n",
        "        self.order_id = order_id\n"
        "        if self.state is not IntentState.ABSENT:\n"
        "            self.state = IntentState.CONFIRMED\n",
        "tests/core/orders/test_intents.py",
    ),
    Planted(
        "unsigned ticks",
        REQUESTS,
        "    return (-abs(ticks) if against else abs(ticks), int(kind))",
        "    return (abs(ticks), int(kind))",
        f"{OWN}/test_requests.py",
    ),
    Planted(
        "unsigned ticks of a bracket",
        "order_manager/_brackets.py",
        "(self.stop - self.reference, STOP_LEG)",
        "(abs(self.stop - self.reference), STOP_LEG)",
        f"{OWN}/test_brackets.py",
    ),
    Planted(
        "a stop rounds towards more risk",
        REQUESTS,
        "Rounding.UP if side == OrderSide.SELL else Rounding.DOWN",
        "Rounding.DOWN if side == OrderSide.SELL else Rounding.UP",
        f"{OWN}/test_requests.py",
    ),
    Planted(
        "float drift",
        REQUESTS,
        "        return grid.ticks(price, rounding=Rounding.NEAREST)",
        "        return int(float(price) / float(grid.tick_size))",
        f"{OWN}/test_requests.py",
    ),
    Planted(
        "a trailing stop on the wrong side",
        REQUESTS,
        "return last - ticks if side is OrderSide.SELL else last + ticks",
        "return last + ticks if side is OrderSide.SELL else last - ticks",
        f"{OWN}/test_requests.py",
    ),
    Planted(
        "stops beyond the market pass",
        REQUESTS,
        "    if wrong:\n        where",
        "    if False:\n        where",
        f"{OWN}/test_requests.py",
    ),
    Planted(
        "a stop outlives its position",
        "order_manager/_excess.py",
        'self._parts.config.get("auto_cancel_on_close", True)',
        'self._parts.config.get("auto_cancel_on_close", False)',
        f"{OWN}/test_excess.py",
    ),
    Planted(
        "a stop is cut on the word of a late statement",
        "order_manager/_excess.py",
        "net = await self._parts.answers.net(exits[0])",
        "net = self._parts.holdings.net(exits[0])",
        f"{OWN}/test_excess.py",
    ),
    Planted(
        "two stops for one contract",
        "order_manager/_excess.py",
        "    if covered and left < (size or 1):",
        "    if False:",
        f"{OWN}/test_excess.py",
    ),
    Planted(
        "a bracket whose stop the market has passed",
        "order_manager/_brackets.py",
        "    if plan.stop >= last if buys else plan.stop <= last:",
        "    if False:",
        f"{OWN}/test_brackets.py",
    ),
    Planted(
        "entries while everything is closed",
        "order_manager/_permission.py",
        "        if None in self._closing or intent.request.contract_id in self._closing:",
        "        if False:",
        "tests/position_manager/test_closing.py",
    ),
    Planted(
        "a needless price is ignored",
        REQUESTS,
        "    if needless := sorted(given - needed):",
        "    if needless := []:",
        f"{OWN}/test_requests.py",
    ),
    Planted(
        "non-linked OCO",
        OCO,
        "self._other[one], self._other[other] = other, one",
        "self._other[other] = one",
        f"{OWN}/test_oco.py",
    ),
    Planted(
        "OCO ignores partial fills",
        OCO,
        "            self._give_up(other, change.filled)",
        "            pass",
        f"{OWN}/test_oco.py",
    ),
    Planted(
        "OCO gives up from a stale size",
        OCO,
        "self._wanted.get(order_id, state.size) - size",
        "state.size - size",
        f"{OWN}/test_oco.py",
    ),
    Planted(
        "OCO cancels on a cancellation",
        OCO,
        "        if change.kind is Change.FILLED:\n            self.part",
        "        if change.kind in _ENDS:\n            self.part",
        f"{OWN}/test_oco.py",
    ),
    Planted(
        "fills counted twice",
        STATE,
        "self._fills.setdefault(fill.id, (fill.price, fill.size))",
        "self._fills[len(self._fills)] = (fill.price, fill.size)",
        "tests/core/orders/test_state.py",
    ),
    Planted(
        "a terminal order is resurrected",
        STATE,
        "_BY_RANK.get(self._ended or self._going[1], 0)",
        "_BY_RANK.get(self._going[1] or self._ended, 0)",
        "tests/core/orders/test_state.py",
    ),
    Planted(
        "the filled quantity shrinks",
        STATE,
        "self._reported = max(self._reported, fact.filled)",
        "self._reported = fact.filled",
        "tests/core/orders/test_state.py",
    ),
    Planted(
        "unknown orders are no exposure",
        LEDGER,
        "in self.outstanding(contract_id):\n            if submission.order_id",
        "in ():\n            if submission.order_id",
        "tests/core/orders/test_ledger.py",
    ),
    Planted(
        "a tag is used again",
        LEDGER,
        "        if intent.tag in self._submissions:\n",
        "        if False:\n",
        "tests/core/orders/test_ledger.py",
    ),
    Planted(
        "an entry leaves without its journal",
        DESK,
        "                if lane in ENTRY_LANES:\n                    return str(exc)",
        "                if False:\n                    return str(exc)",
        f"{OWN}/test_desk.py",
    ),
    Planted(
        "a cancelled call cancels its request",
        DESK,
        'name=f"place-{self._numbers}")\n        return await _known(carrying)',
        'name=f"place-{self._numbers}")\n        return await carrying',
        f"{OWN}/test_desk.py",
    ),
    Planted(
        "lost orders are not taken up",
        DESK,
        "            if state in _LOST:\n",
        "            if state is None:\n",
        f"{OWN}/test_desk.py {CHAOS}",
    ),
    Planted(
        "a confirmed entry is not guarded again",
        DESK,
        "            elif state is IntentState.CONFIRMED and family and",
        "            elif state is None and family and",
        "tests/trading_suite/test_account.py",
    ),
    Planted(
        "an unknown exit ends the guard",
        GUARD,
        "leaving = self._leaving(guarded.tag) or self._in_flight(",
        "leaving = self._in_flight(",
        f"{OWN}/test_guard.py",
    ),
    Planted(
        "tags of legs come again after a restart",
        GUARD,
        "{guarded.legs}{self._run}",
        "{guarded.legs}",
        CHAOS,
    ),
    Planted(
        "a refused stop is left at that",
        GUARD,
        '({outcome.message}); closing")\n'
        "            return await self._exit(guarded, entry, view.missing)\n",
        '({outcome.message}); closing")\n            return False\n',
        f"{OWN}/test_guard.py",
    ),
    Planted(
        "orphans work on",
        GUARD,
        "        if view.orphans and (age_s >= GRACE_S or alone):",
        "        if False:",
        f"{OWN}/test_guard.py",
    ),
    Planted(
        "protection of a part that filled",
        GUARD,
        "guarded, entry, Purpose.STOP, size=view.missing, type=STOP, stop=stop",
        "guarded, entry, Purpose.STOP, size=1, type=STOP, stop=stop",
        f"{OWN}/test_guard.py",
    ),
    Planted(
        "a pause outlasts what calls for a read",
        RECONCILER,
        '        """Look again how long the pause may be, since something has changed."""\n'
        "        self._stirred.set()",
        '        """Look again how long the pause may be, since something has changed."""',
        CHAOS,
    ),
    Planted(
        "an incomplete list counts",
        RECONCILER,
        "            if not isinstance(listing, Listed) or not listing.complete:\n"
        "                return None",
        "            if not isinstance(listing, Listed):\n                return None",
        f"{OWN}/test_reconciler.py",
    ),
    Planted(
        "a failed list is flat",
        "order_manager/_answers.py",
        "        if not isinstance(listed, Listed) or not listed.complete:\n"
        "            raise ProjectXOrderError(\"the gateway's list of positions",
        "        if not isinstance(listed, Listed):\n"
        "            raise ProjectXOrderError(\"the gateway's list of positions",
        f"{OWN}/test_answers.py",
    ),
    Planted(
        "flat by an old statement",
        "order_manager/_holdings.py",
        "if said_ns > since_ns + SETTLE_NS else None",
        "if said_ns else None",
        f"{OWN}/test_holdings.py",
    ),
    Planted(
        "a stop that timed out is proved absent at once",
        INTENTS,
        "        if ended and self.intent.protects is not None:\n",
        "        if self.intent.protects is not None:\n",
        "tests/core/orders/test_intents.py",
    ),
    Planted(
        "one reversed contract is closed for two reasons",
        "_core/orders/family.py",
        "unexplained = max(0, reversed_by - overfilled)",
        "unexplained = reversed_by",
        "tests/core/orders/test_family.py",
    ),
    Planted(
        "protection stays larger than what is held",
        "_core/orders/family.py",
        "held = held if most is None else min(held, most)",
        "held = held if most else 0 if most == 0 else held",
        "tests/core/orders/test_family.py",
    ),
    Planted(
        "a reversal after a close stays",
        GUARD,
        "        reversed_by = self._reversed_by(guarded, order.contract_id, order.side)\n",
        "        reversed_by = 0\n",
        f"{OWN}/test_guard.py",
    ),
    Planted(
        "what is on its way back counts as held",
        EXITS,
        "total, returning = total - filled, returning + to_come",
        "total, returning = total - filled - to_come, returning",
        f"{OWN}/test_exits.py",
    ),
    Planted(
        "what a close has brought back is brought back again",
        GUARD,
        "returning, reversed_by = returning + back, max(0, reversed_by - back)",
        "reversed_by = max(0, reversed_by)",
        CHAOS,
    ),
    Planted(
        "a close of an earlier run explains nothing",
        GUARD,
        "        if reversed_by:\n            maybe",
        "        if False:\n            maybe",
        f"{OWN}/test_guard.py",
    ),
    Planted(
        "a flatten and the guard undo each other",
        GUARD,
        "            if self._is_closing(entry.snapshot().contract_id):\n",
        "            if not guarded.tag:\n",
        f"{OWN}/test_guard.py",
    ),
    Planted(
        "a close that did nothing holds protection back",
        "order_manager/_closings.py",
        "        self._until_ns.pop(contract_id, None)\n",
        "",
        f"{OWN}/test_proofs.py",
    ),
    Planted(
        "a lost close is over before a read tells what it did",
        GUARD,
        "            if grown_ns < asked_ns or stated:\n",
        "            if grown_ns or asked_ns or not stated:\n",
        f"{OWN}/test_proofs.py",
    ),
    Planted(
        "a proof waits for a read of everything",
        RECONCILER,
        "await together((self._follow(), self._prove()))",
        "await self._follow()",
        f"{OWN}/test_proofs.py",
    ),
    Planted(
        "what a full disk has not kept is placed once more",
        DESK,
        '_MARKS = {"s": Purpose.STOP, "t": Purpose.TARGET, "e": Purpose.EXIT}',
        "_MARKS: dict[str, Purpose] = {}",
        f"{OWN}/test_full_disk.py",
    ),
    Planted(
        "a close that came too late is believed for ever",
        "order_manager/_closings.py",
        "more = stated - sure if known == [filled, out] else 0",
        "more = stated - sure",
        f"{OWN}/test_closings.py",
    ),
    Planted(
        "an entry is timed out together with its stops",
        "order_manager/_upkeep.py",
        "submission is None or submission.intent.purpose is not Purpose.ENTRY",
        "submission is None",
        f"{OWN}/test_upkeep.py",
    ),
    Planted(
        "what works is forgotten",
        "order_manager/_operations.py",
        "return not guarded and (state is None or state.is_terminal)",
        "return not guarded",
        f"{OWN}/test_operations.py",
    ),
    Planted(
        "what adds risk is protective",
        "order_manager/_intake.py",
        "if reduces and request.size + working <= abs(net):",
        "if reduces:",
        f"{OWN}/test_intake.py",
    ),
    Planted(
        "tags come twice",
        "order_manager/_intake.py",
        "        self._number += 1\n",
        "        self._number = 1\n",
        f"{OWN}/test_intake.py",
    ),
    Planted(
        "an old price judges",
        "order_manager/_intake.py",
        "known[0] if known is not None and known[1] <= oldest_s else None",
        "known[0] if known is not None else None",
        f"{OWN}/test_intake.py",
    ),
    Planted(
        "an older statement of a position wins",
        POSITIONS,
        "        if said.recv_ns < self._said_ns.get(contract_id, 0):\n",
        "        if said.recv_ns < 0:\n",
        "tests/core/test_positions.py",
    ),
    Planted(
        "a fill counts twice in the money",
        POSITIONS,
        "        self._seen.add(fill.id)\n",
        "        self._seen.discard(fill.id)\n",
        "tests/core/test_positions.py",
    ),
)
