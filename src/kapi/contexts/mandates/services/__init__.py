"""Verbs."""

from kapi.contexts.mandates.services.acting import act_for, hold_to_mandate, stop_acting
from kapi.contexts.mandates.services.inquiries import refresh_mandates

__all__ = ["act_for", "hold_to_mandate", "refresh_mandates", "stop_acting"]
