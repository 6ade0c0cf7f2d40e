"""Saving the county's files from a page: checked, with author and reason, and never over somebody else's."""

from __future__ import annotations

from collections.abc import Sequence

from county.book import Outrun
from county.files import BadCounty, Folder, load
from county.problem_words import told
from county.snapshot import County
from screen.access.viewer import Viewer
from screen.county.revision_shapes import Saved
from screen.problems import Problem
from screen.rooms import Rooms

MOST_TOLD = 3  # faults in one refusal


def author_of(viewer: Viewer) -> str:
    """Who saves, as the revision names them: a name that two may have stands with its account."""
    return f"{viewer.person.name}（{viewer.name}）" if viewer.person is not None else viewer.name


def save(rooms: Rooms, viewer: Viewer, folder: Folder, reason: str, after: int) -> Saved:
    """Save a folder as the next revision; ``Problem`` 409 when it is wrong, or another one came in between."""
    if not reason.strip():
        raise Problem(409, "请写明原因")
    checked(folder)
    try:
        number = rooms.registry.save(folder, author_of(viewer), reason.strip(), after=after)
    except Outrun as fault:
        newest = rooms.registry.history(viewer.county.code)[0]
        words = f"{newest.author}刚保存了第 {newest.number} 版（{newest.reason}），请重新打开，看过再改"
        raise Problem(409, words) from fault
    return Saved(number=number, changed=number != after)


def checked(folder: Folder) -> County:
    """The county that a folder says; ``Problem`` 409 with what the check finds wrong."""
    try:
        return load(folder)
    except BadCounty as fault:
        found = [told(problem) for problem in fault.problems]
        words = refused([f"{one.text}（{one.cure}）" for one in found])
        raise Problem(409, f"检查没有通过，没有保存：{words}") from fault


def refused(faults: Sequence[str]) -> str:
    """Some faults as one line."""
    more = f"；还有{len(faults) - MOST_TOLD}处" if len(faults) > MOST_TOLD else ""
    return "；".join(faults[:MOST_TOLD]) + more
