"""The engines that must never differ."""

import pytest
from tests.model.kernel.lockstep import Lockstep


@pytest.fixture
def lockstep() -> Lockstep:
    """The reference book and the kernel of this process, empty, side by side."""
    return Lockstep()
