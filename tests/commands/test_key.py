"""`kapi key reseal` survives being killed, and says when the former key can go."""

import re

from tests.installation import Installation

OLD, NEW = "an-old-secret-key-of-more-than-32-characters", "a-new-secret-key-of-more-than-32-characters"
REGISTER = """
from datetime import datetime, UTC
from tests import people
for number in people.make_numbers(40):
    people.register(now=datetime(2026, 11, 22, tzinfo=UTC), number=number)
"""
# Dies in the middle of its third transaction: rows are written, the mark is not.
DIE = """
import os, signal
from django.db import connection
from kapi.commands.key import reseal

writes = 0
def deadly(execute, sql, params, many, context):
    global writes
    writes += sql.startswith('UPDATE "identity_person"')
    answer = execute(sql, params, many, context)
    if writes == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return answer

with connection.execute_wrapper(deadly):
    reseal(check=False, batch=5)
"""
DIED = f"""
import subprocess, sys
print(subprocess.run([sys.executable, "-c", "import kapi.commands.main\\n" + {DIE!r}], check=False).returncode)
"""
FIND = """
from kapi.contexts.identity import selectors
from tests import people
print(sum(selectors.find_person(identity_number=number) is not None for number in people.make_numbers(40)))
"""


class TestReseal:
    def test_goes_on_after_a_kill_and_tells_when_the_former_key_can_go(self, migrated: Installation) -> None:
        migrated.environment["KAPI_SECRET_KEY"] = OLD
        migrated.python(REGISTER)
        migrated.environment |= {"KAPI_SECRET_KEY": NEW, "KAPI_SECRET_KEY_FALLBACKS": OLD}
        assert migrated.python(DIED).split()[-1] == "-9"
        assert "40 seen, 30 under a former key" in migrated.kapi("key", "reseal", "--check", code=1)
        assert migrated.python(FIND).split()[-1] == "40"
        assert re.search(r"number_sealed: 30 seen, 30 resealed", migrated.kapi("key", "reseal"))
        migrated.environment["KAPI_SECRET_KEY_FALLBACKS"] = ""
        assert "40 seen, 0 under a former key" in migrated.kapi("key", "reseal", "--check")
        assert migrated.python(FIND).split()[-1] == "40"

    def test_says_that_a_former_key_is_missing(self, migrated: Installation) -> None:
        migrated.environment["KAPI_SECRET_KEY"] = OLD
        migrated.python(REGISTER)
        migrated.environment["KAPI_SECRET_KEY"] = NEW
        assert "40 seen, 0 resealed" in migrated.kapi("key", "reseal", code=1)
