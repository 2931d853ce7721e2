"""Transactions in one file: appended and synced before they are sent, rewritten when it is long."""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Final

from msgspec import MsgspecError, msgpack

from outcry.domain.errors import CorruptError
from outcry.ports.transactions import Stored, Transaction, Transactions
from outcry.runtime.framed_file import FramedFile


_encode: Final = msgpack.Encoder().encode
_decoder: Final = msgpack.Decoder(Transaction | int)


class FileTransactions(Transactions):
    """The transactions of one sender; the file has one writer."""

    def __init__(self, path: Path) -> None:
        """Keep them in the file at *path*."""
        self._file = FramedFile(path)
        self._mark = 0
        self._kept: list[Transaction] = []

    async def load(self) -> Stored:
        """Return what is kept; see `Transactions`. Raises `CorruptError`."""
        self._mark, self._kept = 0, []
        for frame in await asyncio.to_thread(self._file.read):
            try:
                found = _decoder.decode(frame)
            except MsgspecError as error:
                raise CorruptError(f"a stored transaction does not decode: {error}") from error
            if isinstance(found, int):
                self._mark = found
            else:
                self._kept.append(found)
        return Stored(self._mark, list(self._kept))

    async def save(self, transactions: Sequence[Transaction]) -> None:
        """Keep further transactions; they are on disk when this returns."""
        self._kept += transactions
        await asyncio.to_thread(self._file.append, [_encode(one) for one in transactions])

    async def keep(self, mark: int, trade_ids: Collection[int]) -> None:
        """Forget all others; see `Transactions`."""
        self._mark = mark
        self._kept = [one for one in self._kept if one.trade_id in trade_ids]
        frames = [_encode(mark), *(_encode(one) for one in self._kept)]
        await asyncio.to_thread(self._file.rewrite, frames)
