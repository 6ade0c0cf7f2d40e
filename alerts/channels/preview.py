"""What each channel would send, for each severity and purpose, to look at before anything goes out. Pure.

Each kind's own ``sketch`` makes the body by the same functions as sending does. A typical letter and the longest that
this county can make are shown: its longest place, category and name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol, cast

from alerts import phrases
from alerts.channels import Letter, catalog
from alerts.channels.catalog import ChannelSettings
from alerts.channels.measures import Sketch
from alerts.channels.sms import SmsSettings
from alerts.phrases import PHRASES
from alerts.terms import Purpose
from county.policy.base import RANK, Severity
from county.snapshot import County

SIZES = ("typical", "longest")
CODE = "abcd2345efgh"
_MUTED = frozenset({Purpose.GRANT})  # about no ticket: neither severity nor due time
_KEYS = {"单号": "number", "链接": "link", "短码": "code"}
_SAMPLE = {
    Purpose.ASKED: "申请延期到{due}:{why}。请于{due}前批复",
    Purpose.SUPERVISE: "督办:{why}。请于{due}前书面回复办理情况",
    Purpose.ANSWERED: "延期的申请已同意:{why}",
    Purpose.UNREACHED: "{person}收不到工单{number}的通知({why})。请当面或打电话告诉他",
    Purpose.COPY: "{why},抄送您知悉",
    Purpose.STILL: "您已接单,还在处理吗?请打开点“在处理”,{due}前没有消息,接单失效",
    Purpose.DIGEST: "您还有7件待办,最急的要在{due}前处理:{why}",
    Purpose.GRANT: "申请静默,到{due}为止。原因:{why}。请批准或不批准;没有批准以前照常报警",
}
EXAMPLE = "https://desk.example"
_WHY = {"typical": "铲车今天借不到", "longest": "铲车今天借不到,要等明天邻村还回来才能开工。" * 8}


Sketched = Callable[[Any, Letter, datetime], Sketch]


class Sketching(Protocol):
    """A kind of channel that shows what it would send."""

    def sketch(self, settings: Any, letter: Letter, now: datetime) -> Sketch:
        """The body of this letter. ``ValueError`` says in Chinese why there can be none."""
        ...


@dataclass(frozen=True, slots=True)
class Case:
    """Which letter: severity by its code, purpose, and ``typical`` or ``longest``."""

    severity: Severity
    purpose: Purpose
    size: str


@dataclass(frozen=True, slots=True)
class Shown:
    """One letter by one channel. ``faults`` (plain Chinese) are what must be mended before it is used."""

    channel: str
    kind: str
    case: Case
    sketch: Sketch | None
    faults: tuple[str, ...] = ()

    @property
    def cuts(self) -> tuple[str, ...]:
        """The fields from which something is cut."""
        return tuple(one.name for one in self.sketch.measures if one.cut) if self.sketch else ()


@dataclass(frozen=True, slots=True)
class Facts:
    """What a letter of a county holds: place, category and name, and why somebody asks."""

    place: str
    what: str
    person: str
    why: str


def shown(
    channels: Iterable[ChannelSettings], cases: Iterable[Case], county: County, now: datetime, base: str = EXAMPLE
) -> Iterator[Shown]:
    """Each case by each channel, whose settings are sound; ``now`` in the county's zone, ``base`` our own address."""
    letters = {case: letter(case, county, now, base.rstrip("/")) for case in cases}
    for settings in channels:
        kind = catalog.kinds()[settings.kind]
        for case, told in letters.items():
            if hasattr(kind, "sketch") and (case.purpose is not Purpose.BIND or isinstance(settings, SmsSettings)):
                yield _shown(cast(Sketching, kind).sketch, settings, (case, told), now)


def cases_of(county: County, channels: Sequence[ChannelSettings]) -> list[Case]:
    """Every case that this county can have: digests where it has a cap, codes where people bind themselves."""
    binds = any(getattr(one, "binds", False) or getattr(one, "events_token_file", None) for one in channels)
    but = set() if county.policy.cap.letters else {Purpose.DIGEST}
    but |= set() if binds else {Purpose.BIND}
    return [
        Case(severity, purpose, size)
        for severity in sorted(RANK, key=lambda one: -RANK[one])
        for purpose in PHRASES
        if purpose not in but and (purpose not in {*_MUTED, Purpose.BIND} or severity == "minor")
        for size in SIZES
    ]


def letter(case: Case, county: County, now: datetime, base: str = EXAMPLE) -> Letter:
    """A letter as the post office would write it, to somebody at a made-up phone; ``base`` is our own address."""
    facts = facts_of(county, case.size)
    due = f"{now + timedelta(hours=4):%m月%d日%H:%M}"
    number = f"GD-{now:%m%d}-0001" if case.size == "typical" else f"GD-{now:%m%d}-9999"
    if case.purpose is Purpose.BIND:
        return _letter(
            case, facts, "", text=f"【净村·{county.name}】验证码123456,用于绑定微信。", what="绑定微信", code="123456"
        )
    if case.purpose in _MUTED:
        link = f"{base}/office#mutes"
        words = _sample(case, facts, (due, "静默12"))
        return _letter(case, facts, link, text=f"【净村】{words}。登录处理:{link}", number="静默12")
    digest = case.purpose is Purpose.DIGEST
    link = f"{base}/{'d' if digest else 't'}/{CODE}"
    number = f"{number} 等7件" if digest else number
    severity = county.policy.severities.get(case.severity, case.severity)
    words = _words(case, facts, (severity, due, number))
    lead = "处理" if phrases.acts(case.purpose) and not digest else "查看"
    return _letter(
        case, facts, link, text=f"{words}{lead}:{link}", number=number, what=facts.what, severity=severity,
        place=facts.place, due=due, code=CODE, grade=case.severity, village=next(iter(county.regions), ""),
    )  # fmt: skip


def facts_of(county: County, size: str) -> Facts:
    """The words of this county of typical or of greatest length."""
    pick = _longest if size == "longest" else _middle
    spots = [f"{county.place_name(one.region)} {one.name}" for one in county.content.spots]
    places = spots or [county.place_name(code) for code in county.regions] or [county.name]
    names = [f"{one.name}({one.remark})" if one.remark else one.name for one in county.policy.categories]
    people = [one.name for one in county.people.values()]
    return Facts(pick(places), pick(names or ["暴露垃圾"]), pick(people or ["责任人"]), _WHY[size])


def _shown(
    sketched: Callable[[Any, Letter, datetime], Sketch],
    settings: ChannelSettings,
    of: tuple[Case, Letter],
    now: datetime,
) -> Shown:
    case, told = of
    try:
        sketch = sketched(settings, told, now)
    except ValueError as fault:
        return Shown(settings.name, settings.kind, case, None, (str(fault),))
    return Shown(settings.name, settings.kind, case, sketch, tuple(_lost(sketch, told)))


def _lost(sketch: Sketch, told: Letter) -> Iterator[str]:
    """The number, link or code of which only a part would arrive."""
    for measure in sketch.measures:
        if measure.most and measure.used > measure.most and not measure.note:
            yield f"{measure.name}超过上限:{measure.count}"
        for name, key in _KEYS.items():
            words = getattr(told, key)
            if words and words in measure.whole and words not in measure.text:
                yield f"{measure.name}里的{name}会被截断"


def _words(case: Case, facts: Facts, told: tuple[str, str, str]) -> str:
    severity, due, number = told
    ask = phrases.ask(case.purpose, case.severity).format(due=due, person=facts.person, status="")
    if not ask:
        return f"【净村】{facts.place} 工单{number}:{_sample(case, facts, (due, number))}。"
    return phrases.sentence(severity, f"{phrases.do(case.purpose, case.severity)}:{facts.place}", facts.what, ask)


def _sample(case: Case, facts: Facts, told_of: tuple[str, str]) -> str:
    due, number = told_of
    told = _SAMPLE.get(case.purpose, "{why}")
    return told.format(due=due, why=facts.why, person=facts.person, number=number)


def _letter(case: Case, facts: Facts, link: str, text: str, number: str = "", **more: Any) -> Letter:
    return Letter(
        f"preview-{case.purpose}", number, case.purpose, "village", 1, facts.person, "13900000001", text, link,
        address="13900000001", **more,
    )  # fmt: skip


def _longest(words: Sequence[str]) -> str:
    return max(words, key=lambda one: (len(one.encode()), one))


def _middle(words: Sequence[str]) -> str:
    return sorted(words, key=len)[len(words) // 2]
