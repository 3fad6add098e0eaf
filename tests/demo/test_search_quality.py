"""People find services of the demo catalogue with the words they use.

`search_evaluation.csv` was written from a list of needs before its author had seen any title, and judged afterwards:
234 queries; four more, for needs that the catalogue does not serve, were left out.
"""

from collections import Counter
from datetime import datetime

import pytest

from bench.search import hits, judged_queries, load_demo_catalogue, our_search


@pytest.mark.django_db
def test_the_right_service_is_among_the_first(now: datetime) -> None:
    load_demo_catalogue(now)
    queries = judged_queries()
    right = hits(queries, our_search)
    kinds = Counter(kind for _, kind, _ in queries)
    assert len(queries) == 234
    assert right["all", "first five"] >= 0.95 * len(queries), right
    assert right["all", "first"] >= 0.85 * len(queries), right
    for kind in ("ascii", "capitals"):
        assert kinds[kind] > 0
        assert right[kind, "first five"] == kinds[kind], right
