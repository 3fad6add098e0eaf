"""Questions about accounts."""

from kapi.contexts.identity.models import Account, SealedCode
from kapi.contexts.identity.values import AccountState, AccountView, PersonId
from kapi.foundation.statements import Question, Slot

_ACCOUNT = Question(lambda: Account.objects.filter(pk=Slot("id")))
_OPEN_CODE = Question(
    lambda: SealedCode.objects.filter(account_id=Slot("account_id"), closed_at=None, used_at=None).order_by("pk")
)


def find_account(*, person_id: PersonId) -> AccountView | None:
    """Return how the person's account stands, if there is one."""
    account = _ACCOUNT.first(id=person_id)
    if account is None:
        return None
    code = _OPEN_CODE.first(account_id=person_id)
    return AccountView(
        person_id=person_id,
        state=AccountState(account.state),
        created_at=account.created_at,
        password_changed_at=account.password_changed_at,
        code_expires_at=code.expires_at if code else None,
    )
