"""What WeChat tells the county's server (明文模式): is it WeChat, and what has happened.

The signature covers a time and a nonce, not the body. So an old one is refused, and one that is seen again only counts
with the body that it came with (WeChat repeats what was not answered within five seconds).
"""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from hmac import compare_digest
from xml.parsers import expat

MOST = 10_000  # bytes of an event
FRESH_S = 300
_KEPT = 10_000
_DEEPEST = 8
_WANTED = frozenset({"ToUserName", "FromUserName", "MsgType", "Event", "EventKey"})


class NotWeChat(ValueError):
    """The signature is wrong, too old, or was seen with another body."""


class BadEvent(ValueError):
    """A body that is no event."""


@dataclass(frozen=True, slots=True)
class Signature:
    """What stands in the address of each call of WeChat."""

    signature: str
    timestamp: str
    nonce: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One event; ``name`` in small letters (subscribe, scan, unsubscribe), ``scene`` empty where none was scanned."""

    name: str
    openid: str = field(repr=False)
    account: str
    scene: str = field(default="", repr=False)


class Signed:
    """Knows WeChat by the token of one account."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """``now`` is aware."""
        self._now = now
        self._seen: OrderedDict[str, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def check(self, token: str, told: Signature, body: bytes = b"") -> None:
        """``NotWeChat`` unless WeChat has signed this, just now, and for this body only."""
        right = hashlib.sha1("".join(sorted((token, told.timestamp, told.nonce))).encode()).hexdigest()
        if not compare_digest(right.encode(), told.signature.encode()):
            raise NotWeChat("signature")
        if (
            not (told.timestamp.isascii() and told.timestamp.isdigit())
            or abs(self._now().timestamp() - int(told.timestamp[:12])) > FRESH_S
        ):
            raise NotWeChat("too old")
        key, mark = f"{token}{told.signature}", hashlib.sha256(body).digest()
        with self._lock:
            if self._seen.setdefault(key, mark) != mark:
                raise NotWeChat("seen with another body")
            while len(self._seen) > _KEPT:
                self._seen.popitem(last=False)


def read(body: bytes) -> Happened:
    """The event in a body; one that is none of ours has an empty ``name``. ``BadEvent`` for what is no event at all."""
    if len(body) > MOST:
        raise BadEvent("too large")
    told = _fields(body)
    openid = told.get("FromUserName", "")
    if not openid or len(openid) > 128:
        raise BadEvent("no FromUserName")
    name = told.get("Event", "").lower() if told.get("MsgType", "").lower() == "event" else ""
    scene = told.get("EventKey", "").removeprefix("qrscene_") if name in ("subscribe", "scan") else ""
    return Happened(name, openid, told.get("ToUserName", ""), scene[:128])


def reply(happened: Happened, words: str, now: datetime) -> str:
    """What whoever caused the event reads in WeChat at once."""
    return (
        f"<xml><ToUserName>{_escaped(happened.openid)}</ToUserName>"
        f"<FromUserName>{_escaped(happened.account)}</FromUserName><CreateTime>{now.timestamp():.0f}</CreateTime>"
        f"<MsgType>text</MsgType><Content>{_escaped(words)}</Content></xml>"
    )


def _fields(body: bytes) -> dict[str, str]:
    """The texts of the elements right below the root. No document type, so no entities: there is nothing to expand."""
    parser, path, found = expat.ParserCreate(), list[str](), dict[str, str]()

    def refuse(*_: object) -> None:
        raise BadEvent("a document type")

    def begin(name: str, _attributes: object) -> None:
        path.append(name)
        if len(path) > _DEEPEST:
            raise BadEvent("too deep")

    def text(data: str) -> None:
        if len(path) == 2 and path[1] in _WANTED:
            found[path[1]] = found.get(path[1], "") + data

    parser.StartDoctypeDeclHandler, parser.EntityDeclHandler = refuse, refuse
    parser.StartElementHandler, parser.EndElementHandler = begin, lambda _name: path.pop()
    parser.CharacterDataHandler = text
    try:
        parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError) as fault:  # the last for an encoding that nobody knows
        raise BadEvent(str(fault)) from fault
    return {name: value.strip() for name, value in found.items()}


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
