"""What `outcry tail` does, apart from reading its arguments."""

import sys

from outcry.app.access import servers_of
from outcry.app.tail import View, tail
from outcry.runtime.config import Config


async def print_tail(config: Config, view: View) -> None:
    """Print what *view* wants to see, for as long as somebody reads it."""
    async with servers_of(config) as endpoints:
        try:
            async for line in tail(config, endpoints, view):
                sys.stdout.write(f"{line}\n")
                sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read (`head`) has enough; nor can Python flush at its end.
            sys.stdout = None
