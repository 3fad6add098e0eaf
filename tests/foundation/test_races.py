"""Many at once, over two processes of eight threads: one runs a job, one seals at a time."""

import json
from concurrent.futures import ThreadPoolExecutor

from tests.installation import Installation

PREPARE = """
from datetime import datetime, UTC
from kapi.foundation.jobs import services as jobs
now = datetime(2026, 11, 22, tzinfo=UTC)
jobs.enlist_jobs(paths=["kapi.jobs.prune_mailbox.run"], now=now)
"""
RACE = """
import json, os, threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, UTC
from pathlib import Path
from django.conf import settings
from django.db import connection
from kapi.foundation.audit import services as audit
from kapi.foundation.jobs import services as jobs
from kapi.kernel.actors import system

now = datetime(2026, 11, 22, tzinfo=UTC)
heads = Path(settings.DATA_DIR, "audit-heads.jsonl")
begin = threading.Barrier(8)

def work(thread):
    begin.wait()
    try:
        name = f"{os.getpid()}:{thread}"
        ran = jobs.run_leased(path="kapi.jobs.prune_mailbox.run", every_s=60, worker=name, clock=lambda: now)
        sealed = 0
        for number in range(6):
            audit.record(action="a.b", subject_kind="t", subject_id=f"{name}:{number}", actor=system("t"), now=now)
            sealed += audit.seal(limit=3, heads_file=heads, now=now + timedelta(minutes=number))
        return [ran is not None, sealed]
    finally:
        connection.close()

with ThreadPoolExecutor(8) as threads:
    print(json.dumps(list(threads.map(work, range(8)))))
"""
JUDGE = """
from datetime import datetime, UTC
from pathlib import Path
from django.conf import settings
from kapi.foundation.audit import services as audit
from kapi.foundation.audit.verification import verify
heads = Path(settings.DATA_DIR, "audit-heads.jsonl")
last = audit.seal_all(batch=3, most=1000, heads_file=heads, now=datetime(2026, 11, 23, tzinfo=UTC))
found = verify(heads_file=heads)
print(last, found.sealed, found.unsealed_tail, found.first_bad_row)
"""


class TestManyAtOnce:
    def test_run_a_job_once_and_make_one_chain(self, migrated: Installation) -> None:
        migrated.python(PREPARE)
        with ThreadPoolExecutor(2) as processes:
            told = [json.loads(text) for text in processes.map(migrated.python, [RACE] * 2)]
        ran, sealed = zip(*(thread for threads in told for thread in threads), strict=True)
        assert sum(ran) == 1
        assert sum(sealed) > 0
        last, whole, tail, bad = migrated.python(JUDGE).split()
        assert (int(last) + sum(sealed), whole, tail, bad) == (96, "96", "0", "None")
