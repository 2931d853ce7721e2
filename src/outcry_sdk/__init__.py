"""Python client for an Outcry exchange over HTTP, WebSocket and TCP. Never imports outcry."""
