"""What the shells need of a follower: a pure state that spans one connection after another."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


EventT = TypeVar("EventT")


@dataclass(frozen=True, slots=True)
class Reaction(Generic[EventT]):
    """What a message came to: events for the user, and messages to send."""

    events: Sequence[EventT] = ()
    say: Sequence[str] = ()


class Follower(Protocol[EventT]):
    """One feed, seen by one client."""

    @property
    def path(self) -> str:
        """Return where the feed is."""
        ...

    def opening(self) -> list[str]:
        """Return what to say on a new connection."""
        ...

    def take(self, message: str | bytes) -> Reaction[EventT]:
        """Act on a message."""
        ...
