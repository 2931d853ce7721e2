"""The environment of the unified client of Python, pointed to an exchange by its private factory.

It has no public way to name hosts (research notes, §1.5); nothing of the package is changed.
"""

import dataclasses
import json
import sys
from typing import Any

from polymarket.environments import PRODUCTION, Environment, _create_environment


def told() -> dict[str, Any]:
    """Return what the test says: addresses, keys, tokens."""
    said: dict[str, Any] = json.loads(sys.argv[1])
    return said


def environment(said: dict[str, Any]) -> Environment:
    """Return the place to trade at."""
    config = dataclasses.replace(
        PRODUCTION._config,
        chain_id=said["chain_id"],
        clob_url=said["host"],
        gamma_url=f"{said['host']}/gamma",
        clob_market_ws_url=f"{said['feeds']}/ws/market",
        clob_user_ws_url=f"{said['feeds']}/ws/user",
    )
    return _create_environment(name="outcry", config=config)
