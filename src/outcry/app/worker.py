"""A process of the exchange: ``python -m outcry.app.worker NAME PARENT [SHARD]``.

``outcry up`` starts its processes so, with their configuration in the environment; ``outcry run``
is the same in the foreground. This module loads quickly and leaves the rest to the process.
"""

import asyncio
import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from functools import partial
from logging import captureWarnings
from typing import TYPE_CHECKING

from outcry.app.failures import UsageError, explain
from outcry.app.open_files import allow_many_files
from outcry.app.parent import die_with
from outcry.app.priority import stand_back
from outcry.app.processes import builders, group_of, services_of
from outcry.app.record import Address
from outcry.runtime.config import Config, load


if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

    from outcry.app.monitor import Part


def main(arguments: Sequence[str]) -> int:
    """Run the process that *arguments* describe; it dies with its parent."""
    name, parent, *shard = arguments
    die_with(int(parent))
    try:
        return run(name, load(), int(shard[0]) if shard else None)
    except Exception as error:
        failure = explain(error)
        if failure is None:
            raise
        sys.stderr.write(f"outcry {name}: {failure.sentence}\n")
        return failure.code


def run(name: str, config: Config, shard: int | None = None) -> int:
    """Run the service or group *name* until a signal ends it; returns the exit code."""
    import uvloop  # noqa: PLC0415 - after die_with, like everything that takes time to load

    from outcry.runtime import logging  # noqa: PLC0415

    group = group_of(name)
    check(name, config, shard)
    allow_many_files()
    stand_back(group)
    logging.configure(config.log, name if shard is None else f"{name}-{shard}")
    captureWarnings(True)  # noqa: FBT003 - its only argument
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(name, group, config, shard))
    return 0


async def _serve(name: str, group: str, config: Config, shard: int | None) -> None:
    from outcry.app.host import serve  # noqa: PLC0415
    from outcry.app.monitor import DiskFigures, Monitor  # noqa: PLC0415

    setting = f"{group}_port"
    address = Address(config.metrics.host, getattr(config.metrics, setting))
    monitor = Monitor(name, f"metrics.{setting}", address)
    monitor.registry.register(DiskFigures(config.data_dir))
    build = partial(_build, name, config, shard, monitor.registry)
    await serve(build, monitor, config.limits.drain_ms_max)


async def _build(
    name: str,
    config: Config,
    shard: int | None,
    registry: "CollectorRegistry",
    stack: AsyncExitStack,
) -> "list[Part]":
    from outcry.adapters.postgres import migrate  # noqa: PLC0415
    from outcry.app.commons import Commons  # noqa: PLC0415

    await migrate(config.postgres.dsn)
    shards = range(config.shards.count) if shard is None else range(shard, shard + 1)
    services = services_of(name)
    commons = Commons(config, frozenset(services), shards, stack, registry)
    makers = builders(group_of(name))
    parts: list[Part] = []
    for service in services:
        made = await makers[service](commons)
        parts += [*commons.shared, *made]
        commons.shared.clear()
    return parts


def check(name: str, config: Config, shard: int | None) -> None:
    """Raise `UsageError` when *name* cannot be run so."""
    for setting, value in (("postgres.dsn", config.postgres.dsn), ("redis.url", config.redis.url)):
        if not value:
            raise UsageError(
                f"{setting} is not set: `outcry run {name}` needs a server that runs already; "
                "`outcry up` starts its own"
            )
    if shard is not None and shard not in range(config.shards.count):
        raise UsageError(
            f"shard {shard} does not exist: shards.count is {config.shards.count}, "
            "the first shard is 0"
        )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
