"""Services and people for tests."""

from dataclasses import replace
from datetime import datetime

from kapi.contexts.catalogue import services
from kapi.contexts.catalogue.models import Category, LifeEvent, ServiceRevision
from kapi.contexts.catalogue.values import (
    Assurance,
    Channel,
    ChannelType,
    Cost,
    LegalResource,
    Output,
    OutputType,
    ServiceContent,
    ServiceKind,
)
from kapi.kernel.actors import Actor, ActorKind
from kapi.kernel.langstring import LangString
from tests.contexts.institutions.institutions_in_tests import add_top

EDITOR = Actor(ActorKind.STAFF, "701", "10000001")
APPROVER = Actor(ActorKind.STAFF, "702", "10000001")

STUDENT_CERTIFICATE = ServiceContent(
    title=LangString("Öğrenci Belgesi Sorgulama", "Student certificate"),
    summary=LangString("Öğrenci olduğunuzu gösteren belgeyi alın.", "Get a certificate that shows you are a student."),
    description=LangString("Belge doğrulama kodu taşır.", "The certificate carries a verification code."),
    kind=ServiceKind.DOCUMENT,
    maturity=4,
    audience=7_000_000,
    assurance=Assurance.SUBSTANTIAL,
    processing_time="P3D",
    working_days=True,
    costs=(Cost(12_550, "TRY", LangString("Islak imzalı istenirse", "If signed by hand")),),
    requirements=(LangString("Kayıtlı öğrenci olmak", "To be enrolled"),),
    evidence=(LangString("Kimlik belgesi", "Identity document"), LangString("Dilekçe")),
    outputs=(Output(LangString("Öğrenci belgesi", "Student certificate"), OutputType.DOCUMENT),),
    legal_basis=(LegalResource("Kanun", "2547", "44", "Yükseköğretim Kanunu"),),
    life_events=("universite",),
    categories=("egitim", "nufus"),
    keywords_tr=("üniversite", "yükseköğretim"),
    keywords_en=("university",),
    synonyms=("öğrencilik belgesi", "okuyor belgesi"),
    channels=(
        Channel(
            ChannelType.WEB,
            "https://example.edu/ogrenci-belgesi",
            address_en="https://example.edu/en/student-certificate",
        ),
        Channel(ChannelType.COUNTER, place=LangString("Öğrenci işleri, A blok", "Student office, block A")),
        Channel(ChannelType.PHONE, "+90 312 000 00 00"),
    ),
    complaint_authority=LangString("Yükseköğretim Kurulu", "Council of Higher Education"),
    sign_language_url="https://example.edu/isaret-dili",
    easy_read_url="https://example.edu/kolay-oku",
)


def titled(title: str, title_en: str = "", *synonyms: str) -> ServiceContent:
    """Return a publishable content with another title."""
    return replace(
        STUDENT_CERTIFICATE,
        title=LangString(title, title_en),
        summary=LangString(f"{title}."),
        synonyms=synonyms,
        keywords_tr=(),
        keywords_en=(),
    )


def prepare_catalogue(now: datetime) -> None:
    """Add the institution, the categories and the life event of the sample."""
    add_top("10000001", "Yükseköğretim Kurulu", name_en="Council of Higher Education", now=now)
    Category.objects.create(code="egitim", title={"tr": "Eğitim", "en": "Education"})
    Category.objects.create(code="nufus", title={"tr": "Nüfus"})
    LifeEvent.objects.create(
        code="universite", title={"tr": "Üniversiteye gidiyorum", "en": "Going to university"}, position=1
    )


def publish(code: str, content: ServiceContent, *, now: datetime, institution_code: str = "10000001") -> None:
    """Draft, submit and publish a service, or a new revision of it."""
    if ServiceRevision.objects.filter(service__code=code).exists():
        revision_id = services.draft_revision(service_code=code, content=content, actor=EDITOR, now=now)
    else:
        revision_id = services.draft_service(
            code=code, institution_code=institution_code, content=content, actor=EDITOR, now=now
        )
    services.submit(revision_id=revision_id, version=1, actor=EDITOR, now=now)
    services.approve_and_publish(revision_id=revision_id, version=1, actor=APPROVER, now=now)
