"""A sample institution: a relying party that knows citizens only through OpenID Connect.

A program of its own, in Flask with Authlib's client, on purpose unlike the gateway: it shares no code, no database and
no session with it. Read it as the example of what an institution has to write: `app.py` signs people in and out,
`logout.py` checks the gateway's logout tokens, `sessions.py` keeps sessions that a logout token can end.
"""
