"""The snippets of the seed documents, restored from how the documents came to us.

On the way there the snippets lost their line breaks and indentation, some quotes were curled, and
one block lost its closing bracket. ``text`` has these back and is nothing else; the names that a
snippet takes for granted are declared in ``preamble``. What follows it in ``epilogue`` makes the
handlers speak that a snippet registers.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SNIPPETS", "Snippet", "flattened"]

DATA, MODELS, STREAMING = (
    "000_889e3762a73cff04.txt",
    "001_d30f3a9f86f8a93b.txt",
    "004_a838957d5355021c.txt",
)


@dataclass(frozen=True)
class Snippet:
    """One snippet: where it stands, what it needs, what it says, what it prints.

    Attributes:
        name: What it is about.
        document: File of the seed.
        text: The restored snippet; with prompts where the document has them.
        preamble: Statements that declare what the snippet takes for granted.
        epilogue: Statements that follow it.
        prints: Patterns of its output, each of which is found.
        times: How often the document prints it.
    """

    name: str
    document: str
    text: str
    preamble: str = ""
    epilogue: str = ""
    prints: tuple[str, ...] = ()
    times: int = 1

    def code(self) -> str:
        """The snippet as statements: prompts and the answers to them are taken out."""
        lines = self.text.strip().splitlines()
        if lines[0].startswith(">>>"):
            lines = [line[4:] for line in lines if line.startswith((">>>", "..."))]
        return "\n".join((self.preamble, *lines, self.epilogue))

    def answers(self) -> list[str]:
        """What the document says that the lines with prompts answer."""
        lines = self.text.strip().splitlines()
        prompted = lines[0].startswith(">>>")
        return [line for line in lines if prompted and not line.startswith((">>>", "..."))]


def flattened(text: str) -> str:
    """The text with every run of blanks and line breaks as one blank."""
    return " ".join(text.split())


SUITE = """
from project_x_py import TradingSuite
"""
ORDERBOOK = """
from project_x_py import EventType, TradingSuite
"""
INSTRUMENT = """
from project_x_py import ProjectX
async with ProjectX.from_env() as client:
    await client.authenticate()
    instrument = await client.get_instrument("MNQ")
"""
ACCOUNT = """
from project_x_py import ProjectX
async with ProjectX.from_env() as client:
    await client.authenticate()
    account = client.get_account_info()
"""
TRADED = """
import asyncio
from project_x_py import PositionType, TradingSuite
suite = await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1)
response = await suite.orders.place_market_order("MNQ", side=0, size=1)
while not await suite.positions.get_all_positions() or not await suite.client.search_trades():
    await asyncio.sleep(1)
(position,) = await suite.positions.get_all_positions()
trade = (await suite.client.search_trades())[-1]
order = (await suite.orders.place_limit_order("MNQ", 0, 1, position.averagePrice - 50)).orderId
order = await suite.orders.get_order_by_id(order)
"""
CLOSE = "await suite.disconnect()"

SNIPPETS = (
    Snippet(
        "realtime client",
        DATA,
        """
>>> # V3.1: Use TradingSuite for automatic real-time management
>>> suite = await TradingSuite.create("MNQ", timeframes=["1min"])
>>> # V3.1: Access real-time client if needed
>>> print(f"Connected: {suite.realtime_client.is_connected()}")
>>>
>>> # V3.3.1: Task management statistics
>>> task_stats = suite.realtime_client.get_task_stats()
>>> print(f"Active tasks: {task_stats['pending_tasks']}")
>>> print(f"Failed tasks: {task_stats['failed_tasks']}")
>>>
>>> # V3.3.1: Health monitoring (NEW)
>>> health_status = await suite.realtime_client.get_health_status()
>>> print(f"Health Score: {health_status['health_score']}/100")
>>> print(f"User Hub Latency: {health_status['user_hub_latency_ms']}ms")
>>> print(f"Market Hub Latency: {health_status['market_hub_latency_ms']}ms")
>>>
>>> # V3.3.1: Configure health monitoring
>>> await suite.realtime_client.configure_health_monitoring(
...     heartbeat_interval=5.0,  # Check every 5 seconds
...     health_threshold=75.0,  # Reconnect if health < 75
...     latency_threshold_ms=1000,  # Alert if latency > 1000ms
... )
>>>
>>> # V3.1: Register callbacks via suite's event bus
>>> from project_x_py import EventType
>>> async def handle_position(event):
...     data = event.data
...     print(f"Position: {data.get('contractId')} - {data.get('netPos')}")
>>> await suite.on(EventType.POSITION_UPDATE, handle_position)
>>>
>>> # V3.3.1: Safe token refresh with deadlock prevention
>>> try:
...     success = await suite.realtime_client.update_jwt_token(
...         new_token, timeout=30.0
...     )
...     if not success:
...         print(
...             "Token refresh failed, connection recovered to original state"
...         )
... except TimeoutError:
...     print("Token refresh timed out, deadlock prevented")
""",
        preamble=f"""
import asyncio
{ACCOUNT}
    new_token = client.get_session_token()
from project_x_py import TradingSuite
""",
        epilogue="""
await asyncio.sleep(2)  # the account is read again after the reconnection
for _ in range(2):
    await suite.orders.place_market_order("MNQ", side=0, size=1)
    await asyncio.sleep(1)
print("refreshed", success)
await suite.disconnect()
""",
        prints=(
            r"^Connected: True$",
            r"^Active tasks: \d+$",
            r"^Failed tasks: 0$",
            r"^Health Score: \d+(\.\d+)?/100$",
            r"^User Hub Latency: \d+(\.\d+)?ms$",
            r"^Market Hub Latency: \d+(\.\d+)?ms$",
            r"^Position: CON\.F\.US\.MNQ\.[A-Z]\d\d - 2$",
            r"^refreshed True$",
        ),
    ),
    Snippet(
        "clients by hand",
        DATA,
        """
>>> # V3: Using factory function (recommended)
>>> client = await create_realtime_client(
...     jwt_token=client.get_session_token(),
...     account_id=str(client.get_account_info().id),
... )
>>> # V3: Using direct instantiation with default endpoints
>>> client = ProjectXRealtimeClient(jwt_token=jwt_token, account_id="12345")
>>>
>>> # V3: Using custom config for different environments
>>> from project_x_py.models import ProjectXConfig
>>> config = ProjectXConfig(
...     user_hub_url="https://gateway.topstepx.com/hubs/user",
...     market_hub_url="https://gateway.topstepx.com/hubs/market",
... )
>>> client = ProjectXRealtimeClient(
...     jwt_token=jwt_token, account_id="12345", config=config
... )
>>>
>>> # V3: Override specific URL for testing
>>> client = ProjectXRealtimeClient(
...     jwt_token=jwt_token,
...     account_id="12345",
...     market_hub_url="https://test.topstepx.com/hubs/market",
... )
""",
        preamble=f"""
from project_x_py import ProjectXRealtimeClient, create_realtime_client
{ACCOUNT}
    jwt_token = client.get_session_token()
""",
        epilogue="print(client.market_hub_url, client.is_connected())",
        prints=(r"^https://test\.topstepx\.com/hubs/market False$",),
    ),
    Snippet(
        "order book",
        DATA,
        """
>>> # V3.1: Using TradingSuite's integrated orderbook
>>> suite = await TradingSuite.create("MNQ", features=["orderbook"])
>>>
>>> # V3.1: Register event handlers via suite's EventBus
>>> @suite.events.on(EventType.MARKET_DEPTH_UPDATE)
>>> async def handle_depth(event):
...     data = event.data
...     print(f"Depth: {data['bids'][0]['price']} @ {data['bids'][0]['size']}")
>>>
>>> # Get basic orderbook data
>>> snapshot = await suite.orderbook.get_orderbook_snapshot()
>>> print(f"Spread: {snapshot['spread']}")
>>>
>>> # Advanced analytics
>>> imbalance = await suite.orderbook.get_market_imbalance()
>>> liquidity = await suite.orderbook.get_liquidity_levels()
>>>
>>> # Detection algorithms
>>> icebergs = await suite.orderbook.detect_iceberg_orders()
>>> clusters = await suite.orderbook.detect_order_clusters()
>>>
>>> # Volume profiling
>>> profile = await suite.orderbook.get_volume_profile()
>>> support_resistance = await suite.orderbook.get_support_resistance_levels()
>>>
>>> # Cleanup handled automatically
>>> await suite.disconnect()
""",
        preamble=ORDERBOOK,
        prints=(r"^Spread: (\d+\.\d+|None)$",),
    ),
    Snippet(
        "order book in a suite",
        DATA,
        """
>>> # V3.1: Initialization handled by TradingSuite
>>> suite = await TradingSuite.create("MNQ", features=["orderbook"])
>>> # Orderbook is automatically initialized with real-time connection
>>> if suite.orderbook:
...     print("Orderbook initialized and receiving real-time data")
... else:
...     print("Orderbook not available")
""",
        preamble=ORDERBOOK,
        epilogue=CLOSE,
        prints=(r"^Orderbook initialized and receiving real-time data$",),
    ),
    Snippet(
        "spoofing",
        DATA,
        """
>>> # Using TradingSuite with orderbook
>>> suite = await TradingSuite.create("MNQ", features=["orderbook"])
>>> spoofing = await suite.orderbook.detect_spoofing()
>>> for detection in spoofing:
...     print(
...         f"Spoofing: {detection['pattern']} at {detection['price']:.2f}"
...     )
""",
        preamble=ORDERBOOK,
        epilogue="""
print("found", spoofing)
await suite.disconnect()
""",
        prints=(r"^found \[",),
    ),
    Snippet(
        "order book by factory",
        DATA,
        """
>>> # V3.1: Use TradingSuite instead of factory function
>>> # This function is deprecated - use TradingSuite.create()
>>> suite = await TradingSuite.create(
...     instrument="MNQ",
...     features=["orderbook"],
...     timezone_str="America/Chicago",  # CME timezone
... )
>>>
>>> # Orderbook is automatically initialized
>>> # Access via suite.orderbook
>>> snapshot = await suite.orderbook.get_orderbook_snapshot()
>>>
>>> # Note: create_orderbook is maintained for backward compatibility
>>> # but TradingSuite is the recommended approach
""",
        preamble=SUITE,
        epilogue="""
print("levels", len(snapshot["bids"]), len(snapshot["asks"]))
await suite.disconnect()
""",
        prints=(r"^levels \d+ \d+$",),
    ),
    *(
        Snippet(
            "instrument",
            document,
            """
>>> print(f"Trading {instrument.name}")
>>> print(
...     f"Tick size: ${instrument.tickSize}, Tick value: ${instrument.tickValue}"
... )
""",
            preamble=INSTRUMENT,
            prints=(r"^Trading MNQ[A-Z]\d$", r"^Tick size: \$0\.25, Tick value: \$0\.5$"),
            times=times,
        )
        for document, times in ((DATA, 1), (MODELS, 2))
    ),
    Snippet(
        "data snapshot",
        DATA,
        """
>>> snapshot = create_data_snapshot(ohlcv_data, "MGC 5min data")
>>> print(f"Rows: {snapshot['row_count']}")
>>> print(f"Timespan: {snapshot['timespan']}")
""",
        preamble="""
from project_x_py import ProjectX
from project_x_py.utils import create_data_snapshot
async with ProjectX.from_env() as client:
    await client.authenticate()
    ohlcv_data = await client.get_bars("MNQ", days=5, interval=5)
""",
        prints=(r"^Rows: [1-9]\d*$", r"^Timespan: [1-9]\d+\.\d+$"),
    ),
    Snippet(
        "seconds of a timeframe",
        DATA,
        """
>>> convert_timeframe_to_seconds("5min")
300
>>> convert_timeframe_to_seconds("1hr")
3600
""",
        preamble="from project_x_py.utils import convert_timeframe_to_seconds",
    ),
    Snippet(
        "models",
        MODELS,
        """
from project_x_py.models import (
    Instrument, Order, Position, Trade, Account, ProjectXConfig, OrderPlaceResponse,
)
# Create instrument model
instrument = Instrument(
    id="CON.F.US.MGC.M25", name="MGCH25", description="Mini Gold Futures March 2025",
    tickSize=0.1, tickValue=1.0, activeContract=True,
)
# Create order model
order = Order(
    id=12345, accountId=1001, contractId="CON.F.US.MGC.M25",
    creationTimestamp="2024-01-01T10:00:00Z", updateTimestamp="2024-01-01T10:00:05Z",
    status=OrderStatus.OPEN, type=OrderType.LIMIT, side=OrderSide.BUY, size=5, limitPrice=2050.0,
)
# Create position model
position = Position(
    id=67890, accountId=1001, contractId="CON.F.US.MGC.M25",
    creationTimestamp="2024-01-01T10:00:00Z", type=PositionType.LONG, size=5, averagePrice=2050.0,
)
# Create configuration
config = ProjectXConfig(
    api_url="https://api.topstepx.com/api", user_hub_url="https://rtc.topstepx.com/hubs/user",
    market_hub_url="https://rtc.topstepx.com/hubs/market", timezone="America/Chicago",
)
""",
        preamble="from project_x_py import OrderSide, OrderStatus, OrderType, PositionType",
        epilogue="print(order.status_str, order.side_str, position.direction, config.timezone)",
        prints=(r"^OPEN BUY LONG America/Chicago$",),
    ),
    Snippet(
        "account",
        MODELS,
        """
>>> print(f"Account: {account.name}")
>>> print(f"Balance: ${account.balance:,.2f}")
>>> print(f"Trading enabled: {account.canTrade}")
""",
        preamble=ACCOUNT,
        prints=(
            r"^Account: PRAC-V2-\d+-\d+$",
            r"^Balance: \$1\d\d,\d{3}\.\d\d$",
            r"^Trading enabled: True$",
        ),
        times=2,
    ),
    Snippet(
        "bracket response",
        MODELS,
        """
>>> if response.success:
...     print(f"Bracket order placed successfully:")
...     print(f"  Entry: {response.entry_order_id} @ ${response.entry_price}")
...     print(f"  Stop: {response.stop_order_id} @ ${response.stop_loss_price}")
...     print(
...         f"  Target: {response.target_order_id} @ ${response.take_profit_price}"
...     )
... else:
...     print(f"Bracket order failed: {response.error_message}")
""",
        preamble="""
from project_x_py import TradingSuite
suite = await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1)
last = await suite.data.get_current_price()
response = await suite.orders.place_bracket_order("MNQ", 0, 1, last, last - 20, last + 20)
""",
        epilogue=CLOSE,
        prints=(
            r"^Bracket order placed successfully:$",
            r"^  Entry: \d+ @ \$\d+\.\d+$",
            r"^  Stop: \d+ @ \$\d+\.\d+$",
            r"^  Target: \d+ @ \$\d+\.\d+$",
        ),
        times=2,
    ),
    Snippet(
        "order",
        MODELS,
        """
>>> side_str = "Bid" if order.side == 0 else "Ask"
>>> print(f"Order {order.id}: {side_str} {order.size} {order.contractId}")
""",
        preamble=TRADED,
        epilogue=CLOSE,
        prints=(r"^Order \d+: Bid 1 CON\.F\.US\.MNQ\.[A-Z]\d\d$",),
        times=2,
    ),
    Snippet(
        "order response",
        MODELS,
        """
>>> if response.success:
...     print(f"Order placed successfully with ID: {response.orderId}")
... else:
...     print(f"Order failed: {response.errorMessage}")
""",
        preamble=TRADED,
        epilogue=CLOSE,
        prints=(r"^Order placed successfully with ID: \d+$",),
        times=2,
    ),
    Snippet(
        "position",
        MODELS,
        """
>>> direction = "LONG" if position.type == PositionType.LONG else "SHORT"
>>> print(
...     f"{direction} {position.size} {position.contractId} @ ${position.averagePrice}"
... )
""",
        preamble=TRADED,
        epilogue=CLOSE,
        prints=(r"^LONG \d+ CON\.F\.US\.MNQ\.[A-Z]\d\d @ \$\d+\.\d+$",),
        times=2,
    ),
    Snippet(
        "trade",
        MODELS,
        """
>>> side_str = "Buy" if trade.side == 0 else "Sell"
>>> pnl_str = f"${trade.profitAndLoss}" if trade.profitAndLoss else "Half-turn"
>>> print(f"{side_str} {trade.size} @ ${trade.price} - P&L: {pnl_str}")
""",
        preamble=TRADED,
        epilogue=CLOSE,
        prints=(r"^Buy 1 @ \$\d+\.\d+ - P&L: Half-turn$",),
        times=2,
    ),
    Snippet(
        "buffers",
        STREAMING,
        """
# Use deque for efficient FIFO operations
from collections import deque
tick_buffer = deque(maxlen=1000)

# Use defaultdict for organized multi-timeframe data
from collections import defaultdict
timeframe_data = defaultdict(list)
""",
        epilogue="print(len(tick_buffer), len(timeframe_data))",
        prints=(r"^0 0$",),
    ),
    Snippet(
        "event handler",
        STREAMING,
        """
# Always use async event handlers
async def handle_event(event):
    try:
        # Process event data
        data = event.data
        # Your processing logic here
    except Exception as e:
        logger.error(f"Event handling error: {e}")

# Register handlers properly
await suite.on(EventType.NEW_BAR, handle_event)
""",
        preamble="""
import asyncio, logging
from project_x_py import EventType, TradingSuite
logger = logging.getLogger("example")
suite = await TradingSuite.create("MNQ", timeframes=["15sec"], initial_days=1)
""",
        epilogue="""
await suite.wait_for(EventType.NEW_BAR)
print("handlers", suite.events.get_handler_count(EventType.NEW_BAR))
await suite.disconnect()
""",
        prints=(r"^handlers 1$",),
    ),
    Snippet(
        "robust handler",
        STREAMING,
        """
# Implement proper error handling
async def robust_data_processor(event):
    try:
        await process_data(event.data)
    except ConnectionError:
        logger.warning("Connection issue, retrying...")
        await asyncio.sleep(1)
    except Exception as e:
        logger.error(f"Processing error: {e}")
        # Continue processing other events
""",
        preamble="""
import asyncio, logging
from project_x_py import EventType, TradingSuite
logger = logging.getLogger("example")
async def process_data(data):
    print("bar", data["timeframe"])
suite = await TradingSuite.create("MNQ", timeframes=["15sec"], initial_days=1)
""",
        epilogue="""
await suite.on(EventType.NEW_BAR, robust_data_processor)
await suite.wait_for(EventType.NEW_BAR)
await suite.disconnect()
""",
        prints=(r"^bar 15sec$",),
    ),
)
