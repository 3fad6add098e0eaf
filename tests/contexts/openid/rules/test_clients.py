"""What a change of a client gives it."""

from dataclasses import replace

import pytest

from kapi.contexts.openid.rules.clients import changed_fields, digest_of, from_document, to_document, widening
from kapi.contexts.openid.values.clients import ApiScope, ClientTerms, Scope, ScopeUse, Widening
from kapi.kernel.langstring import NO_TEXT, LangString

LAW = LangString("5393 sayılı Kanun")
TERMS = ClientTerms(
    name=LangString("Örnek", "Example"),
    redirect_uris=("https://rp.example/geri",),
    post_logout_redirect_uris=("https://rp.example/cikis",),
    backchannel_logout_uri="https://rp.example/haber",
    scopes=(ScopeUse(Scope.OPENID), ScopeUse(Scope.PROFILE, LangString("Amaç", "Purpose"), LAW)),
)


def asking(**profile: object) -> ClientTerms:
    """Return the terms with another wish for the name."""
    return replace(TERMS, scopes=(TERMS.scopes[0], replace(TERMS.scopes[1], **profile)))  # type: ignore[arg-type]


class TestWidening:
    @pytest.mark.parametrize(
        ("after", "found"),
        [
            (TERMS, ()),
            (replace(TERMS, name=LangString("Başka")), ()),
            (replace(TERMS, backchannel_logout_uri="https://other.example/"), ()),
            (replace(TERMS, redirect_uris=("https://rp.example/geri2",)), ()),
            (replace(TERMS, redirect_uris=("https://rp.example/geri", "https://a.rp.example/")), (Widening.HOST,)),
            (replace(TERMS, redirect_uris=("https://rp.example:8443/geri",)), (Widening.HOST,)),
            (replace(TERMS, redirect_uris=("http://rp.example/geri",)), (Widening.HOST,)),
            (replace(TERMS, post_logout_redirect_uris=("https://other.example/",)), (Widening.HOST,)),
            (replace(TERMS, post_logout_redirect_uris=()), ()),
            (replace(TERMS, scopes=(*TERMS.scopes, ScopeUse(Scope.BIRTHDATE, LAW))), (Widening.SCOPE,)),
            (replace(TERMS, scopes=TERMS.scopes[:1]), ()),
            (replace(TERMS, api_scopes=(ApiScope.CLIENTS_READ,)), (Widening.API_SCOPE,)),
            (asking(purpose=LangString("Başka amaç")), ()),
            (asking(legal_basis=LangString("6698 sayılı Kanun")), (Widening.LEGAL_BASIS,)),
            (asking(legal_basis=NO_TEXT), ()),
        ],
    )
    def test_names_what_a_change_gives(self, after: ClientTerms, found: tuple[Widening, ...]) -> None:
        assert widening(TERMS, after) == found

    def test_sees_a_law_where_there_was_consent(self) -> None:
        assert widening(asking(legal_basis=NO_TEXT), TERMS) == (Widening.LEGAL_BASIS,)


class TestToDocument:
    def test_is_read_back(self) -> None:
        assert from_document(to_document(TERMS)) == TERMS
        more = replace(TERMS, api_scopes=(ApiScope.CLIENTS_READ,))
        assert from_document(to_document(more)) == more

    def test_is_read_back_where_the_former_release_wrote_it(self) -> None:
        written = {name: value for name, value in to_document(TERMS).items() if name != "api_scopes"}
        assert from_document(written) == TERMS


class TestDigestOf:
    def test_tells_terms_apart_whatever_the_order_of_scopes(self) -> None:
        assert digest_of(TERMS) == digest_of(replace(TERMS, scopes=TERMS.scopes[::-1]))
        assert digest_of(TERMS) != digest_of(asking(legal_basis=NO_TEXT))


class TestChangedFields:
    def test_names_what_is_different(self) -> None:
        assert changed_fields(TERMS, replace(asking(legal_basis=NO_TEXT), name=LangString("B"))) == ["name", "scopes"]
