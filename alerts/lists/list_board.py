"""What is public of the red and black lists, and which picture may be. Pure.

Nothing but the newest published list of each area, within its days; no picture without a record that it was blurred.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.lists.reckoning import Colour
from alerts.lists.village_list import State, VillageList
from alerts.tickets.doing import Refused
from alerts.values import DEALT, Source, Ticket
from county.policy.lists import Lists
from county.snapshot import County


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture for a line: of which tickets; ``blurred``: its sender said that a pass which blurs people has run."""

    sha256: str
    blurred: bool
    tickets: Sequence[Ticket]


def on_board(lists: Iterable[VillageList], policy: Lists, now: datetime) -> list[VillageList]:
    """What is public: of each area the newest list that ever was, if it is published now and not too long ago.

    Black lines only where the county wants them. What was withdrawn does not bring back the one before it.
    """
    newest: dict[str, VillageList] = {}
    for one in sorted(lists, key=lambda one: (one.month, one.number)):
        if one.published_at is not None:
            newest[one.area] = one
    last = now - timedelta(days=policy.shown_days)
    told = [
        replace(one, lines=tuple(line for line in one.standing if line.colour is Colour.RED or policy.black_public))
        for one in newest.values()
        if policy.on and one.state is State.PUBLISHED and one.published_at is not None and one.published_at > last
    ]
    return sorted((one for one in told if one.lines), key=lambda one: one.area)


def must_be_fit(shot: Shot, village: str, county: County) -> None:
    """Whether a picture may be seen by everybody."""
    if not shot.blurred:
        raise Refused("这张图没有人脸和车牌打码的记录，不能上榜")
    if not shot.tickets or any(one.scene.village != village or one.status not in DEALT for one in shot.tickets):
        raise Refused("配图要出自这个村已结案的工单")
    if any(one.source is not Source.CAMERA or one.scene.zone in county.policy.private for one in shot.tickets):
        raise Refused("只用公共地方摄像机的图，农户庭院的不上榜")
    cameras = [county.device(one.scene.place) for one in shot.tickets]
    if any(camera is None or camera.viewers for camera in cameras):
        raise Refused("这台摄像机的画面只给部分人看，不能上榜")
