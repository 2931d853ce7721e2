"""Match engine: commands in, facts out."""
