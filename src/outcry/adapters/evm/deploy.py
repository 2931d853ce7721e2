"""Putting the contracts on a chain: which, with what, and what it came to.

Orders may be signed for an address that is not the contract's (an *alias domain*) only on chains
that nobody's money is on; the contract itself refuses it elsewhere.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.artefacts import Artefact, artefact
from outcry.adapters.evm.deployment import Deployment
from outcry.adapters.evm.sender import NotSettled, Receipt, Sender
from outcry.domain.errors import OutcryError


#: Chains where aliases may be: a public test network, and the usual number of a local chain.
ALIAS_CHAINS: Final = (80_002, 31_337)
EXIT_DELAY_SECONDS: Final = 3_600
#: More than a settlement takes; and what the contract allows.
EXIT_DELAY_SECONDS_MAX: Final = 30 * 86_400
NAME_CHARACTERS_MAX: Final = 64
#: Decimals of the collateral: a unit of the exchange's money is one millionth.
DECIMALS: Final = 6


class Refused(OutcryError):
    """The plan cannot be; the message says why."""


class Plan(NamedTuple):
    """What is to be deployed. Addresses are 20 bytes."""

    chain_id: int
    rpc_url: str
    domain_name: str
    operator: bytes
    oracle: bytes
    fee_account: bytes
    exit_delay: int = EXIT_DELAY_SECONDS
    #: None: the contract's own address.
    home_v1: bytes | None = None
    home_v2: bytes | None = None
    #: None: a new one is deployed too.
    ctf: bytes | None = None
    collateral: bytes | None = None


def problem(plan: Plan) -> str:
    """Return what is wrong with *plan*, "" when nothing is."""
    if (plan.home_v1 or plan.home_v2) and plan.chain_id not in ALIAS_CHAINS:
        chains = " and ".join(str(chain) for chain in ALIAS_CHAINS)
        return (
            f"orders may be signed for another address only on chains {chains}, not on "
            f"{plan.chain_id}: elsewhere they would be valid at whatever stands at that address"
        )
    if not 0 < plan.exit_delay <= EXIT_DELAY_SECONDS_MAX:
        return f"the exit delay is 1 to {EXIT_DELAY_SECONDS_MAX} seconds, not {plan.exit_delay}"
    if not 0 < len(plan.domain_name.encode()) <= NAME_CHARACTERS_MAX:
        return f"the domain's name has 1 to {NAME_CHARACTERS_MAX} bytes"
    return ""


async def deploy(
    plan: Plan,
    sender: Sender,
    tokens: Callable[[], Artefact],
    say: Callable[[str], None] = lambda _: None,
) -> Deployment:
    """Deploy *plan* and return what came of it; *tokens* is asked for only when it is needed.

    Raises `Refused` and `NotSettled`. What was deployed before a failure stays where it is.
    """
    wrong = problem(plan)
    if wrong:
        raise Refused(wrong)
    ctf = plan.ctf or await _created(sender, tokens().creation, "ConditionalTokens", say)
    collateral = plan.collateral or await _created(
        sender, artefact("collateral").creation, "collateral", say
    )
    await _check_collateral(sender, collateral)
    receipt = await sender.create(_creation(plan, ctf, collateral))
    address = _address(receipt)
    say(f"settlement         {address_text(address)}  {receipt.gas_used:,} gas")
    if plan.oracle != plan.operator:
        # The oracle's key moves escrow on request: so what settles never waits for what pays out.
        contract = artefact("settlement").interface
        await sender.call(address, contract, "setOperator", plan.oracle, True)  # noqa: FBT003 - the contract's own
    return Deployment(
        chain_id=plan.chain_id,
        rpc_url=plan.rpc_url,
        settlement=address_text(address),
        ctf=address_text(ctf),
        collateral=address_text(collateral),
        oracle=address_text(plan.oracle),
        operator=address_text(plan.operator),
        deployed_block=receipt.block,
        exit_delay=plan.exit_delay,
        home_v1=address_text(plan.home_v1 or address),
        home_v2=address_text(plan.home_v2 or address),
        domain_name=plan.domain_name,
        fee_account=address_text(plan.fee_account),
    )


def _creation(plan: Plan, ctf: bytes, collateral: bytes) -> bytes:
    contract = artefact("settlement")
    return contract.interface.creation(
        contract.creation,
        collateral,
        ctf,
        plan.domain_name,
        plan.home_v1 or bytes(20),
        plan.home_v2 or bytes(20),
        plan.exit_delay,
        plan.operator,
        plan.fee_account,
    )


async def stands(deployment: Deployment, sender: Sender) -> bool:
    """Whether the contracts of *deployment* are on the chain, and are those of this version."""
    code = await sender.rpc.call("eth_getCode", deployment.settlement, "latest")
    if not bytes.fromhex(code[2:]).startswith(artefact("settlement").runtime):
        return False
    found = await sender.view(
        address_of(deployment.settlement), artefact("settlement").interface, "COLLATERAL"
    )
    return bool(found == address_of(deployment.collateral))


async def _created(sender: Sender, code: bytes, name: str, say: Callable[[str], None]) -> bytes:
    receipt = await sender.create(code)
    address = _address(receipt)
    say(f"{name:<18} {address_text(address)}  {receipt.gas_used:,} gas")
    return address


def _address(receipt: Receipt) -> bytes:
    if receipt.contract is None:
        raise NotSettled(f"{receipt.tx_hash} created no contract")
    return receipt.contract


async def _check_collateral(sender: Sender, collateral: bytes) -> None:
    try:
        decimals = await sender.view(collateral, artefact("collateral").interface, "decimals")
    except (ValueError, OutcryError) as error:
        raise Refused(f"{address_text(collateral)} is no ERC-20: it has no decimals") from error
    if decimals != DECIMALS:
        raise Refused(f"collateral has {DECIMALS} decimals; this one has {decimals}")
