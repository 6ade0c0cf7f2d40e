"""Messages of the county's WeChat service account (服务号): template messages, and 订阅通知 for which people consent.

https://developers.weixin.qq.com/doc/service/ . ``client_msg_id`` is made of the notice's id, so what is sent twice
within ten minutes arrives once. WeChat answers 200 whatever happens; what happened stands in ``errcode``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, model_validator

from alerts.channels import Answer, By, Letter, Result, Trouble
from alerts.channels.calling import Call, Line
from alerts.channels.catalog import ChannelSettings, secret_of
from alerts.channels.errcodes import Meanings, failed, refusal, retry
from alerts.channels.measures import Sketch, in_units
from alerts.channels.templates import Template, chosen, distinct, words_among
from alerts.channels.tokens import holder, stable
from alerts.channels.wechat_fields import LONGEST, NoValue, as_told, checked, filled, limit_of

KIND = "wechat"
_ZONE = ZoneInfo("Asia/Shanghai")  # of what people read; WeChat has one clock
_PATHS = {"template": "/cgi-bin/message/template/send", "subscribe": "/cgi-bin/message/subscribe/bizsend"}
_LONGEST = {"template": LONGEST, "subscribe": 32}
MEANINGS: Meanings = {
    -1: retry("微信系统忙"),
    40001: retry("换了凭证仍被拒绝", 60, trouble=Trouble.CREDENTIALS),
    40014: retry("换了凭证仍被拒绝", 60, trouble=Trouble.CREDENTIALS),
    42001: retry("换了凭证仍被拒绝", 60, trouble=Trouble.CREDENTIALS),
    43004: failed("没有关注服务号"),
    43101: failed("拒收或没有同意接收这类消息"),
    40003: failed("不是本服务号的openid,请重新绑定"),
    40037: failed("模板编号不对或已删除", trouble=Trouble.TEMPLATE),
    47003: failed("模板里有一项不合微信的规定"),
    45009: failed("服务号当天的次数用完了", trouble=Trouble.QUOTA),
    45011: retry("发得太快", 60),
    48001: failed("服务号没有这个接口的权限", trouble=Trouble.RIGHT),
    40164: failed("本服务器的IP不在服务号的IP白名单里", trouble=Trouble.IP),
}


Data = Annotated[Mapping[str, str], AfterValidator(checked)]


class WeChatTemplate(Template):
    """Another template of the account (``id``); without ``data`` it has the fields of the channel's own."""

    id: str = Field(min_length=1)
    data: Data = Field(default={})


class Settings(ChannelSettings):
    """The service account, the template of all letters (``template_id``), and those for some (``templates``).

    ``data``: each field of the template with its words, such as ``thing1 = "{what}"``. ``mode`` subscribe is 订阅通知.
    """

    appid: str = Field(min_length=1)
    secret_file: Path
    template_id: str = Field(min_length=1)
    data: Data = Field(min_length=1)
    mode: Literal["template", "subscribe"] = "template"
    templates: tuple[WeChatTemplate, ...] = ()
    base: str = "https://api.weixin.qq.com"
    events_token_file: Path | None = None  # holds the token with which WeChat signs events; then people bind themselves

    def account(self) -> tuple[str, ...]:
        """Counted by the provider as one."""
        return (self.base, self.appid)

    def severity_words(self) -> tuple[str, ...]:
        """The severities of the templates, in the county's words."""
        return words_among(self.templates)

    @model_validator(mode="after")
    def _sound(self) -> Settings:
        distinct(self.templates)
        return self


def opened(settings: Settings, now: Callable[[], datetime]) -> WeChat:
    """The channel of these settings."""
    return WeChat(settings, secret_of(settings.secret_file), now)


class WeChat:
    """One template of one service account; people are known by their openid."""

    by = By.WECHAT

    def __init__(self, settings: Settings, secret: str, now: Callable[[], datetime]) -> None:
        """The token is shared with the account's other channels."""
        self._settings = settings
        self._now = now
        self._line = Line(settings.base)
        self._tokens = holder(settings.base, stable(settings.appid, secret), now)

    def send(self, letter: Letter) -> Answer:
        """Send one letter. Accepted is what WeChat took; whether the phone got it is not told here."""
        if not letter.address:
            return Answer(Result.FAILED, words=f"{letter.person}还没有绑定微信")
        try:
            message = body(self._settings, letter, self._now().astimezone(_ZONE))
        except NoValue as fault:
            return Answer(Result.FAILED, words=str(fault))
        path = _PATHS[self._settings.mode]
        said = self._tokens.ask(
            self._line, lambda token: Call("POST", path, params={"access_token": token}, json=message)
        )
        if isinstance(said, Answer):
            return said
        return refusal(said, MEANINGS) or Answer(Result.ACCEPTED, str(said.get("msgid") or ""), "微信已接收")

    def close(self) -> None:
        """Close the connection pool."""
        self._line.close()


def body(settings: Settings, letter: Letter, now: datetime) -> dict[str, Any]:
    """The message. ``NoValue`` where the template asks for what the letter has not."""
    special = chosen(settings.templates, letter)
    fields = (special.data if special else {}) or settings.data
    data = filled(fields, letter, now, _LONGEST[settings.mode])
    message = {"touser": letter.address, "template_id": special.id if special else settings.template_id, "data": data}
    if settings.mode == "subscribe":
        return message | ({"page": letter.link} if letter.link else {})
    return message | {"client_msg_id": short_hash(letter.id)} | ({"url": letter.link} if letter.link else {})


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be sent."""
    local = now.astimezone(_ZONE)
    message = body(settings, letter, local)
    special = chosen(settings.templates, letter)
    pattern = (special.data if special else {}) or settings.data
    most = _LONGEST[settings.mode]
    fields = {key: told["value"] for key, told in message["data"].items()}
    said = {key: as_told(key, pattern[key], letter, local) for key in fields}
    measures = tuple(in_units(key, text, said[key] or text, limit_of(key, most)) for key, text in fields.items())
    return Sketch(message, measures, str(message["template_id"]))


def short_hash(letter_id: str) -> str:
    """32 characters that are the same whenever the same notice is sent again."""
    return hashlib.sha256(letter_id.encode()).hexdigest()[:32]
