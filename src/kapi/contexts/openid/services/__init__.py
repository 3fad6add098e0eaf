"""Verbs, one module per noun."""
