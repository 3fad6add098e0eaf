"""Under which name a sector knows a person: the same each time, and no other sector's."""

import random
from dataclasses import replace
from datetime import datetime

import pytest
from django.db import connection

from kapi.contexts.identity.values import SessionId, SignedIn
from kapi.contexts.openid.models import Subject
from kapi.contexts.openid.selectors.clients import get_client
from kapi.contexts.openid.services.visits import note_visit
from tests import people
from tests.contexts.openid.openid_in_tests import ACTOR, add_client

PEOPLE, SECTORS = 8, 6


@pytest.mark.django_db
class TestNoteVisit:
    def test_names_each_person_in_each_sector_once_and_nowhere_else_so(self, session: SignedIn, now: datetime) -> None:
        numbers = people.make_numbers(PEOPLE)
        persons = [people.register(now=now, number=number) for number in numbers]
        sectors = [f"sector{number}" for number in range(SECTORS)]
        clients = [
            get_client(client_id=add_client(now=now, client_id=f"{sector}.{copy}", sector=sector).id)
            for sector in sectors
            for copy in range(2)
        ]
        visits = [(person, client) for person in persons for client in clients]
        dice = random.Random(11)
        dice.shuffle(visits)
        names: dict[tuple[int, str], set[str]] = {}
        for at, (person, client) in enumerate([*visits, *dice.sample(visits, 20)]):
            theirs = replace(session, session_id=SessionId(session.session_id + 1 + at), person_id=person)
            visit = note_visit(client=client, session=theirs, actor=ACTOR, now=now)
            names.setdefault((person, client.sector), set()).add(visit.subject)
        assert len(names) == PEOPLE * SECTORS
        assert all(len(each) == 1 for each in names.values())
        every = [name for each in names.values() for name in each]
        assert len(set(every)) == len(every)
        assert all(len(name) == 32 for name in every)  # 192 random bits
        known = {str(person) for person in persons} | {number.digits for number in numbers} | set(sectors)
        assert not [name for name in every if any(word in name for word in known)]

    def test_leaves_it_to_the_database_that_no_name_stands_for_two(self) -> None:
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, Subject._meta.db_table).values()
        unique = {tuple(each["columns"]) for each in constraints if each["unique"]}
        assert {("name",), ("person_id", "sector")} <= unique
