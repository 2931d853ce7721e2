"""Drives connections, closed loop or at a fixed rate, in one thread over epoll.

At a fixed rate every batch has a time at which it is due, whatever the engine does, and its latency
is counted from then on: an engine that stalls is charged for everything it kept from being sent.
"""

import select
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from outcry.app.failures import UsageError
from outcry.app.load.flow import Flow, Mix, Traded
from outcry.app.load.http import HttpFlow, HttpHeard, listed
from outcry.app.load.latencies import Latencies
from outcry.app.load.wire import Heard, Login, Opening


_RECEIVE_BYTES: Final = 1 << 18
#: Time after the last batch in which answers still count.
_DRAIN_SECONDS: Final = 5.0
#: Batches that one connection may owe at a fixed rate before the run gives up on the engine.
_OWED_MAX: Final = 1_000_000
_PROGRESS_SECONDS: Final = 1.0
#: Order ids that each connection to an exchange has for itself.
_SHARE_BITS: Final = 40
#: The fewest seconds that a batch may be waited for with the processor kept busy.
_SPIN_SECONDS: Final = 0.0005


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How the load looks."""

    connections: int = 16
    #: Commands of one connection that may be unanswered (closed loop).
    window: int = 64
    batch: int = 16
    #: Commands a second of all connections; 0 is a closed loop.
    rate: float = 0
    seconds: float = 10.0
    seed: int = 1
    #: Of an exchange; connections take them in turn. None: a stand-alone engine.
    api_keys: tuple[str, ...] = ()
    #: Of a stand-alone engine that asks for keys; likewise.
    keys: tuple[Login, ...] = ()
    mix: Mix = field(default_factory=Mix)
    #: Instruments to trade, of those that there are; 0: all.
    instruments: int = 0


@dataclass(slots=True, kw_only=True)
class Result:
    """What came of it."""

    shape: Shape
    latencies: Latencies
    seconds: float = 0.0
    sent: int = 0
    answered: int = 0
    totals: Counter[str]
    #: Commands answered in each second.
    course: list[int]

    @property
    def rate(self) -> float:
        """Commands answered a second."""
        return self.answered / self.seconds if self.seconds else 0.0


class Line:
    """One connection while it runs."""

    def __init__(self, opening: Opening, flow: Flow | HttpFlow, heard: Heard | HttpHeard) -> None:
        self.socket = opening.socket
        self.socket.settimeout(0)
        self.flow = flow
        self.heard = heard
        self.unanswered = 0
        self._owed: deque[list[int]] = deque()
        self._unsent = b""

    def send(self, due_ns: int) -> int:
        """Send a batch that was due then; return its commands."""
        data = self.flow.next()
        size = self.flow.size
        self._owed.append([size, due_ns])
        self.unanswered += size
        if self._unsent or (sent := self._try(data)) < len(data):
            self._unsent += bytes(data if self._unsent else data[sent:])
        return size

    def _try(self, data: bytes | bytearray) -> int:
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0

    @property
    def is_blocked(self) -> bool:
        """Whether the engine does not take what is sent."""
        return bool(self._unsent)

    def flush(self) -> None:
        """Send what could not be sent."""
        self._unsent = self._unsent[self._try(self._unsent) :]

    def receive(self, latencies: Latencies) -> int:
        """Take what came; return the commands that are answered by it."""
        try:
            data = self.socket.recv(_RECEIVE_BYTES)
        except BlockingIOError:
            return 0
        if not data:
            raise ConnectionError("the engine closed a connection")
        answered = left = self.heard.take(data)
        now_ns = time.perf_counter_ns()
        while left and self._owed:
            first = self._owed[0]
            done = min(left, first[0])
            latencies.add(now_ns - first[1], done)
            left -= done
            first[0] -= done
            if not first[0]:
                self._owed.popleft()
        self.unanswered -= answered
        return answered


class Run:
    """One run against one engine."""

    def __init__(
        self, host: str, port: int, shape: Shape, *, echo: bool = False, http: bool = False
    ) -> None:
        """Connect and log on, to an echo, by HTTP, or over TCP; raises OSError or `UsageError`."""
        self._shape = shape
        self._lines: dict[int, Line] = {}
        self._openings: list[Opening] = []
        self._poll = select.epoll()
        random = Random(shape.seed)  # noqa: S311 - a workload, not a secret
        markets = listed(host, port)[: shape.instruments or None] if http else []
        try:
            for number in range(shape.connections):
                opening = Opening(host, port)
                self._openings.append(opening)
                if http:
                    key = shape.api_keys[number % len(shape.api_keys)]
                    line = Line(opening, HttpFlow(random, markets, shape.mix, key), HttpHeard())
                else:
                    flow = _echoed(random, shape) if echo else _flow(opening, number, random, shape)
                    line = Line(opening, flow, Heard(echo=echo))
                self._lines[line.socket.fileno()] = line
                self._poll.register(line.socket, select.EPOLLIN)
        except (OSError, UsageError):
            self._close()
            raise
        self._result = Result(shape=shape, latencies=Latencies(), totals=Counter(), course=[0])

    def go(self, progress: Callable[[Result], None] | None = None) -> Result:
        """Run for as long as the shape says; return what came of it."""
        result, shape = self._result, self._shape
        start = time.perf_counter()
        end, told = start + shape.seconds, start
        fill = self._fill_rate(start) if shape.rate else self._fill_windows
        while (now := time.perf_counter()) < end:
            self._turn(fill(now))
            if now - told >= _PROGRESS_SECONDS:
                told = now
                result.seconds = now - start
                if progress is not None:
                    progress(result)
                result.course.append(0)
        result.seconds = time.perf_counter() - start
        in_time = result.answered
        while result.answered < result.sent and time.perf_counter() < end + _DRAIN_SECONDS:
            self._turn(0.01)
        result.answered = in_time
        for number, line in enumerate(self._lines.values()):
            totals = line.heard.totals()
            if shape.api_keys and number >= len(shape.api_keys):
                totals.pop("fills", None)  # all sessions of an account hear of its fills
            result.totals.update(totals)
        self._close()
        return result

    def _close(self) -> None:
        for opening in self._openings:
            opening.socket.close()
        self._poll.close()

    def _fill_windows(self, _now: float) -> float:
        """Send what the windows have room for; return how long to wait for answers."""
        shape = self._shape
        for line in self._lines.values():
            while line.unanswered + shape.batch <= shape.window and not line.is_blocked:
                self._send(line, time.perf_counter_ns())
        return _PROGRESS_SECONDS

    def _fill_rate(self, start: float) -> Callable[[float], float]:
        """Return what sends every batch that is due, and says how long it is until the next."""
        lines = list(self._lines.values())
        gap = self._shape.batch / self._shape.rate
        turn = 0

        def fill(now: float) -> float:
            nonlocal turn
            while (due := start + turn * gap) <= now:
                line = lines[turn % len(lines)]
                if line.unanswered > _OWED_MAX:
                    raise ConnectionError("the engine is too far behind for this rate")
                self._send(line, int(due * 1e9))
                turn += 1
            wait = due - time.perf_counter()
            return 0.0 if wait < _SPIN_SECONDS else wait - _SPIN_SECONDS

        return fill

    def _send(self, line: Line, due_ns: int) -> None:
        self._result.sent += line.send(due_ns)
        if line.is_blocked:
            self._poll.modify(line.socket, select.EPOLLIN | select.EPOLLOUT)

    def _turn(self, wait: float) -> None:
        result = self._result
        for number, events in self._poll.poll(max(wait, 0.0)):
            line = self._lines[number]
            if events & select.EPOLLOUT:
                line.flush()
            if events & ~select.EPOLLOUT:
                answered = line.receive(result.latencies)
                result.answered += answered
                result.course[-1] += answered
            if events & select.EPOLLOUT and not line.is_blocked:
                self._poll.modify(number, select.EPOLLIN)


def _echoed(random: Random, shape: Shape) -> Flow:
    """Return what is said to an echo."""
    return Flow(random, [Traded(1, 10, 5_000)], shape.batch, shape.mix)


def _login(shape: Shape, number: int) -> tuple[Login, int]:
    """Return as whom a connection logs on, and the number of its session."""
    if shape.api_keys:
        return Login.of_api_key(shape.api_keys[number % len(shape.api_keys)]), number + 1
    if shape.keys:
        return shape.keys[number % len(shape.keys)], number + 1
    return Login(number + 1), 1


def _flow(opening: Opening, number: int, random: Random, shape: Shape) -> Flow:
    """Log a connection on; return what is said over it."""
    seq, order_id = opening.log_on(*_login(shape, number))
    key = bool(shape.api_keys)
    if key:  # connections with one key share the ids of one account
        order_id += number << _SHARE_BITS
    traded = opening.instruments()[: shape.instruments or None]
    flow = Flow(random, traded, shape.batch, shape.mix, owns=not key)
    flow.resume(seq, order_id)
    return flow
