"""A stand-in of open.feishu.cn's group robot: the sign, the clock, the keyword, sizes, and 5 a second."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from tests.providers.standin import Heard, Reply, StandIn, said

HOOK, SECRET = "0000-hook-1111", "feishu-s3cret"


class Feishu:
    """One robot; ``now`` is Feishu's clock."""

    def __init__(self, now: Callable[[], datetime], *, secret: str = SECRET, keyword: str = "") -> None:
        self.now = now
        self.secret = secret
        self.keyword = keyword
        self.sent: list[Mapping[str, Any]] = []
        self.times: list[float] = []

    def serving(self) -> StandIn:
        return StandIn(self.answer)

    def answer(self, heard: Heard) -> Reply:
        assert heard.method == "POST"
        assert b"\\u" not in heard.body
        if heard.path != f"/open-apis/bot/v2/hook/{HOOK}":
            return said({"code": 19001, "msg": "param invalid: incoming webhook access token invalid"}, 400)
        now = self.now().timestamp()
        self.times = [*(one for one in self.times if one > now - 60), now]
        if len(self.times) > 100 or sum(one > now - 1 for one in self.times) > 5:
            return said({"code": 9499, "msg": "too many request", "data": {}}, 400)
        if len(heard.body) > 20 * 1024:
            return said({"code": 9499, "msg": "Bad Request", "data": {}}, 400)
        return said(self._fault(heard.json(), now) or self._take(heard.json()))

    def _fault(self, body: Any, now: float) -> Mapping[str, Any] | None:
        if self.secret:
            stamp = body.get("timestamp", "0")
            digest = hmac.new(f"{stamp}\n{self.secret}".encode(), b"", hashlib.sha256).digest()
            if abs(int(stamp) - now) > 3600 or body.get("sign") != base64.b64encode(digest).decode():
                return {"code": 19021, "msg": "sign match fail or timestamp is not within one hour from current time"}
        if self.keyword not in body["content"]["text"]:
            return {"code": 19024, "msg": "Key Words Not Found"}
        return None

    def _take(self, body: Any) -> Mapping[str, Any]:
        assert body["msg_type"] == "text"
        self.sent.append(body)
        return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}
