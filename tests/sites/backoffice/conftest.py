"""Institutions with people at work in them."""

from datetime import datetime

import pytest
from django.test import Client
from django.utils import timezone

from kapi.contexts.institutions.values import Role
from tests.contexts.institutions.institutions_in_tests import add_top, add_unit
from tests.sites.backoffice.staff import FACULTY, GATEWAY, MINISTRY, OTHER, at_work


@pytest.fixture
def now() -> datetime:
    """This very moment, for the pages read the clock themselves."""
    return timezone.now()


@pytest.fixture
def institutions(db: None, now: datetime) -> None:
    """The gateway's own institution, a ministry with a unit, and another one."""
    add_top(GATEWAY, "Kapı İşletmesi", name_en="Gateway", now=now)
    add_top(MINISTRY, "Örnek Bakanlığı", name_en="Ministry of Examples", now=now)
    add_unit(FACULTY, MINISTRY, "Çağrı Merkezi", now=now)
    add_top(OTHER, "Başka Kurum", now=now)


@pytest.fixture
def officer(institutions: None, now: datetime) -> Client:
    """A desk officer's browser."""
    return at_work(0, (Role.DESK_OFFICER, MINISTRY), now=now, name="Ömer")


@pytest.fixture
def citizen(institutions: None, now: datetime) -> Client:
    """The browser of somebody who works nowhere."""
    return at_work(1, now=now, name="Ayşe")


@pytest.fixture
def operator(institutions: None, now: datetime) -> Client:
    """An operator's browser."""
    return at_work(10, (Role.OPERATOR, GATEWAY), now=now, name="İbrahim")


@pytest.fixture
def approver(institutions: None, now: datetime) -> Client:
    """The browser of the operator who decides."""
    return at_work(11, (Role.OPERATOR_APPROVER, GATEWAY), now=now, name="Gülşen")


@pytest.fixture
def administrator(institutions: None, now: datetime) -> Client:
    """The browser of the ministry's administrator."""
    return at_work(12, (Role.INSTITUTION_ADMINISTRATOR, MINISTRY), now=now, name="Şule")


@pytest.fixture
def editor(institutions: None, now: datetime) -> Client:
    """The browser of one who writes the ministry's services."""
    return at_work(13, (Role.SERVICE_EDITOR, MINISTRY), now=now, name="Hatice")


@pytest.fixture
def publisher(institutions: None, now: datetime) -> Client:
    """The browser of one who approves the ministry's services."""
    return at_work(14, (Role.SERVICE_APPROVER, MINISTRY), now=now, name="Uğur")
