"""Signed orders as requests, log and settlement carry them: see `outcry.domain.signed_order`."""

from outcry.domain.signed_order import SIGNATURE_BYTES_MAX, VERSIONS, SignedOrder


__all__ = ["SIGNATURE_BYTES_MAX", "VERSIONS", "SignedOrder"]
