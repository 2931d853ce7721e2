"""Who asks these routes: an admin."""

from litestar import Request
from litestar.datastructures import State

from outcry.runtime.envelope import accept
from outcry.runtime.gate import Gate
from outcry.runtime.identity import Principal


Asked = Request[None, None, State]


async def asking_admin(request: Asked, gate: Gate) -> Principal:
    """Return the admin who asks."""
    address = request.client.host if request.client else ""
    return accept(await gate.admin(request.headers, address))
