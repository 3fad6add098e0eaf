"""What must be so before the gateway runs for real people."""

import logging

import typer
from django.conf import settings

_log = logging.getLogger(__name__)


def warn_of_proxies_addresses() -> None:
    """Say so where everybody would seem to come from the proxy that ends TLS, which we never do ourselves."""
    if settings.GATEWAY_URL.startswith("https://") and not settings.TRUSTED_PROXIES:
        _log.warning(
            "KAPI_GATEWAY_URL is https and KAPI_TRUSTED_PROXIES is 0: the address of the proxy that ends TLS is taken "
            "for everybody's. Set how many proxies of yours add to X-Forwarded-For"
        )


def refuse_a_public_key() -> None:
    """Stop unless there is a secret of one's own; the demo, which knows only made-up people, goes on without.

    :raises typer.Exit: after saying what to set.
    """
    if settings.SECRET_KEY_IS_PUBLIC and not settings.DEMO:
        typer.echo(
            "KAPI_SECRET_KEY is not set. Everything sealed would be open to anyone who read the source code.\n"
            "Set at least 32 random characters, for example: export KAPI_SECRET_KEY=$(openssl rand -base64 48)\n"
            "To look around with made-up people, run `make demo` instead.",
            err=True,
        )
        raise typer.Exit(2)
