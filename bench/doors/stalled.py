"""A follower of the public feed that asks and never reads."""

import json
import os
import socket
import struct
import time
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from exchange.venue import Venue


#: Little room and short segments, so that what is not read piles up at the server soon.
RECEIVE_BYTES: Final = 4_096
SEGMENT_BYTES: Final = 536
#: It asks for the book anew this often until the server counts it as behind.
ASK_SECONDS: Final = 0.005
ASKS_IN_A_ROW: Final = 20
STALL_SECONDS_MAX: Final = 60.0


@contextmanager
def stalled(running: Venue, market: int) -> Iterator[None]:
    """Have one reader behind for the length of the block; it is there, and behind, at the end."""
    address = running.record.addresses["feeds"]
    wish = json.dumps({"action": "subscribe", "event_id": market, "market_id": market}).encode()
    deadline = time.monotonic() + STALL_SECONDS_MAX
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BYTES)
        reader.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SEGMENT_BYTES)
        reader.connect((address.host, address.port))
        key = b64encode(os.urandom(16)).decode()
        reader.sendall(
            f"GET /depth HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        while not behind(running):
            assert time.monotonic() < deadline, "the server never counted the reader as behind"
            for _ in range(ASKS_IN_A_ROW):
                reader.sendall(_frame(wish))
                time.sleep(ASK_SECONDS)
        yield
        assert behind(running), "the stalled reader was let go before the window ended"


def behind(running: Venue) -> int:
    """Return how many readers the public feed counts as behind."""
    return int(running.metric("edge", "outcry_websocket_depth_followers_behind"))


def _frame(payload: bytes) -> bytes:
    """Return a masked text frame of less than 126 bytes."""
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))
    return struct.pack("!BB", 0x81, 0x80 | len(payload)) + mask + masked
