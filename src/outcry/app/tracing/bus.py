"""The streams of a process, which tells when traced commands pass them."""

from collections.abc import Sequence
from time import time_ns
from typing import Any

from outcry.app.tracing.notes import Note, Notes
from outcry.messages.streams import USER_EVENTS
from outcry.ports.bus import Bus, StreamEntry
from outcry.runtime.tracing import Spans, Traced, any_sampled, traced_in


class TracedBus:
    """A `Bus`; everything but reading and appending is the other's."""

    def __init__(self, bus: Bus, spans: Spans, one_in: int, entries: Notes[int]) -> None:
        """Tell *spans* of one command in *one_in*.

        *entries* says which entries of the log hold facts of traced commands, by their number.
        """
        self._bus = bus
        self._spans = spans
        self._one_in = one_in
        self._entries = entries
        self._commands_read: Notes[tuple[int, int]] = Notes()
        self._facts_read: Notes[tuple[int, int]] = Notes()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
        return getattr(self._bus, name)

    async def read(
        self, stream: str, after: int, *, count_max: int, wait_ms: int, generation: str
    ) -> list[StreamEntry]:
        """Return the next entries; see `Bus.read`. Remembers when traced commands came."""
        found = await self._bus.read(
            stream, after, count_max=count_max, wait_ms=wait_ms, generation=generation
        )
        kind, _, shard = stream.partition(":")
        notes = {"commands": self._commands_read, "facts": self._facts_read}.get(kind)
        if notes is not None:
            for command in self._traced(int(shard), found):
                notes.put((command.shard, command.seq), Note(time_ns(), (command,)))
        return found

    async def append_many(
        self, stream: str, entries: Sequence[StreamEntry], *, begin: bool = True
    ) -> None:
        """Append; see `Bus.append_many`. Tells of the traced commands among *entries*."""
        began_ns = time_ns()
        await self._bus.append_many(stream, entries, begin=begin)
        kind, _, shard = stream.partition(":")
        if stream == USER_EVENTS:
            self._events(entries, began_ns)
        elif kind == "commands":
            for command in self._traced(int(shard), entries):
                self._spans.emit("commands.publish", command, began_ns, time_ns())
        elif kind == "facts":
            self._facts(int(shard), entries, began_ns)
        elif kind == "depth":
            self._depth(int(shard), entries)

    def _traced(self, shard: int, entries: Sequence[StreamEntry]) -> list[Traced]:
        return [
            command
            for first, last, body in entries
            if any_sampled(first, last, self._one_in)
            for command in traced_in(shard, body, self._one_in)
        ]

    def _facts(self, shard: int, entries: Sequence[StreamEntry], began_ns: int) -> None:
        for command in self._traced(shard, entries):
            read = self._commands_read.take((shard, command.seq))
            # What came from the log, after a start for instance, was matched just now as well.
            self._spans.emit("match.execute", command, read.at_ns if read else began_ns, began_ns)
            self._spans.emit("facts.publish", command, began_ns, time_ns())

    def _depth(self, shard: int, entries: Sequence[StreamEntry]) -> None:
        """Tell of the commands that the books show now."""
        for key in self._facts_read.keys():  # noqa: SIM118 - a copy: taking changes it
            if key[0] == shard and entries and key[1] <= entries[-1].last:
                read = self._facts_read.take(key)
                assert read is not None, "it was there a moment ago"
                for command in read.commands:
                    self._spans.emit("depth.publish", command, read.at_ns, time_ns())

    def _events(self, entries: Sequence[StreamEntry], began_ns: int) -> None:
        for entry in entries:
            note = self._entries.take(entry.last)
            for command in note.commands if note else ():
                self._spans.emit("events.publish", command, began_ns, time_ns(),
                                 **{"outcry.n": entry.last})  # fmt: skip
