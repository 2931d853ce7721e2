"""What the routes of the CLOB surface work with."""

from typing import NamedTuple

from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.private import Private
from outcry.services.api.clob.public import Public


class ClobDoor(NamedTuple):
    """The parts of the surface."""

    config: ClobConfig
    public: Public
    private: Private
