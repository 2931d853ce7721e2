"""`outcry statement`: what moved on an account, line by line, with the balance after each.

The balances are summed up anew from the account's first posting and held against those that the
journal states: a statement that is printed to its end adds up.
"""

import csv
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Final, NamedTuple

from msgspec import json

from outcry.adapters.postgres.export import Wanted, rows_of
from outcry.app.access import servers_of
from outcry.app.failures import UsageError
from outcry.domain.errors import CorruptError
from outcry.domain.ids import COLLATERAL, asset_market
from outcry.domain.units import MICROS_PER_SECOND, format_money, format_quantity
from outcry.runtime.config import Config


FORMATS: Final = ("text", "csv", "json")
OPENING: Final = "opening"
CLOSING: Final = "closing"
COLUMNS: Final = ("time", "entry", "what", "asset", "ref", "amount", "balance")


class Line(NamedTuple):
    """A posting, or the balance of an asset at the beginning or the end; entry 0 then."""

    at_us: int
    n: int
    what: str
    asset: int
    ref: int
    amount: int
    balance: int

    def fields(self) -> tuple[str, ...]:
        """Return it as text, in the order of `COLUMNS`."""
        shown = format_money if self.asset == COLLATERAL else format_quantity
        return (
            _time(self.at_us) if self.at_us else "",
            str(self.n) if self.n else "",
            self.what,
            asset_name(self.asset),
            str(self.ref) if self.ref else "",
            shown(self.amount) if self.n else "",
            shown(self.balance),
        )


class Book:
    """The balances of one account, added up posting by posting."""

    def __init__(self) -> None:
        self.balances: dict[int, int] = {}

    def take(self, line: Line) -> None:
        """Add a posting; raises `CorruptError` when its balance is not what they sum up to."""
        balance = self.balances.get(line.asset, 0) + line.amount
        if balance != line.balance:
            raise CorruptError(
                f"the journal says {line.balance} of {asset_name(line.asset)} after entry {line.n},"
                f" its postings sum up to {balance}: clear the tables to have them written again"
            )
        self.balances[line.asset] = balance

    def lines(self, what: str, at_us: int) -> Iterator[Line]:
        """Yield a line for each asset that is there."""
        for asset, balance in sorted(self.balances.items()):
            if balance:
                yield Line(at_us, 0, what, asset, 0, 0, balance)


def asset_name(asset: int) -> str:
    """Return how an asset is called: ``collateral``, or market and outcome of a token."""
    if asset == COLLATERAL:
        return "collateral"
    market_id, outcome = asset_market(asset)
    return f"market {market_id} {('YES', 'NO')[outcome]}"


async def lines_of(legs: AsyncIterator[Line], since_us: int, until_us: int) -> AsyncIterator[Line]:
    """Yield the statement of ``[since_us, until_us)``, 0 being no bound, of all postings *legs*."""
    book = Book()
    opened = False
    async for leg in legs:
        if until_us and leg.at_us >= until_us:
            break
        if not opened and leg.at_us >= since_us:
            opened = True
            for line in book.lines(OPENING, since_us):
                yield line
        book.take(leg)
        if opened:
            yield leg
    if not opened:
        for line in book.lines(OPENING, since_us):
            yield line
    for line in book.lines(CLOSING, until_us):
        yield line


async def statement(
    config: Config, account: int, form: str, out: Path | None, wanted: Wanted
) -> None:
    """Write the statement of *account*; raises `UsageError` when there is no such account."""
    if form not in FORMATS:
        raise UsageError(f"there is no format {form!r}; there are {', '.join(FORMATS)}")
    async with servers_of(config) as endpoints:
        await _require(endpoints.postgres_dsn, account)
        legs = _legs(endpoints.postgres_dsn, account)
        stream = nullcontext(sys.stdout) if out is None else out.open("w", encoding="utf-8")
        with stream as file, _WRITERS[form](file, account, wanted) as write:
            async for line in lines_of(legs, wanted.since_us, wanted.until_us):
                write(line)


async def _require(dsn: str, account: int) -> None:
    async for rows in rows_of(dsn, "balances", Wanted(account=account)):
        if rows:
            return
    raise UsageError(f"nothing ever moved on account {account}; `outcry user list` shows accounts")


async def _legs(dsn: str, account: int) -> AsyncIterator[Line]:
    async for rows in rows_of(dsn, "journal", Wanted(account=account)):
        for _, n, _, asset, amount, balance, kind, ref, at_us in rows:
            yield Line(int(at_us), int(n), str(kind), int(asset), int(ref), int(amount),
                       int(balance))  # fmt: skip


def _time(at_us: int) -> str:
    at = datetime.fromtimestamp(at_us // MICROS_PER_SECOND, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}.{at_us % MICROS_PER_SECOND:06d}"


Write = Callable[[Line], object]


@contextmanager
def _text(file: IO[str], account: int, wanted: Wanted) -> Iterator[Write]:
    since, until = (_time(at) if at else "" for at in wanted[:2])
    bounds = " ".join(part for part in (since and f"from {since}", until and f"to {until}") if part)
    file.write(f"Account {account}, {bounds or 'all of it'} (UTC)\n\n")
    row = "{:<27}{:>10}  {:<10}{:<18}{:>20}{:>24}{:>24}\n".format
    file.write(row(*COLUMNS))
    yield lambda line: file.write(row(*line.fields()))


@contextmanager
def _csv(file: IO[str], _account: int, _wanted: Wanted) -> Iterator[Write]:
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    yield lambda line: writer.writerow(line.fields())


@contextmanager
def _json(file: IO[str], account: int, _wanted: Wanted) -> Iterator[Write]:
    file.write(f'{{"account": {account}, "lines": [')
    before = "\n"

    def write(line: Line) -> None:
        nonlocal before
        said = dict(zip(COLUMNS, line.fields(), strict=True))
        file.write(before + json.encode(said).decode())
        before = ",\n"

    yield write
    file.write("\n]}\n")


_WRITERS: Final = {"text": _text, "csv": _csv, "json": _json}
