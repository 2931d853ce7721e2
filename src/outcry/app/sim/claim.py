"""A right that one living process has at a time."""

from outcry.app.sim.process import Process


class Claim:
    """The right to write, as a server or a lock keeps it: until the process dies or lets go."""

    def __init__(self) -> None:
        self._holder: Process | None = None

    async def take(self, process: Process, *, by_force: bool) -> bool:
        """Give it to *process* unless another that lives has it."""
        if by_force or self._holder is None or not self._holder.alive:
            self._holder = process
        return self._holder is process

    def release(self, process: Process) -> None:
        """Take it from *process*, if it has it."""
        if self._holder is process:
            self._holder = None
