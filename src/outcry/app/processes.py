"""Which services there are, and which of them share a process.

``outcry up`` runs one process for each group (match: one for each shard). ``outcry run`` runs any
group or any single service.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from outcry.app.failures import UsageError


if TYPE_CHECKING:
    from outcry.app.commons import Builder


#: Groups in the order in which they are started; within one, services start in this order too.
GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "core": ("asset", "processor"),
    "match": ("match_engine", "store", "depth"),
    "history": ("history",),
    "edge": ("websocket_depth", "websocket_user", "event", "api", "gateway", "onchain"),
}
SERVICES: Final = tuple(service for group in GROUPS.values() for service in group)


def group_of(name: str) -> str:
    """Return the group *name* is, or belongs to; raises `UsageError`."""
    for group, services in GROUPS.items():
        if name == group or name in services:
            return group
    raise UsageError(
        f"there is no service {name!r}; services are {', '.join(SERVICES)}, "
        f"groups are {', '.join(GROUPS)}"
    )


def services_of(name: str) -> tuple[str, ...]:
    """Return the services that run as *name*: those of a group, or the one."""
    return GROUPS.get(name, (name,))


def builders(group: str) -> "Mapping[str, Builder]":
    """Return what makes each service of *group*; loads what that group needs and no more."""
    # ruff: noqa: PLC0415
    match group:
        case "core":
            from outcry.app.roots import core

            return core.SERVICES
        case "match":
            from outcry.app.roots import match

            return match.SERVICES
        case "history":
            from outcry.app.roots import history

            return history.SERVICES
        case _:
            from outcry.app.roots import edge

            return edge.SERVICES
