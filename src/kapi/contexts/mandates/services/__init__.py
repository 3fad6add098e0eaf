"""Verbs."""

from kapi.contexts.mandates.services.acting import act_for, hold_to_mandate, stop_acting
from kapi.contexts.mandates.services.endings import end_mandates_of, end_overdue_mandates
from kapi.contexts.mandates.services.inquiries import refresh_mandates

__all__ = ["act_for", "end_mandates_of", "end_overdue_mandates", "hold_to_mandate", "refresh_mandates", "stop_acting"]
