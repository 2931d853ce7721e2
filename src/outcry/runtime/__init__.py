"""What every process needs and no service decides: configuration, secrets, logging, shutdown."""
