"""Four eyes on every public word, and nothing public ever changes."""

from dataclasses import replace
from datetime import datetime

import pytest
from django.db import DatabaseError, IntegrityError, transaction

from kapi.contexts.catalogue import selectors, services
from kapi.contexts.catalogue.errors import (
    ApprovedByAuthor,
    CatalogueNeedsStaff,
    ContentIncomplete,
    RevisionChanged,
    RevisionNotAllowed,
    RevisionNotFound,
    RevisionOpen,
    ServiceExists,
    ServiceNotFound,
    ServiceRetired,
)
from kapi.contexts.catalogue.models import LifeEventStep, Service, ServiceRevision
from kapi.contexts.catalogue.values import RevisionState
from kapi.contexts.institutions.errors import InstitutionNotFound
from kapi.foundation.audit.models import AuditRecord
from kapi.kernel.actors import Actor, ActorKind, system
from kapi.kernel.errors import InvalidValue
from kapi.kernel.langstring import LangString
from tests.contexts.catalogue.services_in_tests import (
    APPROVER,
    EDITOR,
    STUDENT_CERTIFICATE,
    prepare_catalogue,
    publish,
    titled,
)

pytestmark = pytest.mark.django_db
CODE = "ogrenci-belgesi"


@pytest.fixture(autouse=True)
def _prepared(now: datetime) -> None:
    prepare_catalogue(now)


def draft(now: datetime) -> int:
    return services.draft_service(
        code=CODE, institution_code="10000001", content=STUDENT_CERTIFICATE, actor=EDITOR, now=now
    )


def submitted(now: datetime) -> int:
    revision_id = draft(now)
    services.submit(revision_id=revision_id, version=1, actor=EDITOR, now=now)
    return revision_id


def state_of(revision_id: int) -> RevisionState:
    found = selectors.find_revision(revision_id)
    assert found is not None
    return found.state


class TestDraftService:
    def test_makes_nothing_public(self, now: datetime) -> None:
        draft(now)
        assert selectors.find_service_page(code=CODE, language="tr") is None
        assert selectors.search(query="öğrenci belgesi", language="tr") == []
        assert AuditRecord.objects.filter(action="catalogue.revision_drafted", subject_id=CODE).count() == 1

    def test_refuses_a_code_that_was_ever_used(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        services.retire(service_code=CODE, actor=APPROVER, now=now)
        with pytest.raises(ServiceExists):
            draft(now)

    def test_refuses_a_code_of_another_form(self, now: datetime) -> None:
        with pytest.raises(InvalidValue):
            services.draft_service(
                code="Öğrenci Belgesi", institution_code="10000001", content=STUDENT_CERTIFICATE, actor=EDITOR, now=now
            )

    def test_refuses_an_unknown_institution(self, now: datetime) -> None:
        with pytest.raises(InstitutionNotFound):
            services.draft_service(
                code=CODE, institution_code="99999999", content=STUDENT_CERTIFICATE, actor=EDITOR, now=now
            )

    def test_is_for_staff(self, now: datetime) -> None:
        with pytest.raises(CatalogueNeedsStaff):
            services.draft_service(
                code=CODE, institution_code="10000001", content=STUDENT_CERTIFICATE, actor=system("job:x"), now=now
            )


class TestDraftRevision:
    def test_leaves_what_is_public(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        services.draft_revision(service_code=CODE, content=titled("Yeni Ad"), actor=EDITOR, now=now)
        assert selectors.get_service_page(code=CODE, language="tr").title == "Öğrenci Belgesi Sorgulama"

    def test_refuses_a_second_open_one(self, now: datetime) -> None:
        draft(now)
        with pytest.raises(RevisionOpen):
            services.draft_revision(service_code=CODE, content=STUDENT_CERTIFICATE, actor=EDITOR, now=now)

    def test_refuses_an_unknown_service(self, now: datetime) -> None:
        with pytest.raises(ServiceNotFound):
            services.draft_revision(service_code=CODE, content=STUDENT_CERTIFICATE, actor=EDITOR, now=now)

    def test_refuses_a_retired_service(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        services.retire(service_code=CODE, actor=APPROVER, now=now)
        with pytest.raises(ServiceRetired):
            services.draft_revision(service_code=CODE, content=STUDENT_CERTIFICATE, actor=EDITOR, now=now)


class TestChangeDraft:
    def test_counts_versions(self, now: datetime) -> None:
        revision_id = draft(now)
        assert services.change_draft(
            revision_id=revision_id, version=1, content=titled("Başka"), actor=EDITOR, now=now
        ) == 2  # fmt: skip
        found = selectors.find_revision(revision_id)
        assert found is not None
        assert (found.content.title.tr, found.version) == ("Başka", 2)

    def test_refuses_one_who_looked_at_an_older_version(self, now: datetime) -> None:
        revision_id = draft(now)
        services.change_draft(revision_id=revision_id, version=1, content=titled("Başka"), actor=EDITOR, now=now)
        with pytest.raises(RevisionChanged):
            services.change_draft(revision_id=revision_id, version=1, content=titled("Eski"), actor=EDITOR, now=now)
        assert selectors.find_revision(revision_id).content.title.tr == "Başka"  # type: ignore[union-attr]

    def test_makes_a_rejected_revision_a_draft_again(self, now: datetime) -> None:
        revision_id = submitted(now)
        services.reject(revision_id=revision_id, note="Özet eksik", actor=APPROVER, now=now)
        services.change_draft(revision_id=revision_id, version=1, content=titled("Başka"), actor=EDITOR, now=now)
        assert state_of(revision_id) is RevisionState.DRAFT

    def test_refuses_what_waits_for_approval(self, now: datetime) -> None:
        revision_id = submitted(now)
        with pytest.raises(RevisionNotAllowed):
            services.change_draft(revision_id=revision_id, version=1, content=titled("Başka"), actor=EDITOR, now=now)

    def test_refuses_an_unknown_revision(self, now: datetime) -> None:
        with pytest.raises(RevisionNotFound):
            services.change_draft(revision_id=1, version=1, content=titled("Başka"), actor=EDITOR, now=now)


class TestSubmit:
    def test_lists_everything_that_is_missing(self, now: datetime) -> None:
        revision_id = draft(now)
        content = replace(
            STUDENT_CERTIFICATE, summary=LangString(""), channels=(), categories=("yok",), life_events=("yok",)
        )
        services.change_draft(revision_id=revision_id, version=1, content=content, actor=EDITOR, now=now)
        with pytest.raises(ContentIncomplete) as refusal:
            services.submit(revision_id=revision_id, version=2, actor=EDITOR, now=now)
        assert [fault.field for fault in refusal.value.faults] == [
            "summary_tr",
            "channel_web",
            "life_events",
            "categories",
        ]
        assert state_of(revision_id) is RevisionState.DRAFT

    def test_refuses_a_version_that_is_not_the_last(self, now: datetime) -> None:
        revision_id = draft(now)
        with pytest.raises(RevisionChanged):
            services.submit(revision_id=revision_id, version=2, actor=EDITOR, now=now)

    def test_shows_it_to_those_who_approve(self, now: datetime) -> None:
        revision_id = submitted(now)
        assert [found.id for found in selectors.revisions_in_review(within=["10000001"])] == [revision_id]
        assert selectors.revisions_in_review(within=["10000009"]) == []


class TestApproveAndPublish:
    def test_makes_it_public(self, now: datetime) -> None:
        revision_id = submitted(now)
        services.approve_and_publish(revision_id=revision_id, version=1, actor=APPROVER, now=now)
        assert selectors.get_service_page(code=CODE, language="tr").revision == 1
        assert [hit.code for hit in selectors.search(query="ogrenci belgesi", language="tr")] == [CODE]
        record = AuditRecord.objects.get(action="catalogue.revision_published")
        assert (record.subject_id, record.actor_id) == (CODE, APPROVER.id)

    def test_refuses_the_author(self, now: datetime) -> None:
        revision_id = submitted(now)
        with pytest.raises(ApprovedByAuthor):
            services.approve_and_publish(revision_id=revision_id, version=1, actor=EDITOR, now=now)
        assert state_of(revision_id) is RevisionState.IN_REVIEW

    def test_refuses_whoever_wrote_a_part_of_it(self, now: datetime) -> None:
        revision_id = draft(now)
        helper = Actor(ActorKind.STAFF, "703")
        services.change_draft(revision_id=revision_id, version=1, content=titled("Başka"), actor=helper, now=now)
        services.submit(revision_id=revision_id, version=2, actor=helper, now=now)
        for writer in (EDITOR, helper):
            with pytest.raises(ApprovedByAuthor):
                services.approve_and_publish(revision_id=revision_id, version=2, actor=writer, now=now)

    def test_refuses_what_was_not_submitted(self, now: datetime) -> None:
        revision_id = draft(now)
        with pytest.raises(RevisionNotAllowed):
            services.approve_and_publish(revision_id=revision_id, version=1, actor=APPROVER, now=now)

    def test_supersedes_the_revision_before(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        publish(CODE, titled("Mezuniyet Belgesi"), now=now)
        states = [(found.number, found.state) for found in selectors.revisions_of(service_code=CODE)]
        assert states == [(2, RevisionState.PUBLISHED), (1, RevisionState.SUPERSEDED)]
        assert selectors.get_service_page(code=CODE, language="tr").title == "Mezuniyet Belgesi"
        assert selectors.search(query="öğrenci", language="tr") == []

    def test_the_database_itself_refuses_an_author_who_approves(self, now: datetime) -> None:
        revision_id = submitted(now)
        with pytest.raises(IntegrityError, match="revision_approved_by_another"), transaction.atomic():
            ServiceRevision.objects.filter(pk=revision_id).update(
                state=RevisionState.PUBLISHED, published_at=now, approver_id=int(EDITOR.id)
            )


class TestReject:
    def test_sends_it_back_with_a_note(self, now: datetime) -> None:
        revision_id = submitted(now)
        services.reject(revision_id=revision_id, note=" Özet eksik ", actor=APPROVER, now=now)
        found = selectors.find_revision(revision_id)
        assert found is not None
        assert (found.state, found.note) == (RevisionState.REJECTED, "Özet eksik")

    @pytest.mark.parametrize("note", ["", "  ", "a" * 501])
    def test_asks_for_a_reason(self, note: str, now: datetime) -> None:
        with pytest.raises(InvalidValue):
            services.reject(revision_id=submitted(now), note=note, actor=APPROVER, now=now)


class TestRetire:
    def test_takes_it_out_of_lists_and_search(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        services.retire(service_code=CODE, actor=APPROVER, now=now)
        assert selectors.find_service_page(code=CODE, language="tr") is None
        assert selectors.search(query="ogrenci belgesi", language="tr") == []
        assert selectors.services_of_institution(code="10000001", language="tr").total == 0
        assert [found.state for found in selectors.revisions_of(service_code=CODE)] == [RevisionState.RETIRED]

    def test_refuses_twice(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        services.retire(service_code=CODE, actor=APPROVER, now=now)
        with pytest.raises(ServiceRetired):
            services.retire(service_code=CODE, actor=APPROVER, now=now)

    def test_refuses_what_was_never_offered(self, now: datetime) -> None:
        draft(now)
        with pytest.raises(ServiceNotFound):
            services.retire(service_code=CODE, actor=APPROVER, now=now)

    def test_refuses_while_a_revision_is_being_written(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        services.draft_revision(service_code=CODE, content=STUDENT_CERTIFICATE, actor=EDITOR, now=now)
        with pytest.raises(RevisionOpen):
            services.retire(service_code=CODE, actor=APPROVER, now=now)


class TestDiscardDraft:
    def test_leaves_what_is_public_and_lets_another_be_begun(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        revision_id = services.draft_revision(service_code=CODE, content=titled("Yeni"), actor=EDITOR, now=now)
        assert not services.discard_draft(revision_id=revision_id, version=1, actor=EDITOR, now=now)
        assert [(row.number, row.state) for row in ServiceRevision.objects.all()] == [(1, "published")]
        record = AuditRecord.objects.get(action="catalogue.draft_discarded")
        assert (record.subject_id, record.details["revision"]) == (CODE, 2)
        services.draft_revision(service_code=CODE, content=titled("Yine"), actor=EDITOR, now=now)

    def test_takes_a_service_with_it_that_was_never_offered(self, now: datetime) -> None:
        revision_id = draft(now)
        step = LifeEventStep.objects.create(
            life_event_id="universite", position=1, title={"tr": "Belge"}, service=Service.objects.get()
        )
        assert services.discard_draft(revision_id=revision_id, version=1, actor=EDITOR, now=now)
        assert not Service.objects.exists()
        step.refresh_from_db()
        assert step.service_id is None
        draft(now)  # the code is free again

    def test_takes_one_that_was_sent_back(self, now: datetime) -> None:
        revision_id = draft(now)
        services.submit(revision_id=revision_id, version=1, actor=EDITOR, now=now)
        with pytest.raises(RevisionNotAllowed):
            services.discard_draft(revision_id=revision_id, version=1, actor=EDITOR, now=now)
        services.reject(revision_id=revision_id, note="Hayır", actor=APPROVER, now=now)
        assert services.discard_draft(revision_id=revision_id, version=1, actor=EDITOR, now=now)

    def test_takes_only_what_was_seen(self, now: datetime) -> None:
        revision_id = draft(now)
        with pytest.raises(RevisionChanged):
            services.discard_draft(revision_id=revision_id, version=2, actor=EDITOR, now=now)
        with pytest.raises(RevisionNotFound):
            services.discard_draft(revision_id=revision_id + 1, version=1, actor=EDITOR, now=now)

    def test_never_takes_what_was_published(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        with pytest.raises(RevisionNotAllowed):
            services.discard_draft(revision_id=ServiceRevision.objects.get().pk, version=1, actor=EDITOR, now=now)


class TestPublishedRevision:
    @pytest.mark.parametrize(
        "change",
        [
            {"content": {"title": {"tr": "Başka"}}},
            {"content_sha256": "0" * 64},
            {"number": 9},
            {"author_id": 9},
            {"approver_id": 9},
            {"contributors": [9]},
            {"published_at": datetime.fromisoformat("2020-01-01T00:00:00+00:00")},
            {"state": RevisionState.DRAFT},
        ],
    )
    def test_can_not_be_changed_even_in_the_database(self, change: dict[str, object], now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            ServiceRevision.objects.update(**change)

    def test_can_not_be_removed_even_in_the_database(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        Service.objects.update(current=None, status="in_preparation")
        with pytest.raises(DatabaseError, match="never changed"), transaction.atomic():
            ServiceRevision.objects.all().delete()

    def test_does_not_come_back_once_superseded(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        publish(CODE, titled("Yeni"), now=now)
        with pytest.raises(DatabaseError), transaction.atomic():
            ServiceRevision.objects.filter(number=1).update(state=RevisionState.PUBLISHED)

    def test_a_service_has_one_at_most(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        service = Service.objects.get()
        with pytest.raises(IntegrityError), transaction.atomic():
            ServiceRevision.objects.create(
                service=service, number=2, state=RevisionState.PUBLISHED, content={}, content_sha256="",
                author_id=1, approver_id=2, drafted_at=now, published_at=now,
            )  # fmt: skip

    def test_an_active_service_has_one(self, now: datetime) -> None:
        publish(CODE, STUDENT_CERTIFICATE, now=now)
        with pytest.raises(IntegrityError, match="service_active_has_revision"), transaction.atomic():
            Service.objects.update(current=None)
