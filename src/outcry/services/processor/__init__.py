"""Two short loops: facts to the ledger, and the ledger's news to its users."""
