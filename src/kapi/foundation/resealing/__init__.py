"""Changing the secret key: what was sealed under a former key is sealed anew under the present one, row after row."""
