"""An OpenTelemetry collector of the tests' own: takes OTLP over HTTP and keeps what it was told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


class Told(NamedTuple):
    """One span as it came."""

    trace: str
    span: str
    #: "" for a root.
    parent: str
    name: str
    service: str
    began_ns: int
    ended_ns: int
    attributes: dict[str, str | int]


class Collector:
    """Everything that was exported to one port."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._spans: dict[tuple[str, str], Told] = {}
        self.repeats = 0
        self.port = 0

    @property
    def endpoint(self) -> str:
        """Where it takes spans."""
        return f"http://127.0.0.1:{self.port}/v1/traces"

    def take(self, body: bytes) -> None:
        """Keep the spans of one export."""
        request = ExportTraceServiceRequest.FromString(body)
        with self._lock:
            for resource in request.resource_spans:
                named = {pair.key: pair.value.string_value for pair in resource.resource.attributes}
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        told = Told(
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            span.name,
                            named["service.name"],
                            span.start_time_unix_nano,
                            span.end_time_unix_nano,
                            {
                                pair.key: pair.value.string_value or pair.value.int_value
                                for pair in span.attributes
                            },
                        )
                        self.repeats += (told.trace, told.span) in self._spans
                        self._spans[told.trace, told.span] = told

    def traces(self) -> dict[str, list[Told]]:
        """Return the spans of each trace."""
        found: dict[str, list[Told]] = {}
        with self._lock:
            for told in self._spans.values():
                found.setdefault(told.trace, []).append(told)
        return found


@contextmanager
def collector() -> Iterator[Collector]:
    """Give a collector on a free port."""
    made = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """Take one export."""
            made.take(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Be quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
