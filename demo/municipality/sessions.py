"""Sessions kept by the server, so that the gateway's logout token can end them.

They live in memory: a sample institution forgets its sessions when it stops. A real one would keep them in a table.
"""

import secrets
import threading
import time
from collections import OrderedDict
from typing import Any

from flask import Flask, Request, Response
from flask.sessions import SessionInterface, SessionMixin
from werkzeug.datastructures import CallbackDict

IDLE_S = 30 * 60
MOST_SESSIONS = 10_000


class ServerSession(CallbackDict[str, Any], SessionMixin):
    """What the server keeps about one browser, under a random id."""

    def __init__(self, session_id: str) -> None:
        super().__init__(on_update=lambda session: setattr(session, "modified", True))
        self.id = session_id
        self.new = True
        self.modified = False
        self.seen_at = time.monotonic()
        self.former_id = ""

    def change_id(self) -> None:
        """Take a new id at sign-in, so that an id planted before is worth nothing."""
        self.former_id, self.id = self.id, secrets.token_urlsafe(32)
        self.modified = True


class SessionStore:
    """All sessions, found by id, ended by the gateway's `sid` or `sub`."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions: OrderedDict[str, ServerSession] = OrderedDict()
        self._ended_sids: OrderedDict[str, None] = OrderedDict()

    def find(self, session_id: str) -> ServerSession | None:
        """Return the living session with this id."""
        with self._lock:
            session = self._sessions.get(session_id)
            if session is None or time.monotonic() - session.seen_at > IDLE_S:
                self._sessions.pop(session_id, None)
                return None
            session.seen_at = time.monotonic()
            self._sessions.move_to_end(session_id)
            return session

    def keep(self, session: ServerSession) -> None:
        """Keep a session; one that was ended while its request ran stays ended."""
        with self._lock:
            known = session.former_id or session.id
            if not session.new and known not in self._sessions:
                return
            self._sessions.pop(known, None)
            if session.get("sid") not in self._ended_sids:
                self._sessions[session.id] = session
            session.former_id, session.new = "", False
            while len(self._sessions) > MOST_SESSIONS:
                self._sessions.popitem(last=False)

    def forget(self, session: ServerSession) -> None:
        """End this one session."""
        with self._lock:
            self._sessions.pop(session.id, None)

    def end(self, *, sid: str | None, sub: str | None) -> int:
        """End the sessions that began with this `sid`, or else all of this `sub`; return how many."""
        with self._lock:
            if sid:
                self._ended_sids[sid] = None
                while len(self._ended_sids) > MOST_SESSIONS:
                    self._ended_sids.popitem(last=False)
            ended = [
                session_id
                for session_id, session in self._sessions.items()
                if (session.get("sid") == sid if sid else session.get("sub") == sub)
            ]
            for session_id in ended:
                del self._sessions[session_id]
            return len(ended)


class ServerSessions(SessionInterface):
    """Flask's session on a `SessionStore`: the cookie holds the id and nothing else."""

    def __init__(self, store: SessionStore, cookie_name: str, *, secure: bool) -> None:
        self._store = store
        self._cookie_name = cookie_name
        self._secure = secure

    def open_session(self, app: Flask, request: Request) -> ServerSession:
        """Find the browser's session, or begin an empty one."""
        found = self._store.find(request.cookies.get(self._cookie_name, ""))
        return ServerSession(secrets.token_urlsafe(32)) if found is None else found

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Keep what changed; a browser without anything to remember gets no cookie."""
        if not isinstance(session, ServerSession) or not session.modified:
            return
        session.modified = False
        if not session:
            self._store.forget(session)
            response.delete_cookie(self._cookie_name)
            return
        self._store.keep(session)
        response.set_cookie(self._cookie_name, session.id, httponly=True, samesite="Lax", secure=self._secure)
