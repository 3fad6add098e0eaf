import pytest
from django.db import DEFAULT_DB_ALIAS, connections

from kapi.foundation.connections import settle_connection


class TestSettleConnection:
    def test_knows_all_databases_that_there_are(self) -> None:
        assert list(connections) == [DEFAULT_DB_ALIAS]

    @pytest.mark.django_db(transaction=True)
    def test_has_the_connection_looked_at_again_before_its_next_statement(self) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        connection.ensure_connection()
        vars(connection)["health_check_done"] = True
        settle_connection()
        assert vars(connection)["health_check_done"] is False

    @pytest.mark.django_db(transaction=True)
    def test_has_a_connection_that_failed_asked_whether_it_lives(self) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        connection.ensure_connection()
        connection.errors_occurred = True
        settle_connection()
        assert vars(connection)["errors_occurred"] is False
