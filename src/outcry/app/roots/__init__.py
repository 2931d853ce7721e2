"""Composition roots: which classes, on which ports, with which settings, make each service."""
