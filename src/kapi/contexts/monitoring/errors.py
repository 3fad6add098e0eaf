"""Refusals."""

from kapi.kernel.errors import DomainError


class CommentRefused(DomainError):
    """There is no such feedback, it has its words already, or it was given too long ago."""

    code = "comment_refused"
