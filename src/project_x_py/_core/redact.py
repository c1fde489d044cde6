"""Text without secrets, for everything that is logged, shown or counted.

Removes JSON web tokens, bearer headers, ``access_token=`` and other query values, and the values
of quoted keys such as ``"apiKey"``. Exceptions do it on their own.

Invariant (``tests/test_exceptions.py``): ``redact(redact(text)) == redact(text)``.
"""

from __future__ import annotations

from project_x_py.exceptions import _redact

__all__ = ["redact"]


def redact(text: str) -> str:
    """Return ``text`` with every token, key and password in it replaced by ``[redacted]``."""
    return _redact(text)
