"""Somebody said that it was not them: what was granted dies, institutions are told why, and the owner what to do."""

from datetime import datetime
from typing import Any, Final

from kapi.contexts.identity.selectors.misuse import sessions_reported
from kapi.contexts.openid.services.logout import tell_of_misuse
from kapi.kernel.actors import system
from kapi.reactions.telling import Notice, tell

_BODY: Final = (
    "Hesabınızdan “bu ben değildim” bildirimi yapıldı. İlgili oturumlar kapatıldı ve kurumlara haber veriliyor. "
    "Geriye ne kaldığını Hesabım, Bildirimlerim sayfasında görürsünüz.\n\n"
    "Bildirimi siz yapmadıysanız hesabınıza bir başkası girmiş olabilir: acele etmeyin, kimseyle telefonda konuşmayın "
    "ve adresimizi tarayıcınıza kendiniz yazın.\n\n"
    "Your account was used to report “this was not me”. The sessions concerned have ended and institutions are being "
    "told. My account, My reports, shows what is left to do.\n\n"
    "If it was not you who reported it, somebody else may be in your account: take your time, talk to nobody on the "
    "phone, and type our address yourself."
)


def react(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.misuse_reported.v1`: institutions."""
    session_ids = sessions_reported(report_id=payload["report_id"])
    tell_of_misuse(session_ids=session_ids, actor=system("reaction:misuse_reports"), now=now)


def react_with_a_notice(payload: dict[str, Any], *, now: datetime) -> None:
    """Answer `identity.misuse_reported.v1`: the owner."""
    notice = Notice("“Bu ben değildim” bildiriminiz / Your report “this was not me”", _BODY)
    tell(payload["person_id"], notice, now=now)
