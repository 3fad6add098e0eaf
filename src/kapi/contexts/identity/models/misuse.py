"""What owners say was not them."""

from django.db import models

from kapi.contexts.identity.models.people import Person


class MisuseReport(models.Model):
    """An owner's word that something at their account's door was not them: ids, and nothing that they typed.

    `about_id` is a history line's, a session's, a device's or a sharing's id, whose row may be gone long before this
    one. `sessions` lists the sessions that it is about, `authenticators` what was used in them and is to be removed.
    """

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    about = models.CharField(max_length=10)  # MisuseAbout
    about_id = models.BigIntegerField()
    subject_at = models.DateTimeField()
    network = models.CharField(max_length=43, blank=True)
    browser = models.CharField(max_length=30, blank=True)
    system = models.CharField(max_length=30, blank=True)
    reported_in = models.BigIntegerField()  # the session
    at = models.DateTimeField()
    sessions = models.JSONField()
    ended = models.PositiveSmallIntegerField()
    asks_for_password = models.BooleanField()
    authenticators = models.JSONField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "about", "about_id"], name="identity_one_report_for_each"),
        ]
        indexes = [
            models.Index(fields=["at"], name="identity_reports_by_age"),
        ]
