"""The private feed: one user's orders, fills, positions and balance, as they are committed."""
