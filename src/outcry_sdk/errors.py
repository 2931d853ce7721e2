"""What can go wrong, as exceptions. A refusal of the exchange carries its number and its words."""

from typing import Final

from msgspec import Struct


class SdkError(Exception):
    """Anything that this library raises on purpose."""


class Refusal(Struct, frozen=True):
    """The data of a refused request: ``reject`` and ``name`` say which rule it was."""

    reject: int = 0
    name: str = ""
    got: str | None = None
    expected: str | None = None
    retry_after_ms: int = 0
    #: The order that was numbered and then declined by the book, 0 when none was.
    order_id: int = 0
    n: int = 0


class RejectedError(SdkError):
    """The exchange declined; nothing was changed. Numbers: `outcry_wire.rejects.Reject`."""

    def __init__(self, sentence: str, refusal: Refusal, *, code: int = 0, status: int = 0) -> None:
        self.sentence = sentence
        self.reject = refusal.reject
        self.name = refusal.name.upper()
        self.got = refusal.got or ""
        self.expected = refusal.expected or ""
        self.retry_after_ms = refusal.retry_after_ms
        self.order_id = refusal.order_id
        self.n = refusal.n
        #: The family of the envelope, and the HTTP status; 0 where a feed refused.
        self.code = code
        self.status = status
        super().__init__(self._text())

    def _text(self) -> str:
        details = [f"got {self.got}"] if self.got else []
        details += [f"expected {self.expected}"] if self.expected else []
        return f"{self.name} ({self.reject}): {self.sentence} {'; '.join(details)}".rstrip()


class BadRequestError(RejectedError):
    """100: the request itself cannot be read, is too large or comes too often."""


class IdentityError(RejectedError):
    """200: the credentials are missing, not good, or not good for this."""


class NotFoundError(RejectedError):
    """300: what the request names does not exist."""


class TermsError(RejectedError):
    """400: an order has terms that the market does not take."""


class FundsError(RejectedError):
    """500: there is not enough money or there are not enough tokens."""


class LifecycleError(RejectedError):
    """600: the market is not in a state for this."""


class CapacityError(RejectedError):
    """700: not now: the exchange is busy, stopping, or at a limit."""


class BookError(RejectedError):
    """800: the book declined an order that had been numbered."""


class UnreachableError(SdkError):
    """The exchange did not answer, and the request has not been carried out."""


class OutcomeUnknownError(UnreachableError):
    """No answer came to a request that must not be repeated blindly; it may have been taken."""


class ProtocolError(SdkError):
    """What came is nothing that an exchange of this version says."""


class Gap(SdkError):
    """A message of a feed does not follow what the local book has."""

    def __init__(self, market_id: int, have: int, follows: int) -> None:
        super().__init__(f"market {market_id}: the book is at {have}, a change follows {follows}")
        self.market_id = market_id
        self.have = have
        self.follows = follows


_BY_BAND: Final[dict[int, type[RejectedError]]] = {
    1: BadRequestError,
    2: IdentityError,
    3: NotFoundError,
    4: TermsError,
    5: FundsError,
    6: LifecycleError,
    7: CapacityError,
    8: BookError,
}


def rejected(sentence: str, refusal: Refusal, *, code: int = 0, status: int = 0) -> RejectedError:
    """Return the exception for a refusal, by the hundred of its number."""
    kind = _BY_BAND.get(refusal.reject // 100, RejectedError)
    return kind(sentence, refusal, code=code, status=status)
