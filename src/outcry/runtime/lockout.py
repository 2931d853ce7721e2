"""Lock-out: an address that shows wrong credentials again and again is not listened to for a while.

Secrets here are too long to be guessed; this keeps whoever tries from costing anything. Expired
tokens and missing credentials are mistakes, not guesses. Memory is bounded whoever comes.
"""

from collections.abc import Callable
from typing import Final

from outcry.domain.rejects import Reject, Rejected
from outcry.runtime.bounded import Bounded


#: Wrong credentials in `WINDOW_SECONDS` after which an address is locked out.
GUESSES_MAX: Final = 20
WINDOW_SECONDS: Final = 60.0
#: How long; each guess meanwhile begins it anew.
LOCKED_SECONDS: Final = 60.0
ADDRESSES_COUNT_MAX: Final = 50_000

GUESSES: Final = frozenset({Reject.TOKEN_INVALID, Reject.KEY_INVALID, Reject.LOGIN_INVALID})


class Lockout:
    """Who guesses, and who is locked out."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """*clock* gives seconds from any start."""
        self._clock = clock
        #: By address: guesses, since when they count, until when it is locked out.
        self._guessing: Bounded[str, tuple[int, float, float]] = Bounded(ADDRESSES_COUNT_MAX)

    def check(self, address: str) -> Rejected | None:
        """Return the reject of an address that is locked out."""
        known = self._guessing.get(address)
        if known is None or self._clock() >= known[2]:
            return None
        return Rejected(Reject.GUESSING, expected=f"at most {GUESSES_MAX} in {WINDOW_SECONDS:g} s")

    def note(self, address: str, rejected: Rejected) -> None:
        """Count *rejected* against the address, if it was a guess."""
        if rejected.reject not in GUESSES:
            return
        now = self._clock()
        guesses, since, until = self._guessing.get(address) or (0, now, now)
        if now >= max(since + WINDOW_SECONDS, until):
            guesses, since = 0, now
        guesses += 1
        until = now + LOCKED_SECONDS if guesses >= GUESSES_MAX else until
        self._guessing.put(address, (guesses, since, until))
