"""What the seed documents promise, statement by statement, and what is still to be proved.

A statement is proved by a test that carries ``@pytest.mark.checklist(number)``, anywhere below
``tests/``. The others are listed in ``pending.txt``, one number a line; that list only gets shorter
(``make ratchets``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

__all__ = ["PENDING_FILE", "STATEMENTS", "pending", "proven"]

TESTS = Path(__file__).resolve().parents[1]
PENDING_FILE = Path(__file__).with_name("pending.txt")

TITLES = """
real-time client: root import, argument order, keywords
real-time client: instance of its five documented bases
real-time client: no socket before connect()
hub addresses: argument over config over default
hub addresses: each hub overridden by itself
hub addresses: TopStepX defaults
hub addresses: taken from a ProjectXConfig
token travels as access_token in the query of both hubs
user events of other accounts stay out
create_realtime_client: awaitable factory, root and .realtime
get_session_token and get_account_info feed the constructor
two connections: user hub and market hub
user hub: account, position, order and trade events reach callbacks
market hub: quote, trade and depth events reach callbacks
is_connected only with both hubs up
no registered manager callback is missed
callbacks get the gateway's payload unchanged
the client keeps no market, order or position data
the client keeps connection state and counters only
managers hold the state, the client connects and forwards
a dropped hub comes back by itself
reconnect delays grow and are capped
subscriptions are renewed after a reconnect
update_jwt_token: both hubs, subscriptions kept, True
a failed token update leaves the old connection live, False
token update: refused is False, late is TimeoutError, both rolled back
concurrent token updates and connects do not deadlock
each network step has a time limit
connect() works again after a failed connect
recovery needs no user code
a heartbeat per hub at the configured interval
heartbeat round trip is measured per hub
get_health_status: score and two latencies
configure_health_monitoring changes the running monitor
a score below the threshold reconnects
latency above the threshold alerts
latency and performance figures
connection errors are counted
connection statistics have every documented part
async callbacks are awaited
every form of callback, sync or async
a failing callback harms no other and no later event
events of another thread run on the loop
events of another thread keep order, none lost
event counter and time of the last event move
background tasks are tracked
finished tasks do not pile up
get_task_stats counts pending and failed
errors of tasks are collected and reported
clean-up cancels within a time limit
no growth through tasks in a long run
TradingSuite.create returns a connected suite
suite.realtime_client is there
EventType at the root, suite.on takes an async handler
POSITION_UPDATE with contractId and netPos
events.on as a decorator
MARKET_DEPTH_UPDATE carries bids with price and size
TradingSuite.create takes instrument, features, timezone_str
the orderbook feature gives a fed book
disconnect cleans up book, callbacks and tasks
OrderBook: arguments and base class
OrderBook: components, and methods that delegate to them
OrderBook: every event goes through the given bus
OrderBook: project_x is optional and gives the tick size
OrderBook: times in the given zone
OrderBook: the config acts
OrderBook.initialize: starts memory care, True
OrderBook.initialize: depth and quote callbacks are registered
OrderBook.initialize: depth and quotes can be switched off
OrderBook: works without a real-time client
OrderBook.initialize: False when a part fails
OrderBook: many tasks at once, consistent answers
OrderBook: bounded memory by periodic clean-up
OrderBook: cleaned up by suite.disconnect()
level 2 updates keep both sides
trades are classified against the quotes before them
spread and levels in real time
user code can follow depth, trades, book and best prices
malformed depth harms nothing
get_orderbook_snapshot: spread, best prices, levels, totals
get_market_imbalance: ratio over the top levels
get_orderbook_depth: impact within a price range
get_cumulative_delta: bought less sold in the window
get_trade_flow_summary
get_liquidity_levels: significant levels of both sides
get_statistics: book figures and health
get_advanced_market_metrics
detect_iceberg_orders: refreshed levels with confidence
detect_order_clusters: clusters at near prices
detect_spoofing: names and defaults
spoofing: placement frequency is a lower limit
spoofing: cancellation rate is a lower limit
spoofing: time to cancel is an upper limit
spoofing: distance from the best price, in ticks
spoofing: confidence filters
spoofing: each finding has pattern and price
get_volume_profile: bins add up to the volume
get_support_resistance_levels
get_spread_analysis over the window
hidden size and volume patterns
create_orderbook returns a book not yet initialised
create_orderbook: deprecated, working, ignores realtime_client
Instrument: field names and order
fifty-five indicators and more, equal to TA-Lib
create_data_snapshot: row_count, timespan, statistics
convert_timeframe_to_seconds: documented values
an unknown timeframe is refused
models: the documented exports
models: dataclasses, built by keyword
models: to dict and from gateway payloads, unknown fields tolerated
models: wrong values are refused clearly
models: optional fields have defaults
models: enums are accepted and compared
models: the documented construction example runs
Account: fields and order
Instrument: fields, symbolId optional
tickValue is dollars for one tick, everywhere
Order: fields, order and defaults
order status codes 0 to 6
order type codes 0 to 7
order side codes
Order.is_open
Order.is_filled
Order.is_cancelled
Order.is_rejected
Order.is_working
Order.is_terminal
Order.is_buy and is_sell
Order.side_str
Order.type_str
Order.status_str
Order.filled_percent
Order.remaining_size
Order.symbol from the contract id
the documented order formatting example runs
OrderPlaceResponse: fields, 0 is success
BracketOrderResponse: fields and order
a failed bracket is a response with success False
Position: fields, type codes, positive size
Position.is_long and is_short
Position.direction
Position.symbol
Position.signed_size
Position.total_cost
Position.unrealized_pnl: sign for long and short
calculate_position_pnl of the position manager
Trade: fields, None marks a half-turn
Trade.side codes
OrderUpdateEvent: fields
PositionUpdateEvent: fields
MarketDataEvent: fields
event models are used by real-time events
config default: api_url
config default: realtime_url
config default: user_hub_url
config default: market_hub_url
config default: timezone
config default: timeout_seconds
config default: retry_attempts
config default: retry_delay_seconds
config default: requests_per_minute
config default: burst_limit
api_url, timezone and timeout act
retry settings act
rate settings act
endpoints change by create_custom_config or assignment
a wrong configuration is refused clearly
one base exception
ProjectXConnectionError
ProjectXAuthenticationError
ProjectXServerError
ProjectXRateLimitError
ProjectXDataError
ProjectXInstrumentError
ProjectXOrderError
ProjectXPositionError
streaming example: its imports
streaming example: create with a list, seconds timeframe, initial_days
streaming example: suite[symbol] has symbol, data, on
streaming example: is_connected is a property
streaming example: quotes of one instrument with the last price
streaming example: NEW_BAR has timeframe and bar
streaming example: CONNECTED and DISCONNECTED on the context
streaming example: get_current_price once data are loaded
streaming example: get_health_score is a number
streaming example: every tick is counted
streaming example: disconnect is clean, after Ctrl-C too
multi-timeframe example: create with one string
multi-timeframe example: suite.on gets all timeframes
multi-timeframe example: get_data frame and columns
multi-timeframe example: pipe adds sma_20 and rsi_14
multi-timeframe example: values are right
multi-timeframe example: 5min equals five 1min
multi-timeframe example: NEW_BAR and BAR_CLOSED, when and how often
multi-timeframe example: no deadlock inside a handler
export example: row -2 is the finished bar
export example: columns by name
export example: runs as far as it can, ours completes
concept: automatic reconnection
concept: heartbeat monitoring
concept: circuit breaker
concept: back-pressure without loss of trades
concept: components talk by events
concept: recent data are buffered
concept: bounded memory, newest bars contiguous
concept: timeframes in step
concept: nothing blocks the loop
concept: batch operations give right results
concept: caches are never stale
concept: limits of stored data are honoured
pattern: async handlers of any form, a sync one is refused
pattern: a failing handler stops nothing
pattern: await suite.on(event, handler)
pattern: a handler may raise and catch ConnectionError
next step: several instruments and strategies at once
next step: the application's own logging and monitoring
next step: strategies on past data
"""

STATEMENTS: dict[int, str] = dict(enumerate(TITLES.strip().splitlines(), 1))
"""Number and short title of each statement."""


def pending() -> frozenset[int]:
    """The statements that are known to have no proof yet."""
    return frozenset(int(number) for number in PENDING_FILE.read_text(encoding="ascii").split())


@cache
def proven() -> frozenset[int]:
    """The statements that a test carries the mark of."""
    return frozenset(
        number
        for path in TESTS.rglob("test_*.py")
        for number in marked(ast.parse(path.read_text(encoding="utf-8")))
    )


def marked(tree: ast.Module) -> Iterator[int]:
    """The numbers in the checklist marks of a module.

    Raises:
        ValueError: A mark's argument is neither a literal number nor ``*range(...)`` of literals,
            so that it can't be read without running the module.
    """
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and ast.unparse(node.func) == "pytest.mark.checklist"):
            continue
        for argument in node.args:
            if isinstance(argument, ast.Starred) and isinstance(argument.value, ast.Call):
                yield from range(*[ast.literal_eval(item) for item in argument.value.args])
            else:
                yield ast.literal_eval(argument)
