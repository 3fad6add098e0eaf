"""Natural and legal persons."""

from django.db import models
from django.db.models import Q


class Person(models.Model):
    """A natural person. The number is kept twice: sealed for reading, as a keyed digest for finding.

    Any part of the name after the first, and any part of the birth date, may be unknown.
    """

    number_digest = models.CharField(max_length=64, unique=True)
    number_sealed = models.BinaryField()
    given_names = models.CharField(max_length=120)
    family_name = models.CharField(max_length=120, blank=True)
    birth_year = models.PositiveSmallIntegerField(null=True)
    birth_month = models.PositiveSmallIntegerField(null=True)
    birth_day = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(given_names=""), name="identity_person_has_a_name"),
            models.CheckConstraint(
                condition=Q(birth_month=None) | Q(birth_month__range=(1, 12), birth_year__isnull=False),
                name="identity_birth_month_of_a_year",
            ),
            models.CheckConstraint(
                condition=Q(birth_day=None) | Q(birth_day__range=(1, 31), birth_month__isnull=False),
                name="identity_birth_day_of_a_month",
            ),
        ]
        indexes = [models.Index(fields=["birth_year", "birth_month", "birth_day"], name="identity_people_by_birth")]


class LegalPerson(models.Model):
    """A company, association or foundation. Both numbers are kept twice, as a natural person's is.

    Without a MERSİS number its digest is empty (NULL) and nothing is sealed.
    """

    tax_number_digest = models.CharField(max_length=64, unique=True)
    tax_number_sealed = models.BinaryField()
    mersis_number_digest = models.CharField(max_length=64, unique=True, null=True)  # noqa: DJ001 - unique if there is one
    mersis_number_sealed = models.BinaryField()
    name = models.CharField(max_length=240)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(name=""), name="identity_legal_person_has_a_name")]
