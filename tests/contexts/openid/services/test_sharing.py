"""Attributes are handed over as agreed, written down without their values, and approvals can be taken back."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as how
from hypothesis import strategies as st
from joserfc.jwk import ECKey

from kapi.contexts.identity.models import Person
from kapi.contexts.identity.selectors import get_person_record
from kapi.contexts.identity.services import record_register_event
from kapi.contexts.identity.values import RegisterEventKind, SignedIn
from kapi.contexts.openid.errors import (
    ApprovalNotWithdrawable,
    ClientNotFound,
    InvalidRequest,
    InvalidToken,
    ProtocolError,
    TokenMissing,
)
from kapi.contexts.openid.models import Client, Sharing
from kapi.contexts.openid.rules import jwt
from kapi.contexts.openid.rules.tokens import attributes_for
from kapi.contexts.openid.selectors.authorization import approvals_of
from kapi.contexts.openid.selectors.sharing import sharings_of
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services.clients import close_client
from kapi.contexts.openid.services.keys import active_key
from kapi.contexts.openid.services.sharing import share_attributes, withdraw_approval
from kapi.contexts.openid.values.authorization import NextKind
from kapi.contexts.openid.values.clients import Attribute, Basis, Scope
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import NOBODY
from kapi.kernel.contacts import EmailAddress
from tests.contexts.identity.population_in_tests import event
from tests.contexts.openid.openid_in_tests import (
    ACTOR,
    EMAIL_BY_CONSENT,
    ISSUER,
    PHONE_BY_LAW,
    Signing,
    add_client,
    answer_of,
    ask,
    get_code,
    redeem,
    userinfo,
)
from tests.sent_codes import EMAIL, PHONE, add_contact, begin_contact, remove_contact

pytestmark = pytest.mark.django_db
USES = (EMAIL_BY_CONSENT, PHONE_BY_LAW)


def token_for(client_id: str, session: SignedIn, key: ECKey, now: datetime, scope: str = "openid profile") -> str:
    code = get_code(client_id, session, now=now, scope=scope)
    return redeem(client_id, key, code, now=now).access_token


class TestShareAttributes:
    @pytest.mark.parametrize(
        ("scope", "released"),
        [
            ("openid", {}),
            ("openid profile", {"name": "Deniz Yılmaz", "given_name": "Deniz", "family_name": "Yılmaz"}),
            ("openid identity_number", {"identity_number": "10000000146"}),
        ],
    )
    def test_releases_what_the_scopes_name_and_nothing_else(
        self, *, client_id: str, session: SignedIn, key: ECKey, now: datetime, scope: str, released: dict[str, str]
    ) -> None:
        tokens = redeem(client_id, key, get_code(client_id, session, now=now, scope=scope), now=now)
        claims = userinfo(tokens.access_token, now=now)
        assert claims.pop("sub") == read_own(tokens.id_token, typ="JWT")["sub"]
        assert claims == released

    def test_writes_down_names_purposes_and_laws_once_per_token(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        token = token_for(client_id, session, key, now, "openid profile identity_number")
        for _ in range(3):
            userinfo(token, now=now)
        (sharing,) = sharings_of(person_id=session.person_id)
        assert (sharing.at, sharing.client_id) == (now, client_id)
        profile, number = sorted(sharing.scopes, key=lambda shared: shared.scope != Scope.PROFILE)
        assert profile.attributes == (Attribute.NAME, Attribute.GIVEN_NAME, Attribute.FAMILY_NAME)
        assert (profile.basis, number.basis) == (Basis.CONSENT, Basis.LAW)
        assert profile.purpose.en == "To record your application"
        record = AuditRecord.objects.get(action="openid.attributes_shared")
        assert (record.actor_kind, record.actor_id) == ("client", client_id)
        stored = str(list(Sharing.objects.values())) + str(record.details)
        for value in ("Deniz", "Yılmaz", "10000000146"):
            assert value not in stored

    def test_writes_nothing_down_where_nothing_was_released(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        userinfo(token_for(client_id, session, key, now, "openid"), now=now)
        assert sharings_of(person_id=session.person_id) == []

    def test_opens_no_number_that_is_not_asked_for(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        token = token_for(client_id, session, key, now)
        Person.objects.update(number_sealed=b"nobody opens this")
        assert userinfo(token, now=now)["name"] == "Deniz Yılmaz"

    def test_keeps_the_purpose_that_was_stated_then(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        userinfo(token_for(client_id, session, key, now), now=now)
        Client.objects.update(scopes={"openid": {"purpose": {"tr": "Başka"}, "legal_basis": {}}})
        (sharing,) = sharings_of(person_id=session.person_id)
        assert sharing.scopes[0].purpose.tr == "Başvurunuzu kaydetmek"

    @pytest.mark.parametrize("header", ["", "Basic YTpi", "token", "Bearers a"])
    def test_finds_no_token_where_no_scheme_of_ours_is_tried(self, db: None, now: datetime, header: str) -> None:
        with pytest.raises(TokenMissing):
            share_attributes(authorization=header, actor=NOBODY, now=now)

    @pytest.mark.parametrize("header", ["Bearer", "Bearer ", "DPoP", "Bearer a b", "DPoP a, DPoP a", "Bearer ş"])
    def test_says_that_a_header_is_malformed(self, db: None, now: datetime, header: str) -> None:
        with pytest.raises(InvalidRequest):
            share_attributes(authorization=header, actor=NOBODY, now=now)

    def test_reads_the_token_from_the_header_only(self, db: None, now: datetime) -> None:
        with pytest.raises(InvalidRequest, match="header alone"):
            share_attributes(authorization="", sent=["access_token"], actor=NOBODY, now=now)

    def test_refuses_a_token_when_its_time_is_over(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        token = token_for(client_id, session, key, now)
        assert userinfo(token, now=now + timedelta(seconds=299))
        with pytest.raises(InvalidToken):
            userinfo(token, now=now + timedelta(seconds=300))

    def test_refuses_every_other_token(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        claims, ours = read_own(tokens.access_token, typ="at+jwt"), active_key(actor=NOBODY, now=now)
        forged = [
            tokens.id_token,
            tokens.access_token[:-4] + "AAAA",
            jwt.sign(claims, typ="at+jwt", key=Signing(key)),
            jwt.sign(claims, typ="JWT", key=ours),
            jwt.sign(claims | {"iss": "https://evil.example"}, typ="at+jwt", key=ours),
            jwt.sign(claims | {"aud": client_id}, typ="at+jwt", key=ours),
            jwt.sign(claims | {"jti": "another"}, typ="at+jwt", key=ours),
            "a" * 9000,
            "a.b.c",
        ]
        for token in forged:
            with pytest.raises(InvalidToken):
                userinfo(token, now=now)
        assert claims["iss"] == ISSUER

    def test_refuses_the_tokens_of_a_closed_client(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        token = token_for(client_id, session, key, now)
        close_client(client_id=client_id, actor=ACTOR, now=now)
        with pytest.raises(InvalidToken):
            userinfo(token, now=now)

    @given(header=st.text(max_size=200) | st.binary(max_size=100).map(lambda raw: f"Bearer {raw.hex()}"))
    @how(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
    def test_refuses_any_rubbish(self, db: None, now: datetime, header: str) -> None:
        with pytest.raises(ProtocolError):
            share_attributes(authorization=header, actor=NOBODY, now=now)


class TestContacts:
    """Where somebody can be reached is given as everything else is, and only what they have shown to be theirs."""

    SCOPE = "openid email phone"

    @pytest.fixture(autouse=True)
    def _client_asks_for_them(self, client_id: str) -> None:
        why = {use.scope: {"purpose": use.purpose.stored(), "legal_basis": use.legal_basis.stored()} for use in USES}
        row = Client.objects.get(pk=client_id)
        Client.objects.filter(pk=client_id).update(scopes=row.scopes | why)

    def test_are_given_with_their_purposes_and_laws_written_down_and_never_themselves(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        add_contact(session, EMAIL, now=now)
        add_contact(session, PHONE, now=now)
        told = userinfo(token_for(client_id, session, key, now, self.SCOPE), now=now)
        assert told.pop("sub")
        assert told == {
            "email": "deniz@example.org",
            "email_verified": True,
            "phone_number": "+905311234567",
            "phone_number_verified": True,
        }
        (sharing,) = sharings_of(person_id=session.person_id)
        email, phone = sharing.scopes
        assert email.attributes == (Attribute.EMAIL, Attribute.EMAIL_VERIFIED)
        assert (email.basis, phone.basis) == (Basis.CONSENT, Basis.LAW)
        record = AuditRecord.objects.get(action="openid.attributes_shared")
        stored = str(list(Sharing.objects.values())) + str(record.details)
        assert "deniz" not in stored
        assert "5311234567" not in stored

    def test_are_left_out_where_there_are_none(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        assert set(userinfo(token_for(client_id, session, key, now, self.SCOPE), now=now)) == {"sub"}
        assert sharings_of(person_id=session.person_id) == []

    def test_are_left_out_until_the_code_was_entered_and_once_they_are_removed(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        begin_contact(session, EMAIL, now=now)
        phone = add_contact(session, PHONE, now=now)
        token = token_for(client_id, session, key, now, self.SCOPE)
        assert set(userinfo(token, now=now)) == {"sub", "phone_number", "phone_number_verified"}
        remove_contact(session, phone, now=now)
        assert set(userinfo(token, now=now)) == {"sub"}

    def test_are_the_ones_that_were_shown_first(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        second = EmailAddress.parse("ikinci@example.org")
        for minutes, address in enumerate((EMAIL, second)):
            add_contact(session, address, now=now + timedelta(minutes=minutes))
        assert userinfo(token_for(client_id, session, key, now, self.SCOPE), now=now)["email"] == EMAIL.text

    def test_are_asked_for_one_by_one_as_well(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        add_contact(session, EMAIL, now=now)
        wish = '{"userinfo": {"email": null}, "id_token": {"email_verified": null, "phone_number": null}}'
        tokens = redeem(client_id, key, get_code(client_id, session, now=now, scope="openid", claims=wish), now=now)
        assert set(userinfo(tokens.access_token, now=now)) == {"sub", "email"}
        said = read_own(tokens.id_token, typ="JWT")
        assert said["email_verified"] is True
        assert "phone_number" not in said

    def test_are_given_to_no_client_that_did_not_register_them(
        self, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        other = add_client(now=now, keys=[key], client_id="baska").id
        assert answer_of(ask(other, session, now=now, scope="openid email"))["error"] == "invalid_scope"


class TestAttributesFor:
    def test_leaves_out_what_is_not_known(self, session: SignedIn) -> None:
        person = get_person_record(person_id=session.person_id)
        bare = replace(person, family_name=None, birth_year=None, birth_month=None, birth_day=None)
        assert attributes_for(Scope, bare, number=person.identity_number.digits) == {
            "name": "Deniz",
            "given_name": "Deniz",
            "identity_number": "10000000146",
        }

    @pytest.mark.parametrize(
        ("known", "said"), [((1990, 5, 7), "1990-05-07"), ((1990, 5, None), "1990"), ((1990, None, None), "1990")]
    )
    def test_gives_a_birth_date_as_far_as_it_is_known(
        self, session: SignedIn, known: tuple[int, int | None, int | None], said: str
    ) -> None:
        year, month, day = known
        person = get_person_record(person_id=session.person_id)
        person = replace(person, birth_year=year, birth_month=month, birth_day=day)
        assert attributes_for([Scope.BIRTHDATE], person) == {"birthdate": said}


class TestWithdrawApproval:
    def test_takes_consent_back_and_the_tokens_with_it(
        self, client_id: str, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        token = token_for(client_id, session, key, now)
        (approval,) = approvals_of(person_id=session.person_id)
        assert approval.is_withdrawable
        withdraw_approval(person_id=session.person_id, client_id=client_id, actor=session.actor, now=now)
        assert approvals_of(person_id=session.person_id) == []
        with pytest.raises(InvalidToken):
            userinfo(token, now=now)
        assert ask(client_id, session, now=now).kind is NextKind.APPROVE
        assert AuditRecord.objects.get(action="openid.approval_withdrawn").actor_id == session.actor.id
        with pytest.raises(ApprovalNotWithdrawable):
            withdraw_approval(person_id=session.person_id, client_id=client_id, actor=session.actor, now=now)

    def test_leaves_alone_what_rests_on_law(self, client_id: str, session: SignedIn, key: ECKey, now: datetime) -> None:
        token_for(client_id, session, key, now, "openid identity_number")
        (approval,) = approvals_of(person_id=session.person_id)
        assert not approval.is_withdrawable
        with pytest.raises(ApprovalNotWithdrawable):
            withdraw_approval(person_id=session.person_id, client_id=client_id, actor=session.actor, now=now)
        assert ask(client_id, session, now=now, scope="openid identity_number").kind is NextKind.REDIRECT

    def test_knows_which_clients_there_are(self, session: SignedIn, now: datetime) -> None:
        with pytest.raises(ClientNotFound):
            withdraw_approval(person_id=session.person_id, client_id="a", actor=session.actor, now=now)


def test_the_next_sharing_tells_the_name_that_the_population_register_has_changed(
    client_id: str, session: SignedIn, key: ECKey, now: datetime
) -> None:
    token = token_for(client_id, session, key, now)
    renamed = event(RegisterEventKind.NAME_CHANGED, now, name=("Deniz", "Güneş"))
    record_register_event(source="test", event=renamed, actor=ACTOR, now=now)
    assert userinfo(token, now=now)["name"] == "Deniz Güneş"
