"""After a recovery nothing is removed that was there before, but by who shows what they had before."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules.assurance import STRENGTHS, Factor
from kapi.contexts.identity.rules.cooling_off import (
    LASTS,
    CoolingOff,
    after_recovery,
    is_settled,
    proofs_that_count,
    removable_from,
)
from kapi.contexts.identity.values import AuthenticatorId, Method, Proof

RECOVERED = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
RUNNING = CoolingOff(RECOVERED, RECOVERED + LASTS)
BEFORE, AFTER = RECOVERED - HOUR, RECOVERED + HOUR


class TestRemovableFrom:
    @pytest.mark.parametrize(
        ("running", "added_at", "proved_with", "now", "expected"),
        [
            (None, BEFORE, [], AFTER, None),
            (RUNNING, BEFORE, [], RECOVERED, RECOVERED + LASTS),
            (RUNNING, BEFORE, [], RECOVERED + LASTS - timedelta(microseconds=1), RECOVERED + LASTS),
            (RUNNING, BEFORE, [], RECOVERED + LASTS, None),
            (RUNNING, AFTER, [], AFTER + HOUR, None),  # what was added since
            (RUNNING, BEFORE, [BEFORE], AFTER, None),  # the owner's own
            (RUNNING, BEFORE, [AFTER], AFTER + HOUR, RECOVERED + LASTS),  # the thief's own
            (RUNNING, BEFORE, [AFTER, BEFORE], AFTER + HOUR, None),
        ],
    )
    def test_names_the_moment(
        self,
        running: CoolingOff | None,
        added_at: datetime,
        proved_with: list[datetime],
        now: datetime,
        expected: datetime | None,
    ) -> None:
        assert removable_from(running, added_at=added_at, proved_with=proved_with, now=now) == expected


class TestAfterRecovery:
    def test_lasts_a_day(self) -> None:
        assert after_recovery(None, RECOVERED) == RUNNING
        assert timedelta(hours=24) == LASTS

    def test_is_prolonged_and_keeps_its_beginning(self) -> None:
        assert after_recovery(RUNNING, AFTER) == CoolingOff(RECOVERED, AFTER + LASTS)

    def test_begins_anew_once_the_former_is_over(self) -> None:
        later = RECOVERED + LASTS
        assert after_recovery(RUNNING, later) == CoolingOff(later, later + LASTS)


class TestIsSettled:
    @pytest.mark.parametrize(
        ("running", "added_at", "now", "expected"),
        [
            (None, BEFORE, BEFORE + LASTS, True),
            (None, BEFORE, BEFORE + LASTS - timedelta(microseconds=1), False),
            (RUNNING, BEFORE, BEFORE + LASTS, True),  # the owner's own, though a recovery is not over
            (CoolingOff(RECOVERED, RECOVERED + 2 * LASTS), AFTER, AFTER + LASTS, False),  # a thief's, who prolongs it
            (RUNNING, AFTER, RECOVERED + LASTS, False),
            (RUNNING, AFTER, AFTER + LASTS, True),
        ],
    )
    def test_takes_a_day_and_no_recovery_before_it(
        self, running: CoolingOff | None, added_at: datetime, now: datetime, *, expected: bool
    ) -> None:
        assert is_settled(running, added_at=added_at, now=now) is expected


class TestProofsThatCount:
    @pytest.mark.parametrize("method", list(Method))
    def test_are_those_of_possession_and_for_the_password_e_mail_too_but_nothing_one_recovers_with(
        self, method: Method
    ) -> None:
        shown = Proof(method=method, at=AFTER, authenticator_id=AuthenticatorId(1))
        counts = Factor.POSSESSION in STRENGTHS[method].factors and method not in {
            Method.RECOVERY_CODE,
            Method.SEALED_CODE,
        }
        assert proofs_that_count([shown], {AuthenticatorId(1): BEFORE}) == ((BEFORE,) if counts else ())
        counts = counts or method is Method.EMAIL_CODE
        assert proofs_that_count([shown], {AuthenticatorId(1): BEFORE}, for_password=True) == (
            (BEFORE,) if counts else ()
        )

    @pytest.mark.parametrize("method", [Method.QUALIFIED_CERTIFICATE, Method.IDENTITY_CARD, Method.MOBILE_SIGNATURE])
    @pytest.mark.parametrize("since", [BEFORE, AFTER])
    def test_are_certificates_since_they_were_given_out(self, method: Method, since: datetime) -> None:
        assert proofs_that_count([Proof(method=method, at=AFTER, held_since=since)], {}) == (since,)
        assert proofs_that_count([Proof(method=method, at=AFTER)], {}) == ()

    def test_are_no_others_because_of_such_a_moment(self) -> None:
        for method in (Method.PASSWORD, Method.SEALED_CODE, Method.EMAIL_CODE, Method.RECOVERY_CODE):
            assert proofs_that_count([Proof(method=method, at=AFTER, held_since=BEFORE)], {}) == ()

    def test_are_none_of_what_is_gone(self) -> None:
        shown = Proof(method=Method.TOTP, at=AFTER, authenticator_id=AuthenticatorId(1))
        assert proofs_that_count([shown], {}) == ()


@dataclass
class Story:
    """An account that somebody gets into by recovery, who has nothing of the owner's and does what they can."""

    running: CoolingOff | None = None
    own: list[datetime] = field(default_factory=list)  # what they have added themselves

    def may_remove_the_owners(self, now: datetime) -> bool:
        """Tell whether a session proved with all that they have removes what was there before they came."""
        return removable_from(self.running, added_at=BEFORE, proved_with=self.own, now=now) is None


DEEDS = st.lists(st.tuples(st.sampled_from(["recover", "add", "try"]), st.integers(0, 600)), max_size=30)


class TestAThief:
    @given(deeds=DEEDS)
    def test_removes_nothing_of_the_owners_within_a_day_whatever_they_do(self, deeds: list[tuple[str, int]]) -> None:
        story, now = Story(running=RUNNING), RECOVERED
        for deed, minutes in deeds:
            now += timedelta(minutes=minutes)
            if deed == "recover":
                story.running = after_recovery(story.running, now)
            elif deed == "add":
                story.own.append(now)
            elif now < RECOVERED + LASTS:
                assert not story.may_remove_the_owners(now)

    @given(deeds=DEEDS)
    def test_gains_nothing_by_recovering_again(self, deeds: list[tuple[str, int]]) -> None:
        story, now, last = Story(running=RUNNING), RECOVERED, RECOVERED
        for deed, minutes in deeds:
            now += timedelta(minutes=min(minutes, 1000))
            if now >= last + LASTS:
                break
            if deed == "recover":
                story.running, last = after_recovery(story.running, now), now
            elif deed == "add":
                story.own.append(now)
            else:
                assert not story.may_remove_the_owners(now)
