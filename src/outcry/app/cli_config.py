"""`outcry config`: the configuration, looked at and checked; nothing is started."""

# ruff: noqa: PLC0415 - each command loads what it needs

import typer

from outcry.app.options import ConfigFile, DataFolder, examples, load_config


config_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="markdown",
    help="Look at the configuration; start nothing.",
)


@config_app.command("show", epilog=examples("outcry config show", "outcry config show -c x.toml"))
def config_show(config: ConfigFile = None, data_dir: DataFolder = None) -> None:
    """Print every setting as it would be used, without passwords."""
    from outcry.runtime.config.describe import redacted

    for name, value in redacted(load_config(config, data_dir)).items():
        typer.echo(f"{name} = {str(value).lower() if isinstance(value, bool) else value!r}")


@config_app.command("check", epilog=examples("outcry config check -c market.toml"))
def config_check(config: ConfigFile = None, data_dir: DataFolder = None) -> None:
    """Say whether the configuration can be used. Ends with 2 when it cannot."""
    from outcry.app.credentials import check_keys

    settings = load_config(config, data_dir)
    check_keys(settings)
    typer.echo(f"The configuration is good. Data in {settings.data_dir}.")
