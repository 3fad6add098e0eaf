"""Kapı, the gate: a national e-Government gateway."""
