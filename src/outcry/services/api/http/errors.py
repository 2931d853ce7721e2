"""Every way a request can end other than well, answered in the same envelope."""

from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from structlog import get_logger

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.asset import AssetUnavailable
from outcry.ports.projection import TablesUnavailable
from outcry.runtime.envelope import INTERNAL, Envelope, Refused, http_status, refusal
from outcry.runtime.lockout import LOCKED_SECONDS
from outcry.services.api.http.parts import Asked, parts


_log = get_logger("outcry.api")

#: What the framework declines before a route is reached, by its HTTP status.
_BY_STATUS = {
    400: Reject.MALFORMED,
    404: Reject.ROUTE_UNKNOWN,
    405: Reject.METHOD_NOT_ALLOWED,
    413: Reject.BODY_TOO_LARGE,
}
RETRY_SECONDS = 1


def _refused(request: Asked, error: Refused) -> Response[object]:
    reject = error.rejected.reject
    parts(request).rejects.labels(str(int(reject)), reject.name).inc()
    headers = {}
    if reject is Reject.GUESSING:
        headers["retry-after"] = str(int(LOCKED_SECONDS))
    elif error.retry_after_ms or reject is Reject.RATE_LIMITED:
        headers["retry-after"] = str(max(RETRY_SECONDS, error.retry_after_ms // 1_000))
    return Response(
        refusal(error),
        status_code=http_status(reject),
        headers=headers,
        media_type=MediaType.JSON,
    )


def _unavailable(request: Asked, error: AssetUnavailable) -> Response[object]:
    _log.warning("ledger_unavailable", path=request.url.path, reason=str(error))
    got = "the ledger did not answer; the request may have been taken"
    return _refused(request, Refused(Rejected(Reject.UNAVAILABLE, got)))


def _unreadable(request: Asked, error: TablesUnavailable) -> Response[object]:
    _log.warning("tables_unavailable", path=request.url.path, reason=str(error))
    return _refused(request, Refused(Rejected(Reject.UNAVAILABLE, "the tables cannot be read")))


def _declined_by_framework(request: Asked, error: HTTPException) -> Response[object]:
    reject = _BY_STATUS.get(error.status_code)
    if reject is None:
        return _failed(request, error)
    got = f"{request.method} {request.url.path[:200]}"
    expected = ""
    if reject is Reject.BODY_TOO_LARGE:
        got, expected = "", f"at most {request.app.request_max_body_size} bytes"
    return _refused(request, Refused(Rejected(reject, got, expected)))


def _failed(request: Asked, error: Exception) -> Response[object]:
    request_id = request.scope.get("request_id", "")
    _log.error("request_failed", path=request.url.path, request_id=request_id, exc_info=error)
    sentence = f"Something went wrong here; it is logged as request {request_id}."
    return Response(Envelope(INTERNAL, sentence, None), status_code=500, media_type=MediaType.JSON)


def handlers() -> ExceptionHandlersMap:
    """Return what answers each kind of failure."""
    return {
        Refused: _refused,
        AssetUnavailable: _unavailable,
        TablesUnavailable: _unreadable,
        HTTPException: _declined_by_framework,
        Exception: _failed,
    }
