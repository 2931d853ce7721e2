"""What clients of the CLOB surface sign for: from the configuration and what was deployed."""

from pathlib import Path
from typing import Final

from msgspec import MsgspecError, Struct, json
from structlog import get_logger

from outcry.runtime.config import Config, ConfigError
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.profiles import POLYGON, Profile, ProfileError, own, sandbox


#: In the data folder; written by whoever deployed the contracts.
DEPLOYMENT: Final = "chain/deployment.json"

_log = get_logger("outcry.clob")


class _Deployment(Struct):
    chain_id: int = 0
    settlement: str = ""
    #: Where clients of each generation believe the contract to be, if not at ``settlement``.
    home_v1: str = ""
    home_v2: str = ""


def clob_config(config: Config) -> ClobConfig | None:
    """Return the settings of the surface, None when it is not served. Raises `ConfigError`."""
    chosen = config.clob
    if not chosen.enabled:
        return None
    try:
        profile = sandbox(chosen.chain_id) if chosen.profile == "sandbox" else _own(config)
    except ProfileError as error:
        raise ConfigError(str(error)) from error
    if profile.chain_id == POLYGON:
        _log.warning(
            "clob_signs_for_polygon",
            reason="orders signed for chain 137 are signed for the real contracts of that name "
            "too: use keys that own nothing there",
        )
    return ClobConfig(
        profile=profile,
        order_version=chosen.order_version,
        register=chosen.register,
        skew_seconds_max=chosen.skew_seconds_max,
        expiration_margin_seconds=chosen.expiration_margin_seconds,
    )


def _own(config: Config) -> Profile:
    chosen, deployed = config.clob, _deployment(Path(config.data_dir) / DEPLOYMENT)
    return own(
        chosen.chain_id or deployed.chain_id,
        chosen.exchange_v1 or deployed.home_v1 or deployed.settlement,
        chosen.exchange_v2 or deployed.home_v2 or deployed.settlement,
    )


def _deployment(path: Path) -> _Deployment:
    try:
        return json.decode(path.read_bytes(), type=_Deployment)
    except FileNotFoundError:
        return _Deployment()
    except (OSError, MsgspecError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
