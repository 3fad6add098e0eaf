"""What an authorization request still lacks: a sign-in, a decision, or nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from kapi.contexts.identity.values import SignedIn
from kapi.contexts.openid.errors import (
    AccountSelectionRequired,
    ConsentRequired,
    LoginRequired,
    UnmetAuthenticationRequirements,
)
from kapi.contexts.openid.values.authorization import AuthorizationRequest, NextKind, Prompt, Step
from kapi.contexts.openid.values.clients import Scope

WAITING = {
    Step.SIGN_IN: NextKind.SIGN_IN,
    Step.STRENGTHEN: NextKind.STRENGTHEN,
    Step.CHOOSE: NextKind.CHOOSE,
    Step.APPROVE: NextKind.APPROVE,
}
"""Where the person has to go for what is lacking."""


@dataclass(frozen=True)
class Situation:
    """The request and what we know at this moment.

    `subject` is the name under which the client's sector knows whom the session acts for, empty if it does not, and
    `within_reach` are the names of all whom the person may act for (asked for only where the client expects somebody).
    `reaches`: the person acts for themselves, or on a mandate that covers something there. `has_chosen`: they have
    said for whom they act since the request came. `reachable` is every `acr` that the person could prove, where they
    have proved none that the client wants, `attainable` what they could prove once they have added what can be added;
    `has_waived`: they go on without.
    `agreed`: what may be given by an answer that is remembered, None without one. `is_allowed`: the person said yes to
    this very request.
    """

    request: AuthorizationRequest
    began_at: datetime
    session: SignedIn | None
    subject: str
    agreed: tuple[Scope, ...] | None
    is_allowed: bool
    now: datetime
    within_reach: frozenset[str] = frozenset()
    reaches: bool = True
    has_chosen: bool = False
    reachable: frozenset[str] = frozenset()
    attainable: frozenset[str] = frozenset()
    has_waived: bool = False

    @property
    def signed_in_for_this(self) -> bool:
        """Whether the person has proved themselves since the request came."""
        return self.session is not None and self.session.authenticated_at >= self.began_at


def nobody_is_signed_in(situation: Situation) -> bool:
    """There is no session."""
    return situation.session is None


def password_must_be_chosen_first(situation: Situation) -> bool:
    """A one-time code opened the session: nothing may be done with it but choosing a password."""
    return situation.session is not None and situation.session.must_change_password


def client_wants_a_new_sign_in(situation: Situation) -> bool:
    """`prompt=login` (OpenID Connect Core 3.1.2.1): done once the person has signed in since the request came."""
    return Prompt.LOGIN in situation.request.prompts and not situation.signed_in_for_this


def sign_in_is_older_than_max_age(situation: Situation) -> bool:
    """`max_age` (OpenID Connect Core 3.1.2.1). A sign-in made for this request is good, however short `max_age` is."""
    if situation.session is None or situation.request.max_age_s is None or situation.signed_in_for_this:
        return False
    return situation.now - situation.session.authenticated_at > timedelta(seconds=situation.request.max_age_s)


def another_person_is_expected(situation: Situation) -> bool:
    """`id_token_hint` (OpenID Connect Core 3.1.2.1) names somebody whom this person is not and may not act for."""
    known = {"", situation.subject, *situation.within_reach}
    return situation.session is not None and situation.request.subject not in known


def client_wants_a_stronger_proof(situation: Situation) -> bool:
    """`acr_values` (OpenID Connect Core 3.1.2.1, RFC 9470, 4), or `acr` in `claims`: the person has what it takes.

    Without any page, what is only wished for is let go: the answer then says the lower level that there is.
    """
    wanted, session = situation.request.wanted_acrs, situation.session
    if session is None or session.find_assurance(wanted) or situation.has_waived:
        return False
    is_let_go = Prompt.NONE in situation.request.prompts and not situation.request.claims.essential_acrs
    return not is_let_go and any(acr in situation.reachable for acr in wanted)


def essential_proof_is_out_of_reach(situation: Situation) -> bool:
    """`acr` is essential in `claims` (OpenID Connect Core 5.5.1.1), and the person can or will not prove any of it."""
    essential, session = situation.request.claims.essential_acrs, situation.session
    return bool(essential) and session is not None and session.find_assurance(essential) is None


def essential_proof_can_be_added(situation: Situation) -> bool:
    """The person proves nothing of it yet, but could add what does: that is offered before the client is refused."""
    is_wanted = any(acr in situation.attainable for acr in situation.request.claims.essential_acrs)
    is_silent = Prompt.NONE in situation.request.prompts
    return is_wanted and not is_silent and not situation.has_waived and essential_proof_is_out_of_reach(situation)


SIGN_IN_REASONS: tuple[Callable[[Situation], bool], ...] = (
    nobody_is_signed_in,
    password_must_be_chosen_first,
    client_wants_a_new_sign_in,
    sign_in_is_older_than_max_age,
    another_person_is_expected,
    client_wants_a_stronger_proof,
)


def another_principal_is_expected(situation: Situation) -> bool:
    """`id_token_hint` names the person while they act for somebody else, or another one whom they may act for."""
    return situation.request.subject not in ("", situation.subject)


def companies_are_not_accepted(situation: Situation) -> bool:
    """Somebody acts for a legal person, and the client has not asked for one (scope `company`)."""
    is_for_company = situation.session is not None and situation.session.acting_for is not None
    return is_for_company and Scope.COMPANY not in situation.request.scopes


def mandate_does_not_reach(situation: Situation) -> bool:
    """A representative never gets more than the mandate: it has ended, or covers nothing at this client."""
    return not situation.reaches


def client_wants_a_choice(situation: Situation) -> bool:
    """`prompt=select_account` (OpenID Connect Core 3.1.2.1): the person says for whom they act, once per request."""
    return Prompt.SELECT_ACCOUNT in situation.request.prompts and not situation.has_chosen


CHOICE_REASONS: tuple[Callable[[Situation], bool], ...] = (
    another_principal_is_expected,
    companies_are_not_accepted,
    mandate_does_not_reach,
    client_wants_a_choice,
)


def decision_is_missing(situation: Situation) -> bool:
    """The person has not agreed yet, or the client wants them to be asked anew (`prompt=consent`)."""
    return not situation.is_allowed and (Prompt.CONSENT in situation.request.prompts or situation.agreed is None)


def next_step(situation: Situation) -> Step:
    """Return what is lacking.

    :raises LoginRequired: if it is a sign-in and the client allows no page, or the one who signed in for this is not
        the one whom the client expects.
    :raises UnmetAuthenticationRequirements: if the person does not prove what the client cannot do without.
    :raises AccountSelectionRequired: if it is a choice for whom to act, and the client allows no page.
    :raises ConsentRequired: if it is a decision and the client allows no page.
    """
    silent = Prompt.NONE in situation.request.prompts
    if any(reason(situation) for reason in SIGN_IN_REASONS):
        if silent:
            raise LoginRequired("the person must sign in")
        if situation.signed_in_for_this and another_person_is_expected(situation):
            raise LoginRequired("another person has signed in than id_token_hint names")
        return Step.SIGN_IN
    if essential_proof_can_be_added(situation):
        return Step.STRENGTHEN
    if essential_proof_is_out_of_reach(situation):
        raise UnmetAuthenticationRequirements("the person proves no acr that claims says is essential")
    if any(reason(situation) for reason in CHOICE_REASONS):
        if silent:
            raise AccountSelectionRequired("the person must choose for whom they act")
        return Step.CHOOSE
    if decision_is_missing(situation):
        if silent:
            raise ConsentRequired("the person must decide about the sharing")
        return Step.APPROVE
    return Step.ANSWER
