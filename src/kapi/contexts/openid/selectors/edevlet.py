"""Questions about links that were made for the e-Devlet gateway."""

from kapi.contexts.openid.rules.edevlet import request_behind
from kapi.foundation.settled import settings


def continuation_of(*, link: str, client_id: str) -> str:
    """Return the path and query of the authorization request that a sign-in link leads on to (its `continue`).

    `client_id` is what the link says besides (`oauthClientId`), empty if nothing.

    :raises InvalidRequest: if it leads anywhere but to our AuthorizationController, or is another client's.
    """
    return request_behind(link, client_id=client_id, issuer=settings.OPENID.issuer)
