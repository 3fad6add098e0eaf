"""Requests of programs that a site refuses are written down for those who write the programs."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import RawPostDataException
from django.utils import timezone

from kapi.contexts.openid.errors import ProtocolError
from kapi.contexts.openid.services.refusals import note_refusal
from kapi.contexts.openid.values.authorization import Refused
from kapi.contexts.openid.values.refusals import Endpoint
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.kernel.actors import NOBODY
from kapi.sites.ui.address import address_of


def note_refused(request: HttpRequest, refusal: ProtocolError) -> None:
    """Write down what a program was told."""
    _note(request, code=refusal.code, description=refusal.description, client_id=refusal.client_id, is_proved=True)


def note_sent_back(request: HttpRequest, refused: Refused) -> None:
    """Write down what a program was told by way of a browser, which anybody could have sent."""
    _note(request, code=refused.code, description=refused.description, client_id=refused.client_id, is_proved=False)


def _note(request: HttpRequest, *, code: str, description: str, client_id: str, is_proved: bool) -> None:
    name = request.resolver_match.url_name if request.resolver_match else ""
    note_refusal(
        endpoint=Endpoint(name) if name in list(Endpoint) else Endpoint.API,
        request=TokenRequest(
            b"" if client_id else _sent(request),
            request.META.get("HTTP_AUTHORIZATION", ""),
            address=address_of(request),
        ),
        client_id=client_id,
        is_proved=bool(client_id) and is_proved,
        code=code,
        description=description,
        actor=NOBODY,
        now=timezone.now(),
    )


def _sent(request: HttpRequest) -> bytes:
    """Return the parameters as they came: the query, or the form."""
    if request.method != "POST":
        query: str = request.META.get("QUERY_STRING", "")
        return query.encode("utf-8", "surrogateescape")
    try:
        return request.body
    except (RequestDataTooBig, RawPostDataException):
        return b""
