"""The simulator finds what it is there to find: bugs that were planted on purpose."""

from collections.abc import Callable

import pytest
from tests.sim.plants import PLANTS, Patch, planted

from outcry.app.sim.world import World


#: Worlds within which each has to be found.
WORLDS_MAX = 40


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_bug_is_found(plant: Callable[[Patch], None]) -> None:
    """Each bug that exchanges have died of breaks one of the first worlds."""
    with planted(plant):
        assert any(World(seed).run().findings for seed in range(1, WORLDS_MAX + 1))
