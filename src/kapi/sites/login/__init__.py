"""The login site."""
