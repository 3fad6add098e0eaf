"""No table grows for ever without a reason."""

from django.apps import apps
from django.conf import settings

from kapi.config.retention import RETENTION, Cleaned, Kept
from tests.architecture.source import ROOT

GUIDE = ROOT / "docs/guides/operator.md"


def table() -> list[str]:
    """Write the lines of the guide's table."""
    return [f"| `{model}` | {_words(line)} |" for model, line in RETENTION.items()]


def _words(line: Kept | Cleaned) -> str:
    if isinstance(line, Kept):
        return f"kept: {line.reason}"
    return f"{line.after} (`{line.job.removeprefix('kapi.jobs.').removesuffix('.run')}`)"


class TestRetention:
    def test_is_decided_for_every_table(self) -> None:
        models = {
            model._meta.label
            for model in apps.get_models()
            if model.__module__.startswith("kapi.") and not model._meta.auto_created
        }
        assert models == set(RETENTION), "say in config/retention.py, and in the guide, how long its rows are kept"

    def test_names_jobs_of_the_schedule(self) -> None:
        jobs = {line.job for line in RETENTION.values() if isinstance(line, Cleaned)}
        assert jobs <= set(settings.JOB_SCHEDULE)

    def test_is_what_the_guide_says(self) -> None:
        lines = GUIDE.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("| `") and "." in line.split("`")[1]] == table()


class TestLanes:
    def test_hold_every_job_that_does_not_run_side_by_side_once(self) -> None:
        listed = [job for jobs in settings.JOB_LANES.values() for job in jobs]
        assert sorted(listed) == sorted(set(settings.JOB_SCHEDULE) - settings.JOBS_SIDE_BY_SIDE)
