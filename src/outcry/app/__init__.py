"""The command and the composition roots: where services and adapters meet."""
