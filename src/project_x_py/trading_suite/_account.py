"""What a suite has once for its account, whatever the instruments: its orders and positions.

Invariants (``tests/trading_suite/test_account.py``): an order or position event comes once, on the
bus of its instrument and thereby on the suite's; no entry is sent while the account's state is in
doubt, or into a contract that is no longer the active one; orders of a gateway on this machine
leave no file unless one is asked for.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING

from project_x_py._core.grid import TickGrid
from project_x_py._core.prices import PriceBoard
from project_x_py._runtime.endpoints import is_loopback, origin_of
from project_x_py._runtime.virtual_loop import VirtualLoop
from project_x_py.client._lease import STATE_VARIABLE, state_directory
from project_x_py.order_manager.order_manager import OrderManager
from project_x_py.position_manager.position_manager import PositionManager
from project_x_py.risk_manager.risk_manager import RiskManager
from project_x_py.trading_suite._working import WorkingReport, is_settling, report_of
from project_x_py.trading_suite.config import OWN_JOURNAL, Features
from project_x_py.trading_suite.context import InstrumentContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.orders.intents import Intent
    from project_x_py._runtime.journal import Journal
    from project_x_py.client import ProjectX
    from project_x_py.event_bus import EventBus
    from project_x_py.realtime import ProjectXRealtimeClient
    from project_x_py.realtime_data_manager import RealtimeDataManager
    from project_x_py.risk_manager._guardian import Guardian
    from project_x_py.trading_suite.config import TradingSuiteConfig
    from project_x_py.trading_suite.context import ContextParts

__all__ = ["AccountParts", "EntryDoor", "Prices"]

log = logging.getLogger(__name__)

LOOK_S = 0.02
"""How often it is looked whether orders have settled."""

PRICES = 3
"""Last prices are kept after every other owner of market data has heard."""


class Prices:
    """Last prices of a suite's contracts.

    Args:
        data: Bars by contract id.
    """

    def __init__(self, data: Mapping[str, RealtimeDataManager]) -> None:
        self._data = data

    def last_price(self, contract_id: str) -> tuple[int, float] | None:
        """Return the last price in ticks and its age in exchange seconds."""
        found = self._data.get(contract_id)
        return None if found is None else found.last_price(contract_id)


class EntryDoor:
    """Says when no position should be opened.

    Args:
        realtime: Knows whether the account is heard of.
        data: Bars by contract id, which know of contracts that are over.
    """

    def __init__(
        self, realtime: ProjectXRealtimeClient, data: Mapping[str, RealtimeDataManager]
    ) -> None:
        self.orders: OrderManager | None = None
        self.guardian: Guardian | None = None
        self._realtime = realtime
        self._data = data

    def deny(self, intent: Intent) -> str | None:
        """Return why an entry must not be sent, None when it may."""
        doubt = self._realtime.account_doubt()
        if doubt is None and self.orders is not None:
            doubt = self.orders.doubt
        if doubt is not None:
            return f"the account's state is in doubt: {doubt}"
        contract_id = intent.request.contract_id
        found = self._data.get(contract_id)
        refusal = None if found is None else found.entry_refusal(contract_id)
        if refusal is None and self.guardian is not None:
            refusal = self.guardian.deny(intent)
        return refusal


class AccountParts:
    """The orders and positions of a suite's account.

    Args:
        client: Logged in.
        realtime: The pair of hubs.
        config: The suite's settings.
        bus: The suite's bus.
        contexts: The suite's instruments.
    """

    def __init__(
        self,
        client: ProjectX,
        realtime: ProjectXRealtimeClient,
        config: TradingSuiteConfig,
        bus: EventBus,
        contexts: Mapping[str, ContextParts | InstrumentContext],
    ) -> None:
        by_contract = {one.instrument_info.id: one for one in contexts.values()}
        data = {contract_id: one.data for contract_id, one in by_contract.items()}
        self._realtime = realtime
        self._buses = [(one.instrument_info, one.event_bus) for one in contexts.values()]

        def bus_for(contract_id: str) -> EventBus:
            found = by_contract.get(contract_id)
            return bus if found is None else found.event_bus

        door = EntryDoor(realtime, data)
        self.orders = door.orders = OrderManager(
            client,
            bus,
            config.get_order_manager_config(),
            journal=_journal(
                client, config.order_journal, Features.TRADE_JOURNAL in config.features
            ),
            gate=door,
            prices=Prices(data),
            bus_for=bus_for,
        )
        self.board = PriceBoard(client.clock.now_ns)
        self._priced = tuple(by_contract)
        for contract_id, one in by_contract.items():
            contract = one.instrument_info
            grid = TickGrid(contract.tickSize, contract.tickValue)
            realtime.attach(contract_id, grid, self.board, rank=PRICES)
        self.positions = PositionManager(
            client,
            bus,
            data_manager=self.board,
            config=config.get_position_manager_config(),
            bus_for=bus_for,
        )
        self._risk: dict[str, RiskManager] = {}
        if Features.RISK_MANAGER in config.features:
            self._risk = self._guarded(client, config, by_contract)
            door.guardian = next(iter(self._risk.values())).guardian
        for one in contexts.values():
            if one.orderbook is not None:
                self.orders.add_read_listener(one.orderbook.set_own_orders)
        self._views = {
            contract_id: self.positions.of_contract(contract_id, one.event_bus)
            for contract_id, one in by_contract.items()
        }

    def context_of(self, part: ContextParts | InstrumentContext) -> InstrumentContext:
        """Return the context of an instrument, with the managers of this account."""
        contract_id = part.instrument_info.id
        return InstrumentContext(
            symbol=part.symbol,
            instrument_info=part.instrument_info,
            data=part.data,
            orders=self.orders,
            positions=self.positions_of(contract_id),
            event_bus=part.event_bus,
            orderbook=part.orderbook,
            risk_manager=self.risk_of(contract_id),
        )

    def positions_of(self, contract_id: str) -> PositionManager:
        """Return the positions of one instrument."""
        return self._views[contract_id]

    def risk_of(self, contract_id: str) -> RiskManager | None:
        """Return the risk manager of one instrument; None without the feature."""
        return self._risk.get(contract_id)

    def _guarded(
        self,
        client: ProjectX,
        config: TradingSuiteConfig,
        by_contract: Mapping[str, ContextParts | InstrumentContext],
    ) -> dict[str, RiskManager]:
        """Return a risk manager per instrument; one judge for all of them."""
        made: dict[str, RiskManager] = {}
        guardian = None
        for contract_id, one in by_contract.items():
            made[contract_id] = manager = RiskManager(
                client,
                self.orders,
                one.event_bus,
                self.positions,
                config.get_risk_config(),
                one.data,
                prices=self.board,
                instrument=one.instrument_info,
                guardian=guardian,
                timeframe=config.timeframes[0],
            )
            guardian = manager.guardian
        return made

    async def start(self) -> None:
        """Read the account and follow it; the user hub is subscribed to.

        Raises:
            JournalError: The order journal cannot be opened.
        """
        if not await self.orders.initialize(self._realtime):
            log.warning("the account's orders are not known yet: %s", self.orders.last_error)
        if not await self.positions.initialize(self._realtime, self.orders):
            log.warning("the account's positions are not known yet: %s", self.positions.last_error)
        from project_x_py.order_tracker._trail import resume_trails

        await resume_trails(self.orders, self._buses)
        for manager in self._risk.values():
            manager.resume()

    def raise_if_faulted(self) -> None:
        """Raise when a task that looks after the account has died.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        self.orders.raise_if_faulted()
        self.positions.raise_if_faulted()
        for manager in self._risk.values():
            manager.tasks.raise_if_faulted()

    def working_report(self) -> WorkingReport:
        """Return what is held and what works as it is known."""
        keeper = self.positions.keeper
        known = keeper.is_known and not self.orders.doubt
        return report_of(self.orders.working_orders(), keeper.book, known=known)

    async def settle(self, timeout_s: float) -> None:
        """Wait until orders under way have filled, ended or come to rest, as far as is told."""
        for _ in range(round(timeout_s / LOOK_S)):
            working, held = self.orders.working_orders(), self.positions.keeper.book
            if not (self._realtime.is_connected() and is_settling(working, held)):
                return
            await asyncio.sleep(LOOK_S)

    async def close(self) -> None:
        """Stop following the account; working orders and positions stay."""
        for manager in self._risk.values():
            await manager.cleanup()
        await self.positions.cleanup()
        await self.orders.cleanup()
        # Whoever is still fed when the hubs are left is told of an outage.
        for contract_id in self._priced:
            self._realtime.detach(contract_id, self.board)


def _journal(client: ProjectX, wanted: str | Path | None, always: bool = False) -> Journal | None:
    """Return the journal of the account; the name of its own file tells neither login nor id.

    A gateway on this machine gets one only when it is asked for: its account ends with it.
    """
    if wanted is None:
        return None
    api_url = client.config.api_url
    if wanted == OWN_JOURNAL:
        if is_loopback(api_url) and not (always or os.environ.get(STATE_VARIABLE)):
            return None
        text = f"{origin_of(api_url)}\n{client.get_account_info().id}"
        key = hashlib.sha256(text.encode()).hexdigest()[:24]
        wanted = state_directory(os.environ) / f"orders-{key}.sqlite"
    from project_x_py._runtime.journal import Journal

    # In virtual time there is no other thread: nobody would wait for it.
    threaded = not isinstance(asyncio.get_running_loop(), VirtualLoop)
    return Journal(Path(wanted), threaded=threaded)
