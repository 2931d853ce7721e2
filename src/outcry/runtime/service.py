"""The shape of every service: recover, work, let go.

A service is a class whose constructor takes ports and its own configuration. The composition root
calls `start` (recovery: returns when the service can serve), keeps `run` going until shutdown, and
then calls `stop`, which finishes what was begun. An exception out of `run` ends the process:
start-up is recovery, so the next start goes on where the committed state stands.
"""

from collections.abc import Mapping
from typing import Protocol


class Service(Protocol):
    """One of the parts of the exchange."""

    @property
    def name(self) -> str:
        """The service's name as in ``outcry run NAME``."""
        ...

    async def start(self) -> None:
        """Recover and become able to serve."""
        ...

    async def run(self) -> None:
        """Work until cancelled."""
        ...

    async def stop(self) -> None:
        """Finish what was begun, then let go of connections. Called once, after `run` ended."""
        ...

    def status(self) -> Mapping[str, int]:
        """Return figures for metrics and readiness; ``ready`` is 1 when the service serves."""
        ...
