"""The one configuration: a TOML file and the environment, checked whole before anything starts.

Nothing here changes what a replay of the ledger log yields: whatever alters matching or money is a
command in the log. No secret stands in a default; secrets are made by ``outcry.runtime.secrets``.
"""

from outcry.runtime.config.clob import Clob
from outcry.runtime.config.limits import Limits
from outcry.runtime.config.schema import (
    Auth,
    Config,
    Feeds,
    Gateway,
    Grpc,
    Http,
    Log,
    Metrics,
    Postgres,
    Redis,
    Shards,
    Tracing,
    Trading,
)
from outcry.runtime.config.source import ConfigError, load


__all__ = [
    "Auth",
    "Clob",
    "Config",
    "ConfigError",
    "Feeds",
    "Gateway",
    "Grpc",
    "Http",
    "Limits",
    "Log",
    "Metrics",
    "Postgres",
    "Redis",
    "Shards",
    "Tracing",
    "Trading",
    "load",
]
