"""Outgoing HTTP, in one place: time-outs, size limits, no private addresses unless allowed, no redirects followed."""
