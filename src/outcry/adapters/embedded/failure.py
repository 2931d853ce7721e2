"""The one failure of this package."""

from pathlib import Path

from outcry.domain.errors import OutcryError


_TAIL_BYTES = 2_000
_TAIL_LINES = 6


class EmbeddedError(OutcryError):
    """A server of our own cannot be started; the message is a sentence for the operator."""


def tail(log: Path) -> str:
    """Return the last lines of *log*, to stand below a sentence."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return ""
    return "\n".join(f"    {line}" for line in text.splitlines()[-_TAIL_LINES:])
