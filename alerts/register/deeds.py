"""What the register tells: deeds, who did them, and the four fields of 调用登记. Pure values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from ingest.evidence.chain import Fact

MOST_REASON, MOST_FACT, MOST_FACTS = 500, 200, 20
# Also what turns the direction of writing around, so that a row reads as it was written.
_UNPRINTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069]+")


class Deed(StrEnum):
    """What was done. ``words`` is what people read."""

    LOGGED_IN = "logged_in"
    LOGIN_FAILED = "login_failed"
    LOCKED_OUT = "locked_out"
    LOGGED_OUT = "logged_out"
    ACCOUNT = "account"
    COUNTY = "county"
    DEVICE = "device"
    TICKET = "ticket"
    MUTE = "mute"
    REPORT = "report"
    REPORTER_SEEN = "reporter_seen"
    LETTER = "letter"
    PAPER_ISSUED = "paper_issued"
    PAPER_TAKEN = "paper_taken"
    EXPORTED = "exported"
    PICTURES_AT_WORK = "pictures_at_work"
    PICTURES_WATCHED = "pictures_watched"
    LIVE_WATCHED = "live_watched"
    EVIDENCE_GRANTED = "evidence_granted"
    EVIDENCE_SEEN = "evidence_seen"
    VILLAGE_LIST = "village_list"
    CHANGED = "changed"
    REFUSED = "refused"

    @property
    def words(self) -> str:
        """Its name in Chinese."""
        return NAMES[self]


NAMES: Mapping[str, str] = MappingProxyType({
    Deed.LOGGED_IN: "登录", Deed.LOGIN_FAILED: "登录失败", Deed.LOCKED_OUT: "登录锁定", Deed.LOGGED_OUT: "退出登录",
    Deed.ACCOUNT: "账号变更", Deed.COUNTY: "县册变更", Deed.DEVICE: "设备变更", Deed.TICKET: "办理工单",
    Deed.MUTE: "静默", Deed.REPORT: "群众反映与奖励", Deed.REPORTER_SEEN: "查看反映人", Deed.LETTER: "死信重投",
    Deed.PAPER_ISSUED: "签发整改通知书", Deed.PAPER_TAKEN: "调取整改通知书", Deed.EXPORTED: "导出",
    Deed.PICTURES_AT_WORK: "办理中查看画面", Deed.PICTURES_WATCHED: "大屏值守", Deed.EVIDENCE_GRANTED: "调用登记",
    Deed.EVIDENCE_SEEN: "调看画面", Deed.LIVE_WATCHED: "看现场画面",
    Deed.VILLAGE_LIST: "红黑榜", Deed.CHANGED: "其他变更", Deed.REFUSED: "未成",
})  # fmt: skip


class Cause(StrEnum):
    """Why somebody asks for pictures beyond their own work: the choice of 事由."""

    REVIEW = "review"
    APPEAL = "appeal"
    INSPECTION = "inspection"
    AUTHORITY = "authority"
    PERSON = "person"
    TECHNICAL = "technical"
    OTHER = "other"

    @property
    def words(self) -> str:
        """Its name in Chinese."""
        return _CAUSES[self]


_CAUSES: Mapping[str, str] = MappingProxyType({
    Cause.REVIEW: "案件复核", Cause.APPEAL: "申诉核实", Cause.INSPECTION: "督查考核", Cause.AUTHORITY: "机关依法调取",
    Cause.PERSON: "当事人查阅", Cause.TECHNICAL: "技术核查", Cause.OTHER: "其他",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Author:
    """Who: the account, the person's name, unit and role in Chinese, and the address it came from."""

    account: str
    name: str
    unit: str = ""
    role: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What it was done to: a kind (ticket, picture, account …) and its id."""

    kind: str = ""
    id: str = ""


NOTHING = Subject()


@dataclass(frozen=True, slots=True)
class Entry:
    """One row before it has a number. ``details`` hold no secret and no more of a person than the deed needs.

    Of the same ``once`` only the first entry is kept: a day's work on one ticket, an hour before the wall.
    """

    at: datetime
    author: Author
    deed: Deed
    subject: Subject = NOTHING
    reason: str = ""
    details: Mapping[str, Fact] = field(default_factory=dict)
    once: str | None = None


def plain(text: str, most: int = MOST_FACT) -> str:
    """Foreign text as it may stand in a row: one line that every database takes and no terminal obeys."""
    whole = text[: most * 2].encode("utf-8", "replace").decode()
    return _UNPRINTED.sub(" ", whole).strip()[:most]


def facts_of(entry: Entry, at_us: int, county: str) -> dict[str, Fact]:
    """The row as one flat JSON object: what the hash is over. Details have a ``+`` before their names."""
    author, subject = entry.author, entry.subject
    head: dict[str, Fact] = {
        "county": county, "at_us": at_us, "deed": entry.deed.value, "kind": plain(subject.kind),
        "subject": plain(subject.id), "account": plain(author.account), "name": plain(author.name),
        "unit": plain(author.unit), "role": plain(author.role), "source": plain(author.source),
        "reason": plain(entry.reason, MOST_REASON), "once": entry.once,
    }  # fmt: skip
    more = list(entry.details.items())[:MOST_FACTS]
    return head | {f"+{plain(name, 40)}": plain(one) if isinstance(one, str) else one for name, one in more}
