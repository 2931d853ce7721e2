"""A line: batches of orders on one stream, each taken in its turn and answered when it is ready.

A call of its own for every batch costs as much as ten orders in it. What a commit answers at the
same time goes back in one message.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import grpc
import structlog

from outcry.domain.errors import OutcryError
from outcry.rpc import asset_pb2 as pb
from outcry.services.asset.grpc.admission import Context


#: Batches of one line that are taken but not answered; until fewer are, nothing is read.
LINE_COUNT_MAX: Final = 1_000
#: Bytes of answers in one message, softly: the answer that reaches it still belongs.
MESSAGE_BYTES_MAX: Final = 4 * 1024 * 1024

#: How long whoever asked may take to read one message of answers.
WRITE_SECONDS_MAX: Final = 10.0
#: A line on which nothing is asked for so long, and nothing is to be answered, is ended.
SILENCE_SECONDS_MAX: Final = 900.0

_log = structlog.get_logger(__name__)


class NotTaken(OutcryError):
    """A batch is none, or too large; nothing was done."""


class Line:
    """One open stream. *submit* answers a packed batch, or raises `NotTaken` or another error."""

    def __init__(self, context: Context, submit: Callable[[bytes], Awaitable[bytes]]) -> None:
        self._context = context
        self._submit = submit
        self._room = asyncio.Semaphore(LINE_COUNT_MAX)
        self._taken: set[asyncio.Task[None]] = set()
        self._ready: list[pb.Answer] = []
        self._changed = asyncio.Event()
        self._reading: asyncio.Task[None] | None = None
        self._serving: asyncio.Task[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._asked_at = self._loop.time()

    async def serve(self) -> None:
        """Answer until the other side, or `finish`, ends it and everything taken is answered."""
        self._serving = asyncio.current_task()
        self._reading = asyncio.create_task(self._read())
        self._reading.add_done_callback(lambda _: self._changed.set())
        looking = asyncio.create_task(self._look())
        try:
            while self._taken or self._ready or not self._reading.done():
                await self._changed.wait()
                self._changed.clear()
                while self._ready:
                    await self._write(self._message())
        finally:
            looking.cancel()
            for task in (self._reading, *self._taken):
                task.cancel()
            await asyncio.gather(self._reading, *self._taken, return_exceptions=True)

    def finish(self) -> None:
        """Take no more; what was taken is answered."""
        if self._reading is not None:
            self._reading.cancel()

    async def _write(self, message: pb.Answers) -> None:
        timer = self._loop.call_later(WRITE_SECONDS_MAX, self._break_off)
        try:
            await self._context.write(message)
        finally:
            timer.cancel()

    def _break_off(self) -> None:
        """End the call: whoever asked does not read, and would keep all answers waiting here."""
        _log.warning("line_broken_off", reason=f"not read within {WRITE_SECONDS_MAX:g} s")
        if self._serving is not None:
            self._serving.cancel()

    async def _look(self) -> None:
        """Finish once the line was silent for too long: whoever had it may be gone."""
        while True:
            rest = self._asked_at + SILENCE_SECONDS_MAX - self._loop.time()
            if rest <= 0 and not self._taken:
                return self.finish()
            await asyncio.sleep(max(rest, SILENCE_SECONDS_MAX / 10))

    async def _read(self) -> None:
        while True:
            await self._room.acquire()
            ask: Any = await self._context.read()
            if ask is grpc.aio.EOF:
                return
            self._asked_at = self._loop.time()
            task = asyncio.create_task(self._answer(ask))
            self._taken.add(task)
            task.add_done_callback(self._answered)

    async def _answer(self, ask: pb.Ask) -> None:
        answer = pb.Answer(tag=ask.tag)
        try:
            answer.body = await self._submit(ask.body)
        except NotTaken as error:
            answer.refused = str(error)
        except OutcryError as error:
            answer.unavailable = str(error) or type(error).__name__
        except Exception:  # noqa: BLE001 - a defect; whoever asked must not wait for ever
            _log.exception("batch_failed")
            answer.unavailable = "the ledger failed over this batch; its log says how"
        self._ready.append(answer)
        self._changed.set()

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._taken.discard(task)
        self._room.release()
        self._changed.set()

    def _message(self) -> pb.Answers:
        """Return the first of what is ready, as much as one message carries."""
        count = size = 0
        while count < len(self._ready) and size < MESSAGE_BYTES_MAX:
            size += len(self._ready[count].body)
            count += 1
        ready, self._ready = self._ready[:count], self._ready[count:]
        return pb.Answers(answers=ready)
