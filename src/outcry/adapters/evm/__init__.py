"""EVM: an Ethereum-like chain, its node's JSON-RPC, and our contracts on it."""
