"""The app."""

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """The tables of jobs and workers."""

    name = "kapi.foundation.jobs"
    label = "jobs"
