"""What crosses the wire: SignalR framing, and the payloads of the hubs, as bytes and records."""

__all__: list[str] = []
