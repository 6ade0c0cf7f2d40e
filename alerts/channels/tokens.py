"""Access tokens of WeChat and WeCom: one holder an account, kept until shortly before its end, renewed once.

WeChat is asked by ``stable_token`` in its plain mode: it says the same to everybody until the token ends, so several
processes of one account do not take it from each other, as the older ``token`` would. WeCom does so by itself.
"""

from __future__ import annotations

import hashlib
import threading
import weakref
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from alerts.channels import Answer, Result, Trouble
from alerts.channels.calling import Call, Line, Said
from alerts.channels.errcodes import Meanings, failed, number_of, refusal, retry

SPOILED = frozenset({40001, 40014, 42001})
EARLY = timedelta(minutes=5)
_AGAIN_S = 5.0  # who was refused a token does not ask again at once, nor do those who wait behind
MEANINGS: Meanings = {
    -1: retry("对方系统忙"),
    40001: failed("密钥不对", trouble=Trouble.CREDENTIALS),
    40013: failed("appid或corpid不对", trouble=Trouble.CREDENTIALS),
    40125: failed("密钥不对", trouble=Trouble.CREDENTIALS),
    40164: failed("本服务器的IP不在服务号的IP白名单里", trouble=Trouble.IP),
    60020: failed("本服务器的IP不在企业可信IP里", trouble=Trouble.IP),
    45009: retry("取凭证太频繁", 60),
    45011: retry("取凭证太频繁", 60),
}


class Tokens:
    """The token of one account. Threads that need a new one at the same moment make one call."""

    def __init__(self, call: Call, now: Callable[[], datetime]) -> None:
        """``call`` is how the provider is asked for a token."""
        self._call = call
        self._now = now
        self._value = ""
        self._until = datetime.min.replace(tzinfo=UTC)
        self._refused: tuple[datetime, Answer] | None = None
        self._lock = threading.Lock()

    def get(self, line: Line, spoiled: str = "") -> str | Answer:
        """The token; a new one where the provider refused ``spoiled`` and no other thread has renewed it since."""
        with self._lock:
            now = self._now()
            if self._value and self._value != spoiled and now < self._until:
                return self._value
            if self._refused and abs((now - self._refused[0]).total_seconds()) < (self._refused[1].wait_s or _AGAIN_S):
                return self._refused[1]
            fresh = _fresh(line.ask(self._call), now)
            if isinstance(fresh, Answer):
                self._value, self._refused = "", (now, fresh)
                return fresh
            (self._value, self._until), self._refused = fresh, None
            return self._value

    def ask(self, line: Line, call: Callable[[str], Call]) -> Said | Answer:
        """Ask with the token; where the provider refuses it, once more with a new one."""
        token = self.get(line)
        if isinstance(token, Answer):
            return token
        said = line.ask(call(token))
        if isinstance(said, Answer) or number_of(said) not in SPOILED:
            return said
        token = self.get(line, spoiled=token)
        return token if isinstance(token, Answer) else line.ask(call(token))


def _fresh(said: Said | Answer, now: datetime) -> tuple[str, datetime] | Answer:
    """Token and until when it is kept, or why there is none; no letter has gone out in any case."""
    if isinstance(said, Answer):
        return replace(said, words=f"取凭证:{said.words}", maybe_sent=False)
    value, lasts = said.get("access_token"), said.get("expires_in")
    if isinstance(value, str) and value:
        seconds = lasts if isinstance(lasts, int) and 0 < lasts <= 86_400 else 0
        return value, now + timedelta(seconds=seconds) - EARLY
    refused = refusal(said, MEANINGS) or Answer(Result.RETRY, words="回答里没有凭证")
    return replace(refused, words=f"取凭证:{refused.words}", maybe_sent=False)


def stable(appid: str, secret: str) -> Call:
    """How WeChat is asked. Never with ``force_refresh``: that ends the token of every other process."""
    asks = {"grant_type": "client_credential", "appid": appid, "secret": secret, "force_refresh": False}
    return Call("POST", "/cgi-bin/stable_token", json=asks)


def corporate(corpid: str, secret: str) -> Call:
    """How WeCom is asked; each application of a corporation has its own secret, and so its own token."""
    return Call("GET", "/cgi-bin/gettoken", params={"corpid": corpid, "corpsecret": secret})


_HOLDERS: weakref.WeakValueDictionary[str, Tokens] = weakref.WeakValueDictionary()
_HOLDING = threading.Lock()


def holder(base: str, call: Call, now: Callable[[], datetime]) -> Tokens:
    """The one holder of an account in this process, as long as a channel uses it."""
    key = hashlib.sha256(repr((base, call)).encode()).hexdigest()
    with _HOLDING:
        known = _HOLDERS.get(key)
        if known is None:
            known = _HOLDERS[key] = Tokens(call, now)
        return known
