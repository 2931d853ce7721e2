"""From an order to what its owner is told: orders come at a fixed rate, whoever is late.

Delays run from the moment at which an order was due, not from when it was sent: an exchange that
falls behind cannot hide it by slowing down whoever asks.
"""

import asyncio
import json
import random
import time
from collections import deque
from typing import Final, NamedTuple, cast

import msgspec
from doors.http_load import request
from doors.people import People
from exchange.venue import Venue
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect


CONNECTIONS: Final = 64
LOGIN_SECONDS_MAX: Final = 60.0
#: How long what is under way at the end of the window is waited for.
DRAIN_SECONDS_MAX: Final = 10.0


class OwnEvents(NamedTuple):
    """Milliseconds from an order's due time to events of its owner, and what did not come."""

    per_second: float
    #: The order is taken, and its commit is durable.
    accepted_p50_ms: float
    accepted_p99_ms: float
    #: What the book made of it: it rests, or traded.
    settled_p50_ms: float
    settled_p99_ms: float
    declined: int
    untold: int


class _OrderData(msgspec.Struct):
    types: str = ""
    client_order_id: str = ""


class _Told(msgspec.Struct):
    event_type: str
    part: int = 0
    parts: int = 0
    success: bool = True
    data: _OrderData | None = None


class _Owner(WSListener):
    """The private feed of one user."""

    def __init__(self, token: str, accepted: dict[str, float], settled: dict[str, float]) -> None:
        self._token = token
        self._accepted = accepted
        self._settled = settled
        self._decode = msgspec.json.Decoder(_Told).decode
        self.ready = asyncio.get_running_loop().create_future()

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Log in."""
        transport.send(WSMsgType.TEXT, json.dumps({"auth": self._token}).encode())

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Note when an order was first told of, and when it was first told of anew."""
        del transport
        now = time.perf_counter()
        if frame.msg_type != WSMsgType.TEXT:
            return
        told = self._decode(frame.get_payload_as_bytes())
        assert told.success, "the login was refused"
        if told.event_type == "snapshot" and told.part == told.parts and not self.ready.done():
            self.ready.set_result(None)
        elif told.event_type == "open_order_change" and told.data is not None:
            name = told.data.client_order_id
            created = told.data.types == "open_order_created"
            (self._accepted if created else self._settled).setdefault(name, now)


class _Line(asyncio.Protocol):
    """One HTTP connection; it takes the next request as soon as the last one is answered."""

    def __init__(self, waiting: deque[bytes], free: "list[_Line]") -> None:
        self._waiting = waiting
        self._free = free
        self._buffer = b""
        self.declined = 0
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # uvloop's is of no such class
        self._free.append(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self.declined += not head.startswith(b"HTTP/1.1 200")
        self._buffer = b""
        if self._waiting:
            self.transport.write(self._waiting.popleft())
        else:
            self._free.append(self)


async def own_events(
    people: People, running: Venue, per_second: float, seconds: float
) -> OwnEvents:
    """Enter *per_second* orders a second and listen as their owners."""
    accepted: dict[str, float] = {}
    settled: dict[str, float] = {}
    url = f"ws://{running.record.addresses['feeds']}/user"
    owners = [_Owner(token, accepted, settled) for token in people.tokens]
    feeds = [(await ws_connect(lambda owner=owner: owner, url))[0] for owner in owners]
    async with asyncio.timeout(LOGIN_SECONDS_MAX):
        await asyncio.gather(*(owner.ready for owner in owners))
    due, declined = await _enter(people, per_second, seconds, settled)
    for transport in feeds:
        transport.disconnect()
    first, then = (_delays(due, heard) for heard in (accepted, settled))
    return OwnEvents(
        len(due) / seconds, *_parts(first), *_parts(then), declined, len(due) - len(then) - declined
    )


async def _enter(
    people: People, per_second: float, seconds: float, settled: dict[str, float]
) -> tuple[dict[str, float], int]:
    """Enter the orders; returns when each was due, and how many were declined."""
    waiting: deque[bytes] = deque()
    free: list[_Line] = []
    loop = asyncio.get_running_loop()
    host, port = people.address.host, people.address.port
    lines = [
        (await loop.create_connection(lambda: _Line(waiting, free), host, port))[1]
        for _ in range(CONNECTIONS)
    ]
    bodies = _bodies(people, int(per_second * seconds))
    began = time.perf_counter()
    due = {name: began + number / per_second for number, (name, _) in enumerate(bodies)}
    for name, body in bodies:
        await asyncio.sleep(max(0.0, due[name] - time.perf_counter()))
        if free:
            free.pop().transport.write(body)
        else:
            waiting.append(body)
    ends_at = time.perf_counter() + DRAIN_SECONDS_MAX
    while time.perf_counter() < ends_at:
        if len(settled) + sum(line.declined for line in lines) >= len(due):
            break
        await asyncio.sleep(0.05)
    for line in lines:
        line.transport.close()
    return due, sum(line.declined for line in lines)


def _bodies(people: People, count: int) -> list[tuple[str, bytes]]:
    """Return requests with the names of their orders, prepared so that they cost nothing."""
    dice = random.Random(count)
    made = []
    for number in range(count):
        order = {**people.order(dice), "client_order_id": f"due-{number}"}
        token = people.tokens[number % len(people.tokens)]
        body = json.dumps(order).encode()
        made.append(
            (f"due-{number}", request(str(people.address), "/api/place_order", token, body))
        )
    return made


def _delays(due: dict[str, float], heard: dict[str, float]) -> list[float]:
    return sorted(1_000 * (at - due[name]) for name, at in heard.items() if name in due)


def _parts(delays: list[float]) -> tuple[float, float]:
    """Return p50 and p99; not a number where nothing came."""
    if not delays:
        return float("nan"), float("nan")
    return delays[len(delays) // 2], delays[int(len(delays) * 0.99)]
