"""Refusals are values, failures are exceptions.

* `outcry_wire.rejects.Reject`: the customer asked for something we decline. Expected; answered.
* `OutcryError`: we cannot go on.
    + `InvariantError`: our books are wrong. The process stops before anything is written.
    + `CorruptError`: stored bytes are not what was written.
"""


class OutcryError(Exception):
    """Base of every failure that Outcry raises on purpose."""


class InvariantError(OutcryError):
    """A law of the ledger or of a book does not hold; nothing may be written after it."""


class CorruptError(OutcryError):
    """Bytes read from a log, stream or snapshot fail their check or do not decode."""
