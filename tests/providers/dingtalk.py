"""A stand-in of oapi.dingtalk.com's group robot: sign, clock, keyword, and ten minutes shut after the 21st."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.providers.standin import Heard, Reply, StandIn, said

TOKEN, SECRET = "ding-token", "SEC+s3cret/="


class DingTalk:
    """One robot; ``now`` is DingTalk's clock."""

    def __init__(self, now: Callable[[], datetime], *, secret: str = SECRET, keyword: str = "") -> None:
        self.now = now
        self.secret = secret
        self.keyword = keyword
        self.sent: list[Mapping[str, Any]] = []
        self.times: list[float] = []
        self.shut_until = 0.0

    def serving(self) -> StandIn:
        return StandIn(self.answer)

    def answer(self, heard: Heard) -> Reply:
        assert (heard.method, heard.path) == ("POST", "/robot/send")
        assert heard.headers["content-type"].endswith("charset=utf-8")
        assert b"\\u" not in heard.body
        if heard.query.get("access_token") != TOKEN:
            return said({"errcode": 300001, "errmsg": "token is not exist"})
        now = self.now().timestamp()
        return said(self._limit(now) or self._safety(heard, now) or self._take(heard.json()))

    def _limit(self, now: float) -> Mapping[str, Any] | None:
        self.times = [*(one for one in self.times if one > now - 60), now]
        if len(self.times) > 20 and now >= self.shut_until:
            self.shut_until = now + 600
        if now < self.shut_until:
            return {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"}
        return None

    def _safety(self, heard: Heard, now: float) -> Mapping[str, Any] | None:
        if self.secret:
            stamp = heard.query.get("timestamp", "0")
            digest = hmac.new(self.secret.encode(), f"{stamp}\n{self.secret}".encode(), hashlib.sha256).digest()
            if abs(int(stamp) / 1000 - now) > 3600:
                return {"errcode": 310000, "errmsg": "invalid timestamp"}
            if heard.query.get("sign") != base64.b64encode(digest).decode():
                return {"errcode": 310000, "errmsg": "sign not match"}
        if self.keyword not in heard.json()["text"]["content"]:
            return {"errcode": 310000, "errmsg": "keywords not in content"}
        return None

    def _take(self, body: Any) -> Mapping[str, Any]:
        assert body["msgtype"] == "text"
        assert body["at"]["isAtAll"] is False
        self.sent.append(body)
        return {"errcode": 0, "errmsg": "ok"}
