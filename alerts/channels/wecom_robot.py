"""A group robot of WeCom (企业微信群机器人): text that calls the person, or Markdown.

https://developer.work.weixin.qq.com/document/path/91770 . At most 20 a minute. Everything is answered inside HTTP 200.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from alerts.channels import Answer, Letter, Result, Trouble
from alerts.channels.calling import Call, Said
from alerts.channels.catalog import secret_of
from alerts.channels.errcodes import Meanings, failed, refusal, retry
from alerts.channels.fits import harmless, harmless_markdown
from alerts.channels.group import GroupSettings, Robot, mobiles, sketched, told
from alerts.channels.measures import Sketch
from alerts.channels.pace import ARRIVES_S, Window

KIND = "wecom_robot"
LONGEST = {"text": 2048, "markdown": 4096}
MEANINGS: Meanings = {
    -1: retry("企业微信系统忙"),
    40033: failed("内容里有企业微信不收的字符"),
    40058: failed("内容不合机器人的规定"),
    45002: failed("内容太长"),
    45009: retry("机器人一分钟20条已满", 60),
    45033: retry("同时发得太多", 5),
    93000: failed("机器人的密钥不对,或机器人已被移出群", trouble=Trouble.CREDENTIALS),
}


class Settings(GroupSettings):
    """The robot's key (what stands after ``key=`` in its address) in a file, and in which form it speaks."""

    key_file: Path
    form: Literal["text", "markdown"] = "text"
    base: str = "https://qyapi.weixin.qq.com"
    per_minute: int | None = Field(default=20, ge=1, le=20)

    def account(self) -> tuple[str, ...]:
        """Counted by the provider as one."""
        return (self.base, str(self.key_file))

    def room(self) -> tuple[int, str]:
        """Bytes of UTF-8."""
        return LONGEST[self.form], "字节"


def opened(settings: Settings, now: Callable[[], datetime]) -> WeComRobot:
    """The channel of these settings."""
    return WeComRobot(settings, secret_of(settings.key_file), now)


class WeComRobot(Robot):
    """One robot in one group."""

    full = "机器人一分钟20条已满"

    def __init__(self, settings: Settings, key: str, now: Callable[[], datetime]) -> None:
        """``key`` is the robot's secret."""
        super().__init__(settings.base, key, now, Window(20, 60 + ARRIVES_S))
        self._settings = settings
        self._key = key

    def _call(self, letter: Letter, now: datetime) -> Call:
        message = body(self._settings, letter)
        return Call("POST", "/cgi-bin/webhook/send", params={"key": self._key}, json=message)

    def _heard(self, said: Said) -> Answer:
        return refusal(said, MEANINGS) or Answer(Result.ACCEPTED, words="企业微信已接收")


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be said."""
    return sketched(letter, settings, body(settings, letter), LONGEST[settings.form])


def body(settings: Settings, letter: Letter) -> dict[str, Any]:
    """The message. Markdown can call nobody by phone number."""
    form = settings.form
    content = told(letter, settings, LONGEST[form], harmless_markdown if form == "markdown" else harmless)
    phones = mobiles(letter, settings) if form == "text" else []
    return {"msgtype": form, form: {"content": content} | ({"mentioned_mobile_list": phones} if phones else {})}
