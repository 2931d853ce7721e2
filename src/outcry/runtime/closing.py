"""Closing what iterates over a connection: a reader that stops early must let go of it at once."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar


Item = TypeVar("Item")


@asynccontextmanager
async def closing(iterator: AsyncIterator[Item]) -> AsyncGenerator[AsyncIterator[Item]]:
    """Give *iterator* and close it at the end, when it is one that can be closed."""
    try:
        yield iterator
    finally:
        if isinstance(iterator, AsyncGenerator):
            await iterator.aclose()
