"""What the gateway's answers hold, for the document that describes them.

These structs are never made: rows are written by the encoders, and a test holds them to this
description (``tests/simulator/test_openapi.py``). Members of a struct with a default may be left
out of an answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

__all__ = ["PAYLOADS", "Payload"]


class AccountModel(msgspec.Struct, rename="camel"):
    """One account."""

    id: int
    name: str
    balance: float
    can_trade: bool
    is_visible: bool
    simulated: bool


class ContractModel(msgspec.Struct, rename="camel"):
    """One contract."""

    id: str
    name: str
    description: str
    tick_size: float
    tick_value: float
    active_contract: bool
    symbol_id: str


class AggregateBarModel(msgspec.Struct):
    """One bar, stamped at its start."""

    t: str
    o: float
    h: float
    l: float  # noqa: E741 - the gateway's own name
    c: float
    v: int
    d: str | None = None
    k: int | None = None


class OrderModel(msgspec.Struct, rename="camel"):
    """One order."""

    id: int
    account_id: int
    contract_id: str
    symbol_id: str
    creation_timestamp: str
    update_timestamp: str | None
    status: int
    type: int
    side: int
    size: int
    limit_price: float | None
    stop_price: float | None
    fill_volume: int
    filled_price: float | None
    custom_tag: str | None
    trail_distance: int | None = None
    trail_price: float | None = None
    parent_order_id: int | None = None
    linked_order_id: int | None = None


class PositionModel(msgspec.Struct, rename="camel"):
    """One open position."""

    id: int
    account_id: int
    contract_id: str
    contract_display_name: str
    creation_timestamp: str
    type: int
    size: int
    average_price: float


class HalfTradeModel(msgspec.Struct, rename="camel"):
    """One execution."""

    id: int
    account_id: int
    contract_id: str
    creation_timestamp: str
    price: float
    profit_and_loss: float | None
    fees: float
    side: int
    size: int
    voided: bool
    order_id: int
    commissions: float | None = None


@dataclass(frozen=True, slots=True)
class Payload:
    """What a route's answer holds beside the envelope.

    Attributes:
        members: JSON schema of each member.
        structs: What the schemas refer to.
        whole: Schema of an answer without envelope.
    """

    members: dict[str, object] = field(default_factory=dict)
    structs: tuple[type[msgspec.Struct], ...] = ()
    whole: dict[str, object] | None = None


def _one_or_null(kind: type[msgspec.Struct]) -> dict[str, object]:
    return {"anyOf": [{"$ref": f"#/components/schemas/{kind.__name__}"}, {"type": "null"}]}


def _rows(key: str, kind: type[msgspec.Struct], **more: object) -> Payload:
    items = {"$ref": f"#/components/schemas/{kind.__name__}"}
    return Payload({key: {"type": ["array", "null"], "items": items}, **more}, (kind,))


_TEXT = {"type": ["string", "null"]}
_COUNT = {"type": ["integer", "null"]}

PAYLOADS: dict[str, Payload] = {
    "/api/Auth/loginKey": Payload({"token": _TEXT}),
    "/api/Auth/loginApp": Payload({"token": _TEXT}),
    "/api/Auth/validate": Payload({"newToken": _TEXT}),
    "/api/Account/search": _rows("accounts", AccountModel),
    "/api/Contract/search": _rows("contracts", ContractModel),
    "/api/Contract/searchById": Payload(
        {"contract": _one_or_null(ContractModel)}, (ContractModel,)
    ),
    "/api/Contract/available": _rows("contracts", ContractModel),
    "/api/History/retrieveBars": _rows("bars", AggregateBarModel),
    "/api/Order/place": Payload({"orderId": {"type": ["integer", "null"], "format": "int64"}}),
    "/api/Order/search": _rows("orders", OrderModel),
    "/api/Order/searchOpen": _rows("orders", OrderModel),
    "/api/Order/searchById": Payload({"order": _one_or_null(OrderModel)}, (OrderModel,)),
    "/api/Order/v2/query": _rows("orders", OrderModel, totalCount=_COUNT),
    "/api/Position/searchOpen": _rows("positions", PositionModel),
    "/api/Trade/search": _rows("trades", HalfTradeModel),
    "/api/Status/ping": Payload(whole={"type": "string"}),
}
"""By path; a route that is not here answers with the bare envelope."""
