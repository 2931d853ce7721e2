"""The engines that must never differ."""

import pytest
from tests.model.kernel.lockstep import Lockstep
from tests.unit.kernel.engines import available


ENGINES = available()


@pytest.fixture
def lockstep() -> Lockstep:
    """Every engine of this process, empty, side by side."""
    return Lockstep(ENGINES)
