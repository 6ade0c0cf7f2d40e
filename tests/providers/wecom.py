"""A stand-in of qyapi.weixin.qq.com: gettoken, application messages, members and the group robot, as it answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from tests.providers.standin import Heard, Reply, StandIn, said

CORPID, AGENT, SECRET, MEMBER, ROBOT = "ww0123456789abcdef", 1000002, "wecom-s3cret", "MaCunGuan", "robot-key-1"
MOST = {"text": 2048, "markdown": 2048}
ROBOT_MOST = {"text": 2048, "markdown": 4096}


class WeCom:
    """What WeCom knows. ``dropped`` counts what it took with errcode 0 and never showed."""

    def __init__(self) -> None:
        self.valid = ""
        self.token_n = 0
        self.members = {MEMBER.lower()}
        self.trusted = True
        self.sent: list[Mapping[str, Any]] = []
        self.dropped = 0
        self.heard_by: Counter[str] = Counter()
        self.robot_sent: list[Mapping[str, Any]] = []
        self.codes: dict[str, str] = {}  # what members came back with, each good once
        self.mobiles: dict[str, str] = {}
        self.invisible: set[str] = set()
        self.over = False

    def serving(self) -> StandIn:
        return StandIn(self.answer)

    def answer(self, heard: Heard) -> Reply:
        if heard.path == "/cgi-bin/gettoken":
            return said(self._token(heard))
        if b"\\u" in heard.body:
            return said({"errcode": 40033, "errmsg": "invalid charset. please check your request, if include \\uxxxx"})
        if heard.path == "/cgi-bin/webhook/send":
            return said(self._robot(heard))
        if heard.query.get("access_token") != self.valid or not self.valid:
            return said({"errcode": 42001, "errmsg": "access_token expired"})
        if not self.trusted:
            return said({"errcode": 60020, "errmsg": "not allow to access from your ip, from ip: 10.1.2.3"})
        return said(self._asked(heard))

    def _asked(self, heard: Heard) -> Mapping[str, Any]:
        if heard.path == "/cgi-bin/auth/getuserinfo":
            return self._came_back(heard)
        if heard.path == "/cgi-bin/user/getuserid":
            return self._by_mobile(heard.json())
        assert heard.path == "/cgi-bin/message/send"
        return self._send(heard.json())

    def _came_back(self, heard: Heard) -> Mapping[str, Any]:
        assert heard.method == "GET"
        told = self.codes.pop(heard.query["code"], "")
        if not told:
            return {"errcode": 40029, "errmsg": "invalid code"}
        if told.lower() not in self.members:
            return {"errcode": 0, "errmsg": "ok", "openid": f"o-{told}"}
        return {"errcode": 0, "errmsg": "ok", "userid": told, "user_ticket": ""}

    def _by_mobile(self, body: Any) -> Mapping[str, Any]:
        assert set(body) == {"mobile"}
        if self.over:
            return {"errcode": 45009, "errmsg": "api freq out of limit"}
        if not (len(body["mobile"]) == 11 and body["mobile"].isdigit()):
            return {"errcode": 60103, "errmsg": "invalid mobile"}
        userid = self.mobiles.get(body["mobile"], "")
        if not userid:
            return {"errcode": 46004, "errmsg": "user not exist"}
        if userid in self.invisible:
            return {"errcode": 60111, "errmsg": "userid not found"}
        return {"errcode": 0, "errmsg": "ok", "userid": userid}

    def _token(self, heard: Heard) -> Mapping[str, Any]:
        assert heard.method == "GET"
        if heard.query["corpid"] != CORPID:
            return {"errcode": 40013, "errmsg": "invalid corpid"}
        if heard.query["corpsecret"] != SECRET:
            return {"errcode": 40001, "errmsg": "invalid credential"}
        if not self.valid:
            self.token_n += 1
            self.valid = f"wecom-token-{self.token_n}"
        return {"errcode": 0, "errmsg": "ok", "access_token": self.valid, "expires_in": 7200}

    def _send(self, body: Any) -> Mapping[str, Any]:
        if body["agentid"] != AGENT:
            return {"errcode": 301002, "errmsg": "not allow operate another agent with this accesstoken"}
        form = body["msgtype"]
        if form == "textcard":
            card = body["textcard"]
            assert len(card["title"].encode()) <= 128
            assert len(card["description"].encode()) <= 512
            assert card["url"].startswith("https://")
        elif len(body[form]["content"].encode()) > MOST[form]:
            return {"errcode": 45002, "errmsg": "content size out of limit"}
        people = body["touser"].split("|")
        invalid = [one.lower() for one in people if one.lower() not in self.members]
        if len(invalid) == len(people) and len(self.members) == 0:
            return {"errcode": 81013, "errmsg": "user & party & tag all invalid"}
        for one in {one.lower() for one in people} - set(invalid):
            self._show(one, body)
        told = {"invaliduser": "|".join(invalid)} if invalid else {}
        return {"errcode": 0, "errmsg": "ok", "msgid": f"msg-{len(self.sent)}"} | told

    def _show(self, member: str, body: Any) -> None:
        self.heard_by[member] += 1
        known = any(sent[sent["msgtype"]] == body[body["msgtype"]] for sent in self.sent)
        if body.get("enable_duplicate_check") and known:
            return
        if self.heard_by[member] > 30:
            self.dropped += 1
        else:
            self.sent.append(body)

    def _robot(self, heard: Heard) -> Mapping[str, Any]:
        if heard.query.get("key") != ROBOT:
            return {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1], from ip: 10.1.2.3"}
        body = heard.json()
        form = body["msgtype"]
        if len(body[form]["content"].encode()) > ROBOT_MOST[form]:
            return {"errcode": 40058, "errmsg": f"{form}.content exceed max length {ROBOT_MOST[form]}"}
        if len(self.robot_sent) >= 20:
            return {"errcode": 45009, "errmsg": "api freq out of limit"}
        assert all(len(phone) == 11 for phone in body[form].get("mentioned_mobile_list", []))
        self.robot_sent.append(body)
        return {"errcode": 0, "errmsg": "ok"}
