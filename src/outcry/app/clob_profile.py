"""What clients of the CLOB surface sign for: from the configuration and what was deployed."""

from pathlib import Path
from typing import Final

from msgspec import MsgspecError, Struct, json
from structlog import get_logger

from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.wallets import EvmWallets
from outcry.app.commons import Commons
from outcry.domain.units import MONEY_DECIMALS
from outcry.ports.wallets import Wallets
from outcry.runtime.config import Config, ConfigError
from outcry.services.api.clob.config import ClobConfig
from outcry.services.api.clob.profiles import (
    NAME,
    POLYGON,
    VERSIONS,
    Profile,
    ProfileError,
    own,
    sandbox,
)
from outcry.services.api.signed import Signing


#: In the data folder; written by whoever deployed the contracts.
DEPLOYMENT: Final = "chain/deployment.json"

_log = get_logger("outcry.clob")


class _Deployment(Struct):
    chain_id: int = 0
    rpc_url: str = ""
    settlement: str = ""
    #: Where clients of each generation believe the contract to be, if not at ``settlement``.
    home_v1: str = ""
    home_v2: str = ""
    domain_name: str = ""
    deployed_block: int = 0


def clob_config(config: Config) -> ClobConfig | None:
    """Return the settings of the surface, None when it is not served. Raises `ConfigError`."""
    chosen = config.clob
    if not chosen.enabled:
        return None
    escrow = config.settlement.chain == "evm"
    try:
        profile = _settling(config) if escrow else _profile(config)
    except ProfileError as error:
        raise ConfigError(str(error)) from error
    if escrow:
        profile = profile._replace(named=True)
    if profile.chain_id == POLYGON:
        _log.warning(
            "clob_signs_for_polygon",
            reason="orders signed for chain 137 are signed for the real contracts of that name "
            "too: use keys that own nothing there",
        )
    return ClobConfig(
        profile=profile,
        escrow=escrow,
        order_version=chosen.order_version,
        register=chosen.register,
        skew_seconds_max=chosen.skew_seconds_max,
        expiration_margin_seconds=chosen.expiration_margin_seconds,
    )


def signing_of(config: Config) -> Signing | None:
    """Return what orders at the other doors are signed for, None when none is taken.

    Where contracts settle that is what they take, whatever is configured. Raises `ConfigError`.
    """
    trading = config.trading
    if config.settlement.chain == "evm":
        try:
            taken = _settling(config)
        except ProfileError as error:
            raise ConfigError(str(error)) from error
        first, second = (f"0x{taken.exchanges[version].hex()}" for version in VERSIONS)
        return Signing(
            taken.name, taken.chain_id, second, MONEY_DECIMALS, contract_v1=first, escrow=True
        )
    if not trading.signed_orders:
        return None
    return Signing(
        trading.signing_name,
        trading.signing_chain_id,
        trading.signing_contract,
        trading.signing_decimals,
    )


def wallets_of(commons: Commons) -> Wallets | None:
    """Return who is asked about wallets that are contracts; None: no chain is configured."""
    config = commons.config
    url = config.clob.rpc_url
    deployed = _Deployment()
    if config.settlement.chain == "evm":
        deployed = _deployment(Path(config.data_dir) / DEPLOYMENT)
        # Who settles asks there as well.
        url = url or config.settlement.rpc_url or deployed.rpc_url
    if not url or not (config.clob.enabled or deployed.settlement):
        return None
    rpc = Rpc(url)
    commons.stack.push_async_callback(rpc.close)
    confirmations = config.settlement.confirmations
    return EvmWallets(rpc, deployed.settlement, confirmations, deployed.deployed_block)


def _profile(config: Config) -> Profile:
    return sandbox(config.clob.chain_id) if config.clob.profile == "sandbox" else _own(config)


def _settling(config: Config) -> Profile:
    """Return what the contracts that settle take; what is configured must be the same."""
    deployed = _deployment(Path(config.data_dir) / DEPLOYMENT)
    homes = deployed.home_v1 or deployed.settlement, deployed.home_v2 or deployed.settlement
    settles = own(deployed.chain_id, *homes)._replace(name=deployed.domain_name or NAME)
    if config.clob.profile == "sandbox" and not config.clob.chain_id:
        return settles
    chosen = _profile(config)
    if (chosen.chain_id, chosen.exchanges) != (settles.chain_id, settles.exchanges):
        raise ProfileError(
            f"clob: clients would sign for chain {chosen.chain_id} and other contracts than those "
            f"of {DEPLOYMENT}, which settle; leave [clob] as it is, or deploy them there"
        )
    return settles


def _own(config: Config) -> Profile:
    chosen, deployed = config.clob, _deployment(Path(config.data_dir) / DEPLOYMENT)
    profile = own(
        chosen.chain_id or deployed.chain_id,
        chosen.exchange_v1 or deployed.home_v1 or deployed.settlement,
        chosen.exchange_v2 or deployed.home_v2 or deployed.settlement,
    )
    return profile._replace(name=deployed.domain_name or NAME)


def _deployment(path: Path) -> _Deployment:
    try:
        return json.decode(path.read_bytes(), type=_Deployment)
    except FileNotFoundError:
        return _Deployment()
    except (OSError, MsgspecError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
