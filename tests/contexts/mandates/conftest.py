"""A register that tests write, in use."""

from tests.contexts.mandates.fixtures import register

__all__ = ["register"]
