"""The business: one bounded context per package, on a ladder (docs/architecture.md)."""
