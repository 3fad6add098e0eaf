"""Acting for a company at an institution: what is asked, what the tokens say, and that it is never too much."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.mandates.models import Mandate
from kapi.contexts.openid.errors import InvalidGrant, InvalidToken
from kapi.contexts.openid.models import Approval, Sharing, Visit
from kapi.contexts.openid.selectors.authorization import approvals_of, get_pending_request, visits_of
from kapi.contexts.openid.selectors.keys import published_keys
from kapi.contexts.openid.selectors.sharing import sharings_of
from kapi.contexts.openid.services.authorization import resume_authorization
from kapi.contexts.openid.services.decisions import decide
from kapi.contexts.openid.services.waiting import note_choice
from kapi.contexts.openid.values.authorization import Decision, NextKind
from kapi.contexts.openid.values.clients import Scope
from tests.contexts.catalogue.services_in_tests import prepare_catalogue, publish, titled
from tests.contexts.institutions.institutions_in_tests import add_top
from tests.contexts.mandates.register_in_tests import BAKERY, MILL, NAMES
from tests.contexts.openid.companies_in_tests import ASKED, act, add_open_client, mandate, represent
from tests.contexts.openid.openid_in_tests import BROWSER, answer_of, ask, get_code, redeem, refresh, userinfo

LATER = timedelta(minutes=1)


def claims_of(token: str, now: datetime) -> dict[str, Any]:
    keys = KeySet.import_key_set({"keys": published_keys(now=now)})
    return dict(jwt.decode(token, keys, algorithms=["ES256"]).claims)


@pytest.fixture
def open_id(db: None, now: datetime, key: ECKey) -> str:
    """A client at which one may act for a company."""
    return add_open_client(now=now, key=key)


class TestTokens:
    def test_name_the_company_and_who_acts_for_it(
        self, open_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        own = claims_of(redeem(open_id, key, get_code(open_id, session, now=now), now=now).id_token, now)
        code = get_code(open_id, represent(session, now=now), now=now, scope=ASKED)
        tokens = redeem(open_id, key, code, now=now)
        for token in (tokens.id_token, tokens.access_token):
            claims = claims_of(token, now)
            assert claims["act"] == {"sub": own["sub"]}
            assert claims["mandate"] == {"scope": "all"}
            assert claims["sub"] != own["sub"]
        assert "act" not in own
        assert claims_of(tokens.id_token, now)["sid"] != own["sid"]
        told = userinfo(tokens.access_token, now=now)
        assert told == {
            "sub": claims_of(tokens.id_token, now)["sub"],
            "company_name": NAMES[BAKERY],
            "company_tax_number": BAKERY,
            "act": {"sub": own["sub"], "name": "Deniz Yılmaz", "given_name": "Deniz", "family_name": "Yılmaz"},
            "mandate": {"scope": "all"},
        }

    def test_say_nothing_of_a_company_to_who_acts_for_oneself(
        self, open_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        mandate(session, now=now)
        tokens = redeem(open_id, key, get_code(open_id, session, now=now, scope=ASKED), now=now)
        assert tokens.scope == "openid profile"
        assert set(userinfo(tokens.access_token, now=now)) == {"sub", "name", "given_name", "family_name"}

    def test_are_not_given_once_the_mandate_has_ended(
        self, open_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        code = get_code(open_id, represent(session, now=now, ends_at=now + LATER), now=now, scope=ASKED)
        tokens = redeem(open_id, key, get_code(open_id, act_again(session, now), now=now, scope=ASKED), now=now)
        assert userinfo(tokens.access_token, now=now)["company_name"] == NAMES[BAKERY]
        Mandate.objects.update(ended_at=now, end_reason="revoked")
        with pytest.raises(InvalidGrant):
            redeem(open_id, key, code, now=now)
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now)

    def test_are_renewed_for_the_company_while_the_mandate_stands(
        self, open_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        scope = f"{ASKED} offline_access"
        first = redeem(open_id, key, get_code(open_id, represent(session, now=now), now=now, scope=scope), now=now)
        again = refresh(open_id, key, first.refresh_token, now=now + LATER)
        before, after = (claims_of(tokens.access_token, now) for tokens in (first, again))
        assert [after[name] for name in ("sub", "act", "mandate")] == [
            before[name] for name in ("sub", "act", "mandate")
        ]
        assert userinfo(again.access_token, now=now + LATER)["company_name"] == NAMES[BAKERY]
        Mandate.objects.update(ended_at=now, end_reason="revoked")
        with pytest.raises(InvalidGrant):
            refresh(open_id, key, first.refresh_token, now=now + LATER)

    def test_hold_single_attributes_where_they_belong(
        self, open_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        claims = '{"id_token": {"company_name": null, "given_name": null}, "userinfo": {"company_tax_number": null}}'
        acting = represent(session, now=now)
        tokens = redeem(open_id, key, get_code(open_id, acting, now=now, scope="openid", claims=claims), now=now)
        said = claims_of(tokens.id_token, now)
        assert (said["company_name"], said["act"]["given_name"]) == (NAMES[BAKERY], "Deniz")
        assert "given_name" not in said
        told = userinfo(tokens.access_token, now=now)
        assert set(told) == {"sub", "company_tax_number", "act", "mandate"}
        assert set(told["act"]) == {"sub"}
        own = redeem(open_id, key, get_code(open_id, session, now=now, scope="openid", claims=claims), now=now)
        assert not [name for name in claims_of(own.id_token, now) if name in {"act", "company_name", "mandate"}]

    def test_list_the_services_of_a_limited_mandate_that_the_institution_offers(
        self, session: SignedIn, key: ECKey, now: datetime
    ) -> None:
        prepare_catalogue(now)
        add_top("20000001", "Başka Kurum", now=now)
        for code in ("belge", "kayit"):
            publish(code, titled(code), now=now)
        here = add_open_client(now=now, key=key, client_id="burada", institution_code="10000001")
        there = add_open_client(now=now, key=key, client_id="orada", institution_code="20000001")
        acting = represent(session, now=now, services=["belge", "yok-boyle-hizmet"])
        claims = claims_of(redeem(here, key, get_code(here, acting, now=now, scope=ASKED), now=now).id_token, now)
        assert claims["mandate"] == {"scope": "listed", "services": ["belge"]}
        assert ask(there, acting, now=now, scope=ASKED).kind is NextKind.CHOOSE


def act_again(session: SignedIn, now: datetime) -> SignedIn:
    return act(session, Mandate.objects.get().principal_id, now=now)  # type: ignore[arg-type]


class TestChoice:
    def test_is_asked_for_where_companies_are_not_accepted(
        self, client_id: str, session: SignedIn, now: datetime
    ) -> None:
        acting = represent(session, now=now)
        step = ask(client_id, acting, now=now)
        assert step.kind is NextKind.CHOOSE
        resumed = resume_authorization(
            request_id=step.request_id, browser=BROWSER, session=session, actor=session.actor, now=now
        )
        assert resumed.kind is NextKind.APPROVE

    def test_is_refused_without_a_page(self, client_id: str, session: SignedIn, now: datetime) -> None:
        answer = answer_of(ask(client_id, represent(session, now=now), now=now, prompt="none"))
        assert answer["error"] == "account_selection_required"

    def test_is_made_once_where_the_client_wants_it(self, client_id: str, session: SignedIn, now: datetime) -> None:
        step = ask(client_id, session, now=now, prompt="select_account")
        assert step.kind is NextKind.CHOOSE
        note_choice(request_id=step.request_id, browser=BROWSER, actor=session.actor, now=now)
        resumed = resume_authorization(
            request_id=step.request_id, browser=BROWSER, session=session, actor=session.actor, now=now
        )
        assert resumed.kind is NextKind.APPROVE

    def test_is_asked_for_anew_if_the_mandate_ends_before_the_yes(
        self, open_id: str, session: SignedIn, now: datetime
    ) -> None:
        acting = represent(session, now=now)
        step = ask(open_id, acting, now=now, scope=ASKED)
        assert step.kind is NextKind.APPROVE
        Mandate.objects.update(ended_at=now, end_reason="revoked")
        decided = decide(
            request_id=step.request_id,
            browser=BROWSER,
            session=acting,
            decision=Decision.ALLOW,
            actor=session.actor,
            now=now,
        )
        assert decided.kind is NextKind.CHOOSE
        assert not Approval.objects.exists()

    def test_costs_no_query_for_who_acts_for_oneself(self, open_id: str, session: SignedIn, now: datetime) -> None:
        mandate(session, now=now)
        get_code(open_id, session, now=now, scope=ASKED)
        with CaptureQueriesContext(connection) as asked:
            get_code(open_id, session, now=now, scope=ASKED)
        assert [query["sql"] for query in asked if "mandates_" in query["sql"]] == []


class TestApproval:
    def test_is_remembered_for_each_principal_alone(self, open_id: str, session: SignedIn, now: datetime) -> None:
        get_code(open_id, session, now=now, scope=ASKED)
        acting = represent(session, now=now)
        step = ask(open_id, acting, now=now, scope=ASKED)
        assert step.kind is NextKind.APPROVE
        shown = get_pending_request(
            request_id=step.request_id,
            browser=BROWSER,
            person_id=session.person_id,
            principal_id=acting.acting_for.legal_person_id if acting.acting_for else None,
            now=now,
        )
        assert [scope.scope for scope in shown.scopes] == [Scope.OPENID, Scope.PROFILE, Scope.COMPANY]
        assert [scope.is_optional for scope in shown.scopes] == [False, True, False]
        get_code(open_id, acting, now=now, scope=ASKED)
        assert ask(open_id, acting, now=now, scope=ASKED).kind is NextKind.REDIRECT
        other = represent(session, now=now, tax_number=MILL)
        assert ask(open_id, other, now=now, scope=ASKED).kind is NextKind.APPROVE
        names = {approval.principal_name for approval in approvals_of(person_id=session.person_id)}
        assert names == {"", NAMES[BAKERY]}

    def test_and_what_was_shared_say_for_whom(self, open_id: str, key: ECKey, session: SignedIn, now: datetime) -> None:
        code = get_code(open_id, represent(session, now=now), now=now, scope=ASKED)
        userinfo(redeem(open_id, key, code, now=now).access_token, now=now)
        assert [record.principal_name for record in sharings_of(person_id=session.person_id)] == [NAMES[BAKERY]]
        assert [record.principal_name for record in visits_of(person_id=session.person_id)] == [NAMES[BAKERY]]
        assert BAKERY not in str(Sharing.objects.get().scopes)


class TestVisits:
    def test_are_one_for_each_principal(self, open_id: str, session: SignedIn, now: datetime) -> None:
        sessions = [session, represent(session, now=now), represent(session, now=now, tax_number=MILL)]
        for acting in sessions * 2:
            get_code(open_id, acting, now=now, scope=ASKED)
        visits = list(Visit.objects.order_by("pk"))
        assert len(visits) == 3
        assert len({visit.subject for visit in visits}) == len({visit.sid for visit in visits}) == 3
        assert [visit.agent_subject for visit in visits] == ["", visits[0].subject, visits[0].subject]

    def test_name_who_acts_if_and_only_if_somebody_is_acted_for(
        self, open_id: str, session: SignedIn, now: datetime
    ) -> None:
        get_code(open_id, represent(session, now=now), now=now, scope=ASKED)
        for wrong in ({"agent_subject": ""}, {"principal": None}):
            with pytest.raises(IntegrityError), transaction.atomic():
                Visit.objects.update(**wrong)


class TestSubjects:
    def test_are_shared_by_no_two_sectors(self, session: SignedIn, key: ECKey, now: datetime) -> None:
        acting = [represent(session, now=now, tax_number=company) for company in (BAKERY, MILL)]
        for number in range(4):
            client_id = add_open_client(now=now, key=key, client_id=f"sektor-{number}")
            for one in (session, *acting):
                get_code(client_id, one, now=now, scope=ASKED)
        subjects = [visit.subject for visit in Visit.objects.all()]
        assert len(subjects) == len(set(subjects)) == 12
        agents = {visit.agent_subject for visit in Visit.objects.exclude(principal=None)}
        assert len(agents) == 4
        assert agents == {visit.subject for visit in Visit.objects.filter(principal=None)}

    def test_are_the_same_within_one(self, session: SignedIn, key: ECKey, now: datetime) -> None:
        add_top("20000001", "Kurum", now=now)
        acting = represent(session, now=now)
        for client_id in ("a", "b"):
            add_open_client(now=now, key=key, client_id=client_id, institution_code="20000001")
            get_code(client_id, acting, now=now, scope=ASKED)
        assert len({(visit.subject, visit.agent_subject) for visit in Visit.objects.all()}) == 1


DAYS = st.integers(-9, 9)
OFFERED = ("belge", "kayit")


class TestRepresentative:
    @settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @example(listed=frozenset(), begins=-1, lasts=1, confirmed=0, is_ended=False, accepts=True)
    @example(listed=frozenset({"belge", "x"}), begins=-1, lasts=2, confirmed=0, is_ended=False, accepts=True)
    @given(
        listed=st.frozensets(st.sampled_from([*OFFERED, "x"])),
        begins=DAYS,
        lasts=st.integers(1, 9) | st.none(),
        confirmed=DAYS,
        is_ended=st.booleans(),
        accepts=st.booleans(),
    )
    def test_never_gets_more_than_the_mandate(
        self,
        session: SignedIn,
        key: ECKey,
        now: datetime,
        *,
        listed: frozenset[str],
        begins: int,
        lasts: int | None,
        confirmed: int,
        is_ended: bool,
        accepts: bool,
    ) -> None:
        """However the session came to act for the company: the token says no more than the mandate does."""
        # Days from now, worked out beside the code: in its term, and stated by the register within the week.
        stands = begins <= 0 and (lasts is None or begins + lasts > 0) and confirmed > -7 and not is_ended
        allowed = listed & frozenset(OFFERED)
        with transaction.atomic():
            prepare_catalogue(now)
            for code in OFFERED:
                publish(code, titled(code), now=now)
            starts_at = now + timedelta(days=begins)
            company = mandate(
                session,
                now=now,
                services=listed,
                starts_at=starts_at,
                ends_at=starts_at + timedelta(days=lasts) if lasts else None,
                confirmed_at=now + timedelta(days=confirmed),
                ended_at=now if is_ended else None,
                end_reason="revoked" if is_ended else "",
            )
            acting = act(session, company, now=now)
            client_id = add_open_client(now=now, key=key, institution_code="10000001")
            scope = ASKED if accepts else "openid profile"
            step = ask(client_id, acting, now=now, scope=scope)
            if not (stands and accepts and (allowed or not listed)):
                assert step.kind is NextKind.CHOOSE
            else:
                code = get_code(client_id, acting, now=now, scope=scope)
                said = claims_of(redeem(client_id, key, code, now=now).id_token, now)["mandate"]
                limited = {"scope": "listed", "services": sorted(allowed)}
                assert said == (limited if listed else {"scope": "all"})
            transaction.set_rollback(True)
