"""A group robot of Feishu (飞书自定义机器人), signed: text.

https://open.feishu.cn/document/client-docs/bot-v3/add-custom-bot . At most 100 a minute and 5 a second, 20 KB; at full
and half hours Feishu is busy and says 11232.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import Field

from alerts.channels import Answer, Letter, Result, Trouble
from alerts.channels.calling import Call, Said
from alerts.channels.catalog import secret_of
from alerts.channels.errcodes import Meanings, failed, number_of, refusal, retry
from alerts.channels.group import GroupSettings, Robot, sketched, told
from alerts.channels.measures import Sketch
from alerts.channels.pace import ARRIVES_S, Window

KIND = "feishu_robot"
LONGEST = 9000  # bytes of text: quoted as JSON, no more than 18 KB of the 20 KB
_BAD_REQUEST = 9499
MEANINGS: Meanings = {
    _BAD_REQUEST: failed("飞书不认这个请求"),
    11232: retry("飞书限流(整点、半点常有)", 30),
    19001: failed("机器人地址不对,或机器人已被移出群", trouble=Trouble.CREDENTIALS),
    19002: failed("内容不合飞书的规定"),
    19021: failed("签名不对,或服务器时钟相差1小时以上", trouble=Trouble.CREDENTIALS),
    19022: failed("本服务器的IP不在机器人的白名单里", trouble=Trouble.IP),
    19024: failed("没有机器人要求的关键词"),
}


class Settings(GroupSettings):
    """``hook_file``: what stands after ``/hook/`` in the robot's address; ``secret_file``: its 签名校验.

    Without ``secret_file`` the robot must have a keyword or an address list. ``mention`` has no effect: Feishu calls
    people by its own numbers only.
    """

    hook_file: Path
    secret_file: Path | None = None
    base: str = "https://open.feishu.cn"
    per_second: int | None = Field(default=5, ge=1, le=5)
    per_minute: int | None = Field(default=100, ge=1, le=100)

    def account(self) -> tuple[str, ...]:
        """Counted by the provider as one."""
        return (self.base, str(self.hook_file))

    def room(self) -> tuple[int, str]:
        """Bytes of UTF-8."""
        return LONGEST, "字节"


def opened(settings: Settings, now: Callable[[], datetime]) -> FeishuRobot:
    """The channel of these settings."""
    secret = secret_of(settings.secret_file) if settings.secret_file else ""
    return FeishuRobot(settings, secret_of(settings.hook_file), secret, now)


class FeishuRobot(Robot):
    """One robot in one group."""

    full = "机器人一分钟100条、一秒5条已满"

    def __init__(self, settings: Settings, hook: str, secret: str, now: Callable[[], datetime]) -> None:
        """``secret`` may be empty: then nothing is signed."""
        super().__init__(settings.base, hook, now, Window(100, 60 + ARRIVES_S), Window(5, 1))
        self._settings = settings
        self._path = f"/open-apis/bot/v2/hook/{quote(hook, safe='')}"
        self._secret = secret

    def _call(self, letter: Letter, now: datetime) -> Call:
        message = body(self._settings, letter) | (signed(self._secret, now) if self._secret else {})
        return Call("POST", self._path, json=message)

    def _heard(self, said: Said) -> Answer:
        return read(said)


def signed(secret: str, now: datetime) -> dict[str, str]:
    """``timestamp`` in seconds and ``sign``: of an empty message, with the time and the secret as the key."""
    stamp = str(int(now.timestamp()))
    digest = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be said."""
    return sketched(letter, settings, body(settings, letter), LONGEST)


def body(settings: Settings, letter: Letter) -> dict[str, Any]:
    """The message."""
    return {"msg_type": "text", "content": {"text": told(letter, settings, LONGEST)}}


def read(said: Said) -> Answer:
    """What Feishu says; older robots say ``StatusCode`` alone. 9499 stands for two things that its words tell apart."""
    told = said if "code" in said else {"code": said.get("StatusCode"), "msg": said.get("StatusMessage", "")}
    if number_of(told, "code") == _BAD_REQUEST and "too many" in str(told.get("msg", "")).lower():
        return Answer(Result.RETRY, words=f"发得太快(错误码{_BAD_REQUEST}:{told['msg']})"[:200], wait_s=60)
    return refusal(told, MEANINGS, "code", "msg") or Answer(Result.ACCEPTED, words="飞书已接收")
