"""What the stand-in of the screen's server says of binding: one person, two ways, and numbers that the test knows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from screen.bindings.qr import drawn

JSON = dict[str, Any]
SMS, PAIR, ATTEMPT = "123456", "42", "A" * 32
LINK = "https://open.weixin.qq.com/connect/oauth2/authorize?state=s#wechat_redirect"


@dataclass
class Binding:
    """What is bound, and how the attempt stands; ``asked`` are the bodies by path."""

    since: dict[str, str | None] = field(default_factory=lambda: {"wechat": None, "wecom": "11月20日"})
    state: str = "open"
    way: str = ""
    unbinds: bool = False
    offered: bool = True
    asked: list[tuple[str, JSON]] = field(default_factory=list)

    def answer(self, path: str, body: JSON) -> tuple[int, JSON]:
        step = path.removeprefix("/api/v1/binding").lstrip("/")
        self.asked.append((step, body))
        if step in ("begin", "unbind"):
            self.way, self.unbinds = body["way"], step == "unbind"
            self.state = "scanned" if self.unbinds else "open"
            picture = None if self.unbinds else drawn("http://weixin.qq.com/q/02abc")
            link = LINK if self.way == "wecom" and not self.unbinds else None
            return 200, {"attempt": ATTEMPT, "until": "2099-01-01T00:00:00Z", "picture": picture, "link": link}
        if step == "state":
            return 200, {"state": self.state, "words": ""}
        if step == "confirm":
            if (body["sms"], body["pair"]) != (SMS, "" if self.unbinds else PAIR):
                return 409, {"detail": "数字不对"}
            self.since[self.way] = None if self.unbinds else "11月21日"
        return 200, self.shown

    @property
    def shown(self) -> JSON:
        names = {"wechat": "微信", "wecom": "企业微信"}
        ways = [{"way": way, "name": names[way], "since": since, "offered": self.offered}
                for way, since in self.since.items() if since or self.offered]  # fmt: skip
        return {"ways": ways, "phone_masked": "138****0001"}
