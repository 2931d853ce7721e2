"""The engines that every case runs against: the reference book and the twins of the fast kernel.

The reference book is always there. With ``OUTCRY_PURE`` the compiled twin is left out; with
``OUTCRY_REQUIRE_COMPILED`` its absence is an error.
"""

import os
from collections.abc import Sequence
from typing import Protocol, Self, TypeAlias, cast

from outcry.kernel import _twin
from outcry.kernel.naive import NaiveEngine


Buffer: TypeAlias = bytes | bytearray | memoryview


class Kernel(Protocol):
    """The face of a kernel in Python (docs/concepts/matching.md)."""

    def __init__(self) -> None:
        """Make an empty engine."""

    def process(self, commands: Buffer, /) -> bytes:
        """Return the facts of whole command records."""

    @property
    def consumed(self) -> int:
        """Bytes of the last `process` that were consumed."""

    @property
    def seq(self) -> int:
        """The seq of the last record."""

    @property
    def time_us(self) -> int:
        """The time that ticks have told."""

    @property
    def order_count(self) -> int:
        """Resting orders of all books."""

    def snapshot(self) -> bytes:
        """Return all logical content."""

    @classmethod
    def restore(cls, data: Buffer, /) -> Self:
        """Return an engine with the content of a snapshot."""

    def state_hash(self) -> int:
        """Return the hash of all logical content."""

    def book_hash(self, instrument: int, /) -> int:
        """Return the hash of one book."""

    def check(self) -> None:
        """Raise AssertionError unless every invariant holds."""

    def top(self, instrument: int, /) -> tuple[int, int, int, int]:
        """Return best bid, its lots, best ask, its lots."""

    def levels(self, instrument: int, side: int, limit: int, /) -> Sequence[tuple[int, ...]]:
        """Return price, lots, orders of the best levels."""

    def queue_position(self, order_id: int, /) -> int:
        """Return the lots before an order, or -1."""

    def orders(self, instrument: int, /) -> Sequence[tuple[int, ...]]:
        """Return the resting orders in book order."""


def available() -> dict[str, type[Kernel]]:
    """Return each engine of this process by the name that test reports show."""
    engines: dict[str, type[Kernel]] = {"naive": NaiveEngine}
    try:
        engines["interpreted"] = cast("type[Kernel]", _twin.interpreted().Engine)
    except ModuleNotFoundError as error:
        if error.name != "outcry.kernel.engine":
            raise
    if not _is_set("OUTCRY_PURE"):
        try:
            engines["compiled"] = cast("type[Kernel]", _twin.compiled().Engine)
        except _twin.NotCompiledError:
            if _is_set("OUTCRY_REQUIRE_COMPILED"):
                raise
    return engines


def _is_set(name: str) -> bool:
    return os.environ.get(name, "") not in {"", "0"}
