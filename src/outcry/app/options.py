"""What the commands have in common: options, examples in their help, reading the configuration."""

import shlex
from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from outcry.runtime.config import Config, load


ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="TOML file with settings (default: $OUTCRY_CONFIG)."),
]
DataFolder = Annotated[
    Path | None,
    typer.Option("--data-dir", "-d", help="Folder of all data (default: ./outcry-data)."),
]


def examples(*lines: str) -> str:
    """Return the end of a command's help; a blank line is what makes a new line there."""
    return "\n\n".join(("Examples:", *lines))


def load_config(path: Path | None, data_dir: Path | None) -> Config:
    """Return the configuration as the options want it; raises `ConfigError`."""
    config = load(path)
    return config if data_dir is None else replace(config, data_dir=str(data_dir.absolute()))


def data_dir_option(data_dir: str) -> str:
    """Return what a command has to be given for it to mean this folder; "" where nothing."""
    usual = Path(data_dir) == Path.cwd() / "outcry-data"
    return "" if usual else f" --data-dir {shlex.quote(data_dir)}"
