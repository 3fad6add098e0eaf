"""Counters against abuse: how often something may happen in a span of time."""
