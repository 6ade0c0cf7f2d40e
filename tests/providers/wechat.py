"""A stand-in of api.weixin.qq.com: stable_token, messages, codes to scan and events, as WeChat checks and answers."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from tests.alerts.makes import T0
from tests.providers.standin import Heard, Reply, StandIn, said

APPID, SECRET, TEMPLATE, OPENID = "wx0123456789abcdef", "秘密s3cret", "tmpl-garbage", "oABC-1"
EVENTS_TOKEN, NOW_S = "JingcunEvents2026", int(T0.timestamp())
FIELDS = ("thing1", "thing2", "phrase3", "time4", "character_string5")
LIMITS = {"thing": 20, "phrase": 5, "character_string": 32, "number": 32}


class WeChat:
    """What WeChat knows. ``over`` is the daily quota gone; ``consents`` how many 订阅通知 each person still takes."""

    def __init__(self) -> None:
        self.token_n = 0
        self.token_asks = 0
        self.valid = ""
        self.expires_in = 7200
        self.followers = {OPENID}
        self.refusing: set[str] = set()
        self.consents = {OPENID: 1}
        self.over = False
        self.right = True
        self.sent: list[Mapping[str, Any]] = []
        self.known_ids: dict[tuple[str, str], int] = {}
        self.scenes: dict[str, str] = {}  # by the text of the code on a screen

    def end_token(self) -> None:
        """The token is not good any more; whoever asks gets a new one."""
        self.valid = ""

    def serving(self) -> StandIn:
        return StandIn(self.answer)

    def answer(self, heard: Heard) -> Reply:
        if heard.path == "/cgi-bin/stable_token":
            return said(self._token(heard.json()))
        if heard.method != "POST" or b"\\u" in heard.body:
            return said({"errcode": 47001, "errmsg": "data format error"})
        if heard.query.get("access_token") != self.valid or not self.valid:
            return said({"errcode": 42001, "errmsg": "access_token expired rid: 1-2-3"})
        if not self.right:
            return said({"errcode": 48001, "errmsg": "api unauthorized"})
        if heard.path == "/cgi-bin/qrcode/create":
            return said(self._qrcode(heard.json()))
        template = heard.path == "/cgi-bin/message/template/send"
        assert template or heard.path == "/cgi-bin/message/subscribe/bizsend"
        return said(self._template(heard.json()) if template else self._subscribe(heard.json()))

    def _token(self, asks: Any) -> Mapping[str, Any]:
        self.token_asks += 1
        assert asks["grant_type"] == "client_credential"
        assert asks["force_refresh"] is False
        if asks["appid"] != APPID:
            return {"errcode": 40013, "errmsg": "invalid appid"}
        if asks["secret"] != SECRET:
            return {"errcode": 40125, "errmsg": "invalid appsecret"}
        if not self.valid:
            self.token_n += 1
            self.valid = f"token-{self.token_n}-" + "x" * 500
        return {"access_token": self.valid, "expires_in": self.expires_in}

    def _qrcode(self, body: Any) -> Mapping[str, Any]:
        if body["action_name"] != "QR_STR_SCENE" or not 1 <= len(body["action_info"]["scene"]["scene_str"]) <= 64:
            return {"errcode": 40053, "errmsg": "invalid action info"}
        assert 60 <= body["expire_seconds"] <= 2_592_000
        url = f"http://weixin.qq.com/q/02{len(self.scenes):06d}"
        self.scenes[url] = body["action_info"]["scene"]["scene_str"]
        return {"ticket": "gQH47joAAAAAAAAAASxodHRwOi8", "expire_seconds": body["expire_seconds"], "url": url}

    def scans(self, url: str, openid: str = OPENID) -> tuple[Mapping[str, str], bytes]:
        """What WeChat tells the server when somebody scans a code: who did not follow yet follows by that."""
        known, scene = openid in self.followers, self.scenes[url]
        self.followers.add(openid)
        event = ("SCAN", scene) if known else ("subscribe", f"qrscene_{scene}")
        return event_of(openid, *event)

    def _template(self, body: Any) -> Mapping[str, Any]:
        assert set(body) <= {"touser", "template_id", "url", "data", "client_msg_id"}
        assert len(body["client_msg_id"]) <= 32
        fault = self._fault(body, 20)
        if fault:
            return fault
        key = (body["touser"], body["client_msg_id"])
        if key not in self.known_ids:
            self.known_ids[key] = 100 + len(self.known_ids)
            self.sent.append(body)
        return {"errcode": 0, "errmsg": "ok", "msgid": self.known_ids[key]}

    def _subscribe(self, body: Any) -> Mapping[str, Any]:
        assert set(body) <= {"touser", "template_id", "page", "data"}
        fault = self._fault(body, 32)
        if fault:
            return fault
        if not self.consents.get(body["touser"]):
            return {"errcode": 43101, "errmsg": "user refuse to accept the msg"}
        self.consents[body["touser"]] -= 1
        self.sent.append(body)
        return {"errcode": 0, "errmsg": "ok"}

    def _fault(self, body: Any, longest: int) -> Mapping[str, Any] | None:
        if self.over:
            return {"errcode": 45009, "errmsg": "reach max api daily quota limit"}
        if not body["touser"].startswith("o"):
            return {"errcode": 40003, "errmsg": "invalid openid"}
        if body["touser"] not in self.followers:
            return {"errcode": 43004, "errmsg": "require subscribe"}
        if body["touser"] in self.refusing:
            return {"errcode": 43101, "errmsg": "user refuse to accept the msg"}
        if body["template_id"] != TEMPLATE:
            return {"errcode": 40037, "errmsg": "invalid template_id"}
        bad = [key for key in FIELDS if not good(key, body["data"].get(key, {}).get("value", ""), longest)]
        return {"errcode": 47003, "errmsg": f"argument invalid! data.{bad[0]}.value invalid"} if bad else None


def event_of(openid: str, event: str, key: str = "", at: int = 0, nonce: str = "n1") -> tuple[dict[str, str], bytes]:
    """Query and body by which WeChat tells an event; ``at`` in Unix seconds, else the moment of the tests' clock."""
    body = (
        f"<xml><ToUserName><![CDATA[gh_123456789abc]]></ToUserName><FromUserName><![CDATA[{openid}]]></FromUserName>"
        f"<CreateTime>{at or NOW_S}</CreateTime><MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>"
        f"<EventKey><![CDATA[{key}]]></EventKey><Ticket><![CDATA[TICKET]]></Ticket></xml>"
    )
    return signed(at or NOW_S, f"{nonce}{openid}{event}{key}"[:60]), body.encode()


def signed(at: int, nonce: str, token: str = EVENTS_TOKEN) -> dict[str, str]:
    """The query that stands in each call of WeChat to a server."""
    words = "".join(sorted([token, str(at), nonce]))
    return {"signature": hashlib.sha1(words.encode()).hexdigest(), "timestamp": str(at), "nonce": nonce}


def good(key: str, value: str, longest: int) -> bool:
    """Whether a field keeps WeChat's rule of its kind."""
    kind = re.sub(r"\d+$", "", key)
    rule = {
        "phrase": r"[\u4e00-\u9fff]{1,5}",
        "time": r"\d{4}年\d{1,2}月\d{1,2}日( \d{2}:\d{2})?",
        "character_string": r"[\x20-\x7e]+",
        "number": r"\d+(\.\d+)?",
    }.get(kind, r".+")
    length = len(value.encode("utf-16-le")) // 2
    return bool(re.fullmatch(rule, value)) and length <= min(LIMITS.get(kind, 20), longest)
