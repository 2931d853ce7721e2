"""Spans over OTLP/HTTP: sent in batches by a thread of their own, dropped when nobody takes them.

Ids and parents are computed (`outcry.runtime.tracing`), so no context is kept or propagated: a
finished span is made and handed over.
"""

from typing import Final

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import SpanContext, SpanKind, TraceFlags

from outcry.runtime.config import Tracing
from outcry.runtime.tracing import PARENTS, Traced, span_id, trace_id


#: Spans that wait to be sent; further ones are dropped.
QUEUE_COUNT_MAX: Final = 4_096
BATCH_COUNT_MAX: Final = 512
SEND_INTERVAL_MS: Final = 1_000
SEND_SECONDS_MAX: Final = 5.0

_SAMPLED: Final = TraceFlags(TraceFlags.SAMPLED)
_SCOPE: Final = InstrumentationScope("outcry")


class OtlpSpans:
    """The spans of one process, on their way to a collector."""

    def __init__(self, settings: Tracing, process: str, version: str) -> None:
        """Send to the collector of *settings* in the name of *process*."""
        self._namespace = settings.namespace
        self._resource = Resource(
            {
                "service.namespace": settings.namespace,
                "service.name": f"outcry-{process}",
                "service.version": version,
            }
        )
        exporter = OTLPSpanExporter(endpoint=settings.endpoint, timeout=SEND_SECONDS_MAX)
        self._processor = BatchSpanProcessor(
            exporter,
            max_queue_size=QUEUE_COUNT_MAX,
            schedule_delay_millis=SEND_INTERVAL_MS,
            max_export_batch_size=BATCH_COUNT_MAX,
        )

    def emit(
        self, stage: str, command: Traced, began_ns: int, ended_ns: int, **attributes: str | int
    ) -> None:
        """Tell of one stage; see `outcry.runtime.tracing.Spans`."""
        trace = trace_id(self._namespace, command)
        parent = PARENTS[stage]
        self._processor.on_end(
            ReadableSpan(
                name=stage,
                context=SpanContext(trace, span_id(trace, stage), False, _SAMPLED),  # noqa: FBT003
                parent=SpanContext(trace, span_id(trace, parent), True, _SAMPLED)  # noqa: FBT003
                if parent
                else None,
                resource=self._resource,
                attributes={"outcry.shard": command.shard, "outcry.seq": command.seq, **attributes},
                kind=SpanKind.INTERNAL if parent else SpanKind.SERVER,
                start_time=began_ns,
                end_time=max(began_ns, ended_ns),
                instrumentation_scope=_SCOPE,
            )
        )

    def close(self) -> None:
        """Send what waits, for a bounded time, and end the thread."""
        self._processor.shutdown()  # type: ignore[no-untyped-call]
