"""What a failure that ends a process means, for whoever has to decide what to do next."""

import errno
from functools import cache
from typing import Final, NamedTuple

from outcry.domain.errors import CorruptError, InvariantError, OutcryError
from outcry.ports.asset import AssetUnavailable
from outcry.ports.bus import BusUnavailable
from outcry.ports.ledger_log import Archived, CommitUnknown, LogUnavailable, Stale
from outcry.ports.projection import OutOfPosition, TablesUnavailable


#: Exit codes. What ended with `FAILED` may be started again; the others would fail again until
#: somebody changes something.
DONE: Final = 0
FAILED: Final = 1
WRONG: Final = 2
NEEDS_OPERATOR: Final = 3


Kinds = type[BaseException] | tuple[type[BaseException], ...]


class UsageError(OutcryError):
    """A command cannot be carried out as it was given; the message is a sentence."""


class PortTaken(OutcryError):
    """Somebody else listens where we would."""

    def __init__(self, setting: str, host: str, port: int) -> None:
        """Name the setting that chose the port."""
        super().__init__(f"{setting}: port {port} on {host} is in use by another program")
        self.setting = setting


class Failure(NamedTuple):
    """A failure in words."""

    code: int
    #: What happened.
    sentence: str
    #: What it means, and what to do about it; "" where the sentence says it all.
    advice: str = ""


def explain(error: BaseException) -> Failure | None:
    """Return *error* in words; None when it is a bug of ours, whose traceback matters."""
    if isinstance(error, PortTaken):
        advice = (
            f"Stop that program, or choose another port: {error.setting} in the file or "
            f"{_variable(error.setting)} in the environment; 0 takes a free one."
        )
        return Failure(WRONG, str(error), advice)
    for kind, code, advice in _meanings():
        if isinstance(error, kind):
            return Failure(code, str(error), advice)
    return Failure(FAILED, str(error)) if isinstance(error, OutcryError | OSError) else None


def first_leaf(error: BaseException) -> BaseException:
    """Return what made a group of tasks fail."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def address_in_use(error: OSError) -> bool:
    """Whether *error* says that somebody else listens there."""
    return error.errno == errno.EADDRINUSE or "cannot listen on" in str(error)


def _variable(setting: str) -> str:
    return "OUTCRY_" + setting.replace(".", "_").upper()


# ruff: noqa: ISC004
#: What the ports and the rules raise, and what it means.
_MEANINGS: Final[tuple[tuple[Kinds, int, str], ...]] = (
    (CommitUnknown, FAILED,
     "The answer to a commit was lost, so nobody was answered. The next start reads from the "
     "log what happened; clients repeat their requests with the same client_order_id."),
    (Stale, FAILED,
     "Another core took over the ledger log while this one said nothing. Nobody was answered "
     "from here since; started again, this one stands by."),
    (InvariantError, FAILED,
     "A law of the books does not hold. Nothing was written after it; the next start begins "
     "from the log. If it happens again, run `outcry verify` and report what it says."),
    (CorruptError, NEEDS_OPERATOR,
     "Stored bytes are not those that were written. Restore what is named, the database or a file "
     "of the archive, from a backup; `outcry verify` says what is damaged."),
    (Archived, NEEDS_OPERATOR,
     "Whoever reads the log from far back needs the archive too: share that folder like "
     "`snapshots`, or copy it here."),
    (OutOfPosition, FAILED,
     "Somebody else wrote the tables meanwhile: a second history process, or a transaction "
     "whose answer was lost. The next start goes on where the tables stand."),
    ((LogUnavailable, TablesUnavailable), FAILED, "Check postgres.dsn and its server."),
    (BusUnavailable, FAILED, "Check redis.url and its server."),
    (AssetUnavailable, FAILED, "Check grpc.host and grpc.port, and that core runs."),
    (UsageError, WRONG, ""),
)  # fmt: skip


@cache
def _meanings() -> tuple[tuple[Kinds, int, str], ...]:
    # Here, not above: a command that does not fail need not load every driver.
    from outcry.adapters.grpc import CallRefused  # noqa: PLC0415
    from outcry.adapters.postgres import SchemaMismatch  # noqa: PLC0415
    from outcry.runtime.config import ConfigError  # noqa: PLC0415
    from outcry.runtime.data_dir import DataDirError  # noqa: PLC0415
    from outcry.runtime.publish import Ahead  # noqa: PLC0415
    from outcry.runtime.secrets import SecretsError  # noqa: PLC0415
    from outcry.runtime.tokens import KeyMaterialError  # noqa: PLC0415

    return (
        *_MEANINGS,
        (Ahead, NEEDS_OPERATOR,
         "PostgreSQL was set back behind what was already published: look for the lost entries "
         "first. `outcry recover --accept-loss` goes on without them."),
        (SchemaMismatch, NEEDS_OPERATOR,
         "Run the version of Outcry that used this database last, or a newer one."),
        (CallRefused, WRONG,
         "Both processes need the same master key (secrets/master.key) and the same version."),
        (KeyMaterialError, WRONG, "See auth.key_file."),
        ((ConfigError, SecretsError, DataDirError), WRONG, ""),
    )  # fmt: skip
