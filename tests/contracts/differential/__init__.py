"""Malformed requests, sent to our gateway and to the certified `oidc-provider`: verdict is held against verdict."""
