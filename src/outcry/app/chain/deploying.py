"""`outcry chain deploy`: the contracts on any EVM chain, asked about before money is spent."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

import typer

from outcry.adapters.evm import deployment as files
from outcry.adapters.evm.abi import address_of, address_text
from outcry.adapters.evm.deploy import ALIAS_CHAINS, Plan, deploy, problem
from outcry.adapters.evm.deployment import read_key
from outcry.adapters.evm.node_modules import conditional_tokens
from outcry.adapters.evm.rpc import Rpc
from outcry.adapters.evm.sender import Sender
from outcry.adapters.evm.signer import KEY_BYTES, Signer
from outcry.app.failures import UsageError
from outcry.app.options import data_dir_option
from outcry.services.api.clob.profiles import NAME


#: What deploying takes, measured: ConditionalTokens, development collateral, settlement.
GAS: Final = {"ctf": 3_300_000, "collateral": 460_000, "settlement": 3_300_000}
_WEI: Final = 10**18


class Asked(NamedTuple):
    """What the command was given; "" where it was not."""

    data_dir: Path
    rpc: str
    key: Path
    operator: str
    oracle: str
    fee_account: str
    collateral: str
    ctf: str
    home_v1: str
    home_v2: str
    name: str
    exit_delay: int


async def run(asked: Asked, *, dry_run: bool, confirm: Callable[[str], bool] | None) -> None:
    """Deploy and say so; raises `UsageError` for a plan that cannot be."""
    path = files.folder(asked.data_dir) / files.FILE
    if path.exists() and not dry_run:
        raise UsageError(f"{path} is there already: move it away to deploy anew")
    owner = read_key(asked.key)
    async with Rpc(asked.rpc) as rpc:
        chain_id = int(await rpc.call("eth_chainId"), 16)
        plan, made = _plan(asked, owner, chain_id)
        money = await _money(plan, rpc, owner)
        typer.echo(_told(plan, made, owner, money))
        poor = f"the owner needs money for gas: send some to {address_text(owner.address)}"
        if dry_run:
            typer.echo("nothing was done" + (f"; {poor}" if money.short else ""))
            return
        if money.short:
            raise UsageError(poor)
        if confirm is not None and not confirm(f"Deploy to chain {chain_id}?"):
            raise UsageError("nothing was done")
        for name, key in made.items():
            files.save_key(asked.data_dir, name, key)
        sender = Sender(rpc, owner, chain_id)
        done = await deploy(plan, sender, lambda: conditional_tokens(asked.data_dir), typer.echo)
    typer.echo(f"written to {files.save(asked.data_dir, done)}")
    more = data_dir_option(str(asked.data_dir))
    typer.echo(
        f"next: money for gas to the operator, {done.operator}, and the oracle, {done.oracle};\n"
        f"then OUTCRY_SETTLEMENT_CHAIN=evm outcry up{more}"
    )


def _plan(asked: Asked, owner: Signer, chain_id: int) -> tuple[Plan, dict[str, bytes]]:
    """Return the plan, and the keys that have to be made for it by file."""
    made: dict[str, bytes] = {}
    plan = Plan(
        chain_id=chain_id,
        rpc_url=asked.rpc,
        domain_name=asked.name or NAME,
        operator=_role(asked, asked.operator, files.OPERATOR_KEY, made),
        oracle=_role(asked, asked.oracle, files.ORACLE_KEY, made),
        fee_account=_address(asked.fee_account) or owner.address,
        exit_delay=asked.exit_delay,
        home_v1=_address(asked.home_v1),
        home_v2=_address(asked.home_v2),
        ctf=_address(asked.ctf),
        collateral=_address(asked.collateral),
    )
    wrong = problem(plan)
    if not wrong and plan.collateral is None and chain_id not in ALIAS_CHAINS:
        wrong = "collateral that anybody may mint is for test chains: name one with --collateral"
    if wrong:
        raise UsageError(wrong)
    return plan, made


def _role(asked: Asked, address: str, name: str, made: dict[str, bytes]) -> bytes:
    given = _address(address)
    if given is not None:
        return given
    path = files.folder(asked.data_dir) / name
    if path.exists():
        return read_key(path).address
    made[name] = os.urandom(KEY_BYTES)
    return Signer(made[name]).address


def _address(text: str) -> bytes | None:
    if not text:
        return None
    try:
        return address_of(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no address: 0x and 40 hexadecimal digits") from error


class _Money(NamedTuple):
    """What the owner has and what deploying costs, in wei."""

    has: int
    needs: int

    @property
    def short(self) -> bool:
        """Whether it is not enough."""
        return self.has < self.needs


async def _money(plan: Plan, rpc: Rpc, owner: Signer) -> _Money:
    balance = int(await rpc.call("eth_getBalance", address_text(owner.address), "latest"), 16)
    price = int(await rpc.call("eth_gasPrice"), 16)
    fresh = [name for name in ("ctf", "collateral") if getattr(plan, name) is None]
    return _Money(balance, price * sum(GAS[name] for name in (*fresh, "settlement")))


def _told(plan: Plan, made: dict[str, bytes], owner: Signer, money: _Money) -> str:
    has, needs = (f"{wei / _WEI:.6f}" for wei in money)
    homes = (plan.home_v1, plan.home_v2)
    signed = [address_text(home) if home else "the contract itself" for home in homes]
    lines = [
        f"chain        {plan.chain_id} at {plan.rpc_url}",
        f"owner        {address_text(owner.address)}, has {has}, about {needs} is needed",
        f"operator     {address_text(plan.operator)}{_new(files.OPERATOR_KEY in made)}",
        f"oracle       {address_text(plan.oracle)}{_new(files.ORACLE_KEY in made)}",
        f"fees to      {address_text(plan.fee_account)}",
        f"collateral   {_or_new(plan.collateral)}",
        f"tokens       {_or_new(plan.ctf)}",
        f"signed for   {signed[0]} (1), {signed[1]} (2), as {plan.domain_name!r}",
        f"exit delay   {plan.exit_delay} s",
    ]
    return "\n".join(lines)


def _new(fresh: bool) -> str:  # noqa: FBT001 - one word of a line
    return " (a new key)" if fresh else ""


def _or_new(address: bytes | None) -> str:
    return address_text(address) if address else "a new contract"
