"""Photos that people hand in: which show the problem, which what became of it, and what about them does not fit. Pure.

What a phone says of place and time is kept and compared, never trusted: a photo that was taken far away or at another
time is marked for whoever judges, and refused by nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from alerts.values import Decision, Phase, Photo, Ticket
from county.coordinates import Point
from county.policy import Photo as Limits
from county.snapshot import County

_SHOWS = {"arrive": Phase.BEFORE, "done": Phase.AFTER, "verify_ok": Phase.AFTER, "not_true": Phase.AFTER}


def examined(
    decisions: Sequence[Decision], ticket: Ticket, act: str, county: County, skew: timedelta = timedelta(0)
) -> list[Decision]:
    """Give the photos of an act their phase and their doubts, which also stand behind the act's line in the history.

    ``skew`` is how far the clock of the phone is ahead of ours.
    """
    return [_examined(one, ticket, act, county, skew) if one.photos else one for one in decisions]


def _examined(decision: Decision, ticket: Ticket, act: str, county: County, skew: timedelta) -> Decision:
    place, limits, usual = ground(ticket, county), county.policy.photo, _SHOWS.get(act)
    return with_photos(
        decision,
        [replace(one, phase=one.phase or usual, doubts=doubts(one, place, limits, skew)) for one in decision.photos],
    )


def with_photos(decision: Decision, photos: Sequence[Photo]) -> Decision:
    """A decision with these photos, what is doubtful about them in its line of the history."""
    told = list(dict.fromkeys(doubt for photo in photos for doubt in photo.doubts))
    row = decision.history
    if told and row is not None:
        row = replace(row, why=f"{row.why}(照片存疑:{';'.join(told)})")
    return replace(decision, photos=tuple(photos), history=row)


def doubts(photo: Photo, place: Point | None, limits: Limits, skew: timedelta = timedelta(0)) -> tuple[str, ...]:
    """What does not fit: taken too far from the place, at too different a time, or with a clock that is wrong.

    A time is compared as our own clock would have told it: a phone whose clock is wrong was not late.
    """
    found = []
    if photo.longitude is not None and photo.latitude is not None and place is not None:
        metres = Point(photo.longitude, photo.latitude).metres_to(place)
        if metres > limits.far_m:
            found.append(f"拍摄位置离点位{_distance(metres)}")
    taken = photo.taken_at - skew if photo.taken_at is not None else None
    if taken is not None and abs(photo.at - taken) > timedelta(seconds=limits.late_s):
        found.append(f"拍摄时间比提交时间{_apart(photo.at, taken)}")
    if abs(skew) > timedelta(seconds=limits.clock_s):
        found.append(f"手机时钟{_off(skew)},水印上的时间不准")
    return tuple(found)


def ground(ticket: Ticket, county: County) -> Point | None:
    """Where a ticket's ground is; None where only its village is known, for then nothing is far from it."""
    scene, village = ticket.scene, county.regions.get(ticket.scene.village)
    if scene.longitude is None or scene.latitude is None:
        return None
    if village is not None and (village.longitude, village.latitude) == (scene.longitude, scene.latitude):
        return None
    return Point(scene.longitude, scene.latitude)


def pair(photos: Iterable[Photo]) -> tuple[Photo | None, Photo | None]:
    """The first photo of the problem and the last one of what became of it, to be shown beside each other."""
    known = list(photos)
    before = next((one for one in known if one.phase is Phase.BEFORE), None)
    after = next((one for one in reversed(known) if one.phase is Phase.AFTER), None)
    return before, after


def _distance(metres: float) -> str:
    return f"{metres / 1000:.1f}公里" if metres >= 1000 else f"{metres:.0f}米"


def _off(skew: timedelta) -> str:
    minutes = abs(skew) / timedelta(minutes=1)
    words = f"{minutes:.0f}分钟" if minutes < 120 else f"{minutes / 60:.1f}小时"
    return f"{'快' if skew > timedelta(0) else '慢'}了{words}"


def _apart(at: datetime, taken: datetime) -> str:
    gap = abs(at - taken)
    words = f"{gap / timedelta(hours=1):.1f}小时" if gap < timedelta(days=2) else f"{gap / timedelta(days=1):.0f}天"
    return f"{'早' if taken < at else '晚'}{words}"
