"""Traces for whoever understands OpenTelemetry: spans over OTLP."""

from outcry.adapters.opentelemetry.spans import OtlpSpans


__all__ = ["OtlpSpans"]
