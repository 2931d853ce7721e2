"""The same framework and server as the HTTP door, answering a constant: what is left to be won."""

import asyncio
import sys

import msgspec
import uvicorn
import uvloop
from litestar import Litestar, post
from litestar.params import RawBody

from outcry.runtime.envelope import Envelope, success
from outcry.services.api.views import PlacedView


PLACED = PlacedView(1, 1, "new", "0.00", "1.00", "0.000000", "0.000000", "", 0, False)  # noqa: FBT003


@post("/api/place_order", status_code=200)
async def place_order(body: RawBody) -> Envelope[PlacedView]:
    """Read the body as JSON and answer what every order is answered."""
    msgspec.json.decode(body)
    return success(PLACED)


def main() -> None:
    """Serve on the port that the command line names."""
    config = uvicorn.Config(
        Litestar([place_order], logging_config=None, openapi_config=None),
        host="127.0.0.1", port=int(sys.argv[1]), http="httptools", ws="none", log_config=None,
        access_log=False,
    )  # fmt: skip
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(uvicorn.Server(config).serve())


if __name__ == "__main__":
    main()
