"""The api site."""
