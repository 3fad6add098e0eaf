"""The protocol endpoints of OpenID Connect: HTTP in, HTTP out; what it means is decided in the context `openid`."""

import secrets
from datetime import UTC, datetime
from typing import Final, TypeVar
from urllib.parse import urlencode

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, requires_csrf_token
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from kapi.contexts.identity import services as identity
from kapi.contexts.identity.values import EndReason
from kapi.contexts.openid.errors import (
    InvalidRequest,
    ProtocolError,
    RequestGone,
    TooManyRequests,
)
from kapi.contexts.openid.services.authorization import (
    keep_authorization,
    receive_arrival,
    resume_authorization,
    start_authorization,
)
from kapi.contexts.openid.services.limits import count_brought_request
from kapi.contexts.openid.services.logout import keep_sign_out, resume_sign_out, start_sign_out
from kapi.contexts.openid.services.own_tokens import introspect_token, introspect_token_signed, revoke_token
from kapi.contexts.openid.services.pushed import push_request
from kapi.contexts.openid.services.sharing import share_attributes
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.authorization import Next, NextKind
from kapi.contexts.openid.values.logout import SignOutKind, SignOutStep
from kapi.contexts.openid.values.tokens import TokenRequest
from kapi.foundation.settled import settings
from kapi.kernel.actors import NOBODY, Actor
from kapi.sites.login import cookies, documents
from kapi.sites.login.destinations import AGAIN, LANGUAGE, PARAMETER
from kapi.sites.login.faults import FORM, fault_page, tell_when_to_come_back
from kapi.sites.ui.accept import asks_for
from kapi.sites.ui.address import address_of
from kapi.sites.ui.answers import UNCACHED, Answer, Lines, answer_json, kept_by_nobody
from kapi.sites.ui.links import page_url
from kapi.sites.ui.refused import note_refused, note_sent_back
from kapi.sites.ui.session import recognise, signed_in
from kapi.sites.ui.tokens import certificate_of, certified_names, challenge, shown_proof, with_nonce

Response = TypeVar("Response", bound=HttpResponse)

SIGN_OUT_REQUEST: Final = "istek"  # the parameter under which the sign-out page is told a client's wish
SIGNED: Final = "application/token-introspection+jwt"  # an answer about a token (RFC 9701, 4)
_AS_SIGNED: Final[Lines] = {"content-type": ("Content-Type", SIGNED)}
_NEW_BROWSER: Final = "_kapi_new_browser"


@csrf_exempt
@require_safe
def discovery(request: HttpRequest) -> HttpResponseBase:
    """Answer the provider metadata."""
    return documents.answer(request, documents.metadata())


@csrf_exempt
@require_safe
def jwks(request: HttpRequest) -> HttpResponseBase:
    """Answer the public keys: the one in use, the next one, and those retired lately."""
    return documents.answer(request, documents.key_set(now=datetime.now(UTC)))


@requires_csrf_token  # for the pages that some see: they have forms of ours
@csrf_exempt
@kept_by_nobody
@require_http_methods(["GET", "POST"])
def authorize(request: HttpRequest) -> HttpResponseBase:
    """Take an authorization request (OpenID Connect Core 3.1.2.1), by address or as a form of another site."""
    translation.activate(settings.LANGUAGE_CODE)  # its address has none, and it comes the short way
    now = timezone.now()
    try:
        if request.method == "POST":
            count_brought_request(address=address_of(request), actor=NOBODY, now=now)
            # Browsers leave our cookies out of another site's form: the request is kept, and comes back with them.
            return follow(request, keep_authorization(encoded=form_of(request), actor=NOBODY, now=now))
        arrival = receive_arrival(
            encoded=query_of(request),
            session_token=cookies.session_token(request),
            address=address_of(request),
            actor=NOBODY,
            now=now,
        )
        session = recognise(request, arrival.found)
        step = start_authorization(
            arrival=arrival,
            browser=browser_of(request),
            session=session,
            actor=session.actor if session else NOBODY,
            now=now,
        )
    except (ProtocolError, RequestGone) as refusal:
        return refuse_as_page(request, refusal)
    return follow(request, step)


@csrf_exempt
@kept_by_nobody
@require_GET
def resume(request: HttpRequest, request_id: str) -> HttpResponseBase:
    """Go on with a request after the person has signed in."""
    try:
        step = resume_authorization(
            request_id=request_id,
            browser=browser_of(request),
            session=signed_in(request),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except RequestGone as refusal:
        return fault_page(request, refusal)
    return follow(request, step)


@csrf_exempt
@require_POST
def push(request: HttpRequest) -> HttpResponse:
    """Take an authorization request from the client itself (RFC 9126, 2)."""
    try:
        pushed = push_request(request=sent_by_client(request), actor=NOBODY, now=timezone.now())
    except ProtocolError as refusal:
        return token_refusal(request, refusal)
    answer = answer_json({"request_uri": pushed.request_uri, "expires_in": pushed.expires_in_s}, status=201)
    return with_nonce(request, answer)


@csrf_exempt
@require_POST
def token(request: HttpRequest) -> HttpResponse:
    """Answer a token request (RFC 6749, 5)."""
    try:
        tokens = answer_token_request(request=sent_by_client(request), actor=NOBODY, now=timezone.now())
    except ProtocolError as refusal:
        return token_refusal(request, refusal)
    answer = {
        "access_token": tokens.access_token,
        "token_type": tokens.token_type,
        "expires_in": tokens.expires_in_s,
        "scope": tokens.scope,
    }
    if tokens.id_token:
        answer["id_token"] = tokens.id_token
    if tokens.refresh_token:
        answer["refresh_token"] = tokens.refresh_token
    return with_nonce(request, answer_json(answer))


@csrf_exempt
@require_POST
def introspect(request: HttpRequest) -> HttpResponse:
    """Tell a client about a token of its own (RFC 7662), as a signed JWT if it asks for one (RFC 9701)."""
    now = timezone.now()
    try:
        if asks_for(request.META.get("HTTP_ACCEPT", ""), SIGNED, rather_than="application/json"):
            signed = introspect_token_signed(request=sent_by_client(request), actor=NOBODY, now=now)
            return Answer(signed.encode(), UNCACHED | _AS_SIGNED)
        told = introspect_token(request=sent_by_client(request), actor=NOBODY, now=now)
    except ProtocolError as refusal:
        return token_refusal(request, refusal)
    return answer_json(told)


@csrf_exempt
@require_POST
def revoke(request: HttpRequest) -> HttpResponse:
    """Take back a token of a client (RFC 7009)."""
    try:
        revoke_token(request=sent_by_client(request), actor=NOBODY, now=timezone.now())
    except ProtocolError as refusal:
        return token_refusal(request, refusal)
    return uncached(HttpResponse(status=200))


@csrf_exempt
@require_http_methods(["GET", "POST"])
def userinfo(request: HttpRequest) -> HttpResponse:
    """Answer what the access token's scopes release (OpenID Connect Core 5.3)."""
    try:
        released = share_attributes(
            authorization=request.META.get("HTTP_AUTHORIZATION", ""),
            sent=_names_sent(request),
            proof=shown_proof(request, origin=settings.OPENID.issuer),
            certificate=certificate_of(request),
            address=address_of(request),
            actor=NOBODY,
            now=timezone.now(),
        )
    except ProtocolError as refusal:
        return _resource_refusal(request, refusal)
    return with_nonce(request, answer_json(released))


@csrf_exempt
@never_cache
@require_http_methods(["GET", "POST"])
def end_session(request: HttpRequest) -> HttpResponseBase:
    """Take a client's wish that the person sign out (OpenID Connect RP-Initiated Logout 1.0)."""
    now = timezone.now()
    try:
        count_brought_request(address=address_of(request), actor=NOBODY, now=now)
        if request.method == "POST":
            return _leave(request, keep_sign_out(encoded=form_of(request), actor=NOBODY, now=now))
        step = start_sign_out(
            encoded=query_of(request),
            browser=browser_of(request),
            session=signed_in(request),
            actor=actor_of(request),
            now=now,
        )
    except ProtocolError as refusal:
        return fault_page(request, refusal)
    return _leave(request, step)


@csrf_exempt
@never_cache
@require_GET
def resume_end_session(request: HttpRequest, request_id: str) -> HttpResponseBase:
    """Go on with such a wish, with our cookies this time."""
    try:
        step = resume_sign_out(
            request_id=request_id,
            browser=browser_of(request),
            session=signed_in(request),
            actor=actor_of(request),
            now=timezone.now(),
        )
    except RequestGone as refusal:
        return fault_page(request, refusal)
    return _leave(request, step)


def browser_of(request: HttpRequest) -> str:
    """Return the token that requests of this browser are tied to; a new one is kept by `follow`."""
    token = cookies.browser_token(request) or getattr(request, _NEW_BROWSER, "")
    if not token:
        token = secrets.token_urlsafe(32)
        setattr(request, _NEW_BROWSER, token)
    return token


def follow(request: HttpRequest, step: Next) -> HttpResponseBase:
    """Send the browser where an authorization request goes next: our own pages, or the client."""
    if step.kind is NextKind.REDIRECT:
        if step.refused:
            note_sent_back(request, step.refused)
        return redirect_to(request, step.url)
    resumption = reverse("oidc:resume", kwargs={"request_id": step.request_id})
    with translation.override(_chosen_language(request) or step.language or translation.get_language()):
        if step.kind is NextKind.RESUME:
            return redirect_to(request, resumption)
        if step.kind is NextKind.CHOOSE:
            return redirect_to(request, page_url("login", "acting", query={PARAMETER: resumption}))
        if step.kind is NextKind.STRENGTHEN:
            return redirect_to(request, page_url("login", "stronger_proof", request_id=step.request_id))
        if step.kind is NextKind.APPROVE:
            return redirect_to(request, page_url("login", "approval", request_id=step.request_id))
        again = {AGAIN: "1"} if signed_in(request) else {}
        return redirect_to(request, page_url("login", "sign_in", query={PARAMETER: resumption, **again}))


def refuse_as_page(request: HttpRequest, refusal: ProtocolError | RequestGone) -> HttpResponse:
    """Show a refusal to the person, and write it down for those who write the program that it is about."""
    if isinstance(refusal, ProtocolError):
        note_refused(request, refusal)
    return fault_page(request, refusal)


def _chosen_language(request: HttpRequest) -> str:
    """Return the language in which the person has signed in, if they come from there."""
    chosen = request.GET.get(LANGUAGE, "")
    return chosen if chosen in dict(settings.LANGUAGES) else ""


def redirect_to(request: HttpRequest, url: str) -> HttpResponse:
    """Send the browser to an address that was checked (RFC 9700, 4.12: by 303, so that no form is sent on).

    Not Django's redirect: with a long `state` an address may have more than the 2,048 characters that it allows.
    """
    response = Answer(b"", {}, status=303)
    response["Location"] = url
    new = getattr(request, _NEW_BROWSER, "")
    if new:
        cookies.keep_browser(response, new)
    return response


def _leave(request: HttpRequest, step: SignOutStep) -> HttpResponseBase:
    """Do what a sign-out needs next."""
    if step.kind is SignOutKind.RESUME:
        return redirect_to(request, reverse("oidc:resume_end_session", kwargs={"request_id": step.request_id}))
    if step.kind is SignOutKind.CONFIRM:
        query = {SIGN_OUT_REQUEST: step.request_id}
        return redirect_to(request, f"{page_url('login', 'sign_out')}?{urlencode(query)}")
    response = redirect_to(request, step.url or page_url("login", "signed_out"))
    person = signed_in(request)
    if step.kind is SignOutKind.END_SESSION and person is not None:
        identity.end_session(
            session_id=person.session_id, reason=EndReason.SIGNED_OUT, actor=person.actor, now=timezone.now()
        )
        cookies.forget_session(response)
    return response


def actor_of(request: HttpRequest) -> Actor:
    """Return who is signed in, as one who acts, or nobody."""
    person = signed_in(request)
    return person.actor if person else NOBODY


def query_of(request: HttpRequest) -> bytes:
    """Return the query as it came, undecoded."""
    query: str = request.META.get("QUERY_STRING", "")
    return query.encode("utf-8", "surrogateescape")


def _names_sent(request: HttpRequest) -> frozenset[str]:
    """Return the names of all parameters, of the query and of a form.

    :raises InvalidRequest: if the form is too long.
    """
    in_form = request.POST if request.content_type == FORM and form_of(request) else {}
    in_query = request.GET if request.META.get("QUERY_STRING") else {}
    return frozenset([*in_query, *in_form])


def form_of(request: HttpRequest) -> bytes:
    """Return the form as it came, undecoded.

    :raises InvalidRequest: if the body is something else, or too long.
    """
    if request.content_type != FORM:
        raise InvalidRequest(f"the body must be {FORM}")
    try:
        return request.body
    except RequestDataTooBig:
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        raise InvalidRequest(f"the body is longer than {most} bytes", status=413) from None


def sent_by_client(request: HttpRequest) -> TokenRequest:
    """Return what a client's program sent us.

    :raises InvalidRequest: if the body is no form.
    """
    return TokenRequest(
        form_of(request),
        request.META.get("HTTP_AUTHORIZATION", ""),
        shown_proof(request, origin=settings.OPENID.issuer),
        address_of(request),
        certificate_of(request),
        certified_names(request),
    )


def token_refusal(request: HttpRequest, refusal: ProtocolError) -> HttpResponse:
    """RFC 6749, 5.2; a client that tried Basic is told so, and one that failed too often when to come back."""
    note_refused(request, refusal)
    body = {"error": refusal.code, "error_description": refusal.description}
    response = answer_json(body, status=refusal.status)
    if refusal.status == 401 and "HTTP_AUTHORIZATION" in request.META:
        response["WWW-Authenticate"] = 'Basic realm="kapi"'
    return with_nonce(request, tell_when_to_come_back(response, refusal))


def _resource_refusal(request: HttpRequest, refusal: ProtocolError) -> HttpResponse:
    """RFC 6750, 3 and RFC 9449, 7.1: by the scheme that was tried or is needed; without a token there is no error.

    Who is told to wait (429) gets no challenge.
    """
    note_refused(request, refusal)
    if isinstance(refusal, TooManyRequests):
        return tell_when_to_come_back(uncached(HttpResponse(status=refusal.status)), refusal)
    response = uncached(HttpResponse(status=refusal.status if isinstance(refusal, InvalidRequest) else 401))
    response["WWW-Authenticate"] = challenge(request, refusal)
    return with_nonce(request, response)


def uncached(response: Response) -> Response:
    """OpenID Connect Core 3.1.3.3: nobody keeps tokens or attributes."""
    for name, value in UNCACHED.values():
        response[name] = value
    return response
