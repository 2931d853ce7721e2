"""Replay: feed a kernel the committed commands of a shard, and hold its facts against the log's.

Same commands, same facts, bit for bit: that is what recovery rests on, so it is checked whenever
commands are replayed. A difference means that rules, code or data are not those that made the log;
`InvariantError` names the seq and nothing is published after it.

The kernel is given from outside: only the services that match or check matching may import one.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Final, Protocol, Self

import structlog

from outcry.domain.errors import CorruptError, InvariantError
from outcry.messages.record_bodies import cut
from outcry.ports.bus import StreamEntry
from outcry.ports.ledger_log import LedgerLog
from outcry.ports.snapshots import Snapshots
from outcry.runtime.closing import closing
from outcry.runtime.level_recovery import kernel_snapshot_name, report
from outcry_wire.records import HEADER, HEADER_SIZE, LAST_OF_SEQ, RecordType
from outcry_wire.snapshot import RULES_VERSION


#: Commands that one call of the kernel carries out, in bytes; other tasks run between two calls.
CALL_BYTES_MAX: Final = 32 * 1024
#: Facts in one stream entry, in bytes; softly, for the facts of one command stay together.
ENTRY_BYTES_MAX: Final = 256 * 1024

_log = structlog.get_logger("outcry.replay")


class Kernel(Protocol):
    """What services need of `outcry.kernel.engine.Engine` and of the naive one beside it."""

    #: Bytes of the last `process` that were carried out.
    consumed: int

    def __init__(self) -> None: ...

    @property
    def seq(self) -> int:
        """The seq of the last command."""
        ...

    @property
    def order_count(self) -> int:
        """How many orders rest."""
        ...

    def process(self, commands: bytes, /) -> bytes:
        """Return the facts of whole commands."""
        ...

    def snapshot(self) -> bytes:
        """Return all logical content."""
        ...

    @classmethod
    def restore(cls, data: bytes, /) -> Self:
        """Return a kernel with the content of a snapshot; raises ValueError when it is none."""
        ...


def log_build(service: str, shard: int, kernel_class: type[Kernel]) -> None:
    """Say which kernel *service* runs; an interpreted one is right, but many times slower."""
    module = kernel_class.__module__
    say = _log.info if ".compiled." in module else _log.warning
    say("kernel", service=service, shard=shard, kernel=f"{module}.{kernel_class.__name__}")


async def restore_kernel(
    kernel_class: type[Kernel], snapshots: Snapshots, shard: int, timeline: int, at_most: int
) -> Kernel:
    """Return a kernel from the newest usable snapshot with ``position <= at_most``, else new."""
    name = kernel_snapshot_name(shard)
    while True:
        snapshot = await asyncio.to_thread(snapshots.newest, name, timeline, RULES_VERSION, at_most)
        if snapshot is None:
            return kernel_class()
        report(snapshot)
        try:
            kernel = await asyncio.to_thread(kernel_class.restore, snapshot.body)
        except ValueError as error:
            _log.error("snapshot_refused", name=name, position=snapshot.position, reason=str(error))
            at_most = snapshot.position - 1
            continue
        if kernel.seq != snapshot.position:
            raise CorruptError(f"{name} at {snapshot.position} holds the kernel at {kernel.seq}")
        return kernel


def calls(body: bytes, after: int) -> Iterator[bytes]:
    """Yield *body*, commands that follow *after* without a gap, in parts for one call each.

    Raises `CorruptError` when it holds anything else.
    """
    offset = start = 0
    seq = after
    while offset < len(body):
        if len(body) - offset < HEADER_SIZE:
            raise CorruptError(f"{len(body) - offset} bytes after command {seq}")
        _, _, length, _, found, _, _ = HEADER.unpack_from(body, offset)
        if found != seq + 1 or length < HEADER_SIZE:
            raise CorruptError(f"command {found} of {length} bytes follows command {seq}")
        seq = found
        offset += length
        if offset - start >= CALL_BYTES_MAX:
            yield body[start:offset]
            start = offset
    if start < len(body):
        yield body[start:]


def carry_out(kernel: Kernel, commands: bytes) -> bytes:
    """Return the kernel's facts of *commands*, every one of which it must know."""
    facts = kernel.process(commands)
    if kernel.consumed != len(commands):
        raise InvariantError(
            f"the kernel stopped after command {kernel.seq}: it took {kernel.consumed} of"
            f" {len(commands)} bytes"
        )
    return facts


def entries_of(facts: bytes, first: int, last: int) -> Iterator[StreamEntry]:
    """Yield the facts of commands ``first..last`` as stream entries, whole commands in each."""
    if len(facts) <= ENTRY_BYTES_MAX:
        yield StreamEntry(first, last, facts)
        return
    offset = start = 0
    while offset < len(facts):
        _, flags, length, _, seq, _, _ = HEADER.unpack_from(facts, offset)
        offset += length
        if flags & LAST_OF_SEQ and (offset - start >= ENTRY_BYTES_MAX or offset == len(facts)):
            yield StreamEntry(first, seq, facts[start:offset])
            first, start = seq + 1, offset


class Audit:
    """Compares facts with those in the log, as one run of bytes."""

    def __init__(self, shard: int, logged: AsyncIterator[tuple[int, int, bytes]]) -> None:
        self._shard = shard
        self._logged = logged
        self._rest = b""

    async def compare(self, facts: bytes, last: int) -> None:
        """Take the log's next facts; raises `InvariantError` unless they are *facts*."""
        parts = [self._rest]
        size = len(self._rest)
        while size < len(facts):
            try:
                _, _, body = await anext(self._logged)
            except StopAsyncIteration:
                raise InvariantError(
                    f"the log has fewer facts of shard {self._shard} up to {last} than we make"
                ) from None
            parts.append(body)
            size += len(body)
        logged = b"".join(parts)
        if not logged.startswith(facts):
            raise InvariantError(difference(self._shard, logged, facts))
        self._rest = logged[len(facts) :]


def difference(shard: int, logged: bytes, facts: bytes) -> str:
    """Say which is the first of *facts* that is not as in the log."""
    offset = 0
    while offset < len(facts):
        kind, _, length, _, seq, _, _ = HEADER.unpack_from(facts, offset)
        ours, theirs = facts[offset : offset + length], logged[offset : offset + length]
        if ours != theirs:
            their_kind, _, _, _, their_seq, _, _ = HEADER.unpack_from(logged, offset)
            return (
                f"shard {shard}, seq {seq}: we make {RecordType(kind).name} {ours.hex()},"
                f" the log has {RecordType(their_kind).name} of {their_seq} {theirs.hex()}"
            )
        offset += length
    return f"shard {shard}: facts differ"


async def replay_committed(kernel: Kernel, log: LedgerLog, shard: int, upto: int) -> None:
    """Carry out the log's commands up to *upto*, the facts of which it must have, and compare."""
    if kernel.seq >= upto:
        return
    async with (
        closing(log.facts(shard, kernel.seq)) as logged,
        closing(log.commands(shard, kernel.seq)) as commands,
    ):
        audit = Audit(shard, logged)
        async for _, last, run in commands:
            body = run if last <= upto else cut(run, kernel.seq, upto)
            for part in calls(body, kernel.seq):
                await audit.compare(carry_out(kernel, part), kernel.seq)
                await asyncio.sleep(0)
            if kernel.seq >= upto:
                return
    raise InvariantError(f"shard {shard}: the log has facts to {upto}, commands to {kernel.seq}")
