"""The ui site."""
