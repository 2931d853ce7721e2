"""The chain that an exchange settles on: the simulated one, or one of contracts and a node."""

# ruff: noqa: PLC0415 - what speaks to a node is loaded where one is used

import asyncio
import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import structlog

from outcry.adapters.files import FileTransactions
from outcry.adapters.simulated_chain import Pace, SimulatedChain
from outcry.app.commons import Commons
from outcry.domain.ledger.in_transit import Home
from outcry.ports.chain import Chain, ChainUnavailable
from outcry.ports.escrow import Escrow
from outcry.runtime.config import Config, ConfigError
from outcry.services.onchain.ahead import Ahead, Gate
from outcry.services.onchain.config import OnchainConfig
from outcry.services.onchain.escrow import EscrowDesk


#: How long a sender waits for the one before it to be gone.
LOCK_SECONDS_MAX: Final = 10.0
_LOCK_PAUSE_SECONDS: Final = 0.1

_log = structlog.get_logger(__name__)


def home_of(config: Config) -> Home | None:
    """Return the contracts that everything settles on; None: there is no real chain."""
    if config.settlement.chain != "evm":
        return None
    from outcry.adapters.evm.deployment import NotDeployed, load

    try:
        found = load(Path(config.data_dir))
    except NotDeployed as error:
        raise ConfigError(str(error)) from error
    return Home(found.chain_id, found.settlement, found.ctf, found.collateral, found.oracle)


def settles_on_chain(config: Config) -> bool:
    """Whether anything of this exchange settles on a chain, or did once."""
    chosen = config.settlement
    folder = Path(config.data_dir) / "onchain"
    return chosen.mode == "chain" or chosen.chain == "evm" or folder.exists()


def check_deployed(config: Config) -> None:
    """Make sure that what settling needs is in the data folder; raises `ConfigError`."""
    if config.settlement.chain != "evm":
        return
    from outcry.adapters.evm.deployment import (
        OPERATOR_KEY,
        ORACLE_KEY,
        NotDeployed,
        load,
        load_key,
    )

    try:
        load(Path(config.data_dir))
        for key in (OPERATOR_KEY, ORACLE_KEY):
            load_key(Path(config.data_dir), key)
    except NotDeployed as error:
        raise ConfigError(str(error)) from error


async def chain_of(commons: Commons, place: Path) -> Chain:
    """Return the chain; *place* is the folder of the sender. Raises `ConfigError`."""
    settlement = commons.config.settlement
    await only_sender(commons, place)
    if settlement.chain == "simulated":
        return SimulatedChain(place / "chain.journal", Pace(settlement.block_ms))
    return await _evm(commons)


async def escrow_of(config: Config, *, checked: bool = False) -> Escrow:
    """Return the contracts as who moves escrow sees them; raises `ConfigError`.

    *checked*: only if the oracle's key may move it, as far as the node answers.
    """
    from outcry.adapters.evm.abi import address_of
    from outcry.adapters.evm.checks import problems
    from outcry.adapters.evm.deployment import ORACLE_KEY, NotDeployed, load, load_key
    from outcry.adapters.evm.escrow import EvmEscrow
    from outcry.adapters.evm.gas import GWEI
    from outcry.adapters.evm.rpc import Rpc

    try:
        found = load(Path(config.data_dir))
        signer = load_key(Path(config.data_dir), ORACLE_KEY)
    except NotDeployed as error:
        raise ConfigError(str(error)) from error
    rpc = Rpc(config.settlement.rpc_url or found.rpc_url)
    where, wrong = address_of(found.settlement), list[str]()
    if checked:
        with suppress(ChainUnavailable):  # who settles says so and waits as well
            wrong = await problems(rpc, found.chain_id, where, signer.address)
    if wrong:
        await rpc.close()
        raise ConfigError("; ".join(wrong))
    return EvmEscrow(rpc, signer, found, config.settlement.gas_price_gwei_max * GWEI)


async def escrow_desk(
    commons: Commons, place: Path, terms: OnchainConfig
) -> tuple[EscrowDesk, Gate]:
    """Return who mirrors the escrow of a ledger that lives on contracts, and the gate before it.

    Raises `ConfigError` when the contracts have done what the log never asked for.
    """
    from outcry.adapters.evm.deployment import load

    escrow = await escrow_of(commons.config, checked=True)
    commons.stack.push_async_callback(escrow.close)
    log, first_block = await commons.log(), load(Path(commons.config.data_dir)).deployed_block
    gate = Gate(log, commons.snapshots, escrow, first_block)
    try:
        with suppress(ChainUnavailable):  # then everybody waits at the gate
            await gate.check()
    except Ahead as error:
        raise ConfigError(str(error)) from error
    desk = EscrowDesk(
        terms,
        log=log,
        snapshots=commons.snapshots,
        asset=await commons.asset("onchain"),
        escrow=escrow,
        transactions=FileTransactions(place / "operations"),
        first_block=first_block,
        gate=gate,
    )
    return desk, gate


async def only_sender(commons: Commons, place: Path) -> None:
    """Take the right to send from this folder, which ends with the process."""
    file = os.open(place / "sender.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    commons.stack.callback(os.close, file)
    for _ in range(int(LOCK_SECONDS_MAX / _LOCK_PAUSE_SECONDS)):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            await asyncio.sleep(_LOCK_PAUSE_SECONDS)
        else:
            return
    raise ConfigError(f"another onchain service sends from {place}: only one may")


async def _evm(commons: Commons) -> Chain:
    from outcry.adapters.evm.abi import address_of
    from outcry.adapters.evm.chain import EvmChain, EvmTerms
    from outcry.adapters.evm.checks import problems
    from outcry.adapters.evm.deployment import OPERATOR_KEY, NotDeployed, load, load_key
    from outcry.adapters.evm.gas import GWEI
    from outcry.adapters.evm.rpc import Rpc

    config = commons.config
    try:
        found = load(Path(config.data_dir))
        signer = load_key(Path(config.data_dir), OPERATOR_KEY)
    except NotDeployed as error:
        raise ConfigError(str(error)) from error
    rpc = Rpc(config.settlement.rpc_url or found.rpc_url)
    address = address_of(found.settlement)
    ceiling = config.settlement.gas_price_gwei_max * GWEI
    simulated_gas = config.settlement.simulated_gas_max
    terms = EvmTerms(found.chain_id, address, found.deployed_block, ceiling, simulated_gas)
    chain = EvmChain(rpc, signer, terms)
    commons.stack.push_async_callback(chain.close)
    try:
        wrong = await problems(rpc, found.chain_id, address, signer.address)
    except ChainUnavailable as error:
        # It may come back; until then nothing settles, and everything else goes on.
        _log.warning("chain_unavailable", url=rpc.url, reason=str(error))
        wrong = []
    if wrong:
        raise ConfigError("; ".join(wrong))
    return chain
