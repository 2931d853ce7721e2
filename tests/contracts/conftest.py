"""A world for each test."""

import pytest
from tests.contracts.needs import TOKENS_MISSING
from tests.contracts.world import World


@pytest.fixture
def world() -> World:
    """Return contracts and ConditionalTokens on an EVM in this process."""
    if TOKENS_MISSING:
        pytest.skip(TOKENS_MISSING)
    return World()
