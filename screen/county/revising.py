"""A changed folder on its way to being a revision: what is wrong, what differs, who came between.

Nothing is kept between looking and saving: both are given the whole change and the revision that it was made on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache

from alerts.store.queries import Filters
from alerts.tickets.areas import Part
from alerts.tickets.moves import local_day
from county.book import NoCounty
from county.diff import Difference, differences
from county.difference_words import WHAT_WORDS, file_words, key_words, text_words
from county.files import Folder, read
from county.problem_words import told
from county.rows import Problem as Fault
from county.snapshot import Content, County
from county.values import Gap
from screen.access.roles import Right
from screen.access.viewer import Viewer
from screen.county.revision_shapes import (
    DifferenceShown,
    GapShown,
    Holding,
    Meanwhile,
    Outlook,
    ProblemShown,
    RevisionShown,
)
from screen.problems import Problem
from screen.rooms import Rooms

MOST = 500  # lines of one list on a page
_DO = {
    "village": "到“人员和职责”给这个村补一个责任人", "spot": "给这个点位或它所在的村补一个责任人",
    "way": "给它定一个责任人",
    "need": "按人数要求补足人员", "roster": "在值班表里补排这个时段",
}  # fmt: skip


def outlook(rooms: Rooms, viewer: Viewer, folder: Folder, after: int) -> Outlook:
    """What saving this folder would mean, before anything is saved. ``after``: the revision it was made on."""
    county = viewer.county
    content, faults = read(folder)
    head = {"base": county.revision, "meanwhile": _meanwhile(rooms, viewer, after)}
    if content is None or faults:
        return Outlook(**head, problems=[problem_shown(one) for one in faults[:MOST]], problems_count=len(faults))
    shown = differences_shown(county.content, content, viewer)
    day = local_day(county, rooms.now())
    before, now = gaps_of(county, day), gaps_of(County(content, county.revision), day)
    return Outlook(
        **head, differences=shown[:MOST], differences_count=len(shown),
        gaps_new=[gap_shown(one, county) for one in now if one not in before][:MOST],
        gaps_gone=[gap_shown(one, county) for one in before if one not in now][:MOST],
        holding=holding(rooms, county.content, content, viewer),
    )  # fmt: skip


def folder_at(rooms: Rooms, viewer: Viewer, number: int | None = None) -> Folder:
    """The files of a revision; ``Problem`` 404 where there is none."""
    try:
        return rooms.registry.folder(viewer.county.code, number)
    except NoCounty as fault:
        raise Problem(404, f"没有第 {number} 版") from fault


def revisions(rooms: Rooms, viewer: Viewer) -> list[RevisionShown]:
    """Every revision, newest first."""
    found = rooms.registry.history(viewer.county.code)
    return [RevisionShown(number=one.number, author=one.author, reason=one.reason, at=one.at) for one in found]


def differences_shown(old: Content, new: Content, viewer: Viewer) -> list[DifferenceShown]:
    """All that differs, in words."""
    secrets = viewer.may(Right.PEOPLE_EDIT)
    names = {one.id: one.name for one in (*old.people, *new.people)}
    return [
        DifferenceShown(
            file=one.file, file_name=file_words(one.file), what=one.what, what_name=WHAT_WORDS[one.what],
            key=key_words(one), text=_named(one, text_words(one, secrets=secrets), names),
        )
        for one in differences(old, new)
    ]  # fmt: skip


def lines_of(shown: Iterable[DifferenceShown]) -> list[str]:
    """The same, each in one line."""
    return [f"{one.what_name}{one.file_name}：{one.key} {one.text}".rstrip() for one in shown]


def _named(one: Difference, text: str, names: Mapping[str, str]) -> str:
    """A duty's line begins with the id of its person: their name is what people read."""
    person, _, rest = text.partition(" ")
    return f"{names[person]}（{person}） {rest}".strip() if one.file == "duties.csv" and person in names else text


def problem_shown(fault: Fault) -> ProblemShown:
    """One problem of the check."""
    words = told(fault)
    return ProblemShown(file=fault.file, line=fault.line, code=words.code, text=words.text, cure=words.cure)


def gap_shown(gap: Gap, county: County) -> GapShown:
    """One gap, with where and what to do."""
    place = county.place_name(gap.village) if gap.village else gap.area
    return GapShown(
        kind=gap.kind, area=gap.area, village=gap.village, place=place, level=gap.level.value,
        level_name=county.policy.levels.rung(gap.level), start=gap.start, end=gap.end, text=gap.text,
        cure=_DO[gap.kind],
    )  # fmt: skip


@lru_cache(maxsize=8)
def gaps_of(county: County, day: object) -> tuple[Gap, ...]:
    """The gaps of a county from a day on; looked for once, for they take a large county a second."""
    return tuple(county.gaps(day))  # type: ignore[arg-type]


def holding(rooms: Rooms, old: Content, new: Content, viewer: Viewer) -> list[Holding]:
    """Who loses a duty and still has open tickets: those are handed over by themselves once it is saved."""
    kept = set(new.duties)
    losing = dict.fromkeys(one.person for one in old.duties if one not in kept)
    counts = open_tickets(rooms, losing)
    names = viewer.county.people
    return [
        Holding(person=one, name=names[one].name if one in names else one, tickets=count)
        for one, count in counts.items()
        if count
    ]


def open_tickets(rooms: Rooms, people: Iterable[str]) -> Mapping[str, int]:
    """How many open tickets each of these people has."""
    asked = list(people)[:MOST]
    return {one: len(rooms.reader.queue(Filters(open_only=True, parts=(Part(person=one),)))) for one in asked}


def _meanwhile(rooms: Rooms, viewer: Viewer, after: int) -> Meanwhile | None:
    """What others saved since the revision that a change was made on; None when nobody did."""
    now = viewer.county
    if after == now.revision:
        return None
    since = [one for one in revisions(rooms, viewer) if one.number > after]
    old, faults = read(folder_at(rooms, viewer, after))
    shown = differences_shown(old, now.content, viewer) if old is not None and not faults else []
    return Meanwhile(revisions=since[:20], differences=shown[:MOST])
