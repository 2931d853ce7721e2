"""Checks before anything is settled: the chain, the contract on it, and the operator's right."""

import time
from collections.abc import Callable
from typing import Any, Final

from outcry.adapters.evm.abi import address_text
from outcry.adapters.evm.artefacts import artefact
from outcry.adapters.evm.rpc import Call, Rpc, RpcError
from outcry.adapters.evm.wire import answered, quantity, unhex


#: By how much the chain's clock may be ahead of ours.
AHEAD_SECONDS_MAX: Final = 120
_NONE: Final = "0x"


async def problems(
    rpc: Rpc,
    chain_id: int,
    settlement: bytes,
    operator: bytes,
    clock: Callable[[], float] = time.time,
) -> list[str]:
    """Return, as sentences, what keeps *operator* from settling. Raises `ChainUnavailable`."""
    contract = artefact("settlement")
    where, who = address_text(settlement), address_text(operator)

    def view(name: str, *values: object) -> Call:
        data = "0x" + contract.interface.call(name, *values).hex()
        return Call("eth_call", [{"to": where, "data": data}, "latest"])

    said = await rpc.batch(
        [
            Call("eth_chainId"),
            Call("eth_getCode", [where, "latest"]),
            Call("eth_getBlockByNumber", ["latest", False]),
            Call("eth_getBalance", [who, "latest"]),
            view("isOperator", who),
            view("paused"),
        ]
    )
    found = quantity(answered(said[0]))
    if found != chain_id:
        return [f"{rpc.url} is of chain {found}; the contracts were deployed to chain {chain_id}"]
    code = unhex(answered(said[1]) or _NONE)
    if not code:
        return [f"there is no contract at {where} on chain {chain_id}"]
    if not code.startswith(contract.runtime):
        source = contract.source_sha256[:16]
        return [f"the contract at {where} is another one: its code is not that of source {source}"]
    return _wrong(said[2:], where, who, clock())


def _wrong(said: list[Any], where: str, who: str, now: float) -> list[str]:
    """Return what is wrong with clock, money, right and state, as the node says they are."""
    wrong = []
    ahead = quantity(answered(said[0])["timestamp"]) - now
    if ahead > AHEAD_SECONDS_MAX:
        wrong.append(f"the chain's clock is {ahead:.0f} s ahead of this machine's")
    if quantity(answered(said[1])) == 0:
        wrong.append(f"the operator {who} has nothing to pay for gas with")
    if not _says_yes(said[2]):
        wrong.append(f"{who} is no operator of the contract at {where}")
    if _says_yes(said[3]):
        wrong.append(f"the contract at {where} is paused")
    return wrong


def _says_yes(said: object) -> bool:
    return not isinstance(said, RpcError) and quantity(said) == 1
