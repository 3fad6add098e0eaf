"""Questions about what is offered."""

from kapi.contexts.catalogue.selectors.export import export_service
from kapi.contexts.catalogue.selectors.favourites import favourites_of, is_favourite
from kapi.contexts.catalogue.selectors.lists import (
    active_service_codes,
    active_services,
    all_standards_of,
    categories,
    codes_at_or_below,
    find_life_event,
    life_events,
    most_used_services,
    related_services,
    services_in_category,
    services_of_institution,
    services_of_life_event,
    services_per_institution,
    standards_of,
)
from kapi.contexts.catalogue.selectors.pages import find_service_page, get_service_page
from kapi.contexts.catalogue.selectors.revisions import (
    count_rejected,
    find_revision,
    overview_of,
    revisions_in_review,
    revisions_of,
)
from kapi.contexts.catalogue.selectors.search import MOST_HITS, search, search_page
from kapi.contexts.catalogue.selectors.voices import (
    barrier_reports,
    count_barriers,
    count_waiting_barriers,
    feedback_on,
    feedback_within,
    scores_of,
    unanswered_searches,
)

__all__ = [
    "MOST_HITS",
    "active_service_codes",
    "active_services",
    "all_standards_of",
    "barrier_reports",
    "categories",
    "codes_at_or_below",
    "count_barriers",
    "count_rejected",
    "count_waiting_barriers",
    "export_service",
    "favourites_of",
    "feedback_on",
    "feedback_within",
    "find_life_event",
    "find_revision",
    "find_service_page",
    "get_service_page",
    "is_favourite",
    "life_events",
    "most_used_services",
    "overview_of",
    "related_services",
    "revisions_in_review",
    "revisions_of",
    "scores_of",
    "search",
    "search_page",
    "services_in_category",
    "services_of_institution",
    "services_of_life_event",
    "services_per_institution",
    "standards_of",
    "unanswered_searches",
]
