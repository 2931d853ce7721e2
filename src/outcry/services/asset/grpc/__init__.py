"""The ledger's door for other processes: gRPC in front of `outcry.ports.asset.Asset`.

It checks who calls, reads the body, asks the ledger and writes the answer; nothing is decided here.
`packed` answers our own doors and processor, `typed` everybody else, `server` listens for both.

* Who is not known is UNAUTHENTICATED, whose role does not fit is PERMISSION_DENIED.
* A body that does not decode, or a batch above the limit, is INVALID_ARGUMENT; nothing was done.
* Facts that do not follow are FAILED_PRECONDITION; trailing metadata says where the ledger stands.
  (A typed call is given a reject instead.)
* UNAVAILABLE means that nobody knows: the caller repeats what is idempotent.
"""

from outcry.services.asset.grpc.server import AssetServer


__all__ = ["AssetServer"]
