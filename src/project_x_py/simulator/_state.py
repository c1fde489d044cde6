"""The state of a gateway on disk: one sqlite file in a folder of its own.

Every row is a picture as JSON with its checksum, of one account, order or trade, or of what there
is once. A save is one transaction, synchronised to the disk before it returns, so that whoever is
killed leaves the state of some moment behind, whole. One gateway at a time holds the file.

Invariants (``tests/simulator/test_state.py``): wherever a write is cut off, the file opens with a
state that was saved; a file that is damaged, foreign, newer or held by another gateway is refused,
and nothing in it is changed.
"""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar

import msgspec

from project_x_py._core.exchange.events import TradeRow
from project_x_py._core.exchange.image import (
    AccountImage,
    ExchangeImage,
    Kept,
    MarketImage,
    OrderImage,
)
from project_x_py.simulator._auth import AccessImage
from project_x_py.simulator._keeper import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._core.exchange.keeping import Changes

__all__ = ["GatewayState"]

FILE = "gateway.sqlite"
APPLICATION_ID = 0x50584757
VERSION = 1
_MAGIC = b"SQLite format 3\x00"
_HEADER = 100
_SCHEMA = """
CREATE TABLE rows (
    kind TEXT NOT NULL,
    id INTEGER NOT NULL,
    body BLOB NOT NULL,
    checksum INTEGER NOT NULL,
    PRIMARY KEY (kind, id)
) WITHOUT ROWID
"""
_WRITE = "INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)"

Picture = TypeVar("Picture", bound=msgspec.Struct)


class GatewayState:
    """An open state. Make it with :meth:`open`.

    Attributes:
        kept: What the accounts were when it was opened; None in a folder that is new.
        access: Who could log in then; likewise.
    """

    def __init__(self, database: sqlite3.Connection, path: Path) -> None:
        self.path = path
        self.kept: Kept | None = None
        self.access: AccessImage | None = None
        self._database = database

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Open the state of a folder, which is made where there is none.

        Raises:
            StateError: Another gateway holds it, or it is damaged, of another program or of a
                later version; it is as it was then.
        """
        path = Path(folder) / FILE
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            fresh = _is_fresh(path)
            database = sqlite3.connect(path, timeout=0, isolation_level=None)
        except (OSError, sqlite3.Error) as exc:
            raise StateError(f"the gateway's state {path} cannot be opened: {exc}") from exc
        state = cls(database, path)
        try:
            state._hold(fresh)
            state._read()
        except sqlite3.OperationalError as exc:
            database.close()
            raise StateError(_held(path, exc)) from exc
        except (sqlite3.DatabaseError, msgspec.MsgspecError, KeyError, ValueError) as exc:
            database.close()
            raise StateError(_damaged(path, exc)) from exc
        except BaseException:
            database.close()
            raise
        return state

    def save(self, changes: Changes, market: MarketImage) -> None:
        """Write changes down, all of them or none; they are durable when this returns.

        Raises:
            StateError: They cannot be written.
        """
        rows: list[tuple[str, int, msgspec.Struct]] = [("market", 0, market)]
        rows += [("account", account.spec.id, account) for account in changes.accounts]
        rows += [("order", order.id, order) for order in changes.orders]
        rows += [("trade", trade.id, trade) for trade in changes.trades]
        if changes.exchange is not None:
            rows.append(("exchange", 0, changes.exchange))
        self._write(rows)

    def save_access(self, access: AccessImage) -> None:
        """Write down who may log in.

        Raises:
            StateError: It cannot be written.
        """
        self._write([("access", 0, access)])
        self.access = access

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _write(self, rows: Iterable[tuple[str, int, msgspec.Struct]]) -> None:
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            try:
                for kind, number, picture in rows:
                    body = msgspec.json.encode(picture)
                    database.execute(_WRITE, (kind, number, body, _sum(kind, number, body)))
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    with suppress(sqlite3.Error):
                        database.execute("ROLLBACK")
                raise
        except sqlite3.Error as exc:
            raise StateError(f"the gateway's state {self.path} cannot be written: {exc}") from exc

    def _hold(self, fresh: bool) -> None:
        """Keep every other gateway out; a file of no bytes gets its table, in one piece."""
        database = self._database
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA synchronous = FULL")
        database.execute("BEGIN EXCLUSIVE")
        if fresh:
            database.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute(_SCHEMA)
        database.execute("COMMIT")
        (verdict,) = database.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise sqlite3.DatabaseError(verdict)

    def _read(self) -> None:
        found: dict[str, list[bytes]] = {}
        query = "SELECT kind, id, body, checksum FROM rows ORDER BY kind, id"
        for kind, number, body, checksum in self._database.execute(query):
            if _sum(kind, number, body) != checksum:
                raise sqlite3.DatabaseError(f"{kind} {number} does not match its checksum")
            found.setdefault(kind, []).append(body)
        # Only a state that was read as a whole is written to, be it by a change of its mode.
        self._take(found)
        self._database.execute("PRAGMA journal_mode = WAL")

    def _take(self, found: dict[str, list[bytes]]) -> None:
        access = _decoded(found.get("access", []), AccessImage)
        self.access = access[0] if access else None
        exchange = _decoded(found.get("exchange", []), ExchangeImage)
        market = _decoded(found.get("market", []), MarketImage)
        if exchange and market:
            self.kept = Kept(
                exchange=exchange[0],
                market=market[0],
                accounts=_decoded(found.get("account", []), AccountImage),
                orders=_decoded(found.get("order", []), OrderImage),
                trades=_decoded(found.get("trade", []), TradeRow),
            )


def _is_fresh(path: Path) -> bool:
    """Return whether there is nothing yet; the file is made then, for its owner to read only.

    Raises:
        StateError: It holds something, and that is no state this gateway can read.
    """
    path.touch(mode=0o600)
    with path.open("rb") as file:
        header = file.read(_HEADER)
    if not header:
        return True
    application = int.from_bytes(header[68:72], "big")
    version = int.from_bytes(header[60:64], "big")
    if not header.startswith(_MAGIC) or application != APPLICATION_ID:
        raise StateError(f"{path} is no state of a gateway; name another folder")
    if version > VERSION:
        raise StateError(
            f"{path} was written by a later version of this program (format {version}, "
            f"{VERSION} is known here)"
        )
    return False


def _decoded(bodies: list[bytes], kind: type[Picture]) -> list[Picture]:
    decode = msgspec.json.Decoder(kind).decode
    return [decode(body) for body in bodies]


def _sum(kind: str, number: int, body: bytes) -> int:
    return zlib.crc32(body, zlib.crc32(f"{kind} {number} ".encode()))


def _held(path: Path, exc: sqlite3.OperationalError) -> str:
    if "locked" in str(exc):
        return f"the gateway's state {path} is in use by another gateway"
    return f"the gateway's state {path} cannot be opened: {exc}"


def _damaged(path: Path, exc: Exception) -> str:
    return (
        f"the gateway's state {path} is damaged: {exc}; it was left as it is: move it away to "
        "begin with fresh accounts"
    )
