"""What mandates refuse."""

from kapi.kernel.errors import DomainError


class RegisterUnavailable(DomainError):
    """The register does not answer, or not so that we understand it. Asking later may help."""

    code = "register_unavailable"


class NoRegister(DomainError):
    """This gateway is connected to no register of representatives."""

    code = "no_register"


class NotMandated(DomainError):
    """The person has no mandate, or no longer one, for this principal."""

    code = "not_mandated"
