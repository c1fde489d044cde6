"""Where the real hubs are unknown or vary, as one table of switches.

Invariant (``tests/contract/test_quirk_table.py``): every switch is tried both ways, and
``docs/reference/gateway-quirks.md`` names each with its default.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["HubQuirks"]


@dataclass(frozen=True, slots=True, kw_only=True)
class HubQuirks:
    """The switches of both hubs.

    Attributes:
        user_snapshots: Whether a subscription on the user hub is followed by the rows there are:
            accounts, open orders, positions; executions never.
        market_snapshots: Whether a subscription to quotes or depth is followed by the whole.
        sparse_quotes: Whether a quote holds what changed, or always everything.
        lists: Whether prints and depth come as lists, as seen live, or one object a message, as
            documented.
        null_padding: Whether those lists end with a null, as one client reports.
        contract_members: Whether quotes name their ``contract``, prints and depth their
            ``contractId``; documented payloads do not.
        current_volume: Whether ``currentVolume`` of a book row is zero, or the level's size again.
        reset_row: Where the row is that clears a book: at the head of the snapshot's list, in a
            message of its own, or nowhere.
        snapshot_levels: Most levels of each side in a snapshot; None for all there are.
        null_members: Whether members without a value are null on the user hub, as on REST, or left
            out.
        time_digits: Most fraction digits of a time on the user hub.
        completion_results: Whether a completion has ``"result": null`` or no result at all.
        one_record_per_frame: Whether each record has a frame of its own; what waits is sent
            together otherwise.
        stale_ids_accepted: Whether a connection id that nobody negotiated is as good as none, or a
            404.
        all_transports_offered: Whether negotiation also names long polling and server-sent events,
            as a server by its defaults does. Only WebSockets work.
        connection_limit: Most connections of each hub; None for no limit.
        newest_connection_wins: Whether one too many ends the oldest, or is refused with 403.
        subscription_limit: Most subscriptions of one connection; None for no limit.
        expiry_closes: Whether a connection ends with its token.
        logout_closes: Whether a log-out ends the connections of its tokens.
        logout_event: Whether ``GatewayLogout`` is sent to connections whose token is logged out,
            that one too many ends, or whose token expires. What it carries is not known: nothing
            here.
    """

    user_snapshots: bool = False
    market_snapshots: bool = True
    sparse_quotes: bool = True
    lists: bool = True
    null_padding: bool = False
    contract_members: bool = True
    current_volume: Literal["zero", "size"] = "zero"
    reset_row: Literal["in list", "own message", "none"] = "in list"
    snapshot_levels: int | None = None
    null_members: bool = False
    time_digits: int = 7
    completion_results: bool = True
    one_record_per_frame: bool = False
    stale_ids_accepted: bool = True
    all_transports_offered: bool = False
    connection_limit: int | None = None
    newest_connection_wins: bool = False
    subscription_limit: int | None = None
    expiry_closes: bool = False
    logout_closes: bool = False
    logout_event: bool = False
