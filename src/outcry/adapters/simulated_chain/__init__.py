"""A chain that is not one: blocks, nonces, failures and reorganisations, in memory or in a file."""

from outcry.adapters.simulated_chain.chain import Pace, SimulatedChain


__all__ = ["Pace", "SimulatedChain"]
