"""The commands `outcry chain …`: their arguments and their help."""

# ruff: noqa: PLC0415 - each command loads what it needs: `outcry --help` must not wait for drivers

import asyncio
from pathlib import Path
from typing import Annotated, Final

import typer

from outcry.app.options import ConfigFile, DataFolder, examples, load_config


#: Where a development chain listens, unless told otherwise.
PORT: Final = 8545
BLOCK_MS: Final = 1_000
#: Test networks have this number; official clients sign for it.
CHAIN_ID: Final = 80_002
EXIT_DELAY: Final = 3_600

chain_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Run a development chain, deploy the contracts, mint collateral, look at a chain.",
)

KeyFile = Annotated[Path | None, typer.Option("--key", help="File with a key: 64 hex digits.")]


@chain_app.command("fetch", epilog=examples("outcry chain fetch"))
def chain_fetch(*, config: ConfigFile = None, data_dir: DataFolder = None) -> None:
    """Fetch anvil and the code of ConditionalTokens with npm, pinned, into the data folder."""
    from outcry.app.chain.fetching import fetch

    typer.echo(fetch(Path(load_config(config, data_dir).data_dir)))


@chain_app.command("dev", epilog=examples("outcry chain dev", "outcry chain dev --block-ms 0"))
def chain_dev(
    *,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 takes a free one.")] = PORT,
    chain_id: Annotated[int, typer.Option(min=1, help="Number of the chain.")] = CHAIN_ID,
    block_ms: Annotated[
        int, typer.Option(min=0, max=60_000, help="Between blocks; 0: one for each transaction.")
    ] = BLOCK_MS,
    exit_delay: Annotated[int, typer.Option(min=1, help="Seconds until an exit.")] = EXIT_DELAY,
    own: Annotated[
        bool, typer.Option("--own", help="Sign for our contract, not for known addresses.")
    ] = False,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget the chain of before.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Run a chain on this machine with our contracts on it, until Ctrl-C.

    Its state, the deployment and the keys of operator and oracle are in the data folder, so that
    the exchange there can settle on it (`settlement.chain = "evm"`).
    """
    from outcry.app.chain.dev import Wanted, run

    settings = load_config(config, data_dir)
    run(
        Wanted(
            data_dir=Path(settings.data_dir),
            port=port,
            chain_id=chain_id,
            block_ms=block_ms,
            exit_delay=exit_delay,
            own=own,
            fresh=fresh,
        )
    )


@chain_app.command(
    "deploy",
    epilog=examples(
        "outcry chain deploy --rpc http://127.0.0.1:8545 --key owner.key --dry-run",
        "outcry chain deploy --rpc URL --key owner.key --collateral 0x… --ctf 0x…",
    ),
)
def chain_deploy(  # noqa: PLR0913 - one for each option
    *,
    rpc: Annotated[str, typer.Option("--rpc", help="URL of the chain's node.")],
    key: Annotated[Path, typer.Option("--key", help="File with the owner's key.")],
    operator: Annotated[str, typer.Option(help="Who settles; a new key without it.")] = "",
    oracle: Annotated[str, typer.Option(help="Who resolves; a new key without it.")] = "",
    fee_account: Annotated[str, typer.Option(help="Who gets fees; the owner without it.")] = "",
    collateral: Annotated[str, typer.Option(help="ERC-20 with 6 decimals; a new one.")] = "",
    ctf: Annotated[str, typer.Option(help="ConditionalTokens; a new one without it.")] = "",
    home_v1: Annotated[str, typer.Option(help="What orders of version 1 are signed for.")] = "",
    home_v2: Annotated[str, typer.Option(help="The same for version 2.")] = "",
    name: Annotated[str, typer.Option(help="Name of the domain orders are signed for.")] = "",
    exit_delay: Annotated[int, typer.Option(min=1, help="Seconds until an exit.")] = EXIT_DELAY,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Put the contracts on a chain, and write `chain/deployment.json` in the data folder.

    ALIASES (`--home-v1`, `--home-v2`) are for the chains 80002 and 31337 alone. New keys of
    operator and oracle are written beside the deployment; give the operator money for gas.
    """
    from outcry.app.chain.deploying import Asked, run

    asked = Asked(
        data_dir=Path(load_config(config, data_dir).data_dir),
        rpc=rpc,
        key=key,
        operator=operator,
        oracle=oracle,
        fee_account=fee_account,
        collateral=collateral,
        ctf=ctf,
        home_v1=home_v1,
        home_v2=home_v2,
        name=name,
        exit_delay=exit_delay,
    )
    asyncio.run(run(asked, dry_run=dry_run, confirm=None if yes else typer.confirm))


@chain_app.command(
    "faucet",
    epilog=examples("outcry chain faucet 0x… 1000", "outcry chain faucet 0x… 1000 --escrow"),
)
def chain_faucet(
    address: Annotated[str, typer.Argument(help="Who gets it.")],
    amount: Annotated[str, typer.Argument(help="Collateral: 100 or 0.25.")],
    *,
    escrow: Annotated[bool, typer.Option("--escrow", help="Put it into their escrow.")] = False,
    key: KeyFile = None,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Mint development collateral for somebody.

    On a development chain they get money for gas too. Elsewhere `--key` names a key that pays for
    the transactions.
    """
    from outcry.app.chain.faucet import run

    folder = Path(load_config(config, data_dir).data_dir)
    typer.echo(asyncio.run(run(folder, address, amount, escrow=escrow, key=key)))


@chain_app.command("wallet", epilog=examples("outcry chain wallet 0x…"))
def chain_wallet(
    owner: Annotated[str, typer.Argument(help="Whose key signs for it.")],
    *,
    key: KeyFile = None,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Put a wallet that is a contract on the chain, and print its address.

    Its owner's key signs orders for it (signature type 3): it names that key to the settlement
    contract. Elsewhere than on a development chain `--key` names a key that pays for the
    transaction.
    """
    from outcry.app.chain.wallet import run

    folder = Path(load_config(config, data_dir).data_dir)
    typer.echo(asyncio.run(run(folder, owner, key=key)))


@chain_app.command("escrow", epilog=examples("outcry chain escrow 0x…"))
def chain_escrow(
    address: Annotated[str, typer.Argument(help="Whose.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Say what the settlement contract holds for somebody, asked of the chain alone."""
    from outcry.app.chain.escrow import run

    folder = Path(load_config(config, data_dir).data_dir)
    typer.echo(asyncio.run(run(folder, address, as_json=as_json)))


@chain_app.command("status", epilog=examples("outcry chain status", "outcry chain status --json"))
def chain_status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Say what is deployed, and whether the chain agrees; ends with 1 unless it does."""
    from outcry.app.chain.status import run

    text, well = asyncio.run(run(Path(load_config(config, data_dir).data_dir), as_json=as_json))
    typer.echo(text)
    if not well:
        raise typer.Exit(1)
