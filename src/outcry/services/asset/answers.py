"""Answers that decline, and how a repeat of a request is recognised."""

from hashlib import blake2b

import msgspec

from outcry.domain.rejects import Reject, Rejected
from outcry.messages.requests import Declined


RETRY_AFTER_MS = 100


def busy() -> Declined:
    """Return the answer that says: not now, soon."""
    return Declined(Reject.BUSY, retry_after_ms=RETRY_AFTER_MS)


def declined(rejected: Rejected) -> Declined:
    """Return *rejected* as an answer."""
    return Declined(rejected.reject, rejected.got, rejected.expected)


def request_digest(request: msgspec.Struct) -> bytes:
    """Return what a repeat of *request* is recognised by: 16 bytes over all its fields."""
    return blake2b(msgspec.msgpack.encode(request), digest_size=16).digest()
