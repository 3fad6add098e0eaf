"""What every work page says above its own content, for Django's list of context processors."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from kapi.contexts.institutions.values import EmergencyState


def context(request: HttpRequest) -> dict[str, Any]:
    """Give templates `work_notices`: whether work is open without a passkey, and the emergencies that operators see.

    Asks nothing of the database: what there is was found at the door.
    """
    staff = getattr(request, "_kapi_staff", None)
    found = staff.emergencies if staff else ()
    notices = {
        "by_password": settings.STAFF_BY_PASSWORD,
        "in_force": tuple(view.until for view in found if view.state is EmergencyState.IN_FORCE),
        "asked": tuple(view.until for view in found if view.state is EmergencyState.ASKED),
        "is_mine": bool(staff and staff.emergency),
    }
    return {"work_notices": notices}
