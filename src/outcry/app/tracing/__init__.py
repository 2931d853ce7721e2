"""Traces: wraps around the ports of a process, which exist only where traces are switched on."""

from outcry.app.tracing.tracer import Tracer


__all__ = ["Tracer"]
