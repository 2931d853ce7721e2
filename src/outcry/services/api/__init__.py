"""The HTTP door: reads, orders and the operator's routes."""
