"""Services as linked data."""

from django.conf import settings

from kapi.contexts.catalogue.errors import ServiceNotFound
from kapi.contexts.catalogue.models import Category, LifeEvent, Service
from kapi.contexts.catalogue.rules.content import from_document
from kapi.contexts.catalogue.rules.cpsv_ap import ServiceFacts, describe, prefixes
from kapi.contexts.catalogue.rules.rdf import to_json_ld, to_turtle
from kapi.contexts.catalogue.values import ExportFormat, ServiceStatus
from kapi.kernel.langstring import LangString


def export_service(*, code: str, form: ExportFormat) -> str:
    """Return what is published about an active service in the terms of CPSV-AP 3.2.0. At most three queries.

    :raises ServiceNotFound: if there is none, or it is not public.
    """
    row = (
        Service.objects.filter(code=code, status=ServiceStatus.ACTIVE).select_related("current", "institution").first()
    )
    if row is None or row.current is None:
        raise ServiceNotFound
    content = from_document(row.current.content)
    facts = ServiceFacts(
        code=row.code,
        revision=row.current.number,
        content=content,
        institution_code=row.institution.code,
        institution_name=LangString.read(row.institution.name),
        institution_url=row.institution.url,
        category_titles=_titles(Category, content.categories),
        life_event_titles=_titles(LifeEvent, content.life_events),
    )
    base = settings.GATEWAY_URL
    write = to_turtle if form is ExportFormat.TURTLE else to_json_ld
    return write(describe(facts, base), prefixes(base))


def _titles(model: type[Category | LifeEvent], codes: tuple[str, ...]) -> dict[str, LangString]:
    titles = dict(model.objects.filter(pk__in=codes).values_list("code", "title")) if codes else {}
    return {code: LangString.read(titles[code]) for code in codes if code in titles}
