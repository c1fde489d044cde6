"""The checks of ``projectx doctor`` behind the login: account, data, brackets, hubs, limits.

All of them read; :func:`probed` alone places an order, and cancels it.

Invariant (``tests/cli/test_doctor.py``): none raises; what goes wrong is its finding.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for
from project_x_py._core.grid import TickGrid
from project_x_py._core.submission import Accepted, OrderRequest, Outcome, Refused
from project_x_py._core.time import NS, format_iso
from project_x_py.cli._findings import Finding, fine
from project_x_py.exceptions import ProjectXError
from project_x_py.types import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from project_x_py.client import ProjectX
    from project_x_py.models import Instrument

__all__ = ["all_of"]

MODE = "brackets"
POSITION_MODE = "Position Brackets"
LOOK_BACK_DAYS = 30
PATIENCE_S = 10.0
PROBE_SHARE, PROBE_TICKS = 0.005, 40
"""How far from the market the probe rests, and how far its legs are from it."""

TURN_ON = "platform, Settings, Risk Settings: choose Auto OCO Brackets"


async def all_of(client: ProjectX, symbol: str, probe: bool) -> AsyncIterator[Finding]:
    """Look at everything, in the order in which one thing needs another."""
    for look in (_account, _data_tier):
        yield await _guarded(look.__name__.strip("_").replace("_", " "), look, client)
    try:
        contract = await client.get_instrument(symbol)
    except ProjectXError as error:
        yield Finding(
            "contract", "failure", str(error), "there is no such symbol", "name another one"
        )
        return
    yield fine("contract", f"{symbol} is {contract.id}, {contract.description}")
    yield await _guarded("history", _history, client, contract)
    yield await _guarded(MODE, probed if probe else _brackets, client, contract)
    yield await _guarded("hubs", _hubs, client, contract)
    yield _budget(client)


async def _guarded(
    check: str, look: Callable[..., Awaitable[Finding]], *arguments: object
) -> Finding:
    try:
        return await look(*arguments)
    except ProjectXError as error:
        return Finding(
            check,
            "failure",
            str(error),
            "the service refused or failed, see above",
            "try again; if it stays, ask the firm's support with this text",
        )


async def _account(client: ProjectX) -> Finding:
    """Say which account is used, and whether it may trade."""
    used = client.get_account_info()
    accounts = await client.list_accounts()
    kind = "simulated" if used.simulated else "LIVE"
    found = f"{used.name} ({kind}), balance ${used.balance:,.2f}, one of {len(accounts)}"
    if not used.canTrade:
        return Finding(
            "account",
            "failure",
            f"{found}; it takes no orders",
            "a rule was broken, a limit was reached, or the account is not active",
            "look at the account on the platform; name another one with --account",
        )
    if client.account_name is None and sum(one.canTrade for one in accounts) > 1:
        return Finding(
            "account",
            "warning",
            f"{found}; none was named",
            "several accounts may trade, and the first of them is taken",
            "name it in PROJECT_X_ACCOUNT_NAME",
        )
    return fine("account", found)


async def _data_tier(client: ProjectX) -> Finding:
    """Say which of the two data tiers has contracts: the wrong one is empty without an error."""
    usual = len(await client.list_available_contracts(live=False))
    live = len(await client.list_available_contracts(live=True))
    found = f"{usual} contracts of the simulated tier, {live} of the live one"
    if usual:
        return fine("data tier", found)
    if live:
        return Finding(
            "data tier",
            "warning",
            found,
            "this login is entitled to live data only",
            "ask with live=True (--live-data on the command line)",
        )
    return Finding(
        "data tier",
        "failure",
        found,
        "no market data: agreements are not signed, or the data subscription is missing",
        "log into the platform once and accept the data agreements",
    )


async def _history(client: ProjectX, contract: Instrument) -> Finding:
    """Say whether past bars come."""
    bars = await client.get_bars(contract.id, days=4, interval=5)
    if not bars.height:
        return Finding(
            "history",
            "failure",
            f"no bars of {contract.name} in four days",
            "no entitlement to this exchange's data, or the contract does not trade yet",
            "check the data subscription on the platform; try another symbol",
        )
    return fine("history", f"{bars.height} bars of 5 minutes, the last of {bars['timestamp'][-1]}")


async def _brackets(client: ProjectX, contract: Instrument) -> Finding:
    """Look for orders that only Auto OCO brackets leave behind; the mode itself is not told."""
    since = client.clock.now_ns() - LOOK_BACK_DAYS * 86_400 * NS
    body = {"accountId": client.get_account_info().id, "startTimestamp": format_iso(since)}
    orders = (await client.call("/Order/search", body)).get("orders") or []
    legs = sum(1 for order in orders if order.get("parentOrderId"))
    if legs:
        return fine(MODE, f"Auto OCO: {legs} legs of {LOOK_BACK_DAYS} days belong to an entry")
    return Finding(
        MODE,
        "unknown",
        f"no bracket order in {LOOK_BACK_DAYS} days to tell by",
        "whether an account is in Auto OCO or Position Brackets mode is not told by the service; "
        "in the latter it refuses every order with a bracket",
        f"{TURN_ON}; on a simulated account --probe finds out",
    )


async def probed(client: ProjectX, contract: Instrument) -> Finding:
    """Place a bracket far below the market, cancel it, and say what the answer means."""
    account = client.get_account_info()
    if not account.simulated:
        return Finding(
            MODE,
            "unknown",
            f"{account.name} is live, and nothing was placed",
            "--probe places an order, which it does on simulated accounts only",
            "name a practice account with --account",
        )
    bars = await client.get_bars(contract.id, days=4, interval=1)
    if not bars.height:
        return Finding(
            MODE,
            "unknown",
            "no price to place an order at",
            "there are no bars",
            "see the finding on history",
        )
    grid = TickGrid(contract.tickSize, contract.tickValue)
    outcome = await client.order_gateway().place(
        OrderRequest(
            account_id=account.id,
            contract_id=contract.id,
            type=OrderType.LIMIT,
            side=OrderSide.BUY,
            size=1,
            limit=round(grid.ticks(bars["close"][-1]) * (1 - PROBE_SHARE)),
            stop_bracket=(-PROBE_TICKS, OrderType.STOP),
            target_bracket=(PROBE_TICKS, OrderType.LIMIT),
        )
    )
    return await _judged(client, outcome)


async def _judged(client: ProjectX, outcome: Outcome) -> Finding:
    """Say what the fate of the probe means; take it back."""
    if isinstance(outcome, Refused):
        if POSITION_MODE in outcome.message:
            return Finding(
                MODE,
                "failure",
                f"Position Brackets: {outcome.message}",
                "the platform protects positions by itself, and refuses orders with brackets",
                TURN_ON,
            )
        return Finding(
            MODE,
            "unknown",
            f"the probe was refused: {outcome.message}",
            "another reason than the mode of brackets came first",
            "mend that, or try while the market is open",
        )
    if not isinstance(outcome, Accepted) or outcome.order_id is None:
        return Finding(
            MODE,
            "warning",
            "it is not known what became of the probe",
            "the answer was lost",
            "look at the platform, and cancel the order if it is there",
        )
    taken_back = await client.order_gateway().cancel(client.get_account_info().id, outcome.order_id)
    if isinstance(taken_back, Accepted):
        return fine(MODE, "Auto OCO: a bracket was taken, and cancelled again")
    why = taken_back.message if isinstance(taken_back, Refused) else taken_back.reason
    return Finding(
        MODE,
        "failure",
        f"Auto OCO; but order {outcome.order_id} could not be cancelled: {why}",
        "an account that copies another one cannot cancel; or the answer was lost",
        "cancel the order on the platform; trade on the account that leads",
    )


async def _hubs(client: ProjectX, contract: Instrument) -> Finding:
    """Connect both hubs, and see whether prices come while the market is open."""
    from project_x_py.realtime import ProjectXRealtimeClient

    account_id = client.get_account_info().id
    realtime = ProjectXRealtimeClient(
        client.get_session_token(), str(account_id), config=client.config
    )
    realtime.token_factory = client.fresh_token
    heard = asyncio.Event()

    def on_quote(_data: object) -> None:
        heard.set()

    clock = client.clock
    began = clock.monotonic_ns()
    try:
        connected = await realtime.connect()
        took_ms = (clock.monotonic_ns() - began) / 1e6
        if not connected:
            return Finding(
                "hubs",
                "failure",
                "the hubs could not be reached",
                "a firewall or proxy that lets no WebSocket through, or a wrong hub address",
                "allow WebSockets to the addresses above; compare them with those of your firm",
            )
        await realtime.add_callback("quote_update", on_quote)
        await realtime.subscribe_user_updates()
        await realtime.subscribe_market_data([contract.id])
        found = f"both connected in {took_ms:.0f} ms"
        calendar = calendar_for(contract.id)
        if not calendar.is_open(clock.now_ns()):
            return fine("hubs", f"{found}; the market is closed")
        try:
            async with asyncio.timeout(PATIENCE_S):
                await heard.wait()
        except TimeoutError:
            return Finding(
                "hubs",
                "warning",
                f"{found}; no quote of {contract.name} within {PATIENCE_S:g} s",
                "no entitlement to live quotes, a halt, or a contract that hardly trades",
                "try a busier symbol; check the data subscription on the platform",
            )
        return fine("hubs", f"{found}; quotes of {contract.name} come")
    finally:
        await realtime.cleanup()


def _budget(client: ProjectX) -> Finding:
    """Say how much of the service's request limits is used, by this login's programs."""
    state = client.get_performance_stats()
    rest = f"{state['rest_window_used']:.0f} of {state['rest_window_limit']:.0f} requests a minute"
    bars = f"{state['bars_window_used']:.0f} of {state['bars_window_limit']:.0f} bar requests"
    found = f"{rest}, {bars} in half a minute"
    if state["rest_window_used"] > state["rest_window_limit"] / 2:
        return Finding(
            "limits",
            "warning",
            found,
            "other programs of this login use much of what it may ask for",
            "end some of them, or let them ask more seldom",
        )
    return fine("limits", found)
