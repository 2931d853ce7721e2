"""Both WebSocket feeds: what they say, and followers that keep state and reconnect."""
