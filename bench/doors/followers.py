"""Followers of the public feed, many in one process: what comes, how late, how long it is."""

import asyncio
import json
import sys
import time

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect


AT_ONCE = 200


class Follower(WSListener):
    """One connection."""

    heard = 0
    bytes = 0
    #: Milliseconds from the moment that a message is of to its arrival.
    delays: list[float]
    measuring = False

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Ask for the market, where there is one to ask for."""
        self.transport = transport
        if MARKET:
            wish = {"action": "subscribe", "event_id": MARKET, "market_id": MARKET}
            transport.send(WSMsgType.TEXT, json.dumps(wish).encode())

    def on_ws_frame(self, _: WSTransport, frame: WSFrame) -> None:
        """Count, and see how old it is."""
        if not Follower.measuring:
            return
        text = frame.get_payload_as_memoryview()
        Follower.heard += 1
        Follower.bytes += len(text)
        found = bytes(text[:200]).partition(b'"timestamp":')[2]
        if found:
            then = int(found.partition(b",")[0].partition(b"}")[0])
            Follower.delays.append(time.time_ns() / 1e6 - then)


MARKET = int(sys.argv[3])


async def main(port: int, count: int, seconds: float) -> None:
    """Connect, say so, measure, and print what came."""
    path = "/depth" if MARKET else "/"
    made = []
    for start in range(0, count, AT_ONCE):
        made += await asyncio.gather(
            *(
                ws_connect(Follower, f"ws://127.0.0.1:{port}{path}")
                for _ in range(min(AT_ONCE, count - start))
            )
        )
    await asyncio.sleep(1)
    print("connected", flush=True)
    Follower.delays = []
    Follower.measuring = True
    await asyncio.sleep(seconds)
    Follower.measuring = False
    delays = sorted(Follower.delays) or [0.0]
    figures = {
        "per_second": Follower.heard / seconds,
        "length": Follower.bytes / max(Follower.heard, 1),
        "p50_ms": delays[len(delays) // 2],
        "p99_ms": delays[int(len(delays) * 0.99)],
    }
    print(json.dumps(figures))
    for transport, _ in made:
        transport.disconnect()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[4])))
