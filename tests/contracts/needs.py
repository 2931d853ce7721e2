"""What contract tests need from npm: without it they skip, and say so; in CI they fail."""

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


_TOKENS, _ANVIL = _missing()
if os.environ.get("CI") and (_TOKENS or _ANVIL):
    raise RuntimeError(_TOKENS or _ANVIL)

needs_tokens = pytest.mark.skipif(bool(_TOKENS), reason=_TOKENS or "found")
needs_anvil = pytest.mark.skipif(bool(_ANVIL), reason=_ANVIL or "found")
