"""GET /api/v1/client: what the gateway knows of the program that asks."""

from datetime import datetime
from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema
from pydantic import Field

from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.selectors.logout import undelivered_logouts
from kapi.contexts.openid.values.clients import ApiScope, Profile
from kapi.contexts.openid.values.tokens import ApiCaller
from kapi.sites.api.door import ProgramToken
from kapi.sites.api.schemas import InstitutionCode, Problem

router = Router(tags=["client"])


class Caller(Schema):
    """The program that asks, and the token that it asks with."""

    client_id: str
    institution: InstitutionCode
    profile: Profile
    exception_ends_at: Annotated[
        datetime | None,
        Field(description="When the exception from FAPI 2.0 ends; null where there is none, or no end."),
    ]
    secret_ends_at: Annotated[datetime | None, Field(description="When the secret ends; null where there are keys.")]
    scopes: Annotated[list[ApiScope], Field(description="What this token is good for.")]
    token_expires_at: datetime
    sign_outs_being_told: Annotated[int, Field(description="Sign-outs of citizens that we still try to tell it of.")]
    sign_outs_not_told: Annotated[int, Field(description="Those that we have given up, in the last 30 days.")]


@router.get(
    "/client",
    response={200: Caller, 400: Problem, 401: Problem, 403: Problem, 429: Problem},
    operation_id="getClient",
    auth=ProgramToken(ApiScope.CLIENTS_READ),
)
def get_caller(request: HttpRequest, response: HttpResponse) -> Caller:
    """Tell a program what the gateway knows of it: good for trying out a token."""
    response["Cache-Control"] = "no-store"
    caller: ApiCaller = request.auth  # type: ignore[attr-defined]  # set by ninja
    client = get_client(client_id=caller.client_id)
    untold = next(iter(undelivered_logouts(client_id=client.id)), None)
    return Caller(
        client_id=client.id,
        institution=client.institution_code,
        profile=client.profile,
        exception_ends_at=client.exception_ends_at,
        secret_ends_at=client.secret_ends_at,
        scopes=sorted(caller.scopes),
        token_expires_at=caller.expires_at,
        sign_outs_being_told=untold.waiting if untold else 0,
        sign_outs_not_told=untold.given_up if untold else 0,
    )
