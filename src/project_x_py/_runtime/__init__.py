"""Everything that touches the event loop, the clock or the network, and nothing that knows trading.

Import from the modules: ``clock``, ``supervisor``, ``virtual_loop``, ``network``, ``endpoints``.
"""

__all__: list[str] = []
