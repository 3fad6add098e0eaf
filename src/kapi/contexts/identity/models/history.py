"""What happened at accounts' doors."""

from django.db import models

from kapi.contexts.identity.models.people import LegalPerson, Person
from kapi.contexts.identity.models.sessions import Session


class HistoryRow(models.Model):
    """What happened at an account's door; `person` is empty where the number is nobody's.

    `staff_id` and `institution_code` are who did it, where it was not the person or a stranger. `means` are words of
    `Method`, `AuthenticatorKind` or `ContactKind`, a blank between them.
    """

    person = models.ForeignKey(Person, on_delete=models.CASCADE, null=True, related_name="history")
    session = models.ForeignKey(Session, on_delete=models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()
    kind = models.CharField(max_length=30)  # HistoryKind
    legal_person = models.ForeignKey(LegalPerson, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    institution_code = models.CharField(max_length=8, blank=True, default="", db_default="")
    staff_id = models.BigIntegerField(null=True)
    means = models.CharField(max_length=80, blank=True, default="", db_default="")
    network = models.CharField(max_length=43, blank=True)
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-id"], name="identity_history_of_person"),
            models.Index(fields=["at"], name="identity_history_by_age"),
        ]
