"""A code for a held-off sign-in is made after the answer, and only where there is somebody to make it for."""

from datetime import datetime, timedelta

import pytest

from kapi.contexts.identity.models import Contact, HeldOffSignIn, SentCode
from kapi.contexts.identity.rules import budgets
from kapi.foundation.limits.values import Budget
from kapi.reactions.held_off_codes import react
from tests import people
from tests.held_off import ask, be_held_off, try_lists
from tests.sent_codes import PHONE, add_contact

pytestmark = pytest.mark.django_db


class TestReact:
    def test_makes_one_for_each_asking_and_none_past_the_limit_without_a_word(
        self, now: datetime, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(budgets, "HELD_OFF_CODES", (Budget(1, timedelta(days=1)),))
        people.make_citizen(now=now)
        add_contact(people.sign_in(now=now).signed_in, PHONE, now=now)
        Contact.objects.update(verified_at=now - timedelta(days=2))
        try_lists(now)
        for address in ("198.51.100.7", "198.51.101.7"):
            ask(be_held_off(now=now, address=address), now=now, address=address)
        first, second = HeldOffSignIn.objects.order_by("pk").values_list("pk", flat=True)
        for held_off_id in (first, first, second, second + 1):
            react({"held_off_id": held_off_id}, now=now)
        assert list(SentCode.objects.filter(closed_at=None).values_list("held_off", flat=True)) == [first]
