"""A process for the supervisor's tests: ``child.py PORT CODE`` ends with CODE, or serves for ever.

With CODE "serve" it answers every request with 200, as a process that is ready does.
"""

import asyncio
import sys


async def serve(port: int) -> None:
    """Answer everything with 200."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()
        writer.close()

    async with await asyncio.start_server(answer, "127.0.0.1", port) as server:
        await server.serve_forever()


if __name__ == "__main__":
    if sys.argv[2] != "serve":
        sys.exit(int(sys.argv[2]))
    asyncio.run(serve(int(sys.argv[1])))
