"""What the commands of an operator have in common: whom they ask, as whom, and how they answer."""

# ruff: noqa: PLC0415 - `outcry --help` must not wait for the client library

import inspect
import os
import sys
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Concatenate, NamedTuple, ParamSpec

import typer

from outcry.app.failures import UsageError
from outcry.app.options import ConfigFile, DataFolder, load_config
from outcry.domain.errors import OutcryError


if TYPE_CHECKING:
    from outcry.runtime.config import Config
    from outcry_sdk import Client, Credentials

#: Environment: the HTTP door of an exchange elsewhere, and an API key with the scope admin.
URL_VARIABLE = "OUTCRY_URL"
KEY_VARIABLE = "OUTCRY_ADMIN_KEY"
#: The user that acts where no key is given.
OPERATOR = "operator"
#: A person waits: how often a request is tried before they are told.
ATTEMPTS_MAX = 3

Terms = ParamSpec("Terms")

_Url = Annotated[
    str, typer.Option("--url", help=f"HTTP door of an exchange elsewhere (${URL_VARIABLE}).")
]
_KeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", help=f"File with an admin API key (or ${KEY_VARIABLE})."),
]
_Json = Annotated[bool, typer.Option("--json", help="Print it for programs.")]


class Told(NamedTuple):
    """What a command answers: for programs and for people."""

    data: object
    text: str


class Refused(OutcryError):
    """The exchange declined, or cannot be asked; the message says why."""


Command = Callable[Concatenate["Client", Terms], Told]


def operating(command: "Command[Terms]") -> Callable[..., None]:
    """Return *command* with the options that say whom to ask; it is given the client."""

    @wraps(command)
    def run(
        *args: Any,  # noqa: ANN401 - whatever the command takes
        url: str = "",
        key_file: Path | None = None,
        as_json: bool = False,
        config: Path | None = None,
        data_dir: Path | None = None,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        with _client(url, key_file, config, data_dir) as client:
            told = _asked(lambda: command(client, *args, **kwargs))
        typer.echo(_json(told.data) if as_json else told.text)

    common = {
        "url": (_Url, ""),
        "key_file": (_KeyFile, None),
        "as_json": (_Json, False),
        "config": (ConfigFile, None),
        "data_dir": (DataFolder, None),
    }
    own = list(inspect.signature(command).parameters.values())[1:]
    shared = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=kind)
        for name, (kind, default) in common.items()
    ]
    run.__signature__ = inspect.Signature([*own, *shared])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in (*own, *shared)}
    # Its own signature counts, not that of what it wraps.
    del run.__dict__["__wrapped__"]
    return run


def _client(
    url: str, key_file: Path | None, config: Path | None, data_dir: Path | None
) -> "Client":
    from outcry_sdk import Client, Retries

    settings = load_config(config, data_dir)
    url = url or os.environ.get(URL_VARIABLE, "")
    address = url or _running(settings)
    credentials = _credentials(settings, key_file, elsewhere=bool(url))
    return Client(address, credentials, retries=Retries(attempts_max=ATTEMPTS_MAX))


def _running(settings: "Config") -> str:
    """Return the address of the exchange that runs on the data folder."""
    from outcry.app.record import RecordFile
    from outcry.app.settings import address

    record = RecordFile(Path(settings.data_dir)).running()
    if record is None and settings.postgres.dsn:
        # Its services run one by one; their door is where the configuration has it.
        return f"http://{address(settings, 'http', 'port')}"
    if record is None or "http" not in record.addresses:
        raise UsageError(
            f"no exchange runs in {settings.data_dir}: `outcry up` starts one, --url names another"
        )
    return f"http://{record.addresses['http']}"


def _credentials(settings: "Config", key_file: Path | None, *, elsewhere: bool) -> "Credentials":
    """Return the key that is given, else a token that the data folder can sign."""
    from outcry.app.credentials import new_token
    from outcry_sdk import Credentials

    key = os.environ.get(KEY_VARIABLE, "")
    if key_file is not None:
        try:
            key = key_file.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"--key-file: {key_file} cannot be read: {error}") from error
    if key:
        return Credentials(api_key=key)
    if elsewhere:
        raise UsageError(f"--url needs an admin key: --key-file, or {KEY_VARIABLE}")
    return Credentials(token=new_token(settings, OPERATOR, admin=True, ttl="15m"))


def _asked(ask: Callable[[], Told]) -> Told:
    from outcry_sdk import RejectedError, SdkError

    try:
        return ask()
    except RejectedError as error:
        told = [f"got {error.got}"] if error.got else []
        told += [f"expected {error.expected}"] if error.expected else []
        more = f" ({'; '.join(told)})" if told else ""
        raise Refused(f"declined with {error.reject}: {error.sentence}{more}") from error
    except SdkError as error:
        raise Refused(str(error)) from error


def _json(data: object) -> str:
    import msgspec

    return msgspec.json.format(msgspec.json.encode(data), indent=2).decode()


def warn(sentence: str) -> None:
    """Say something beside the answer."""
    sys.stderr.write(f"{sentence}\n")
