"""Decisions as pure functions: states, content, search, export."""
