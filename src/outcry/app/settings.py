"""The configuration of one run: every port settled, and the form in which processes get it.

The processes of an exchange are handed their whole configuration, so that one that is started again
has the same as the others, whatever happened to the file meanwhile.
"""

import os
from collections.abc import Mapping
from contextlib import ExitStack
from typing import Final

from msgspec.structs import replace

from outcry.app.failures import PortTaken, address_in_use
from outcry.app.record import Address
from outcry.runtime.config import Config
from outcry.runtime.config.describe import PREFIX, settings
from outcry.runtime.ports import bind


#: What a whole exchange listens on: section and setting, in the order in which they are shown.
PORTS: Final = (
    ("http", "port"),
    ("feeds", "port"),
    ("grpc", "port"),
    ("gateway", "port"),
    ("metrics", "core_port"),
    ("metrics", "match_port"),
    ("metrics", "history_port"),
    ("metrics", "edge_port"),
)


def settle_ports(config: Config) -> Config:
    """Return *config* with a free port wherever it says 0; raises `PortTaken` for the others."""
    with ExitStack() as held:
        for section, name in PORTS:
            group = getattr(config, section)
            wanted = getattr(group, name)
            # Held until all are known: two settings must not get the same free port.
            port = _bind(held, f"{section}.{name}", group.host, wanted)
            config = replace(config, **{section: replace(group, **{name: port})})
    return config


def address(config: Config, section: str, name: str) -> Address:
    """Return where *config* lets something listen."""
    group = getattr(config, section)
    return Address(group.host, getattr(group, name))


def environment(config: Config) -> Mapping[str, str]:
    """Return the environment of a process that is to have *config*."""
    environ = {name: text for name, text in os.environ.items() if not name.startswith(PREFIX)}
    for setting in settings():
        value: object = config
        for name in setting.place:
            value = getattr(value, name)
        if value != setting.default:
            environ[setting.variable] = (
                str(value).lower() if isinstance(value, bool) else str(value)
            )
    # The kernel's own variables, which are no settings.
    kept = ("OUTCRY_PURE", "OUTCRY_REQUIRE_COMPILED")
    return environ | {name: os.environ[name] for name in kept if name in os.environ}


def _bind(held: ExitStack, setting: str, host: str, port: int) -> int:
    try:
        bound: int = held.enter_context(bind(host, port)).getsockname()[1]
    except OSError as error:
        if not address_in_use(error):
            raise
        raise PortTaken(setting, host, port) from error
    return bound
