"""Who asks: person, account, contact, authenticator, challenge, session, assurance level, recovery."""
