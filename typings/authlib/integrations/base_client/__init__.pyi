"""What we use of Authlib's client, which ships no types."""

class OAuthError(Exception):
    error: str
    description: str
