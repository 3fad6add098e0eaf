"""Signing keys are published before they are used, and checked long after."""

from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from joserfc.jwk import ECKey

from kapi.contexts.openid.errors import InvalidToken, KeyNotFound, KeyTooYoung, TokenNotReadable
from kapi.contexts.openid.models import SigningKey
from kapi.contexts.openid.rules.jwt import read, sign
from kapi.contexts.openid.selectors.keys import list_keys, published_keys, verification_key
from kapi.contexts.openid.selectors.tokens import read_own
from kapi.contexts.openid.services import keys
from kapi.contexts.openid.values.keys import KeyState
from kapi.foundation.audit.models import AuditRecord
from tests import people
from tests.contexts.openid.openid_in_tests import ACTOR, add_client, get_code, redeem, userinfo

pytestmark = pytest.mark.django_db
OLD_ENOUGH = 2 * settings.OPENID.jwks_max_age


def states() -> dict[KeyState, str]:
    return {key.state: key.kid for key in list_keys()}


def withdraw(kids: list[str], now: datetime) -> str:
    """Revoke keys, and return which one is in use from then on."""
    in_use = keys.revoke_keys(kids=kids, actor=ACTOR, now=now)
    assert in_use is not None
    return in_use.kid


class TestEnsureKeys:
    def test_makes_one_in_use_and_one_to_come_and_nothing_twice(self, now: datetime) -> None:
        assert keys.ensure_keys(actor=ACTOR, now=now) == 2
        assert keys.ensure_keys(actor=ACTOR, now=now) == 0
        assert set(states()) == {KeyState.ACTIVE, KeyState.NEXT}
        assert AuditRecord.objects.filter(action="openid.key_made").count() == 2

    def test_keeps_the_secret_sealed(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        for row in SigningKey.objects.all():
            assert "d" not in row.public
            assert b'"d"' not in bytes(row.private)

    def test_leaves_no_room_for_a_second_key_in_use(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            SigningKey.objects.create(kid="b", public={}, private=b"", state=KeyState.ACTIVE, created_at=now)
        with pytest.raises(IntegrityError), transaction.atomic():
            SigningKey.objects.create(kid="b", public={}, private=b"", state="lost", created_at=now)


class TestRotateKeys:
    def test_refuses_a_key_that_some_clients_cannot_know_yet(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        with pytest.raises(KeyTooYoung):
            keys.rotate_keys(actor=ACTOR, now=now + OLD_ENOUGH - timedelta(seconds=1))

    def test_uses_the_key_that_was_published_before(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        before = states()
        later = now + OLD_ENOUGH
        assert keys.rotate_keys(actor=ACTOR, now=later).kid == before[KeyState.NEXT]
        after = states()
        assert after[KeyState.ACTIVE] == before[KeyState.NEXT]
        assert after[KeyState.RETIRED] == before[KeyState.ACTIVE]
        assert keys.active_key(actor=ACTOR, now=later).kid == before[KeyState.NEXT]
        assert AuditRecord.objects.filter(action="openid.key_rotated").count() == 1


class TestRevokeKeys:
    def test_withdraws_the_key_in_use_and_signs_with_the_next(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        before = states()
        leaked = before[KeyState.ACTIVE]
        token = sign({"sub": "a"}, typ="JWT", key=keys.active_key(actor=ACTOR, now=now))
        assert withdraw([leaked], now) == before[KeyState.NEXT]
        assert keys.active_key(actor=ACTOR, now=now).kid == before[KeyState.NEXT]
        assert {key["kid"] for key in published_keys(now=now)} == {before[KeyState.NEXT], states()[KeyState.NEXT]}
        assert verification_key(kid=leaked) is None
        with pytest.raises(TokenNotReadable):
            read_own(token, typ="JWT")
        assert bytes(SigningKey.objects.get(pk=leaked).private) == b""
        (record,) = AuditRecord.objects.filter(action="openid.key_revoked")
        assert (record.subject_id, record.details) == (leaked, {"was": "active"})

    def test_ends_what_the_key_has_signed_for_citizens_and_programs(self, key: ECKey, now: datetime) -> None:
        client_id = add_client(now=now, keys=[key]).id
        people.make_citizen(now=now)
        session = people.sign_in(now=now).signed_in
        tokens = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        assert userinfo(tokens.access_token, now=now)
        keys.revoke_keys(kids=[states()[KeyState.ACTIVE]], actor=ACTOR, now=now)
        with pytest.raises(InvalidToken):
            userinfo(tokens.access_token, now=now)
        again = redeem(client_id, key, get_code(client_id, session, now=now), now=now)
        assert userinfo(again.access_token, now=now)

    def test_withdraws_the_next_key_before_it_is_used_and_retired_ones_after(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        keys.rotate_keys(actor=ACTOR, now=now + OLD_ENOUGH)
        before = states()
        bad = [before[KeyState.NEXT], before[KeyState.RETIRED]]
        assert withdraw(bad, now + OLD_ENOUGH) == before[KeyState.ACTIVE]
        shown = {key["kid"] for key in published_keys(now=now + OLD_ENOUGH)}
        assert before[KeyState.ACTIVE] in shown
        assert not shown & set(bad)

    def test_makes_two_new_ones_where_both_are_bad_and_does_nothing_twice(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        bad = list(states().values())
        fresh = withdraw(bad, now)
        assert fresh not in bad
        assert withdraw(bad, now) == fresh
        assert SigningKey.objects.count() == 4
        assert AuditRecord.objects.filter(action="openid.key_revoked").count() == 2

    def test_withdraws_nothing_if_one_is_unknown(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        with pytest.raises(KeyNotFound):
            keys.revoke_keys(kids=[states()[KeyState.ACTIVE], "unknown"], actor=ACTOR, now=now)
        assert KeyState.REVOKED not in states()


class TestRotateDueKeys:
    def test_rotates_when_the_key_has_served_its_time(self, now: datetime) -> None:
        assert keys.rotate_due_keys(actor=ACTOR, now=now) == 2
        first = states()[KeyState.ACTIVE]
        lifetime = settings.OPENID.key_lifetime
        assert keys.rotate_due_keys(actor=ACTOR, now=now + lifetime - timedelta(seconds=1)) == 0
        assert keys.rotate_due_keys(actor=ACTOR, now=now + lifetime) == 1
        assert states()[KeyState.RETIRED] == first


class TestPublishedKeys:
    def test_shows_what_tokens_may_be_signed_with_now_and_soon(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        later = now + OLD_ENOUGH
        keys.rotate_keys(actor=ACTOR, now=later)
        assert {key["kid"] for key in published_keys(now=later)} == set(states().values())
        over = later + settings.OPENID.retired_key_shown
        assert states()[KeyState.RETIRED] not in {key["kid"] for key in published_keys(now=over)}

    def test_says_use_and_algorithm_and_never_a_secret(self, now: datetime) -> None:
        keys.ensure_keys(actor=ACTOR, now=now)
        for key in published_keys(now=now):
            assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "alg"}


class TestPruneKeys:
    def test_destroys_the_secret_of_a_key_no_longer_shown_and_keeps_its_public_half(self, now: datetime) -> None:
        token = sign({"sub": "a"}, typ="JWT", key=keys.active_key(actor=ACTOR, now=now))
        first = states()[KeyState.ACTIVE]
        retired_at = now + OLD_ENOUGH
        keys.rotate_keys(actor=ACTOR, now=retired_at)
        shown_until = retired_at + settings.OPENID.retired_key_shown
        assert keys.prune_keys(actor=ACTOR, now=shown_until) == 0
        assert keys.prune_keys(actor=ACTOR, now=shown_until + timedelta(seconds=1)) == 1
        assert bytes(SigningKey.objects.get(pk=first).private) == b""
        known = verification_key(kid=first)
        assert known is not None
        assert read(token, keys=[known], algorithms=["ES256"]) == {"sub": "a"}


class TestVerificationKey:
    @pytest.mark.parametrize("kid", [None, 7, [], "unheard-of", "a\x00b", "x" * 65])
    def test_knows_none_for_any_other_name(self, kid: object) -> None:
        assert verification_key(kid=kid) is None
