"""Condition ids: 32 bytes in hex that name a market to clients of conditional tokens.

A market on a chain was listed with its own. Any other gets one that is made of its tokens, so that
it is the same for ever and no other market's; no chain knows it, and none has to.
"""

import hashlib
import re
from functools import lru_cache
from typing import Final

from outcry.ports.projection import MarketRow


#: Ids that were made and are remembered.
MADE_COUNT_MAX: Final = 65_536

_ID: Final = re.compile(r"0x[0-9a-f]{64}")


def condition_of(row: MarketRow) -> str:
    """Return the condition id of a market, in lower case."""
    listed = row.condition_id.lower()
    return listed if is_condition(listed) else _made("condition", row.token_0, row.token_1)


def question_of(row: MarketRow) -> str:
    """Return a question id of a market: 32 bytes in hex, made of its tokens."""
    return _made("question", row.token_0, row.token_1)


def is_condition(text: str) -> bool:
    """Return whether *text* has the form of a condition id in lower case."""
    return _ID.fullmatch(text) is not None


@lru_cache(MADE_COUNT_MAX)
def _made(kind: str, token_0: str, token_1: str) -> str:
    return f"0x{hashlib.sha256(f'outcry {kind} {token_0} {token_1}'.encode()).hexdigest()}"
