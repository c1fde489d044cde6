"""Notices and who is told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.notices import Notices

if TYPE_CHECKING:
    from collections.abc import Mapping


def test_everybody_is_told_once_in_order_until_removed() -> None:
    """Adding twice is adding once; who is removed hears nothing more, harmlessly twice."""
    told: list[str] = []

    def first(name: str, facts: Mapping[str, Any]) -> None:
        told.append(f"first {name} {facts['x']}")

    def second(name: str, facts: Mapping[str, Any]) -> None:
        told.append("second")

    notices = Notices()
    for listener in (first, second, first):
        notices.add(listener)
    notices.tell("authenticated", {"x": 1})
    notices.remove(first)
    notices.remove(first)
    notices.tell("authenticated", {"x": 2})
    assert told == ["first authenticated 1", "second", "second"]
