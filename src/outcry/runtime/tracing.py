"""Which commands are traced, and what their spans are called: computed, never carried.

A trace follows one order command (place, cancel, reduce, replace). Its id is a digest of shard and
seq, a span's id one of that and of its stage; whether it is sampled is seq modulo N. So each
process tells its part from what it sees, and no record, stream or entry knows of traces.
"""

from collections.abc import Iterator, Mapping
from hashlib import blake2b
from struct import Struct
from typing import Final, NamedTuple, Protocol

from outcry.domain.ids import SEQ_BITS
from outcry.messages.record_bodies import Body
from outcry_wire.records import COMMAND_REJECTED, HEADER, RecordType


#: Each stage with the one that caused it; the first has none. Durations overlap where work does.
PARENTS: Final[Mapping[str, str]] = {
    "order": "",
    "ledger.decide": "order",
    "ledger.commit": "ledger.decide",
    "commands.publish": "ledger.decide",
    "match.execute": "commands.publish",
    "facts.publish": "match.execute",
    "depth.publish": "facts.publish",
    "ledger.apply": "facts.publish",
    "facts.commit": "ledger.apply",
    "events.publish": "facts.commit",
    "feed.user": "events.publish",
    "history.project": "facts.commit",
}

_TRACED_COMMANDS: Final = frozenset(
    (
        RecordType.PLACE_ORDER,
        RecordType.CANCEL_ORDER,
        RecordType.REDUCE_ORDER,
        RecordType.REPLACE_ORDER,
    )
)
#: Facts with which only other commands end.
_OTHER_ENDS: Final = frozenset(
    (
        RecordType.INSTRUMENT_CHANGED,
        RecordType.TICKED,
        RecordType.BOOK_HASHED,
        RecordType.COMMAND_DONE,
    )
)
#: Of a header: length and seq.
_STEP: Final = Struct("<2xH4xq")


class Traced(NamedTuple):
    """A sampled command of one shard, and the time it was stamped with."""

    shard: int
    seq: int
    time_us: int


class Spans(Protocol):
    """Takes what a process has to tell. Nothing of it may wait, fail or grow without a bound."""

    def emit(
        self, stage: str, command: Traced, began_ns: int, ended_ns: int, **attributes: str | int
    ) -> None:
        """Tell that *command* went through *stage*, a key of `PARENTS`, from *began_ns* on.

        Times are nanoseconds since 1970.
        """
        ...


def trace_id(namespace: str, command: Traced) -> int:
    """Return the 128 bits that name the trace of *command* on the exchange *namespace*."""
    text = f"{namespace}/{command.shard}/{command.seq}"
    return int.from_bytes(blake2b(text.encode(), digest_size=16).digest()) or 1


def span_id(trace: int, stage: str) -> int:
    """Return the 64 bits that name the span of *stage* in *trace*."""
    text = f"{trace:032x}/{stage}"
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest()) or 1


def sampled(number: int, one_in: int) -> Traced | None:
    """Return the command of a `command_number` if it is traced; 0 names none."""
    shard, seq = number >> SEQ_BITS, number & ((1 << SEQ_BITS) - 1)
    return Traced(shard, seq, 0) if seq and seq % one_in == 0 else None


def any_sampled(first: int, last: int, one_in: int) -> bool:
    """Return whether a seq of ``first..last`` is sampled."""
    return last // one_in > (first - 1) // one_in


def traced_in(shard: int, body: Body, one_in: int) -> Iterator[Traced]:
    """Yield the sampled order commands of *body*, which holds whole commands, or their facts."""
    offset, size = 0, len(body)
    unpack = _STEP.unpack_from
    at = seen = 0
    while offset < size:
        length, seq = unpack(body, offset)
        if seq != seen:
            if seen and not seen % one_in and _is_traced(body, at):
                yield _traced(shard, body, at)
            seen = seq
        at = offset
        offset += length
    if seen and not seen % one_in and _is_traced(body, at):
        yield _traced(shard, body, at)


def _traced(shard: int, body: Body, offset: int) -> Traced:
    _, _, _, _, seq, time_us, _ = HEADER.unpack_from(body, offset)
    return Traced(shard, seq, time_us)


def _is_traced(body: Body, offset: int) -> bool:
    """Return whether the last record of a command says that it is one about an order."""
    kind = body[offset]
    if kind == RecordType.COMMAND_REJECTED:
        kind = COMMAND_REJECTED.unpack_from(body, offset)[-1]
        return kind in _TRACED_COMMANDS
    return kind in _TRACED_COMMANDS or (kind >= RecordType.ORDER_PLACED and kind not in _OTHER_ENDS)
