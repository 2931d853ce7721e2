"""The other floor of the gateway bench: uvloop and bytes, and what an answer weighs.

Reads the same bytes as the engine and writes as many as it answers, without cutting them into
records: a frame's answer is computed from the lengths of its two halves, which the bench fixes.
"""

import asyncio
import os
import sys

import uvloop


PLACE, CANCEL, PLACED, CANCELLED = 88, 40, 64, 72
ZEROS = bytes(1 << 20)
FRAME_MAX = 65_536


def answered(length: int) -> int:
    """Return the bytes that answer a frame of *length*: orders, cancels, or as many of each."""
    if length % (PLACE + CANCEL) == 0:
        return length // (PLACE + CANCEL) * (PLACED + CANCELLED)
    return length // PLACE * PLACED if length % PLACE == 0 else length // CANCEL * CANCELLED


class Floor(asyncio.Protocol):
    """One connection."""

    def __init__(self) -> None:
        self.tail = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        """Answer whole frames with one frame, or as many as it takes."""
        if self.tail:
            data = self.tail + data
        at, answers, size = 0, 0, len(data)
        while size - at >= 4:
            length = int.from_bytes(data[at : at + 4])
            if size - at - 4 < length:
                break
            answers += answered(length)
            at += 4 + length
        self.tail = data[at:]
        while answers:
            part = min(answers, FRAME_MAX)
            self.transport.write(part.to_bytes(4) + ZEROS[:part])
            answers -= part


async def main() -> None:
    """Serve on a free port, which is printed."""
    os.sched_setaffinity(0, {int(sys.argv[1])})
    server = await asyncio.get_running_loop().create_server(Floor, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
