"""What the services need of the world, as laws that adapters obey and contract tests prove."""
