"""Bare picows: sends a text as long as the feed's to everybody ten times a second."""

import asyncio
import sys
import time

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server


LENGTH = int(sys.argv[2])
EVERY_SECONDS = 0.1
followers: set[WSTransport] = set()


class Follower(WSListener):
    """One that is sent to."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Begin to send."""
        followers.add(transport)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        """Send no more."""
        followers.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Read nothing of it."""


def _follow(_: WSUpgradeRequest) -> Follower:
    return Follower()


async def main() -> None:
    """Send for ever."""
    await ws_create_server(_follow, "127.0.0.1", int(sys.argv[1]), backlog=20_000)
    while True:
        due = time.monotonic() + EVERY_SECONDS
        head = f'{{"timestamp":{time.time_ns() // 1_000_000},"x":"'
        text = (head + "x" * (LENGTH - len(head) - 2) + '"}').encode()
        for transport in list(followers):
            transport.send(WSMsgType.TEXT, text)
        await asyncio.sleep(max(0.0, due - time.monotonic()))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main())
