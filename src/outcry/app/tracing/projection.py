"""The tables of a process that writes them, which tells when traced commands are in them."""

from time import time_ns
from typing import Any

from outcry.app.tracing.notes import Notes
from outcry.ports.projection import Projection, Rows
from outcry.runtime.tracing import Spans


class TracedProjection:
    """A `Projection`; everything but writing is the other's."""

    def __init__(self, projection: Projection, spans: Spans, entries: Notes[int]) -> None:
        """Tell *spans* of the commands that *entries* has for the entries that are written."""
        self._projection = projection
        self._spans = spans
        self._entries = entries

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the other has
        return getattr(self._projection, name)

    async def apply(self, n_first: int, n_last: int, rows: Rows, at_us: int = 0) -> None:
        """Write *rows*; see `Projection.apply`."""
        await self._projection.apply(n_first, n_last, rows, at_us)
        for n in self._entries.keys():  # noqa: SIM118 - a copy: taking changes it
            note = self._entries.take(n) if n <= n_last else None
            for command in note.commands if note else ():
                self._spans.emit("history.project", command, note.at_ns if note else 0, time_ns(),
                                 **{"outcry.n": n})  # fmt: skip
