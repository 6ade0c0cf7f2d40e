"""The text of a paper, part by part, as every form of it (HTML, PDF, DOCX) shows it. Pure.

A sheet holds only clean words (no control characters, no endless lengths), so the forms have nothing left to check. It
is what is stored and hashed: a paper reads the same for ever, whatever later versions would write.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from pydantic import TypeAdapter

from alerts.papers.rectification import MOST_DEMAND, MOST_NAME, MOST_PROBLEM, Rectification, Shown
from alerts.papers.wording import cleaned, day_words, time_words

TITLE = "整改通知书"
RECEIPT = "送达回执"
_COUNTED = "一二三四五六七八九十"
_BLANK_TIME = "　　　年　　月　　日　　时　　分"
_REMARK = "（本回执由受送达人签收后交还送达人，随工单存档。）"


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph; ``head`` are its first words, in the heading's face."""

    text: str
    head: str = ""


@dataclass(frozen=True, slots=True)
class PhotoSheet:
    """The annex with the photo: its SHA-256 and what stands under it."""

    sha256: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole paper. ``receipt`` are the rows of the stub that comes back signed: (name, filled in or empty);
    ``remark`` stands under it.
    """

    issuer: str
    title: str
    number: str
    addressee: str
    body: tuple[Paragraph, ...]
    annexes: tuple[str, ...]
    date: str
    photo: PhotoSheet | None
    receipt: tuple[tuple[str, str], ...]
    remark: str


_SHEET = TypeAdapter(Sheet)


def stored(sheet: Sheet) -> str:
    """The sheet as the text that is kept."""
    return _SHEET.dump_json(sheet).decode()


def restored(text: str) -> Sheet:
    """The sheet of a kept text."""
    return _SHEET.validate_json(text)


def digest(sheet: Sheet) -> str:
    """SHA-256 (hex) of the kept text."""
    return hashlib.sha256(stored(sheet).encode()).hexdigest()


def sheet_of(paper: Rectification) -> Sheet:
    """Write a notice out."""
    issuer, number = cleaned(paper.issuer, MOST_NAME), cleaned(paper.number, MOST_NAME)
    annexes = ("现场照片", RECEIPT) if paper.picture else (RECEIPT,)
    return Sheet(
        issuer, TITLE, number, f"{_person(paper)}：", (_finding(paper), *_points(paper)), annexes,
        day_words(paper.issued_at, paper.zone), _photo(paper, paper.picture) if paper.picture else None,
        _receipt(paper, number), _REMARK,
    )  # fmt: skip


def _person(paper: Rectification) -> str:
    name, unit = cleaned(paper.person.name, MOST_NAME), cleaned(paper.person.unit, MOST_NAME)
    return f"{unit} {name}" if unit else name


def _finding(paper: Rectification) -> Paragraph:
    found = paper.found
    problem, category = cleaned(found.problem, MOST_PROBLEM), cleaned(found.category, MOST_NAME)
    facts = [f"等级：{cleaned(found.severity, MOST_NAME)}", f"工单号：{cleaned(paper.ticket, MOST_NAME)}"]
    if category and category != problem:
        facts.insert(0, f"类别：{category}")
    seen = "现场情况见附件1。" if paper.picture else ""
    return Paragraph(
        f"{time_words(found.at, paper.zone)}，经{cleaned(found.how, MOST_NAME)}，发现{paper.ground.words}存在以下问题："
        f"{problem.rstrip('。')}（{'，'.join(facts)}）。{seen}现通知你限期整改，有关事项如下："
    )


def _points(paper: Rectification) -> tuple[Paragraph, ...]:
    demands = [line.rstrip("。；;") for one in paper.demands if (line := cleaned(one, MOST_DEMAND))]
    if len(demands) > 1:
        demands = [f"（{counted(n)}）{line}" for n, line in enumerate(demands, 1)]
    return (
        Paragraph(f"{_person(paper)}。", "一、整改责任人："),
        Paragraph(f"{time_words(paper.due_at, paper.zone)}前。", "二、整改期限："),
        Paragraph(f"{'；'.join(demands)}。", "三、整改要求："),
        Paragraph(
            "整改完成后请在工单中提交整改后的照片，由我单位核查；核查不合格或者逾期未整改的，按照有关规定督办处理。"
            "对本通知有异议的，请在整改期限内书面说明。",
            "四、核查与说明：",
        ),
    )


def _photo(paper: Rectification, shown: Shown) -> PhotoSheet:
    taken = f"拍摄时间：{time_words(shown.taken_at, paper.zone)}" if shown.taken_at else ""
    device = f"拍摄设备：{cleaned(shown.device, MOST_NAME)}" if shown.device else ""
    lines = (f"地点：{paper.ground.words}", taken, device, cleaned(shown.remark, MOST_NAME))
    return PhotoSheet(shown.sha256, tuple(line for line in lines if line))


def _receipt(paper: Rectification, number: str) -> tuple[tuple[str, str], ...]:
    return (
        ("送达文书", f"《{TITLE}》{number}"),
        ("受送达人", _person(paper)),
        ("送达地点", ""),
        ("送达方式", "□直接　□留置　□邮寄　□电子"),
        ("收到时间", _BLANK_TIME),
        ("受送达人签名或者盖章", ""),
        ("代收人签名及代收理由", ""),
        ("拒收事由、见证人签名", ""),
        ("送达人签名", ""),
        ("备注", ""),
    )


def counted(number: int) -> str:
    """A small number as official lists count: 一, 十一, 二十, 二十一 (up to 99)."""
    tens, ones = divmod(number, 10)
    head = "" if not tens else "十" if tens == 1 else f"{_COUNTED[tens - 1]}十"
    return head + (_COUNTED[ones - 1] if ones else "")
