"""How far resealing is."""

from django.db import models


class ResealMark(models.Model):
    """One column of sealed values: up to which row it was gone through, and under which key's name.

    `after` is the primary key of the last row, as text; `finished_at` is empty while it is under way.
    """

    column = models.CharField(max_length=120, primary_key=True)
    key_name = models.CharField(max_length=16)
    after = models.CharField(max_length=200, blank=True)
    seen = models.BigIntegerField(default=0)
    resealed = models.BigIntegerField(default=0)
    begun_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
