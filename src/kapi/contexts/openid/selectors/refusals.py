"""Questions about requests that were refused."""

from collections.abc import Iterable

from kapi.contexts.institutions.selectors import at_or_below
from kapi.contexts.openid.models import Client, RefusedRequest
from kapi.contexts.openid.values.refusals import Endpoint, RefusalsAsked, RefusalView
from kapi.kernel.langstring import LangString


def refusals_of(
    *, within: Iterable[str] | None, asked: RefusalsAsked, before: int | None = None, limit: int
) -> list[RefusalView]:
    """List up to `limit` refused requests of the clients at and below these institutions (None: of all), newest first.

    Only those with an id below `before`. One query.
    """
    rows = RefusedRequest.objects.order_by("-pk").select_related("client")
    if within is not None:
        rows = rows.filter(client__in=Client.objects.filter(at_or_below(within)))
    if asked.client_id:
        rows = rows.filter(client=asked.client_id)
    if asked.endpoint:
        rows = rows.filter(endpoint=asked.endpoint)
    if asked.code:
        rows = rows.filter(code=asked.code)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return [_view(row) for row in rows[:limit]]


def _view(row: RefusedRequest) -> RefusalView:
    return RefusalView(
        id=row.pk,
        client_id=row.client_id,
        client_name=LangString.read(row.client.name),
        endpoint=Endpoint(row.endpoint),
        code=row.code,
        description=row.description,
        at=row.at,
        is_proved=row.is_proved,
    )
