"""People find services of the demo catalogue with the words they use.

`search_evaluation.csv` was written from a list of needs before its author had seen any title, and judged afterwards:
234 queries; four more, for needs that the catalogue does not serve, were left out.
"""

import csv
from collections import Counter
from datetime import datetime
from pathlib import Path

import pytest

from kapi.contexts.catalogue.selectors import search
from kapi.contexts.catalogue.services import load_catalogue
from kapi.contexts.institutions.services import load_institutions
from kapi.kernel.actors import system

DATA = Path(__file__).resolve().parents[2] / "demo/data"
EVERYTHING = "all"


def read(name: str) -> bytes:
    return (DATA / f"{name}.csv").read_bytes()


def load_demo_catalogue(now: datetime) -> None:
    actor = system("test")
    load_institutions(data=read("institutions"), author_id=1, approver_id=2, actor=actor, now=now)
    load_catalogue(
        categories=read("categories"),
        life_events=read("life_events"),
        services=read("services"),
        life_event_steps=read("life_event_steps"),
        places={"municipality": "https://m.example", "university": "https://u.example"},
        author_id=1,
        approver_id=2,
        progress=lambda done: None,
        actor=actor,
        now=now,
    )


@pytest.mark.django_db
def test_the_right_service_is_among_the_first(now: datetime) -> None:
    load_demo_catalogue(now)
    asked, among_five, first, missed = Counter[str](), Counter[str](), Counter[str](), []
    with (DATA / "search_evaluation.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            expected = set(row["expected_codes"].split("|"))
            language = "en" if row["kind"] == "english" else "tr"
            found = [hit.code for hit in search(query=row["query"], language=language, limit=5)]
            for kind in (EVERYTHING, row["kind"]):
                asked[kind] += 1
                among_five[kind] += bool(expected & set(found))
                first[kind] += bool(expected & set(found[:1]))
            if not expected & set(found):
                missed.append(row["query"])
    assert asked[EVERYTHING] == 234
    assert among_five[EVERYTHING] >= 0.95 * asked[EVERYTHING], missed
    assert first[EVERYTHING] >= 0.85 * asked[EVERYTHING]
    for kind in ("ascii", "capitals"):
        assert among_five[kind] == asked[kind], missed
