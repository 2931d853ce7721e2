"""Logs of the services become lines of the trace."""

from collections.abc import Iterator
from contextlib import contextmanager
from logging import WARNING

import structlog
from structlog.typing import EventDict

from outcry.app.sim.loop import OWNER
from outcry.app.sim.process import Process
from outcry.app.sim.trace import Trace


#: Fields whose value is random by design and decides nothing.
RANDOM_FIELDS = frozenset({"generation"})
#: What depends on the machine: which twin of the kernel runs must not change a hash.
SPARED = frozenset({"kernel"})


@contextmanager
def logs_into(trace: Trace) -> Iterator[None]:
    """Send warnings and worse to *trace*, and nowhere else."""

    def note(_logger: object, level: str, event: EventDict) -> EventDict:
        owner = OWNER.get()
        who = owner.name if isinstance(owner, Process) else "outside"
        said = event.pop("event")
        if said in SPARED:
            raise structlog.DropEvent
        fields = ", ".join(
            f"{name} {value}" for name, value in event.items() if name not in RANDOM_FIELDS
        )
        trace.note(who, f"[{level}] {said}: {fields}")
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.configure(
        processors=[note], wrapper_class=structlog.make_filtering_bound_logger(WARNING)
    )
    try:
        yield
    finally:
        structlog.configure(**before)
