"""The commands of `outcry`: their arguments, their help, and whom they ask to do the work."""

# ruff: noqa: PLC0415 - each command loads what it needs: `outcry --help` must not wait for drivers

import asyncio
from contextlib import suppress
from importlib.metadata import version
from typing import Annotated

import typer

from outcry.app.archive_command import EPILOG as ARCHIVE_EPILOG
from outcry.app.archive_command import archive
from outcry.app.chain.command import chain_app
from outcry.app.cli_config import config_app
from outcry.app.demo.command import EPILOG as DEMO_EPILOG
from outcry.app.demo.command import demo
from outcry.app.engine.command import EPILOG as ENGINE_EPILOG
from outcry.app.engine.command import engine
from outcry.app.export_command import EPILOG as EXPORT_EPILOG
from outcry.app.export_command import export
from outcry.app.failures import FAILED, UsageError
from outcry.app.load.command import EPILOG as LOAD_EPILOG
from outcry.app.load.command import load
from outcry.app.operate.events import event_app
from outcry.app.operate.exchange import exchange_app
from outcry.app.operate.markets import market_app
from outcry.app.operate.people import AUDIT_EPILOG, audit, key_app, user_app
from outcry.app.options import ConfigFile, DataFolder, examples, load_config
from outcry.app.replay.command import EPILOG as REPLAY_EPILOG
from outcry.app.replay.command import replay
from outcry.app.sim.command import EPILOG as SIM_EPILOG
from outcry.app.sim.command import sim
from outcry.app.statement_command import EPILOG as STATEMENT_EPILOG
from outcry.app.statement_command import statement
from outcry.app.up_command import UP_EPILOG, up
from outcry.app.upkeep import commands as upkeep


app = typer.Typer(
    name="outcry",
    help="A complete prediction-market exchange that one command starts.",
    epilog="Begin with: outcry up. Reference: docs/reference/cli.md",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for group, name in (
    *((config_app, "config"), (exchange_app, "exchange"), (event_app, "event")),
    *((market_app, "market"), (user_app, "user"), (key_app, "key"), (chain_app, "chain")),
):
    app.add_typer(group, name=name)
app.command(epilog=AUDIT_EPILOG)(audit)
app.command(epilog=ARCHIVE_EPILOG)(archive)
app.command(epilog=DEMO_EPILOG)(demo)
app.command(epilog=REPLAY_EPILOG)(replay)
app.command(epilog=EXPORT_EPILOG)(export)
app.command(epilog=upkeep.BACKUP_EPILOG)(upkeep.backup)
app.command(epilog=upkeep.RESTORE_EPILOG)(upkeep.restore)
app.command(epilog=UP_EPILOG)(up)
app.command(epilog=upkeep.START_EPILOG)(upkeep.start)
app.command(epilog=STATEMENT_EPILOG)(statement)
app.command(epilog=ENGINE_EPILOG)(engine)
app.command(epilog=SIM_EPILOG)(sim)
app.command(epilog=LOAD_EPILOG)(load)


@app.callback(invoke_without_command=True)
def _outcry(
    *,
    show_version: Annotated[
        bool, typer.Option("--version", help="Print the version and which kernel runs.")
    ] = False,
) -> None:
    if show_version:
        from outcry import kernel

        typer.echo(f"outcry {version('openoutcry')}, kernel {kernel.build_info()}")
        raise typer.Exit


@app.command(
    epilog=examples(
        "outcry run core", "outcry run match --shard 1", "outcry run websocket_depth -c market.toml"
    )
)
def run(
    name: Annotated[str, typer.Argument(help="A service or a group of services.")],
    *,
    shard: Annotated[
        int | None, typer.Option(help="Serve one shard only (match and its services).")
    ] = None,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Run one service, or one group, against a PostgreSQL and a Redis that run already.

    Groups: core (asset, processor), match (match_engine, store, depth), history, edge (api, event,
    gateway, websocket_depth, websocket_user, onchain). Needs postgres.dsn and redis.url, and in
    the data folder the same secrets on every machine.
    """
    from outcry.app.worker import run as run_worker

    raise typer.Exit(run_worker(name, load_config(config, data_dir), shard))


@app.command(epilog=examples("outcry status", "outcry status --json"))
def status(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print it for programs.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Show every process: whether it is ready, where the log ends, how far others lag.

    Ends with 1 unless everything is ready.
    """
    import msgspec
    from rich.console import Console

    from outcry.app import status as statuses

    settings = load_config(config, data_dir)
    lines = asyncio.run(statuses.look(settings))
    if as_json:
        typer.echo(msgspec.json.encode(lines))
    elif lines:
        statuses.show(lines, Console())
    else:
        typer.echo(f"No exchange runs in {settings.data_dir}. `outcry up` starts one.")
    raise typer.Exit(0 if statuses.healthy(lines) else FAILED)


@app.command(epilog=examples("outcry stop", "outcry stop --now", "outcry stop history"))
def stop(
    name: Annotated[
        str, typer.Argument(help="What `outcry start` started; without it, all of `outcry up`.")
    ] = "",
    *,
    shard: Annotated[int | None, typer.Option(help="The shard it was started for.")] = None,
    now: Annotated[bool, typer.Option(help="Do not finish what was begun. Loses nothing.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Stop the exchange that `outcry up` runs on the data folder, or one service of `outcry start`.

    Waits until it is gone.
    """
    from outcry.app import stopping
    from outcry.app.upkeep import background

    settings = load_config(config, data_dir)
    if name:
        typer.echo(background.stop(settings, name, shard, now=now))
        return
    stopped = stopping.stop(settings, now=now)
    typer.echo("Stopped." if stopped else f"No exchange runs in {settings.data_dir}.")


@app.command(
    epilog=examples(
        "outcry verify", "outcry verify --data-dir /srv/market", "outcry verify --chain"
    )
)
def verify(
    *,
    chain: Annotated[bool, typer.Option("--chain", help="Compare the contracts too.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Rebuild every balance, hold, position and book from the log, and compare.

    Works while the exchange runs and while it does not. Ends with 1 when anything disagrees.
    """
    from outcry.app.checking import check

    report = asyncio.run(check(load_config(config, data_dir), chain=chain))
    typer.echo("\n".join(report.lines()))
    raise typer.Exit(0 if report.clean else FAILED)


@app.command(
    epilog=examples("outcry tail log", "outcry tail facts -f", "outcry tail commands:1 -n 100")
)
def tail(
    stream: Annotated[
        str,
        typer.Argument(
            help="log, commands, facts, depth (each also as NAME:SHARD) or user_events."
        ),
    ],
    *,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes.")] = False,
    count: Annotated[
        int, typer.Option("--number", "-n", min=0, max=10_000, help="Lines of the past.")
    ] = 20,
    ticks: Annotated[bool, typer.Option("--ticks", help="Show the passing of time too.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Show a stream, or the ledger log, as lines of text.

    Prices are ticks of outcome 0 (1 tick = 0.0001), quantities lots (0.01 share), money micros.
    """
    from outcry.app.showing import print_tail
    from outcry.app.tail import View, source_named

    settings = load_config(config, data_dir)
    source = source_named(stream, settings.shards.count)
    with suppress(KeyboardInterrupt):  # the way to end it
        asyncio.run(print_tail(settings, View(source, count, follow, ticks)))


@app.command(epilog=examples("outcry reset", "outcry reset --yes --data-dir /srv/market"))
def reset(
    *,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Delete the exchange of the data folder: every order, balance and key. Stop it first."""
    from outcry.app import stopping

    settings = load_config(config, data_dir)
    things = stopping.things(settings)
    if not yes:
        names = ", ".join(path.name for path in things)
        typer.echo(f"This deletes for ever, in {settings.data_dir}: {names}")
        typer.confirm("Go on?", abort=True)
    typer.echo(stopping.reset(settings))


@app.command(
    epilog=examples(
        "outcry token alice",
        "outcry token operator --admin --ttl 30d",
        'curl -H "Authorization: Bearer $(outcry token alice)" http://127.0.0.1:8000/api/user_data',
    )
)
def token(
    user: Annotated[str, typer.Argument(help="Whom the token is for; the user's name outside.")],
    *,
    admin: Annotated[bool, typer.Option("--admin", help="For an operator, not a trader.")] = False,
    ttl: Annotated[str, typer.Option(help="How long it is good: 90s, 15m, 12h, 30d.")] = "12h",
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Print a token (JWT, ES256) signed with the development key of the data folder.

    Where an issuer is configured (auth.key_file), users' tokens come from there, and only --admin
    works here.
    """
    from outcry.app.credentials import new_token

    typer.echo(new_token(load_config(config, data_dir), user, admin=admin, ttl=ttl))


@app.command(epilog=examples("outcry recover --accept-loss"))
def recover(
    *,
    accept_loss: Annotated[
        bool, typer.Option("--accept-loss", help="Yes: what the log does not have is gone.")
    ] = False,
    config: ConfigFile = None,
    data_dir: DataFolder = None,
) -> None:
    """Go on after the ledger log was set back behind what was published.

    Starts a new timeline at the end of the log, empties every stream and leaves snapshots of the
    old timeline behind. Use it only when the lost entries cannot be restored.
    """
    from outcry.app.checking import recover as recover_log

    if not accept_loss:
        raise UsageError("recover gives up whatever the log lost; say so with --accept-loss")
    typer.echo(asyncio.run(recover_log(load_config(config, data_dir))))
