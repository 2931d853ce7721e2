"""The server: one address on which the packed and the typed calls are answered."""

from typing import Any, Final

import grpc

from outcry.ports.asset import BATCH_BYTES_MAX, Asset
from outcry.rpc.asset_pb2_grpc import add_AssetServiceServicer_to_server
from outcry.runtime.api_keys import KeyRing
from outcry.services.asset.grpc.typed import AssetDoor


#: Seconds that calls in progress get when the door closes.
GRACE_SECONDS: Final = 2.0

OPTIONS: Final = (
    ("grpc.max_receive_message_length", BATCH_BYTES_MAX),
    ("grpc.max_send_message_length", BATCH_BYTES_MAX),
    # Two ledgers on one port would share the calls between them.
    ("grpc.so_reuseport", 0),
    # Doors ask often whether we are there.
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 1_000),
    ("grpc.http2.max_ping_strikes", 0),
)


class AssetServer:
    """Listens for calls on one address, ``host:port`` or ``unix:path``."""

    def __init__(
        self, asset: Asset, keys: KeyRing, address: str, *, typed: Asset | None = None
    ) -> None:
        """Prepare to listen; port 0 takes a free one. *typed* answers the typed calls instead."""
        self._address = address
        self._server: Any = None
        self._door = AssetDoor(asset, keys, typed)
        self.port = 0

    async def start(self) -> None:
        """Begin to answer. Raises OSError when the address cannot be had."""
        self._server = grpc.aio.server(options=OPTIONS)
        add_AssetServiceServicer_to_server(self._door, self._server)  # type: ignore[no-untyped-call]
        try:
            self.port = self._server.add_insecure_port(self._address)
        except RuntimeError as error:
            raise OSError(f"cannot listen on {self._address}: {error}") from error
        await self._server.start()

    async def stop(self) -> None:
        """Finish the calls in progress, then close."""
        self._door.hang_up()
        if self._server is not None:
            await self._server.stop(GRACE_SECONDS)
