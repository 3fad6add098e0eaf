"""Relying parties that nobody here wrote, against a gateway over HTTP."""
