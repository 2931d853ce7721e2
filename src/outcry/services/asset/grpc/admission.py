"""Who calls, and how a call ends that may not go on."""

from collections.abc import Collection
from typing import Any, Final, NoReturn

import grpc

from outcry.runtime.api_keys import KeyRing


#: Metadata of a call: the API key of who asks, for the audit.
ACTING_KEY: Final = "outcry-key"

Context = Any  # grpc.aio.ServicerContext; grpc ships no types.


async def caller(context: Context, keys: KeyRing) -> str:
    """Return the role that the call's service token proves; ends the call of a stranger."""
    metadata = dict(context.invocation_metadata())
    role = keys.role(str(metadata.get("authorization", "")).removeprefix("Bearer "))
    if role is None:
        await abort(context, grpc.StatusCode.UNAUTHENTICATED, "show a service token")
    return role


async def admit(context: Context, keys: KeyRing, roles: Collection[str]) -> None:
    """End the call unless one of *roles* makes it."""
    role = await caller(context, keys)
    if role not in roles:
        await refuse(context, role)


def acting_key(context: Context) -> int:
    """Return the API key on whose behalf a door asks, 0 when it names none."""
    text = str(dict(context.invocation_metadata()).get(ACTING_KEY, ""))
    return int(text) if text.isascii() and text.isdecimal() else 0


async def refuse(context: Context, role: str) -> NoReturn:
    """End a call that another role would have to make."""
    await abort(context, grpc.StatusCode.PERMISSION_DENIED, f"a {role} may not call this")


async def abort(context: Context, status: Any, sentence: str) -> NoReturn:  # noqa: ANN401 - untyped
    """End the call with *status*."""
    await context.abort(status, sentence)
    raise AssertionError("abort raises")
