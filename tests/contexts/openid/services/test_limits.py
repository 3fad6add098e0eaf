"""How much is heard from one origin, and that nobody is shut out by what others do."""

import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from joserfc.jwk import ECKey

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import InvalidClient, ProtocolError
from kapi.contexts.openid.rules import limits
from kapi.contexts.openid.rules.limits import BAD_TOKENS, FAILED_PROOFS
from kapi.contexts.openid.services.limits import count_brought_request
from kapi.contexts.openid.services.sharing import share_attributes
from kapi.contexts.openid.services.token_endpoint import answer_token_request
from kapi.contexts.openid.values.clients import RegisteredClient
from kapi.contexts.openid.values.tokens import IssuedTokens
from kapi.foundation.limits.values import Budget
from kapi.kernel.actors import NOBODY
from tests.contexts.openid.openid_in_tests import add_client, get_code, new_key, redeem, token_request
from tests.installation import Installation

pytestmark = pytest.mark.django_db
HERE = "192.0.2.7"
ELSEWHERE = "198.51.100.7"


def told(status: int, deed: Callable[[], object], times: int) -> int:
    """Do something so many times; return how often it was refused with that status."""
    count = 0
    for _ in range(times):
        try:
            deed()
        except ProtocolError as refusal:
            count += refusal.status == status
    return count


def heard_no_more(deed: Callable[[], object]) -> ProtocolError:
    """Do something that is refused as too much; return the refusal."""
    with pytest.raises(ProtocolError) as refused:
        deed()
    assert refused.value.status == 429
    assert refused.value.retry_after is not None
    return refused.value


@pytest.fixture
def secretive(now: datetime) -> RegisteredClient:
    """A client that proves itself by a secret."""
    return add_client(now=now, client_id="gizli")


def try_secret(
    client_id: str, secret: str | None, *, now: datetime, address: str = HERE, code: str = "x"
) -> IssuedTokens:
    """Send a token request with a secret."""
    request = token_request(
        client_id, None, code, now=now, client_assertion_type=None, client_id=client_id, client_secret=secret
    )
    return answer_token_request(request=replace(request, address=address), actor=NOBODY, now=now)


def try_key(client_id: str, key: ECKey, *, now: datetime, address: str = HERE, code: str = "x") -> IssuedTokens:
    """Send a token request with an assertion."""
    request = token_request(client_id, key, code, now=now)
    return answer_token_request(request=replace(request, address=address), actor=NOBODY, now=now)


class TestFailedProofs:
    MOST = FAILED_PROOFS[0].limit

    def test_are_told_to_wait_when_there_were_too_many(self, secretive: RegisteredClient, now: datetime) -> None:
        assert told(401, lambda: try_secret("gizli", "wrong", now=now), self.MOST + 5) == self.MOST
        refusal = heard_no_more(lambda: try_secret("gizli", "wrong", now=now + timedelta(minutes=1)))
        assert refusal.retry_after == timedelta(minutes=4)
        assert (refusal.code, refusal.status) == ("invalid_client", 429)

    def test_end_the_comparing_of_secrets_from_there_and_nowhere_else(
        self, secretive: RegisteredClient, session: SignedIn, now: datetime
    ) -> None:
        told(401, lambda: try_secret("gizli", "wrong", now=now), self.MOST)
        code = get_code("gizli", session, now=now)
        heard_no_more(lambda: try_secret("gizli", secretive.secret, now=now, code=code))
        assert try_secret("gizli", secretive.secret, now=now, code=code, address=ELSEWHERE).id_token
        later = now + FAILED_PROOFS[0].window
        assert told(401, lambda: try_secret("gizli", "wrong", now=later), 1) == 1

    def test_never_keep_out_who_proves_itself_by_a_key(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        stranger = new_key(str(key.kid))
        told(401, lambda: try_key(client_id, stranger, now=now), self.MOST)
        heard_no_more(lambda: try_key(client_id, stranger, now=now))
        for address in (HERE, ELSEWHERE):
            code = get_code(client_id, session, now=now)
            assert try_key(client_id, key, now=now, code=code, address=address).id_token

    def test_are_each_clients_own(self, secretive: RegisteredClient, session: SignedIn, now: datetime) -> None:
        neighbour = add_client(now=now, client_id="komsu")
        told(401, lambda: try_secret("komsu", "wrong", now=now), self.MOST + 1)
        told(401, lambda: try_secret("kimse", "wrong", now=now), self.MOST + 1)
        code = get_code("gizli", session, now=now)
        assert try_secret("gizli", secretive.secret, now=now, code=code).id_token
        heard_no_more(lambda: try_secret("komsu", neighbour.secret, now=now))

    def test_of_ids_that_are_no_clients_are_counted_together(self, client_id: str, now: datetime) -> None:
        for number in range(self.MOST):
            with pytest.raises(InvalidClient):
                try_secret(f"kimse-{number}", "wrong", now=now)
        heard_no_more(lambda: try_secret("baska", "wrong", now=now))

    def test_are_not_counted_where_nobody_knows_from_where(self, secretive: RegisteredClient, now: datetime) -> None:
        assert told(401, lambda: try_secret("gizli", "wrong", now=now, address=""), self.MOST + 5) == (self.MOST + 5)

    def test_do_not_include_wrong_codes_which_anybody_can_make_a_client_bring(
        self, secretive: RegisteredClient, session: SignedIn, now: datetime
    ) -> None:
        for _ in range(self.MOST + 1):
            with pytest.raises(Exception, match="the code is not known"):
                try_secret("gizli", secretive.secret, now=now)
        assert try_secret("gizli", secretive.secret, now=now, code=get_code("gizli", session, now=now)).id_token


class TestBadTokens:
    def test_are_told_to_wait_and_good_ones_pass(
        self, client_id: str, key: ECKey, session: SignedIn, now: datetime
    ) -> None:
        def bring(token: str) -> dict[str, str]:
            return share_attributes(authorization=f"Bearer {token}", address=HERE, actor=NOBODY, now=now)

        assert told(401, lambda: bring("a.b.c"), BAD_TOKENS[0].limit + 3) == BAD_TOKENS[0].limit
        refusal = heard_no_more(lambda: bring("a.b.c"))
        assert refusal.retry_after == BAD_TOKENS[0].window
        good = redeem(client_id, key, get_code(client_id, session, now=now), now=now).access_token
        assert bring(good)["sub"]


class TestBroughtRequests:
    def test_are_heard_so_many_from_one_origin(self, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(limits, "BROUGHT", (Budget(3, timedelta(minutes=5)),))

        def bring(address: str) -> None:
            count_brought_request(address=address, actor=NOBODY, now=now)

        assert told(429, lambda: bring("2001:db8:1:2::1"), 5) == 2
        heard_no_more(lambda: bring("2001:db8:1:2:ffff::1"))
        bring("2001:db8:1:3::1")
        assert told(429, lambda: bring(""), 5) == 0


TRY_AT_ONCE = """
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, UTC
from django.db import connection
from kapi.contexts.openid.errors import ProtocolError
from tests.contexts.openid.services.test_limits import try_secret

def once(number):
    try:
        try_secret("gizli", "wrong", now=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
    except ProtocolError as refusal:
        return refusal.status
    finally:
        connection.close()

with ThreadPoolExecutor(16) as threads:
    print(json.dumps(list(threads.map(once, range(70)))))
"""
PREPARE = """
from datetime import datetime, UTC
from tests.contexts.openid.openid_in_tests import add_client
print(add_client(now=datetime(2026, 11, 22, 9, 0, tzinfo=UTC), client_id="gizli").secret)
"""
RIGHT = """
from datetime import datetime, UTC
from kapi.contexts.openid.errors import ProtocolError
from tests.contexts.openid.services.test_limits import HERE, ELSEWHERE, try_secret

for address in (HERE, ELSEWHERE):
    try:
        try_secret("gizli", {secret!r}, address=address, now=datetime(2026, 11, 22, 9, 0, tzinfo=UTC))
    except ProtocolError as refusal:
        print(refusal.status)
"""


class TestManyAtOnce:
    def test_are_told_to_wait_beyond_the_limit_exactly_and_elsewhere_is_open(self, migrated: Installation) -> None:
        secret = migrated.python(PREPARE).strip()
        with ThreadPoolExecutor(2) as processes:
            printed = list(processes.map(migrated.python, ["import json\n" + TRY_AT_ONCE] * 2))
        assert Counter(status for lines in printed for status in json.loads(lines)) == {401: 100, 429: 40}
        assert migrated.python(RIGHT.format(secret=secret)).split() == ["429", "400"]
