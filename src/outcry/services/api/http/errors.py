"""Every way a request can end other than well, answered in the same envelope."""

import re
from http import HTTPStatus

from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from litestar.routes import HTTPRoute
from litestar.types import ExceptionHandlersMap
from structlog import get_logger

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.asset import AssetUnavailable
from outcry.ports.projection import TablesBehind, TablesUnavailable
from outcry.runtime.envelope import INTERNAL, Envelope, Refusal, Refused, http_status, refusal
from outcry.runtime.lockout import LOCKED_SECONDS
from outcry.services.api.clob import texts
from outcry.services.api.http.parts import Asked, Parts, parts


_log = get_logger("outcry.api")

#: What the framework declines before a route is reached, by its HTTP status.
_BY_STATUS = {
    400: Reject.MALFORMED,
    404: Reject.ROUTE_UNKNOWN,
    405: Reject.METHOD_NOT_ALLOWED,
    413: Reject.BODY_TOO_LARGE,
}
RETRY_SECONDS = 1
#: What waiting helps against.
_PASSING = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE)
_PARAMETER = re.compile(r"\{[^}]*\}")
#: First steps of paths that answer in the envelope; all others are the CLOB surface's.
_OURS = frozenset(("api", "docs", "healthz", "readyz", "metrics"))


def refused_by(error: Refused | AssetUnavailable | TablesUnavailable, path: str) -> Refused:
    """Return what a request to *path* is answered that ended with *error*."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, AssetUnavailable):
        _log.warning("ledger_unavailable", path=path, reason=str(error))
        got = "the ledger did not answer; the request may have been taken"
    else:
        _log.warning("tables_unavailable", path=path, reason=str(error))
        behind = isinstance(error, TablesBehind)
        got = "the tables are behind the ledger" if behind else "the tables cannot be read"
    return Refused(Rejected(Reject.UNAVAILABLE, got))


def refusal_of(refused: Refused) -> tuple[int, dict[str, str], Envelope[Refusal]]:
    """Return status, headers and body of a declined request."""
    return http_status(refused.rejected.reject), _headers(refused), refusal(refused)


def clob_refusal_of(refused: Refused) -> tuple[int, dict[str, str], texts.ErrorView]:
    """Return the same in the words of the CLOB surface."""
    headers = _headers(refused)
    view = texts.error_view(refused.rejected, int(headers.get("retry-after", 0)))
    return texts.http_status(refused.rejected.reject), headers, view


def _headers(refused: Refused) -> dict[str, str]:
    reject = refused.rejected.reject
    status = http_status(reject)
    if reject is Reject.GUESSING:
        return {"retry-after": str(int(LOCKED_SECONDS))}
    if refused.retry_after_ms or status in _PASSING:
        return {"retry-after": str(max(RETRY_SECONDS, -(-refused.retry_after_ms // 1_000)))}
    if reject is Reject.METHOD_NOT_ALLOWED:
        return {"allow": refused.rejected.expected}
    return {"www-authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}


def is_clob(parts: Parts, path: str) -> bool:
    """Return whether whoever asks *path* expects the answers of the CLOB surface."""
    return parts.clob is not None and path.split("/", 2)[1] not in _OURS


def _refused(
    request: Asked, error: Refused | AssetUnavailable | TablesUnavailable
) -> Response[object]:
    refused = refused_by(error, request.url.path)
    parts(request).note(refused)
    answer = clob_refusal_of if is_clob(parts(request), request.url.path) else refusal_of
    status, headers, body = answer(refused)
    return Response(body, status_code=status, headers=headers, media_type=MediaType.JSON)


def _declined_by_framework(request: Asked, error: HTTPException) -> Response[object]:
    reject = _BY_STATUS.get(error.status_code)
    if reject is None:
        return _failed(request, error)
    got = f"{request.method} {request.url.path[:200]}"
    expected = ""
    if reject is Reject.BODY_TOO_LARGE:
        length = request.headers.get("content-length", "")
        got = f"{length[:20]} bytes" if length.isdigit() else ""
        expected = f"at most {request.app.request_max_body_size} bytes"
    if reject is Reject.METHOD_NOT_ALLOWED:
        expected = ", ".join(sorted(_methods(request)))
    return _refused(request, Refused(Rejected(reject, got, expected)))


def _methods(request: Asked) -> set[str]:
    """Return what may be done at the address of *request*."""
    return {
        method
        for route in request.app.routes
        if isinstance(route, HTTPRoute)
        and re.fullmatch(_PARAMETER.sub("[^/]+", route.path), request.url.path)
        for method in route.methods
    }


def failed(error: Exception, path: str, request_id: str) -> Envelope[None]:
    """Return the answer to a request that a bug ended; the log has the rest."""
    _log.error("request_failed", path=path, request_id=request_id, exc_info=error)
    sentence = f"Something went wrong here; it is logged as request {request_id}."
    return Envelope(INTERNAL, sentence, None)


def _failed(request: Asked, error: Exception) -> Response[object]:
    envelope = failed(error, request.url.path, str(request.scope.get("request_id", "")))
    served = is_clob(parts(request), request.url.path)
    body = texts.ErrorView(envelope.msg) if served else envelope
    return Response(body, status_code=500, media_type=MediaType.JSON)


def handlers() -> ExceptionHandlersMap:
    """Return what answers each kind of failure."""
    return {
        Refused: _refused,
        AssetUnavailable: _refused,
        TablesUnavailable: _refused,
        HTTPException: _declined_by_framework,
        Exception: _failed,
    }
