"""Random numbers that depend on a key and a counter, not on what was drawn before.

A counter-based generator (the finaliser of splitmix64) gives the same value for the same key and
counter in whatever order it is asked, so the past can be made day by day, and two instruments can
share a factor without sharing a generator. Only integer arithmetic and exactly rounded float
operations are used: the numbers are the same on every platform and Python.

Invariants (``tests/simulator/test_noise.py``): the array form equals the scalar one; the normals
have mean 0 and variance 1.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Bits = npt.NDArray[np.uint64]
    Floats = npt.NDArray[np.float64]

__all__ = [
    "bits",
    "key_of",
    "normal",
    "normals",
    "smooth",
    "uniform",
    "uniforms",
    "words",
]

_MASK = (1 << 64) - 1
_STEP = 0x9E3779B97F4A7C15
_MIX1 = 0xBF58476D1CE4E5B9
_MIX2 = 0x94D049BB133111EB
_TO_UNIT = 1.0 / (1 << 53)
_TO_NORMAL = 1.0 / 37837.22713
"""One over the standard deviation of the sum of four uniform 16-bit integers."""


def key_of(*parts: object) -> int:
    """Return a 64-bit key for a sequence of names and numbers."""
    text = "\x1f".join(map(str, parts)).encode()
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def bits(key: int, counter: int) -> int:
    """Return 64 random bits."""
    x = (key + (counter + 1) * _STEP) & _MASK
    x = ((x ^ (x >> 30)) * _MIX1) & _MASK
    x = ((x ^ (x >> 27)) * _MIX2) & _MASK
    return x ^ (x >> 31)


def uniform(key: int, counter: int) -> float:
    """Return a number of [0, 1)."""
    return (bits(key, counter) >> 11) * _TO_UNIT


def normal(key: int, counter: int) -> float:
    """Return a nearly normal number, mean 0, variance 1, never beyond 3.5."""
    x = bits(key, counter)
    total = (x & 0xFFFF) + (x >> 16 & 0xFFFF) + (x >> 32 & 0xFFFF) + (x >> 48)
    return (total - 131070) * _TO_NORMAL


def words(key: int, counters: npt.NDArray[np.int64]) -> Bits:
    """Return 64 random bits for each counter, shape as ``counters``."""
    x = (counters.astype(np.uint64) + np.uint64(1)) * np.uint64(_STEP) + np.uint64(key)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(_MIX1)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(_MIX2)
    return x ^ (x >> np.uint64(31))


def uniforms(key: int, counters: npt.NDArray[np.int64]) -> Floats:
    """Return :func:`uniform` of each counter."""
    return np.asarray((words(key, counters) >> np.uint64(11)) * _TO_UNIT, np.float64)


def normals(key: int, counters: npt.NDArray[np.int64]) -> Floats:
    """Return :func:`normal` of each counter."""
    x = words(key, counters)
    low = np.uint64(0xFFFF)
    total = (x & low) + (x >> np.uint64(16) & low) + (x >> np.uint64(32) & low)
    total += x >> np.uint64(48)
    return np.asarray((total.astype(np.int64) - 131070) * _TO_NORMAL, np.float64)


def smooth(key: int, counter: int, scale: int) -> float:
    """Return a number of [0, 1) that drifts: drawn every ``scale`` counters, linear between."""
    cell, offset = divmod(counter, scale)
    first, last = uniform(key, cell), uniform(key, cell + 1)
    return first + (last - first) * offset / scale
