"""What attributes are called on pages."""

from collections.abc import Sequence
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from kapi.contexts.openid.values.clients import ATTRIBUTES, Attribute, Scope

ATTRIBUTE_WORDS: Final[dict[Attribute, str | Promise]] = {
    Attribute.NAME: _("Full name"),
    Attribute.GIVEN_NAME: _("Given names"),
    Attribute.FAMILY_NAME: _("Family name"),
    Attribute.BIRTHDATE: _("Birth date"),
    Attribute.IDENTITY_NUMBER: _("Identity number"),
    Attribute.EMAIL: _("E-mail address"),
    Attribute.EMAIL_VERIFIED: _("Whether the e-mail address is confirmed"),
    Attribute.PHONE_NUMBER: _("Mobile telephone"),
    Attribute.PHONE_NUMBER_VERIFIED: _("Whether the mobile telephone is confirmed"),
    Attribute.COMPANY_NAME: _("Name of the company"),
    Attribute.COMPANY_TAX_NUMBER: _("Tax number of the company"),
    Attribute.COMPANY_MERSIS_NUMBER: _("MERSİS number of the company"),
}
_WHOLE_OF: Final = {
    Attribute.GIVEN_NAME: Attribute.NAME,
    Attribute.FAMILY_NAME: Attribute.NAME,
    Attribute.EMAIL_VERIFIED: Attribute.EMAIL,
    Attribute.PHONE_NUMBER_VERIFIED: Attribute.PHONE_NUMBER,
}


def shown_of(attributes: Sequence[Attribute]) -> list[Attribute]:
    """Leave out the parts of what is given as a whole, as those of the name: a page names it once."""
    return [a for a in attributes if _WHOLE_OF.get(a) not in attributes]


# What is given beside attributes.
SCOPE_WORDS: Final[dict[Scope, str | Promise]] = {
    Scope.OFFLINE_ACCESS: _("The same while you are away"),
}


def words_for_scopes(scopes: Sequence[Scope]) -> str:
    """Name what scopes give, in a row: "Full name, The same while you are away"."""
    attributes = words_for([attribute for scope in scopes for attribute in ATTRIBUTES[scope]])
    others = [str(SCOPE_WORDS[scope]) for scope in scopes if scope in SCOPE_WORDS]
    return ", ".join(part for part in (attributes, *others) if part)


def words_for(attributes: Sequence[Attribute]) -> str:
    """Name attributes in a row: "Full name, Birth date"."""
    return ", ".join(str(ATTRIBUTE_WORDS[attribute]) for attribute in shown_of(attributes))
