"""What goes wrong on purpose.

A test or a demonstration asks for a fault through ``gateway.faults``; the parts of the gateway ask
here before they answer. Nothing goes wrong unasked, so a run without faults stays reproducible.

Invariant (``tests/simulator/test_faults.py``): a fault strikes as often as it was asked for.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from project_x_py.exceptions import ProjectXError

__all__ = ["Faults", "Refusal"]

Dropper = Callable[[], int]


@dataclass(frozen=True, slots=True)
class Refusal:
    """The answer to one request that is not looked at."""

    status: int
    route: str | None = None
    headers: dict[str, str] = field(default_factory=dict)


class Faults:
    """The faults of one gateway. Hubs are named ``"user"`` and ``"market"``."""

    def __init__(self) -> None:
        self._refusals: deque[Refusal] = deque()
        self._muted: set[str] = set()
        self._droppers: dict[str, Dropper] = {}
        self._wakers: dict[str, Callable[[], None]] = {}
        self._expirers: list[Callable[[], None]] = []

    def attach_tokens(self, expire: Callable[[], None]) -> None:
        """Make known how tokens are made invalid."""
        self._expirers.append(expire)

    def attach(self, hub: str, drop: Dropper, wake: Callable[[], None]) -> None:
        """Make a hub known: how to drop its connections, and how to tell it of a change."""
        self._droppers[hub] = drop
        self._wakers[hub] = wake

    def drop_connections(self, hub: str | None = None) -> int:
        """Cut the open connections of a hub, or of all, without a word of farewell.

        Returns:
            How many were cut.
        """
        return sum(self._droppers[name]() for name in self._named(hub))

    def mute(self, hub: str | None = None) -> None:
        """Let a hub, or all, fall silent: sockets stay open, nothing is sent, not even a ping."""
        self._muted.update(self._named(hub))

    def unmute(self, hub: str | None = None) -> None:
        """Let a hub, or all, speak again; what was held back comes first and in order."""
        for name in self._named(hub):
            self._muted.discard(name)
            self._wakers[name]()

    def is_muted(self, hub: str) -> bool:
        """Whether a hub is silent at the moment."""
        return hub in self._muted

    def expire_tokens(self) -> None:
        """Let every token issued so far be refused with 401; open hub connections stay."""
        for expire in self._expirers:
            expire()

    def refuse_next(
        self,
        status: int,
        *,
        times: int = 1,
        route: str | None = None,
        retry_after_s: int | None = None,
    ) -> None:
        """Answer the next requests with ``status`` and an empty body, without acting on them.

        Args:
            status: HTTP status of the answer, 400 to 599.
            times: How many requests are refused.
            route: Only requests of this path, such as ``"/api/Order/place"`` or
                ``"/hubs/market"``; None for any request below ``/api``.
            retry_after_s: Value of a Retry-After header; None for no header.
        """
        if not 400 <= status <= 599:
            raise ProjectXError(f"a refusal needs a status from 400 to 599, not {status}")
        headers = {} if retry_after_s is None else {"Retry-After": str(retry_after_s)}
        key = None if route is None else route.casefold().rstrip("/")
        self._refusals.extend(Refusal(status, key, headers) for _ in range(times))

    def refusal(self, path: str) -> Refusal | None:
        """Take and return the refusal that is due for a request of ``path``, if one is."""
        key = path.casefold().rstrip("/")
        for refusal in self._refusals:
            if refusal.route == key or (refusal.route is None and key.startswith("/api/")):
                self._refusals.remove(refusal)
                return refusal
        return None

    def _named(self, hub: str | None) -> list[str]:
        if hub is None:
            return list(self._droppers)
        if hub not in self._droppers:
            known = " and ".join(repr(name) for name in self._droppers)
            raise ProjectXError(f"there is no hub {hub!r}; the hubs are {known}")
        return [hub]
