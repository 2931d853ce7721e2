"""The public feed: books as a snapshot, then as gap-free changes, to everybody who asks."""
