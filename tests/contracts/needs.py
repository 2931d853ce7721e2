"""What contract tests need from npm: without it they skip, and say so.

Where ``CHAIN_TESTS_REQUIRED`` is set they fail: CI sets it once everything was fetched.
"""

import os

import pytest

from outcry.adapters.evm.node_modules import NotFetched, anvil, conditional_tokens


def _missing() -> tuple[str, str]:
    reasons = []
    for find in (conditional_tokens, anvil):
        try:
            find()
            reasons.append("")
        except NotFetched as error:
            reasons.append(str(error))
    return reasons[0], reasons[1]


TOKENS_MISSING, ANVIL_MISSING = _missing()
if os.environ.get("CHAIN_TESTS_REQUIRED") and (TOKENS_MISSING or ANVIL_MISSING):
    raise RuntimeError(TOKENS_MISSING or ANVIL_MISSING)

needs_tokens = pytest.mark.skipif(bool(TOKENS_MISSING), reason=TOKENS_MISSING or "found")
needs_anvil = pytest.mark.skipif(bool(ANVIL_MISSING), reason=ANVIL_MISSING or "found")
