"""PostgreSQL knows at once what was loaded, not minutes later."""

import pytest
from django.db import connection

from kapi.foundation.statistics import refresh_statistics

KNOWN = "SELECT count(*) FROM pg_stats WHERE tablename = 'limits_limitcounter' AND attname = 'key'"


@pytest.mark.django_db
class TestRefreshStatistics:
    @pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite keeps none (.ci/run does)")
    def test_counts_what_was_put_into_the_tables(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO limits_limitcounter (key, count, ends_at) VALUES ('a', 1, now()), ('b', 1, now())"
            )
            cursor.execute(KNOWN)
            assert cursor.fetchone() == (0,)
            refresh_statistics(app_label="limits")
            cursor.execute(KNOWN)
            assert cursor.fetchone() == (1,)

    def test_leaves_the_tables_as_they_are(self) -> None:
        refresh_statistics(app_label="limits")
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM limits_limitcounter")
            assert cursor.fetchone() == (0,)
