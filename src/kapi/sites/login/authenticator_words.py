"""What authenticators are called."""

from django.utils.translation import gettext as _

from kapi.contexts.identity.values import AuthenticatorKind, AuthenticatorView


def kind_of(view: AuthenticatorView) -> str:
    """Say what it is."""
    return {
        AuthenticatorKind.PASSKEY: _("Passkey"),
        AuthenticatorKind.TOTP: _("App with one-time codes"),
        AuthenticatorKind.RECOVERY_CODES: _("Printed recovery codes"),
        AuthenticatorKind.SMS: _("Code by text message"),
        AuthenticatorKind.EMAIL: _("Code by e-mail"),
    }[view.kind]


def name_of(view: AuthenticatorView) -> str:
    """Return the name that its owner gave it, else what it is."""
    return view.name or kind_of(view)
