"""A sample institution: a relying party that knows citizens only through OpenID Connect."""
