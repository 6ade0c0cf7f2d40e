"""A group robot of DingTalk (钉钉自定义机器人), signed: text that calls the person.

https://open.dingtalk.com/document/orgapp/custom-robot-access . At most 20 a minute; one more, and DingTalk takes
nothing for ten minutes, so the 21st is never sent.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import Field

from alerts.channels import Answer, Letter, Result, Trouble
from alerts.channels.calling import Call, Said
from alerts.channels.catalog import secret_of
from alerts.channels.errcodes import Meanings, failed, number_of, refusal, retry
from alerts.channels.group import GroupSettings, Robot, mobiles, sketched, told
from alerts.channels.measures import Sketch
from alerts.channels.pace import ARRIVES_S, Window

KIND = "dingtalk_robot"
LONGEST = 5000  # bytes of text
BLOCKED_S = 600.0
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BLOCKS = frozenset({130101, 410100})
MEANINGS: Meanings = {
    -1: retry("钉钉系统忙"),
    130101: retry("发得太多,钉钉停用机器人10分钟", BLOCKED_S, trouble=Trouble.BLOCKED),
    410100: retry("发得太多,钉钉停用机器人10分钟", BLOCKED_S, trouble=Trouble.BLOCKED),
    300001: failed("机器人的access_token不对", trouble=Trouble.CREDENTIALS),
    310000: failed("加签、关键词或IP不合机器人的安全设置", trouble=Trouble.CREDENTIALS),
    400013: failed("群已解散", trouble=Trouble.BLOCKED),
    400101: failed("机器人的access_token不对", trouble=Trouble.CREDENTIALS),
    400102: failed("机器人已停用", trouble=Trouble.BLOCKED),
}


class Settings(GroupSettings):
    """``token_file``: what stands after ``access_token=`` in the robot's address; ``secret_file``: its 加签 (SEC…).

    Without ``secret_file`` the robot must have a keyword or an address list.
    """

    token_file: Path
    secret_file: Path | None = None
    base: str = "https://oapi.dingtalk.com"
    per_minute: int | None = Field(default=20, ge=1, le=20)

    def account(self) -> tuple[str, ...]:
        """Counted by the provider as one."""
        return (self.base, str(self.token_file))

    def room(self) -> tuple[int, str]:
        """Bytes of UTF-8."""
        return LONGEST, "字节"


def opened(settings: Settings, now: Callable[[], datetime]) -> DingTalkRobot:
    """The channel of these settings."""
    secret = secret_of(settings.secret_file) if settings.secret_file else ""
    return DingTalkRobot(settings, secret_of(settings.token_file), secret, now)


class DingTalkRobot(Robot):
    """One robot in one group."""

    full = "机器人一分钟20条已满,再多会被停用10分钟"

    def __init__(self, settings: Settings, token: str, secret: str, now: Callable[[], datetime]) -> None:
        """``secret`` may be empty: then nothing is signed."""
        super().__init__(settings.base, token, now, Window(20, 60 + ARRIVES_S))
        self._settings = settings
        self._token = token
        self._secret = secret

    def _call(self, letter: Letter, now: datetime) -> Call:
        params = {"access_token": self._token} | (signed(self._secret, now) if self._secret else {})
        return Call("POST", "/robot/send", params=params, json=body(self._settings, letter))

    def _heard(self, said: Said) -> Answer:
        if number_of(said) in _BLOCKS:
            self._pace.hold(self._now(), BLOCKED_S)
        return refusal(said, MEANINGS) or Answer(Result.ACCEPTED, words="钉钉已接收")


def signed(secret: str, now: datetime) -> dict[str, str]:
    """``timestamp`` in milliseconds and ``sign`` of it, as query parameters (not yet quoted)."""
    stamp = str((now - _EPOCH) // timedelta(milliseconds=1))
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be said."""
    return sketched(letter, settings, body(settings, letter), LONGEST)


def body(settings: Settings, letter: Letter) -> dict[str, Any]:
    """The message."""
    at = {"atMobiles": mobiles(letter, settings), "isAtAll": False}
    return {"msgtype": "text", "text": {"content": told(letter, settings, LONGEST)}, "at": at}
