"""Messages of the county's WeCom application (企业微信自建应用) to one member: a card with the link, text or Markdown.

https://developer.work.weixin.qq.com/document/path/90236 . WeCom silently drops what one member gets beyond 30 a minute
or 1,000 an hour, so the channel itself does not go beyond; and ``errcode`` 0 may still name the member as invalid.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from alerts import phrases
from alerts.channels import Answer, By, Letter, Result, Trouble
from alerts.channels.calling import Call, Line, Said
from alerts.channels.catalog import secret_of
from alerts.channels.errcodes import Meanings, failed, refusal, retry
from alerts.channels.fits import harmless, harmless_markdown, lead_of, one_line, shortened, within_bytes, words_of
from alerts.channels.measures import Measure, Sketch, in_bytes
from alerts.channels.pace import ARRIVES_S, Window, shared
from alerts.channels.templates import Worded, worded
from alerts.channels.tokens import corporate, holder

KIND = "wecom"
LONGEST, TITLE, CARD = 2048, 128, 512  # bytes of a text or Markdown, of a card's title and of its words
SAME_S = 600  # the same words to the same member within this time arrive once
EACH = (Window(30, 60 + ARRIVES_S), Window(1000, 3600 + ARRIVES_S))
MEANINGS: Meanings = {
    -1: retry("企业微信系统忙"),
    40001: retry("换了凭证仍被拒绝", 60, trouble=Trouble.CREDENTIALS),
    40014: retry("换了凭证仍被拒绝", 60, trouble=Trouble.CREDENTIALS),
    42001: retry("换了凭证仍被拒绝", 60, trouble=Trouble.CREDENTIALS),
    40033: failed("内容里有企业微信不收的字符"),
    40056: failed("agentid不对", trouble=Trouble.CREDENTIALS),
    45002: failed("内容太长"),
    45009: retry("发得太多", 60),
    45033: retry("同时发得太多", 5),
    48002: failed("应用没有这个接口的权限", trouble=Trouble.RIGHT),
    60011: failed("应用没有权限发给此人"),
    60020: failed("本服务器的IP不在企业可信IP里", trouble=Trouble.IP),
    81013: failed("企业里没有此人,或不在应用的可见范围"),
    82001: failed("企业里没有此人,或不在应用的可见范围"),
    301002: failed("凭证不是这个应用的,agentid与密钥对不上", trouble=Trouble.CREDENTIALS),
}
_NOBODY = {"invaliduser": "企业里没有此人,或不在应用的可见范围", "unlicenseduser": "此人没有企业微信的基础许可"}


class Settings(Worded):
    """The corporation, one application of it, and in which form letters go out."""

    corpid: str = Field(min_length=1)
    agentid: int = Field(gt=0)
    secret_file: Path
    form: Literal["textcard", "text", "markdown"] = "textcard"
    base: str = "https://qyapi.weixin.qq.com"
    binds: bool = False  # people bind themselves by a link; the application trusts our domain
    per_minute: int | None = Field(default=5000, ge=1, le=10_000)  # it takes 10,000, of all its applications

    def account(self) -> tuple[str, ...]:
        """Counted by the provider as one."""
        return (self.base, self.corpid, str(self.agentid))

    def room(self) -> tuple[int, str]:
        """Bytes of UTF-8: of a card's words, or of the whole."""
        return (CARD if self.form == "textcard" else LONGEST), "字节"


def opened(settings: Settings, now: Callable[[], datetime]) -> WeCom:
    """The channel of these settings."""
    return WeCom(settings, secret_of(settings.secret_file), now)


class WeCom:
    """One application; people are known by their userid."""

    by = By.WECOM

    def __init__(self, settings: Settings, secret: str, now: Callable[[], datetime]) -> None:
        """Token and pace are shared with the other channels of the application."""
        self._settings = settings
        self._now = now
        self._line = Line(settings.base)
        self._tokens = holder(settings.base, corporate(settings.corpid, secret), now)
        self._pace = shared((settings.base, settings.corpid, str(settings.agentid)), *EACH)

    def send(self, letter: Letter) -> Answer:
        """Send one letter to one member. Accepted is what WeCom took; it tells nothing later."""
        member = letter.address
        if not member:
            return Answer(Result.FAILED, words=f"{letter.person}还没有绑定企业微信")
        if "|" in member or member.startswith("@"):  # several people, or @all
            return Answer(Result.FAILED, words=f"{letter.person}的企业微信账号不对")
        wait = self._pace.take(self._now(), member.lower())
        if wait:
            return Answer(Result.RETRY, words="一分钟30条、一小时1000条已满,再多会被企业微信悄悄丢掉", wait_s=wait)
        message = body(self._settings, letter)
        said = self._tokens.ask(
            self._line,
            lambda token: Call("POST", "/cgi-bin/message/send", params={"access_token": token}, json=message),
        )
        return said if isinstance(said, Answer) else read(said, member)

    def close(self) -> None:
        """Close the connection pool."""
        self._line.close()


def body(settings: Settings, letter: Letter) -> dict[str, Any]:
    """The message, within WeCom's limits. A letter without a link is text: a card must lead somewhere."""
    letter = worded(letter, settings.templates)
    form = settings.form if letter.link else "text"
    return {
        "touser": letter.address, "agentid": settings.agentid, "msgtype": form, form: _FORMS[form](letter),
        "enable_duplicate_check": 1, "duplicate_check_interval": SAME_S,
    }  # fmt: skip


def sketch(settings: Settings, letter: Letter, now: datetime) -> Sketch:
    """What would be sent."""
    message = body(settings, letter)
    form, told = message["msgtype"], worded(letter, settings.templates)
    part = message[form]
    if form == "textcard":
        measures: tuple[Measure, ...] = (in_bytes("title", part["title"], harmless(_title(told)), TITLE),
                    in_bytes("description", part["description"], harmless(words_of(told)), CARD))  # fmt: skip
    else:
        made, end = _ENDS[form]
        measures = (in_bytes("content", part["content"], made(words_of(told)) + end(told), LONGEST),)
    return Sketch(message, measures, form)


def read(said: Said, member: str) -> Answer:
    """What WeCom says of this member: 0 with the member among the invalid (which it writes small) is a failure."""
    refused = refusal(said, MEANINGS)
    if refused is not None:
        return refused
    for key, words in _NOBODY.items():
        if member.lower() in str(said.get(key, "")).lower().split("|"):
            return Answer(Result.FAILED, words=f"{words}({key})")
    return Answer(Result.ACCEPTED, str(said.get("msgid") or ""), "企业微信已接收")


def _plain_end(letter: Letter) -> str:
    return lead_of(letter) + letter.link


def _markdown_end(letter: Letter) -> str:
    return f"\n[打开办理]({letter.link})"


def _text(letter: Letter) -> dict[str, str]:
    return {"content": shortened(harmless(words_of(letter)), LONGEST, _plain_end(letter))}


def _markdown(letter: Letter) -> dict[str, str]:
    return {"content": shortened(harmless_markdown(words_of(letter)), LONGEST, _markdown_end(letter))}


def _title(letter: Letter) -> str:
    return one_line(f"{phrases.do(letter.purpose, letter.grade)}:{letter.what} {letter.severity}").strip(":")


def _card(letter: Letter) -> dict[str, str]:
    return {
        "title": within_bytes(harmless(_title(letter)), TITLE),
        "description": shortened(harmless(words_of(letter)), CARD),
        "url": letter.link, "btntxt": "办理",
    }  # fmt: skip


_ENDS: dict[str, tuple[Callable[[str], str], Callable[[Letter], str]]] = {
    "text": (harmless, _plain_end), "markdown": (harmless_markdown, _markdown_end),
}  # fmt: skip
_FORMS: dict[str, Callable[[Letter], dict[str, str]]] = {"text": _text, "markdown": _markdown, "textcard": _card}
