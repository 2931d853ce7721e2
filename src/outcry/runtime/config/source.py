"""Reads the configuration: defaults, then the file, then the environment; the last one wins.

``OUTCRY_DATA_DIR`` is ``data_dir``; ``OUTCRY_HTTP_PORT`` is ``port`` in ``[http]``. What is unknown
or out of bounds is refused with a sentence that names it, where it stands and what is allowed.
"""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from outcry.domain.errors import OutcryError
from outcry.runtime.config.describe import PREFIX, Setting, settings
from outcry.runtime.config.schema import Config
from outcry.runtime.proxies import Proxies


#: Variables that are ours but no settings: those of the kernel's build and choice, the
#: file, and where what npm fetches is.
OTHER_VARIABLES = frozenset(
    {
        "OUTCRY_ADMIN_KEY",
        "OUTCRY_ANVIL",
        "OUTCRY_CONDITIONAL_TOKENS",
        "OUTCRY_CONFIG",
        "OUTCRY_NODE_MODULES",
        "OUTCRY_PURE",
        "OUTCRY_REQUIRE_COMPILED",
        "OUTCRY_REQUIRE_CYTHON",
        "OUTCRY_URL",
    }
)
#: Beginnings of variables that belong to others: the client library, benches and tests.
OTHER_PREFIXES = ("OUTCRY_SDK_", "OUTCRY_BENCH_", "OUTCRY_TEST_")
#: Names that an error sentence lists; more do not help.
LISTED_NAMES_MAX = 16
#: For how long the time in a signed order is taken: from an hour ahead of ours to 23 behind.
SIGNED_ORDER_HOURS = 24

Tree = dict[str, Any]


class ConfigError(OutcryError):
    """The configuration cannot be used; the message is a sentence for the operator."""


def load(path: Path | None = None, environ: Mapping[str, str] = os.environ) -> Config:
    """Return the configuration of the file *path* and of *environ*, with an absolute ``data_dir``.

    Without *path* the file is the one that ``OUTCRY_CONFIG`` names, if any. Raises `ConfigError`.
    """
    if path is None and environ.get("OUTCRY_CONFIG"):
        path = Path(environ["OUTCRY_CONFIG"])
    tree = _read(path) if path else {}
    for (*sections, field), value in _overrides(environ):
        target = tree
        for name in sections:
            target = target.setdefault(name, {})
        target[field] = value
    config = msgspec.convert(tree, Config)
    _check_together(config)
    return msgspec.structs.replace(config, data_dir=str(Path(config.data_dir).absolute()))


def _read(path: Path) -> Tree:
    try:
        tree = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: is not TOML: {error}") from error
    _check_names(path, tree)
    for setting in settings():
        *sections, name = setting.place
        found = tree.get(sections[0], {}) if sections else tree
        if name in found:
            _convert(f"{path}: {setting.name}", found[name], setting, strict=True)
    return tree


def _check_names(path: Path, tree: Tree) -> None:
    known: dict[str, list[str]] = {}
    for setting in settings():
        section, _, name = setting.name.rpartition(".")
        known.setdefault(section, []).append(name)
    for key, value in tree.items():
        _check_name(str(path), key, [name for name in (*known, *known[""]) if name])
        if key not in known:
            continue
        if not isinstance(value, dict):
            raise ConfigError(f"{path}: {key} is a section; write [{key}] and its settings below")
        for name in value:
            _check_name(f"{path}, [{key}]", name, known[key])


def _check_name(where: str, name: str, known: list[str]) -> None:
    if name in known:
        return
    near = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    if not near and len(known) > LISTED_NAMES_MAX:
        hint = "docs/reference/configuration.md lists them"
    raise ConfigError(f"{where}: there is no setting {name}; {hint}")


def _overrides(environ: Mapping[str, str]) -> Iterator[tuple[tuple[str, ...], object]]:
    known = {setting.variable: setting for setting in settings()}
    for name in sorted(environ):
        if name in known:
            setting = known[name]
            yield setting.place, _convert(name, environ[name], setting, strict=False)
        elif (
            name.startswith(PREFIX)
            and name not in OTHER_VARIABLES
            and not name.startswith(OTHER_PREFIXES)
        ):
            _check_name("environment", name, list(known))


def _convert(where: str, value: object, setting: Setting, *, strict: bool) -> object:
    """Check one value; the environment's text is read as whatever the setting wants."""
    try:
        return msgspec.convert(value, setting.type, strict=strict)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{where}: must be {setting.allowed}; got {value!r}") from error


def _check_together(config: Config) -> None:
    """Refuse settings that are right alone and wrong together."""
    trading = config.trading
    if trading.signed_orders and not int(trading.signing_contract, 16):
        raise ConfigError(
            "trading.signing_contract: signed orders name the contract that they are for"
        )
    if not trading.unsigned_orders and not trading.signed_orders:
        raise ConfigError(
            "trading.unsigned_orders: without them nobody could trade; set it or "
            "trading.signed_orders to true"
        )
    for name in ("dsn", "replica_dsn"):
        dsn = getattr(config.postgres, name)
        if dsn and not dsn.startswith(("postgresql://", "postgres://")):
            raise ConfigError(f"postgres.{name}: must begin with postgresql://")
    if config.postgres.replica_dsn and not config.postgres.dsn:
        raise ConfigError("postgres.replica_dsn: is a standby of postgres.dsn, which is not set")
    if config.redis.url and not config.redis.url.startswith(("redis://", "rediss://", "unix://")):
        raise ConfigError("redis.url: must begin with redis://, rediss:// or unix://")
    if config.limits.unapplied_cancels_count_max < config.limits.unapplied_orders_count_max:
        raise ConfigError(
            "limits.unapplied_cancels_count_max: must not be below unapplied_orders_count_max, "
            "or cancels would be refused before orders are"
        )
    _check_retention(config)
    try:
        Proxies(config.http.proxies)
    except ValueError as error:
        raise ConfigError(f"http.proxies: {error}") from error
    _check_ports(config)


def _check_retention(config: Config) -> None:
    """A signed order may be posted for a day, so its hash has to be known for as long."""
    trading, chain = config.trading, config.settlement.chain
    signed = config.clob.enabled or trading.signed_orders or chain == "evm"
    if signed and config.limits.client_order_id_hours < SIGNED_ORDER_HOURS:
        raise ConfigError(
            f"limits.client_order_id_hours: must be at least {SIGNED_ORDER_HOURS} where signed "
            "orders are taken (clob.enabled, trading.signed_orders, settlement.chain), or one that "
            "is done could be posted again"
        )


def _check_ports(config: Config) -> None:
    taken: dict[tuple[str, int], str] = {}
    for setting in settings():
        if not setting.place[-1].endswith("port"):
            continue
        section = getattr(config, setting.place[0])
        port = getattr(section, setting.place[-1])
        other = taken.setdefault((section.host, port), setting.name)
        if port and other != setting.name:
            raise ConfigError(f"{setting.name}: {section.host}:{port} is taken by {other}")
