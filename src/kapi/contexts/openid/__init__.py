"""What we vouch for: client, authorisation request, consent, grant, token, signing key, logout delivery."""
