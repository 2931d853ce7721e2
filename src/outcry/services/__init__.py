"""One package per service: decisions in service.py, doors beside it; none imports another."""
