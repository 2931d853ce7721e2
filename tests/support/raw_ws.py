"""WebSocket frames by hand, for clients that do what no library would."""

import asyncio
import os
import struct
from base64 import b64encode
from typing import NamedTuple


WAIT_SECONDS = 90.0


class Frame(NamedTuple):
    """What the server sent."""

    opcode: int
    payload: bytes

    @property
    def close(self) -> tuple[int, str]:
        """Code and reason of a close frame."""
        assert self.opcode == 8, self
        (code,) = struct.unpack_from("!H", self.payload)
        return code, self.payload[2:].decode()


class RawClient:
    """A connection on which any bytes may be sent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(
        self, opcode: int, payload: bytes, *, final: bool = True, rsv: int = 0, masked: bool = True
    ) -> None:
        """Send one frame."""
        size = len(payload)
        head = bytes([final << 7 | rsv << 4 | opcode])
        if size < 126:
            head += bytes([masked << 7 | size])
        elif size < 1 << 16:
            head += struct.pack("!BH", masked << 7 | 126, size)
        else:
            head += struct.pack("!BQ", masked << 7 | 127, size)
        if masked:
            mask = os.urandom(4)
            head += mask
            payload = bytes(byte ^ mask[index % 4] for index, byte in enumerate(payload))
        self.writer.write(head + payload)

    async def receive(self) -> Frame:
        """Return the next frame; raises `asyncio.IncompleteReadError` at the end."""
        async with asyncio.timeout(WAIT_SECONDS):
            first, second = await self.reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                (size,) = struct.unpack("!H", await self.reader.readexactly(2))
            elif size == 127:
                (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
            return Frame(first & 0x0F, await self.reader.readexactly(size))

    async def receive_close(self) -> tuple[int, str]:
        """Return code and reason of the close frame that comes sooner or later."""
        while (frame := await self.receive()).opcode != 8:
            pass
        return frame.close

    async def ended(self) -> bool:
        """Return whether the server ends the connection."""
        async with asyncio.timeout(WAIT_SECONDS):
            try:
                return not await self.reader.read(65_536)
            except ConnectionError:
                return True


async def request(port: int, path: str, connection: str = "Upgrade") -> tuple[str, RawClient]:
    """Ask for *path*; returns the status line and the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    key = b64encode(os.urandom(16)).decode()
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
        f"Connection: {connection}\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n".encode()
    )
    async with asyncio.timeout(WAIT_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
    return head.split(b"\r\n")[0].decode(), RawClient(reader, writer)
