"""Trying a channel out: the letter that says it is a test, what came of it, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import uuid4

from alerts.channels import Answer, By, Channel, Letter, Result
from county.snapshot import County
from county.values import Level, Person

KNOWN_BY = {
    By.NOBODY: "不认人", By.PHONE: "手机号", By.EMAIL: "邮箱", By.WECHAT: "微信openid", By.WECOM: "企业微信userid",
}  # fmt: skip
_MISSING = {
    By.PHONE: "在people.csv的phone列填上手机号",
    By.EMAIL: "在people.csv的email列填上邮箱",
    By.WECHAT: "请本人关注服务号并扫码绑定",
    By.WECOM: "导入企业微信成员,或请本人扫码绑定",
}
_HEADS = {
    Result.DELIVERED: "已送到",
    Result.ACCEPTED: "对方已收下",
    Result.RETRY: "这次没成",
    Result.FAILED: "没有发出",
}


@dataclass(frozen=True, slots=True)
class About:
    """What a test letter tells besides its person: rung, severity in words, code of the village, our address."""

    level: Level
    severity: str
    village: str
    base_url: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one channel answered, and what to do about it (plain Chinese)."""

    channel: str
    result: Result
    words: str
    hint: str
    provider_id: str = ""

    @property
    def went(self) -> bool:
        """Whether nothing is left to do."""
        return self.result.went


def letter_for(person: Person, county: County, about: About, now: datetime) -> Letter:
    """A letter that says at once that nothing is to be done; ``now`` in the county's zone."""
    link = f"{about.base_url.rstrip('/')}/"
    words = f"【净村·{county.name}】这是一条测试通知,不用处理。看到后请告诉管系统的人。查看:{link}"
    place = county.place_name(about.village or county.code)
    return Letter(
        f"test-{uuid4()}", "测试", "dispatch", about.level, 1, person.name, person.phone, words, link,
        what="通知测试", severity=about.severity, place=place, due=f"{now + timedelta(days=1):%m月%d日%H:%M}",
        code="test", village=about.village,
    )  # fmt: skip


def tried(name: str, channel: Channel, letter: Letter, address: str) -> Outcome:
    """Send the test letter by one channel, to what it knows the person by."""
    if not address and channel.by is not By.NOBODY:
        return Outcome(name, Result.FAILED, f"不知道{letter.person}的{KNOWN_BY[channel.by]}", _MISSING[channel.by])
    answer = channel.send(replace(letter, address=address))
    return Outcome(name, answer.result, said(answer), hint(answer), answer.provider_id)


def said(answer: Answer) -> str:
    """The answer in one line."""
    words = " ".join(answer.words.split())
    return f"{_HEADS[answer.result]}:{words}" if words else _HEADS[answer.result]


def hint(answer: Answer) -> str:
    """What to do about an answer; empty where nothing is."""
    retry = answer.result is Result.RETRY
    causes = (
        (answer.result is Result.DELIVERED, ""),
        (answer.result is Result.ACCEPTED, "请问一问本人是否收到"),
        (answer.declined, "这是通道自己的设定,不是故障;要试就换级别(--severity)、换时间,或改设定"),
        (answer.maybe_sent, "可能已经发出:先问本人,没有收到再试一次"),
        (retry and answer.wait_s > 0, f"{answer.wait_s:.0f}秒以后再试"),
        (retry, "查服务器能否出网、地址和端口有没有写错、防火墙是否放行,然后再试一次"),
    )
    usual = "按上面的原因改server.toml、密钥文件或people.csv;各种原因见手册“通知通道”“短信”两页"
    return next((words for holds, words in causes if holds), usual)
