"""Photos that are handed in: near, far, reference; before and after; where and when, compared and never trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from alerts.reports.reports import Reports
from alerts.store.book import Book
from alerts.tickets import acts, photos
from alerts.tickets.acts import Data, Refused
from alerts.tickets.doing import Doing, Taken
from alerts.values import Phase, Photo, Status, Ticket, View
from county.coordinates import Point, to_gcj02
from county.policy import Photo as Limits
from county.snapshot import County
from county.values import Region
from tests.alerts.cases import accepted, after, to_verify
from tests.alerts.loop import Room
from tests.alerts.makes import PHOTO, at, event, person
from tests.alerts.said import GATE, SEAL, beside, report, reporting_county
from tests.county.small import REGIONS, VILLAGE, small_county

OTHER = "cd" * 32
LIMITS = Limits()


def photo(point: Point | None = None, taken: float | None = None) -> Photo:
    bare = Photo(PHOTO, at(0), "马村官", taken_at=at(taken) if taken is not None else None)
    return replace(bare, longitude=point.longitude, latitude=point.latitude, crs="WGS-84") if point else bare


@pytest.mark.parametrize(
    ("metres", "told"), [(0, None), (199.9, None), (200.1, "拍摄位置离点位200米"), (1234, "拍摄位置离点位1.2公里")]
)
def test_a_photo_from_too_far_is_marked(metres: float, told: str | None) -> None:
    assert photos.doubts(photo(beside(GATE, metres)), GATE, LIMITS) == ((told,) if told else ())


@pytest.mark.parametrize(
    ("minutes", "told"),
    [(0, None), (-60, None), (60, None), (-61, "拍摄时间比提交时间早1.0小时"), (90, "拍摄时间比提交时间晚1.5小时"),
     (-3 * 24 * 60, "拍摄时间比提交时间早3天"), (60 * 24 * 365 * 20, "拍摄时间比提交时间晚7300天")],
)  # fmt: skip
def test_a_photo_of_another_time_is_marked(minutes: float, told: str | None) -> None:
    assert photos.doubts(photo(taken=minutes), GATE, LIMITS) == ((told,) if told else ())


def test_what_the_phone_does_not_say_is_not_doubted_and_the_county_sets_the_limits() -> None:
    assert photos.doubts(photo(), GATE, LIMITS) == ()
    assert photos.doubts(photo(beside(GATE, 5000)), None, LIMITS) == ()
    strict = Limits(far_m=10, late_s=60)
    assert len(photos.doubts(photo(beside(GATE, 11), -2), GATE, strict)) == 2


def test_nothing_is_far_from_a_place_of_which_only_the_village_is_known(county: County) -> None:
    ticket = accepted(county)
    assert photos.ground(ticket, county) is not None
    placed = tuple(
        Region(one.code, one.name, one.parent, longitude=106.2, latitude=36.1, crs="CGCS2000")
        if one.code == VILLAGE else one for one in REGIONS
    )  # fmt: skip
    assert photos.ground(ticket, small_county(regions=placed)) is None
    assert photos.ground(replace(ticket, scene=replace(ticket.scene, longitude=None)), county) is None


def hand_in(ticket: Ticket, act: str, who: str, county: County, *taken: str | Taken) -> list[Photo]:
    doing = Doing(person(county, who), at(30), Data("说明", taken))
    return [one for decision in acts.do(ticket, act, doing, county) for one in decision.photos]


def test_the_old_form_goes_on_working_and_says_whether_it_shows_before_or_after(county: County) -> None:
    ticket = accepted(county)
    (before,) = hand_in(ticket, "arrive", "v1", county, PHOTO)
    (done,) = hand_in(ticket, "done", "v1", county, PHOTO)
    assert (before.phase, done.phase, done.view, done.crs) == (Phase.BEFORE, Phase.AFTER, None, "")
    waiting = to_verify(county)
    assert hand_in(waiting, "verify_bad", waiting.person.id, county, PHOTO)[0].phase is None
    assert hand_in(waiting, "verify_ok", waiting.person.id, county, PHOTO)[0].phase is Phase.AFTER


def test_view_phase_place_and_time_are_kept_as_the_phone_told_them(county: County) -> None:
    shifted = to_gcj02(beside(GATE, 3))
    taken = Taken(PHOTO, View.NEAR, Phase.BEFORE, *shifted, "GCJ-02", at(29))
    (kept,) = hand_in(accepted(county), "done", "v1", county, taken)
    assert (kept.view, kept.phase, kept.crs, kept.taken_at, kept.doubts) == (
        View.NEAR, Phase.BEFORE, "WGS-84", at(29), ()
    )  # fmt: skip
    assert kept.longitude is not None
    assert kept.latitude is not None
    assert Point(kept.longitude, kept.latitude).metres_to(beside(GATE, 3)) < 0.01
    assert [one.words for one in View] + [one.words for one in Phase] == ["近景", "远景", "参照物", "处置前", "处置后"]


def test_doubts_stand_behind_the_line_of_the_act_and_refuse_nothing(county: County) -> None:
    far = Taken(PHOTO, longitude=106.3, latitude=36.1, crs="CGCS2000", taken_at=at(30) - timedelta(days=9))
    doing = Doing(person(county, "v1"), at(30), Data("清理了", (far, Taken(OTHER))))
    first = acts.do(accepted(county), "done", doing, county)[0]
    assert first.ticket is not None
    assert first.ticket.status is Status.TO_CHECK
    assert first.history is not None
    assert first.history.why == "马村官提交办结:清理了(照片存疑:拍摄位置离点位9.0公里;拍摄时间比提交时间早9天)"
    assert [len(one.doubts) for one in first.photos] == [2, 0]


@pytest.mark.parametrize(
    ("taken", "words"),
    [
        ("A" * 64, "照片编号无效"), (Taken("../../etc/passwd"), "照片编号无效"), (Taken(""), "照片编号无效"),
        (Taken(PHOTO, longitude=106.2, latitude=36.1), "没有说明坐标系"),
        (Taken(PHOTO, longitude=106.2, latitude=99.0, crs="WGS-84"), "经纬度不对"),
    ],
)  # fmt: skip
def test_a_photo_that_is_none_refuses_the_act_in_words(county: County, taken: str | Taken, words: str) -> None:
    with pytest.raises(Refused, match=words):
        hand_in(accepted(county), "done", "v1", county, taken)


def test_before_and_after_are_shown_beside_each_other(book: Book) -> None:
    county = reporting_county()
    room = Room(book, county)
    early, late = "11" * 32, "22" * 32
    Reports(book, room.world, SEAL).take(report(GATE, photos=(Taken(early, View.FAR), Taken(OTHER))), "key-1")
    room.post.step()
    code = room.code()
    view = room.desk.open_code(code)
    assert [one and one.sha256 for one in view.pair] == [early, None]
    assert view.picture is not None
    assert (view.picture.sha256, view.picture.device) == (early, "随手拍")
    room.minutes = 1
    room.desk.act(code, "accept")
    room.desk.act(code, "done", Data(photos=(Taken(PHOTO), Taken(late, View.REFERENCE))))
    view = room.desk.open_code(code)
    assert [(one and one.sha256, one and one.phase) for one in view.pair] == [
        (early, Phase.BEFORE), (max(PHOTO, late), Phase.AFTER)
    ]  # fmt: skip
    assert [one.view for one in view.photos if one.sha256 == late] == [View.REFERENCE]
    assert [source.words for source in view.sources] == ["随手拍"]


def test_the_picture_of_a_camera_stays_the_picture_of_its_ticket(book: Book) -> None:
    room = Room(book, reporting_county())
    room.feed(event(0, picture="ee" * 32))
    room.minutes = 1
    receipt = Reports(book, room.world, SEAL).take(report(GATE, photos=(Taken(PHOTO),)), "key-1")
    view = room.desk.show(receipt.ticket)
    assert view is not None
    assert view.picture is not None
    assert view.picture.sha256 == "ee" * 32
    assert [source.words for source in view.sources] == ["摄像机", "随手拍"]
    assert after(room.county, view.ticket, ("accept", "v1", 5)).status is Status.ACCEPTED
