"""The ledger over gRPC, as `outcry.ports.asset.Asset`."""

from outcry.adapters.grpc.asset import GrpcAsset
from outcry.adapters.grpc.line import CallRefused
from outcry.adapters.grpc.target import target_of


__all__ = ["CallRefused", "GrpcAsset", "target_of"]
