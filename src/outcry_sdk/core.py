"""How a call is carried out: what to send, when to send it again, and what it came to.

One generator decides; the clients, blocking and asynchronous, only do what it asks for: send a
request, or wait. A request that was refused because the exchange is busy, or that never left, is
sent again. One whose fate is unknown is sent again only where twice is no more than once.
"""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from outcry_sdk.calls.call import Call
from outcry_sdk.errors import (
    OutcomeUnknownError,
    ProtocolError,
    RejectedError,
    UnreachableError,
)
from outcry_wire.rejects import Reject


ResultT = TypeVar("ResultT")

#: Refusals that say: nothing happened, come again.
_COME_AGAIN: Final = frozenset(
    {Reject.BUSY, Reject.RATE_LIMITED, Reject.SHUTTING_DOWN, Reject.CANCEL_ALL_PENDING}
)
#: Statuses that something between us and the exchange answers.
_GATEWAY_STATUSES: Final = frozenset({502, 503, 504})


@dataclass(frozen=True, slots=True)
class Retries:
    """How often to try, and how long to wait in between: doubled each time, within bounds."""

    attempts_max: int = 6
    first_pause_seconds: float = 0.05
    pause_seconds_max: float = 2.0

    def pause(self, attempt: int) -> float:
        """Return the seconds to wait after an attempt, the first is 1."""
        pause: float = self.first_pause_seconds * 2 ** (attempt - 1)
        return min(pause, self.pause_seconds_max)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Lost:
    """No answer came; *left* says whether the request may have reached the exchange."""

    why: str
    left: bool


@dataclass(frozen=True, slots=True)
class Pause:
    """Wait."""

    seconds: float


Step = Call[Any] | Pause
Reply = Answer | Lost | None


def conversation(call: Call[ResultT], retries: Retries) -> Generator[Step, Reply, ResultT]:
    """Yield what to do until *call* has a result; it is what the generator returns.

    Raises `RejectedError`, `UnreachableError`, `OutcomeUnknownError` or `ProtocolError`.
    """
    attempt = 0
    while True:
        attempt += 1
        reply = yield call
        assert reply is not None, "a request is answered or lost"
        last = attempt >= retries.attempts_max
        if isinstance(reply, Lost):
            if last or (reply.left and not call.repeatable):
                raise _lost(call, reply)
            yield Pause(retries.pause(attempt))
            continue
        try:
            return call.result(reply.status, reply.body)
        except RejectedError as refused:
            if last or not _again(call, refused):
                raise
            told = min(refused.retry_after_ms / 1_000, retries.pause_seconds_max)
            yield Pause(max(told, retries.pause(attempt)))
        except ProtocolError:
            if last or not call.repeatable or reply.status not in _GATEWAY_STATUSES:
                raise
            yield Pause(retries.pause(attempt))


def _again(call: Call[Any], refused: RejectedError) -> bool:
    if refused.reject in _COME_AGAIN:
        return True
    # The ledger did not answer its door in time: the request may have been taken.
    return refused.reject == Reject.UNAVAILABLE and call.repeatable


def _lost(call: Call[Any], reply: Lost) -> UnreachableError:
    sentence = f"{call.method} {call.path}: {reply.why}"
    if reply.left and call.method != "GET":
        return OutcomeUnknownError(f"{sentence}; it may have been carried out")
    return UnreachableError(sentence)
