"""Import of the corporation's members: each person without a userid is looked up by their phone, there or in a list."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from alerts.bindings import binding_book
from alerts.bindings.binding_book import New, Taken, mark_of
from alerts.bindings.leaving import gone
from alerts.bindings.wecom_account import NoMember
from alerts.channels import Answer, By
from alerts.channels.sms import e164
from alerts.store.book import Book
from county.snapshot import County
from county.values import Person

MOST_LIST = 5_000_000  # bytes
_USERID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}")
_IDS, _PHONES = ("userid", "账号", "帐号", "成员账号"), ("mobile", "phone", "手机", "手机号", "手机号码")
LookUp = Callable[[str], str | NoMember | Answer]


class Came(StrEnum):
    """What came of one person."""

    BOUND = "bound"
    HAD = "had"
    MISSING = "missing"
    STOPPED = "stopped"  # the corporation answers nothing more: nobody after this one was looked up


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one person, in Chinese words; never by which userid."""

    person: str
    name: str
    came: Came
    words: str


class BadList(ValueError):
    """A list in which no member can be found; the words are Chinese."""


def imported(book: Book, county: County, look_up: LookUp, now: datetime, *, dry_run: bool) -> Iterator[Line]:
    """Bind whoever is found; a line for each person, in the order of their ids. ``dry_run`` binds nobody."""
    for person in sorted(county.people.values(), key=lambda one: one.id):
        came, words = _one(book, county, (person, look_up), now, dry_run=dry_run)
        yield Line(person.id, person.name, came, words)
        if came is Came.STOPPED:
            return


def _one(book: Book, county: County, who: tuple[Person, LookUp], now: datetime, *, dry_run: bool) -> tuple[Came, str]:
    person, look_up = who
    phone = e164(person.phone)
    if By.WECOM in binding_book.bound_since(book, person) or person.wecom:
        return Came.HAD, "people.csv里已经有" if person.wecom else "已经绑定"
    left = gone(county, person.id, mark_of(person), now)
    if left or not phone.startswith("+86"):
        return Came.MISSING, left or "没有内地的手机号"
    found = look_up(phone[3:])
    if isinstance(found, str):
        return _found(book, New(person, By.WECOM, found, "导入", "管理员"), now, dry_run=dry_run)
    return (Came.MISSING if isinstance(found, NoMember) else Came.STOPPED), found.words


def _found(book: Book, new: New, now: datetime, *, dry_run: bool) -> tuple[Came, str]:
    if dry_run:
        return Came.BOUND, "找到了,还没有绑定(试运行)"
    try:
        with book.writing() as pen:
            binding_book.bind(pen, new, now)
    except Taken as fault:
        return Came.MISSING, str(fault)
    return Came.BOUND, "绑定了"


def listed(data: bytes) -> Mapping[str, str]:
    """Userids by phone (11 digits) from a list as WeCom exports it (CSV). ``BadList`` says what is wrong with it."""
    if len(data) > MOST_LIST:
        raise BadList("名单太大,最多5 MB")
    rows = csv.reader(io.StringIO(_text(data), newline=""))
    try:
        for row in rows:
            head = [cell.strip().lower() for cell in row]
            at_id, at_phone = _column(head, _IDS), _column(head, _PHONES)
            if at_id is not None and at_phone is not None:
                return _members(rows, at_id, at_phone)
    except csv.Error as fault:
        raise BadList(f"名单第{rows.line_num}行读不了:{fault}") from fault
    raise BadList("名单里没有写着“账号”和“手机”两列的表头")


def in_list(members: Mapping[str, str]) -> LookUp:
    """Looks people up in a list."""
    return lambda phone: members.get(phone) or NoMember("名单里没有这个手机号")


def _members(rows: Iterator[list[str]], at_id: int, at_phone: int) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for n, row in enumerate(rows, 1):
        if len(row) <= max(at_id, at_phone) or not row[at_phone].strip():
            continue
        phone, userid = e164(row[at_phone].strip().lstrip("'")), row[at_id].strip()
        if not _USERID.fullmatch(userid):
            raise BadList(f"表头下第{n}行的账号不对")
        if phone and found.setdefault(phone[3:], userid).lower() != userid.lower():
            raise BadList(f"表头下第{n}行的手机号前面已经有过,账号不同")
    return found


def _column(head: list[str], names: tuple[str, ...]) -> int | None:
    return next((at for at, cell in enumerate(head) if cell in names), None)


def _text(data: bytes) -> str:
    """As WeCom and spreadsheets write it: UTF-8, or GB 18030."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadList("名单不是UTF-8,也不是GB 18030编码的文本;请另存为CSV")
