"""A refusal with its circumstances: which rule, what was got, what would be right."""

from typing import NamedTuple

from outcry_wire.rejects import Reject
from outcry_wire.sentences import SENTENCES


class Rejected(NamedTuple):
    """Why a request was declined. Nothing was changed by it."""

    reject: Reject
    #: What the request had, as text for a person; empty when the sentence says it all.
    got: str = ""
    #: What would be accepted, as text for a person; empty when the sentence says it all.
    expected: str = ""

    @property
    def sentence(self) -> str:
        """The sentence of the reject number."""
        return SENTENCES[self.reject]


__all__ = ["Reject", "Rejected"]
