"""Tell institutions' programs that a session has ended."""

import time
from collections import Counter
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from urllib.parse import urlencode

from kapi.contexts.openid.services.logout import claim_notices, record_answer
from kapi.contexts.openid.values.logout import LogoutNotice
from kapi.foundation.http.errors import AddressRefused, AnswerTooLarge, CallFailed
from kapi.foundation.http.services import fetch
from kapi.kernel.actors import system

AT_ONCE = 128
# A client with so many unanswered calls under way gets no further ones until it answers.
MOST_UNANSWERED = 8
TIMEOUT_S = 3.0
PATIENCE_S = 0.2
PAUSE_S = 0.02  # in which more answers come than the first, so that there is more to record and to claim at once
LONGEST_S = 5.0
MOST_BYTES = 65_536
_ACTOR = system("job:send_logout_notices")
_RAN_OUT = "call_failed timeout"

# Calls go on in threads between two runs, so that an institution that does not answer holds up neither the others
# nor the worker. What is lost with the process is claimed again when its lease runs out.
_pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="logout")
_under_way: dict[Future[tuple[int, str]], LogoutNotice] = {}
# Clients that let the last call run out: one call at a time for each of them, until it answers.
_silent: set[str] = set()


def run(*, now: datetime) -> int:
    """Post what is due and record the answers that come, while there is more; return how many were recorded."""
    began = time.monotonic()
    recorded = _record_answers(now, began)
    while True:
        free = AT_ONCE - len(_under_way)
        notices = claim_notices(limit=free, slow=_slow_clients(), silent=frozenset(_silent), actor=_ACTOR, now=now)
        for notice in notices:
            _under_way[_pool.submit(_post, notice)] = notice
        if wait(_under_way, timeout=PATIENCE_S, return_when=FIRST_COMPLETED).done:
            wait(_under_way, timeout=PAUSE_S)
        recorded += _record_answers(now, began)
        if not notices or time.monotonic() - began > LONGEST_S:
            return recorded


def _slow_clients() -> frozenset[str]:
    unanswered = Counter(notice.client_id for notice in _under_way.values())
    return frozenset(c for c, calls in unanswered.items() if calls >= (1 if c in _silent else MOST_UNANSWERED))


def _record_answers(now: datetime, began: float) -> int:
    done = [future for future in _under_way if future.done()]
    for future in done:
        notice, (status, error) = _under_way.pop(future), future.result()
        _remember(notice.client_id, is_silent=error == _RAN_OUT)
        at = now + timedelta(seconds=time.monotonic() - began)
        record_answer(delivery_id=notice.delivery_id, status=status, error=error, actor=_ACTOR, now=at)
    return len(done)


def _remember(client_id: str, *, is_silent: bool) -> None:
    if is_silent:
        _silent.add(client_id)
    else:
        _silent.discard(client_id)


def _post(notice: LogoutNotice) -> tuple[int, str]:
    """Post one notice and return the status, or 0 and a word for what went wrong."""
    try:
        answer = fetch(
            method="POST",
            url=notice.url,
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            body=urlencode({"logout_token": notice.token}).encode(),
            timeout_s=TIMEOUT_S,
            max_bytes=MOST_BYTES,
        )
    except (AddressRefused, CallFailed) as failure:
        return 0, f"{failure.code} {failure.reason}"
    except AnswerTooLarge as failure:
        return 0, failure.code
    return answer.status, ""
