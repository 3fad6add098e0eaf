"""Where the secret halves of signing keys live."""
