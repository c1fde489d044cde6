"""Looks for session tokens in what tests print and log: every test is also a test of that.

``tests/conftest.py`` hands over what was captured of each test; ``tests/chaos/test_secrets.py``
shows that a token is found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["TOKEN", "leaks"]

TOKEN = re.compile(r"eyJ[\w-]{8,}\.[\w-]{4,}")
"""What every session token looks like, the gateway's and those of the tests."""


def leaks(sections: Iterable[tuple[str, str]]) -> list[str]:
    """Return the titles of the captured texts that hold a token."""
    return [title for title, text in sections if TOKEN.search(text) is not None]
