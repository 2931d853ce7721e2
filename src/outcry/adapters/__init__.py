"""What implements the ports: one package per driver, the only place that may import it."""
