"""Tables."""

from django.db import models
from django.db.models import F, Q

from kapi.contexts.catalogue.values import (
    Assurance,
    RevisionState,
    ServiceKind,
    ServiceStatus,
    UseKind,
)
from kapi.contexts.institutions.models import Institution

_OPEN = [RevisionState.DRAFT.value, RevisionState.IN_REVIEW.value, RevisionState.REJECTED.value]


class Category(models.Model):
    """A thematic area. `title` is a langString."""

    code = models.CharField(max_length=80, primary_key=True)
    title = models.JSONField()


class LifeEvent(models.Model):
    """What happens to people. `title` and `summary` are langStrings."""

    code = models.CharField(max_length=80, primary_key=True)
    title = models.JSONField()
    summary = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField()


class LegalResource(models.Model):
    """A law or rule that services rest on."""

    type = models.CharField(max_length=60, blank=True)
    number = models.CharField(max_length=60, blank=True)
    article = models.CharField(max_length=60, blank=True)
    title = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["type", "number", "article", "title"], name="legal_resource_once")
        ]


class Service(models.Model):
    """A public service. The columns after `current` repeat what its published revision says, for lists and links.

    `title` and `summary` are langStrings; `sort_tr` and `sort_en` sort titles by the Turkish alphabet in any collation;
    `usage` is how often it was used in the last 90 days.
    """

    code = models.CharField(max_length=80, unique=True)
    institution = models.ForeignKey(Institution, on_delete=models.PROTECT, related_name="services")
    status = models.CharField(max_length=16, choices=[(status.value, status.value) for status in ServiceStatus])
    current = models.OneToOneField("ServiceRevision", null=True, on_delete=models.PROTECT, related_name="+")
    title = models.JSONField()
    summary = models.JSONField(default=dict)
    sort_tr = models.CharField(max_length=120)
    sort_en = models.CharField(max_length=120)
    kind = models.CharField(max_length=16, choices=[(kind.value, kind.value) for kind in ServiceKind])
    maturity = models.PositiveSmallIntegerField()
    audience = models.PositiveIntegerField(null=True)
    assurance = models.CharField(max_length=16, choices=[(level.value, level.value) for level in Assurance])
    online = models.BooleanField(default=False)
    usage = models.PositiveIntegerField(default=0)
    categories = models.ManyToManyField(Category, related_name="services")
    life_events = models.ManyToManyField(LifeEvent, related_name="services")
    legal_resources = models.ManyToManyField(LegalResource, related_name="services")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(status=ServiceStatus.ACTIVE.value) | Q(current__isnull=False),
                name="service_active_has_revision",
            ),
            models.CheckConstraint(condition=Q(maturity__range=(1, 5)), name="service_maturity_1_to_5"),
        ]
        indexes = [
            models.Index(fields=["institution", "sort_tr"], name="service_of_institution"),
            models.Index(fields=["sort_tr", "id"], condition=Q(status="active"), name="service_active_tr"),
            models.Index(fields=["sort_en", "id"], condition=Q(status="active"), name="service_active_en"),
            models.Index(fields=["-usage", "id"], condition=Q(status="active"), name="service_active_usage"),
            models.Index(fields=["id", "usage"], name="service_usage"),  # search ranks thousands without their rows
        ]


class ServiceRevision(models.Model):
    """One edition of what is said about a service.

    `content` is the whole of it as one document (`rules.content`). `version` counts changes while it is a draft. People
    are ids, kept when a person is erased. Triggers refuse any change to a revision that was ever published, except of
    its state.
    """

    service = models.ForeignKey(Service, on_delete=models.PROTECT, related_name="revisions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=16, choices=[(state.value, state.value) for state in RevisionState])
    content = models.JSONField()
    content_sha256 = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    author_id = models.BigIntegerField()
    contributors = models.JSONField(default=list)
    approver_id = models.BigIntegerField(null=True)
    drafted_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "number"], name="revision_number_once"),
            models.UniqueConstraint(fields=["service"], condition=Q(state__in=_OPEN), name="revision_one_open"),
            models.UniqueConstraint(
                fields=["service"], condition=Q(state=RevisionState.PUBLISHED.value), name="revision_one_published"
            ),
            models.CheckConstraint(
                condition=Q(approver_id=None) | ~Q(approver_id=F("author_id")), name="revision_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(state__in=_OPEN, published_at=None, approver_id=None)
                | (~Q(state__in=_OPEN) & Q(published_at__isnull=False, approver_id__isnull=False)),
                name="revision_published_by_somebody",
            ),
        ]


class LifeEventStep(models.Model):
    """A step of a life event: a service, or advice if there is none. `title` is a langString."""

    life_event = models.ForeignKey(LifeEvent, on_delete=models.CASCADE, related_name="steps")
    position = models.PositiveSmallIntegerField()
    title = models.JSONField()
    service = models.ForeignKey(Service, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["life_event", "position"], name="life_event_step_once")]


class SearchWord(models.Model):
    """A folded word that occurs in the searchable text of some service; `services` counts in how many."""

    word = models.CharField(max_length=60, unique=True)
    services = models.PositiveIntegerField(default=0)


class SearchPosting(models.Model):
    """A word occurs in a service, with the weight of the best place where it does."""

    pk = models.CompositePrimaryKey("word", "service")
    word = models.ForeignKey(SearchWord, on_delete=models.CASCADE, related_name="postings", db_index=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    weight = models.PositiveSmallIntegerField()

    class Meta:
        # A common word has thousands of postings: read from the index alone, they need not be looked up one by one.
        indexes = [models.Index(fields=["word", "service", "weight"], name="posting_by_word")]


class SearchEntry(models.Model):
    """The folded phrases of a service (titles, synonyms, keywords), one per line, each behind its weight."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, primary_key=True, related_name="search_entry")
    phrases = models.TextField()


class UnansweredSearch(models.Model):
    """A search that found nothing, aggregated by its folded text; numbers that may name a person are hidden first."""

    folded = models.CharField(max_length=120, unique=True)
    text = models.CharField(max_length=120)
    times = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["last_at"], name="unanswered_by_time")]


class ServiceUse(models.Model):
    """How often a service was used on a day."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="uses")
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=[(kind.value, kind.value) for kind in UseKind])
    count = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["service", "day", "kind"], name="service_use_by_day")]
        indexes = [models.Index(fields=["day"], name="service_use_day")]


class Favourite(models.Model):
    """A service that a person has put on their own page. When is not kept: the ids tell the order."""

    person = models.ForeignKey("identity.Person", on_delete=models.CASCADE, related_name="+")
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "service"], name="favourite_once")]


class Feedback(models.Model):
    """What somebody told us about a page; the text is sealed and long numbers in it were hidden first."""

    page = models.CharField(max_length=200)
    service = models.ForeignKey(Service, null=True, on_delete=models.SET_NULL, related_name="feedback")
    score = models.PositiveSmallIntegerField(null=True)
    text_sealed = models.BinaryField()
    language = models.CharField(max_length=2)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(score=None) | Q(score__range=(1, 5)), name="feedback_score_1_to_5")
        ]
        indexes = [models.Index(fields=["at"], name="feedback_by_time")]


class BarrierReport(models.Model):
    """A barrier that somebody met on our pages; the text and how to answer them are sealed."""

    page = models.CharField(max_length=200)
    text_sealed = models.BinaryField()
    contact_sealed = models.BinaryField()
    language = models.CharField(max_length=2)
    at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="barrier_by_time")]
