"""What lists need beside the content: the columns of a service."""

from kapi.contexts.catalogue.values import ServiceContent
from kapi.kernel.errors import InvalidValue
from kapi.kernel.turkish import alphabet_key


def columns_of(content: ServiceContent) -> dict[str, object]:
    """Return the columns of a service that repeat what its content says.

    :raises InvalidValue: if the Turkish title is missing.
    """
    if not content.title.tr:
        raise InvalidValue("title_tr", "missing")
    return {
        "title": content.title.stored(),
        "summary": content.summary.stored(),
        "sort_tr": alphabet_key(content.title.tr),
        "sort_en": alphabet_key(content.title.text("en")),
        "kind": content.kind,
        "maturity": content.maturity,
        "audience": content.audience,
        "assurance": content.assurance,
        "online": any(channel.type.is_digital for channel in content.channels),
    }
