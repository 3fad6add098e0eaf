"""The backoffice site."""
