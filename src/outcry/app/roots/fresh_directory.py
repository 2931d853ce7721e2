"""The directory of markets, kept fresh where no HTTP door does."""

from collections.abc import Mapping

from outcry.runtime.directory import Directory


class FreshDirectory:
    """Keeps the directory of markets fresh, in a process whose HTTP door does not."""

    name = "directory"

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._ready = False

    async def start(self) -> None:
        """Read every market."""
        await self._directory.refresh()
        self._ready = True

    async def run(self) -> None:
        """Read them again now and then until cancelled."""
        await self._directory.run()

    async def stop(self) -> None:
        """Nothing was begun."""
        self._ready = False

    def status(self) -> Mapping[str, int]:
        """Return readiness."""
        return {"ready": int(self._ready)}
