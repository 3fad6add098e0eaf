"""Who may change what they prove themselves with."""

from datetime import UTC, datetime, timedelta

import pytest

from kapi.contexts.identity.errors import NameRefused, ProveAgain, StrongerProofNeeded
from kapi.contexts.identity.rules.assurance import assess, reachable
from kapi.contexts.identity.rules.authenticators import (
    RECENT,
    clean_name,
    proved_lately,
    session_is_as_strong_as_the_person,
)
from kapi.contexts.identity.values import Method, PersonId, Proof, Proofing, SessionId, SignedIn

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def session(*proofs: tuple[Method, timedelta], must_change_password: bool = False) -> SignedIn:
    """A session whose proofs were given so long ago."""
    given = tuple(Proof(method=method, at=NOW - ago) for method, ago in proofs)
    return SignedIn(
        session_id=SessionId(1),
        person_id=PersonId(1),
        given_names="Deniz",
        family_name=None,
        proofs=given,
        assurances=assess(given, Proofing.DESK),
        must_change_password=must_change_password,
        last_seen_at=NOW,
        warn_at=NOW,
        expires_at=NOW,
        ends_at=NOW,
    )


class TestProvedLately:
    def test_is_exact_to_the_second(self) -> None:
        proved_lately(session((Method.PASSWORD, RECENT)), NOW)
        with pytest.raises(ProveAgain):
            proved_lately(session((Method.PASSWORD, RECENT + SECOND)), NOW)

    def test_refuses_who_has_to_choose_a_password_first(self) -> None:
        with pytest.raises(ProveAgain):
            proved_lately(session((Method.SEALED_CODE, SECOND), must_change_password=True), NOW)


class TestSessionIsAsStrongAsThePerson:
    STRONG = reachable([Method.PASSWORD, Method.PASSKEY], Proofing.DESK)

    def test_lets_the_first_be_added_with_the_password(self) -> None:
        only_password = reachable([Method.PASSWORD], Proofing.DESK)
        session_is_as_strong_as_the_person(session((Method.PASSWORD, SECOND)), only_password, NOW)

    def test_refuses_the_password_alone_beside_a_passkey(self) -> None:
        with pytest.raises(StrongerProofNeeded) as refusal:
            session_is_as_strong_as_the_person(session((Method.PASSWORD, SECOND)), self.STRONG, NOW)
        assert refusal.value.acr == "urn:kapi:loa:substantial"

    def test_wants_the_strong_proof_itself_to_be_recent(self) -> None:
        old_passkey = session((Method.PASSKEY, RECENT + SECOND), (Method.PASSWORD, SECOND))
        with pytest.raises(ProveAgain):
            session_is_as_strong_as_the_person(old_passkey, self.STRONG, NOW)
        session_is_as_strong_as_the_person(session((Method.PASSKEY, RECENT)), self.STRONG, NOW)


class TestCleanName:
    @pytest.mark.parametrize(
        ("typed", "kept"), [("  Telefonum ", "Telefonum"), ("İş\tbilgisayarı", "İş bilgisayarı"), ("🔑", "🔑")]
    )
    def test_sets_blanks_right(self, typed: str, kept: str) -> None:
        assert clean_name(typed) == kept

    @pytest.mark.parametrize("typed", ["", "  ", "x" * 61, "a\u202eb", "a\0b"])
    def test_refuses_what_nobody_could_read(self, typed: str) -> None:
        with pytest.raises(NameRefused):
            clean_name(typed)
