"""Every way a request can end other than well, answered in the same envelope."""

from litestar import MediaType, Response
from litestar.exceptions import HTTPException
from litestar.types import ExceptionHandlersMap
from structlog import get_logger

from outcry.domain.rejects import Reject, Rejected
from outcry.ports.asset import AssetUnavailable
from outcry.ports.projection import TablesUnavailable
from outcry.runtime.envelope import INTERNAL, Envelope, Refusal, Refused, http_status, refusal
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


def refused_by(error: Refused | AssetUnavailable | TablesUnavailable, path: str) -> Refused:
    """Return what a request to *path* is answered that ended with *error*."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, AssetUnavailable):
        _log.warning("ledger_unavailable", path=path, reason=str(error))
        got = "the ledger did not answer; the request may have been taken"
    else:
        _log.warning("tables_unavailable", path=path, reason=str(error))
        got = "the tables cannot be read"
    return Refused(Rejected(Reject.UNAVAILABLE, got))


def refusal_of(refused: Refused) -> tuple[int, dict[str, str], Envelope[Refusal]]:
    """Return status, headers and body of a declined request."""
    reject = refused.rejected.reject
    headers = {}
    if reject is Reject.GUESSING:
        headers["retry-after"] = str(int(LOCKED_SECONDS))
    elif refused.retry_after_ms or reject is Reject.RATE_LIMITED:
        headers["retry-after"] = str(max(RETRY_SECONDS, refused.retry_after_ms // 1_000))
    return http_status(reject), headers, refusal(refused)


def _refused(
    request: Asked, error: Refused | AssetUnavailable | TablesUnavailable
) -> Response[object]:
    refused = refused_by(error, request.url.path)
    parts(request).note(refused)
    status, headers, body = refusal_of(refused)
    return Response(body, status_code=status, headers=headers, media_type=MediaType.JSON)


def _declined_by_framework(request: Asked, error: HTTPException) -> Response[object]:
    reject = _BY_STATUS.get(error.status_code)
    if reject is None:
        return _failed(request, error)
    got = f"{request.method} {request.url.path[:200]}"
    expected = ""
    if reject is Reject.BODY_TOO_LARGE:
        got, expected = "", f"at most {request.app.request_max_body_size} bytes"
    return _refused(request, Refused(Rejected(reject, got, expected)))


def failed(error: Exception, path: str, request_id: str) -> Envelope[None]:
    """Return the answer to a request that a bug ended; the log has the rest."""
    _log.error("request_failed", path=path, request_id=request_id, exc_info=error)
    sentence = f"Something went wrong here; it is logged as request {request_id}."
    return Envelope(INTERNAL, sentence, None)


def _failed(request: Asked, error: Exception) -> Response[object]:
    body = failed(error, request.url.path, str(request.scope.get("request_id", "")))
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
