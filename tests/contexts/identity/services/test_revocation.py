"""What issuers have said is kept only as far as it was verified."""

from datetime import timedelta

from kapi.contexts.identity.services import revocation
from tests.certificates import Card, Issuer
from tests.contexts.identity.rules.test_certificates import NOW, trust


def said(issuer: Issuer) -> revocation._Said:
    """Return an issuer's list as it came."""
    return revocation._Said("", issuer.crl(now=NOW), NOW + timedelta(minutes=5))


class TestByWhichItIsRevoked:
    def test_is_no_answer_that_the_check_never_came_to(self) -> None:
        root = Issuer()
        below = Issuer(name="Alt", above=root)
        card, forged = below.card(), said(Issuer(name="Alt"))
        trusted = trust(card, root.trusted())
        below.revoke(card)
        lists = [said(below), said(root)]
        assert revocation._by_which_it_is_revoked(trusted, [], [*lists, forged], NOW) == lists
        root.revoke(Card(below.certificate, below.key))
        own = said(root)
        assert revocation._by_which_it_is_revoked(trusted, [], [forged, own], NOW) == [own]
