"""Our verdict on every malformed request is the certified server's, or docs/differential.md says why not."""

import time
from concurrent.futures import ThreadPoolExecutor

from tests.contracts.differential import requests_to_others, requests_to_par
from tests.contracts.differential.drafts import Endpoint
from tests.contracts.differential.sides import Side, kind_of_difference, our_side, their_side
from tests.contracts.differential.spoiling import Malformed
from tests.contracts.differential.table import explained
from tests.installation import Installation

REQUESTS = [*requests_to_par.REQUESTS, *requests_to_others.REQUESTS]
LEAST_REQUESTS = 300
MOST_ROWS = 20


GOOD = {
    Endpoint.PAR: "answers with a code",
    Endpoint.AUTHORIZE: "answers with a code",
    Endpoint.TOKEN: "accepted",
    Endpoint.REFRESH: "accepted",
    Endpoint.USERINFO: "accepted",
    Endpoint.LOGOUT: "goes to the client, with state",
}


def _verdicts_on_good_requests(side: Side) -> dict[Endpoint, str]:
    return {endpoint: side.verdict(side.draft(endpoint, side.held(endpoint))) for endpoint in Endpoint}


def _verdicts(side: Side) -> dict[str, str]:
    return {str(request): _verdict(side, request) for request in REQUESTS}


def _verdict(side: Side, request: Malformed) -> str:
    draft = side.draft(request.endpoint, side.held(request.endpoint))
    request.spoil(draft)
    return side.verdict(draft)


class TestTheTable:
    def test_has_few_rows_that_each_name_a_clause_and_requests_that_are_sent(self) -> None:
        rows, sent = explained(), [str(request) for request in REQUESTS]
        assert len(sent) == len(set(sent)) >= LEAST_REQUESTS
        assert 0 < len(rows) <= MOST_ROWS
        assert all(row.clause and row.why and row.requests for row in rows)
        named = [name for row in rows for name in row.requests]
        assert len(named) == len(set(named))
        assert set(named) <= set(sent)


class TestOurVerdicts:
    def test_are_those_of_the_certified_server_or_explained(self, migrated: Installation) -> None:
        began = time.monotonic()
        with our_side(migrated) as ours, their_side() as theirs, ThreadPoolExecutor(2) as threads:
            for side in (ours, theirs):  # what is refused is refused for what is wrong with it
                assert _verdicts_on_good_requests(side) == GOOD
            our_verdicts, their_verdicts = threads.map(_verdicts, (ours, theirs))
        assert [name for name, verdict in our_verdicts.items() if "5xx" in verdict] == []
        different = {
            name: kind
            for name, verdict in our_verdicts.items()
            if (kind := kind_of_difference(verdict, their_verdicts[name]))
        }
        rows = explained()
        told = {name for row in rows for name in row.requests}
        alike = sum(our_verdicts[name] == their_verdicts[name] for name in our_verdicts)
        seconds = time.monotonic() - began
        print(f"{len(REQUESTS)} | {alike} | {len(different)} | {len(rows)} | {seconds:.0f}")  # noqa: T201 - measured
        unexplained = {name: (our_verdicts[name], their_verdicts[name]) for name in different if name not in told}
        assert unexplained == {}, "a verdict differs that docs/differential.md does not explain"
        assert sorted(told - set(different)) == [], "docs/differential.md explains what is not so any more"
        for row in rows:
            assert {different[name] for name in row.requests} == row.kinds, row.clause
