"""Verbs: writing and publishing services, loading them from files, listening to people."""

from kapi.contexts.catalogue.services.code_lists import load_categories, load_life_event_steps, load_life_events
from kapi.contexts.catalogue.services.favourites import add_favourite, remove_favourite
from kapi.contexts.catalogue.services.loading import load_catalogue, load_services
from kapi.contexts.catalogue.services.revisions import (
    approve_and_publish,
    change_draft,
    discard_draft,
    draft_revision,
    draft_service,
    reject,
    retire,
    submit,
)
from kapi.contexts.catalogue.services.search_index import index_institution, rebuild_search_index
from kapi.contexts.catalogue.services.voices import (
    answer_barrier,
    count_uses,
    forget_old_voices,
    record_barrier_report,
    record_feedback,
    record_unanswered_search,
    refresh_usage,
)

__all__ = [
    "add_favourite",
    "answer_barrier",
    "approve_and_publish",
    "change_draft",
    "count_uses",
    "discard_draft",
    "draft_revision",
    "draft_service",
    "forget_old_voices",
    "index_institution",
    "load_catalogue",
    "load_categories",
    "load_life_event_steps",
    "load_life_events",
    "load_services",
    "rebuild_search_index",
    "record_barrier_report",
    "record_feedback",
    "record_unanswered_search",
    "refresh_usage",
    "reject",
    "remove_favourite",
    "retire",
    "submit",
]
