"""What a page is needed for, over arbitrary moments."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from kapi.contexts.identity.rules.assurance import assess
from kapi.contexts.identity.values import Method, PersonId, Proof, Proofing, SessionId, SignedIn
from kapi.contexts.openid.rules.interaction import Situation, sign_in_is_older_than_max_age
from kapi.contexts.openid.values.authorization import AuthorizationRequest
from kapi.contexts.openid.values.clients import Scope

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
MOMENTS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=12))
AGES = st.integers(min_value=0, max_value=43_200)


def situation(*, signed_in_at: datetime, asked_at: datetime, max_age_s: int) -> Situation:
    """Return what is known of somebody who signed in by password at some moment, and is asked for at another."""
    proofs = (Proof(method=Method.PASSWORD, at=signed_in_at),)
    session = SignedIn(
        session_id=SessionId(1),
        person_id=PersonId(1),
        given_names="Deniz",
        family_name=None,
        proofs=proofs,
        assurances=assess(proofs, Proofing.DESK),
        must_change_password=False,
        last_seen_at=asked_at,
        warn_at=asked_at,
        expires_at=asked_at,
        ends_at=asked_at,
    )
    request = AuthorizationRequest(
        client_id="a", redirect_uri="https://a.example/back", scopes=(Scope.OPENID,), max_age_s=max_age_s
    )
    return Situation(
        request=request, began_at=asked_at, session=session, subject="", agreed=None, is_allowed=False, now=asked_at
    )


class TestSignInIsOlderThanMaxAge:
    @given(into_the_second=st.timedeltas(timedelta(0), timedelta(microseconds=999_999)), ago=MOMENTS, max_age_s=AGES)
    def test_is_what_the_clock_says_and_never_less_than_who_reads_auth_time_finds(
        self, into_the_second: timedelta, ago: timedelta, max_age_s: int
    ) -> None:
        ago += timedelta(microseconds=1)  # proved before the request came
        signed_in_at = NOW + into_the_second
        asked_at = signed_in_at + ago
        is_old = sign_in_is_older_than_max_age(
            situation(signed_in_at=signed_in_at, asked_at=asked_at, max_age_s=max_age_s)
        )
        assert is_old == (ago > timedelta(seconds=max_age_s))
        if not is_old:
            assert int(asked_at.timestamp()) <= int(signed_in_at.timestamp()) + max_age_s

    @given(into_the_second=st.timedeltas(timedelta(0), timedelta(microseconds=999_999)), max_age_s=AGES.filter(bool))
    def test_turns_in_the_very_microsecond(self, into_the_second: timedelta, max_age_s: int) -> None:
        signed_in_at = NOW + into_the_second
        last = signed_in_at + timedelta(seconds=max_age_s)
        for asked_at, expected in ((last, False), (last + timedelta(microseconds=1), True)):
            known = situation(signed_in_at=signed_in_at, asked_at=asked_at, max_age_s=max_age_s)
            assert sign_in_is_older_than_max_age(known) is expected
