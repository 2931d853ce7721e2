"""Where setup.py puts the compiled rules of the ledger. No source stands here."""
