"""The ledger over gRPC, as `outcry.ports.asset.Asset`."""

from outcry.adapters.grpc.asset import CallRefused, GrpcAsset


__all__ = ["CallRefused", "GrpcAsset"]
