"""Pure, synchronous building blocks: no event loop, sockets, clock, numpy or polars."""

__all__: list[str] = []
