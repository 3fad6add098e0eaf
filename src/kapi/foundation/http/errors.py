"""Why a call to the outside did not give an answer."""

from kapi.kernel.errors import DomainError


class AddressRefused(DomainError):
    """The URL, or what its host name stands for, is not a place we call. `reason` is a stable word."""

    code = "address_refused"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class CallFailed(DomainError):
    """Nobody answered, or not in time, or not in HTTP. `reason` is a stable word; trying again may help."""

    code = "call_failed"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


class AnswerTooLarge(DomainError):
    """The answer is longer than the caller reads."""

    code = "answer_too_large"
