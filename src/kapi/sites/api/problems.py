"""Problems, told as RFC 9457 asks: `application/problem+json`."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import ValidationError

from kapi.contexts.openid.errors import InvalidDpopProof, ProtocolError, UseDpopNonce
from kapi.sites.api.schemas import Mistake, Problem
from kapi.sites.ui.refused import note_refused
from kapi.sites.ui.tokens import challenge, with_nonce

MEDIA_TYPE = "application/problem+json"


def problem(status: HTTPStatus, *, detail: str = "", errors: list[Mistake] | None = None) -> HttpResponse:
    """Answer with a problem."""
    told = Problem(title=status.phrase, status=status, detail=detail, errors=errors or [])
    return HttpResponse(told.model_dump_json(), status=status, content_type=MEDIA_TYPE)


def tell_problems(api: NinjaAPI) -> None:
    """Let an API tell what is wrong with a request, and what is not there, as problems."""
    api.add_exception_handler(ValidationError, _bad_request)
    api.add_exception_handler(Http404, _not_found)
    api.add_exception_handler(ProtocolError, _not_allowed)


def told(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Answer HEAD as GET, a method that an address does not know with a problem, and browsers of every origin."""

    @wraps(view)
    def answer(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        asked = request.method
        request.method = "GET" if asked == "HEAD" else asked
        response = view(request, *args, **kwargs)
        request.method = asked  # the server leaves the body of an answer to HEAD out
        if response.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            response = problem(HTTPStatus.METHOD_NOT_ALLOWED, detail="This API is for reading only.")
            response["Allow"] = "GET, HEAD"
        return readable_everywhere(with_nonce(request, response))

    return answer


def readable_everywhere(response: HttpResponse) -> HttpResponse:
    """Let pages of other origins read what is open to everybody anyway; no cookie counts here."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response


def nothing_here(_request: HttpRequest, rest: str = "") -> HttpResponse:
    """Answer for an address under /api/ that is none."""
    return problem(HTTPStatus.NOT_FOUND, detail="There is nothing at this address. See /api/openapi.json.")


def _bad_request(_request: HttpRequest, failure: Any) -> HttpResponse:
    mistakes = [Mistake(where=_where(error["loc"]), problem=error["msg"]) for error in failure.errors]
    return problem(HTTPStatus.BAD_REQUEST, detail="Some parameters are wrong.", errors=mistakes)


def _not_allowed(request: HttpRequest, refusal: Any) -> HttpResponse:
    """Say why a token is not good for this, in words, and in the header that programs read."""
    note_refused(request, refusal)
    # A proof that is not good is a matter of the token here (RFC 9449, 7.1): 401, not the 400 of the token endpoint.
    of_proof = isinstance(refusal, (InvalidDpopProof, UseDpopNonce))
    status = HTTPStatus.UNAUTHORIZED if of_proof else HTTPStatus(refusal.status)
    response = problem(status, detail=refusal.description)
    response["Cache-Control"] = "no-store"
    if refusal.retry_after is not None:
        response["Retry-After"] = str(max(1, round(refusal.retry_after.total_seconds())))
    else:
        response["WWW-Authenticate"] = challenge(request, refusal)
    return response


def _not_found(_request: HttpRequest, _failure: Any) -> HttpResponse:
    return problem(HTTPStatus.NOT_FOUND, detail="Nothing is published under this code.")


def _where(location: tuple[Any, ...]) -> str:
    """Name the parameter: what stands between its place and its name is how our code groups parameters."""
    return f"{location[0]}.{location[-1]}"
