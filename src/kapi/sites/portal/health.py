"""Health, for load balancers, systemd and whoever watches: one word per part, no details."""

import shutil
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from kapi.contexts.openid.selectors.keys import are_keys_usable
from kapi.foundation.jobs import selectors as jobs
from kapi.sites.portal.remembered import remembered_for

WORKER_SILENT_AFTER = timedelta(seconds=30)
LEAST_FREE_BYTES = 256 * 1024 * 1024


@require_safe
@never_cache
def health(_request: HttpRequest) -> JsonResponse:
    """Answer `{status, database, worker, disk, keys}`, each "ok" or what is wrong; 503 when anything is."""
    database, worker = _database_and_worker()
    parts = {"database": database, "worker": worker, "disk": _disk(), "keys": _keys()}
    is_well = all(word == "ok" for word in parts.values())
    return JsonResponse({"status": "ok" if is_well else "failing", **parts}, status=200 if is_well else 503)


def _database_and_worker() -> tuple[str, str]:
    try:
        seen_at = jobs.last_sign_of_life()
    except DatabaseError:
        return "unreachable", "unknown"
    is_alive = seen_at is not None and timezone.now() - seen_at < WORKER_SILENT_AFTER
    return "ok", "ok" if is_alive else "silent"


def _disk() -> str:
    try:
        return "ok" if shutil.disk_usage(settings.DATA_DIR).free >= LEAST_FREE_BYTES else "full"
    except OSError:
        return "unreachable"


def _keys() -> str:
    """Open what is stored under our secret: a wrong or lost one must be seen before the first citizen signs in."""
    try:
        return "ok" if _are_keys_usable() else "broken"
    except DatabaseError:
        return "unknown"


@remembered_for(seconds=5)
def _are_keys_usable() -> bool:
    return are_keys_usable()
