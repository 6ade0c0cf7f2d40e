"""The newest still of each camera, and live pictures on demand: asked of the box, as old as they are, over in time."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from broker.messages import Live
from broker.parse import dump
from ingest.commands import CommandBook, Fate
from ingest.glimpses import STILL
from ingest.latest import LatestValue
from screen.wall.watching import GONE, LONGEST, MOST, TooMany, Watches
from tests.alerts.makes import T0
from tests.county.small import BOX, CAMERA, COUNTY, SPOT, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.site import JPEG, Site

SECOND = timedelta(seconds=1)


def send(site: Site, kind: str, asked: UUID | None = None, *, old: float = 0, data: bytes = JPEG) -> Live:
    """A picture as ingest keeps it; ``old`` seconds are between the box's clock and its arrival now."""
    made = site.now - timedelta(seconds=old)
    live = Live(message_id=uuid4(), device=BOX, at=made, spot=SPOT, data=data, asked=asked)
    site.latest.put([LatestValue(COUNTY, VILLAGE, CAMERA, kind, made, site.now, dump(live))])
    return live


def ordered(site: Site) -> list[UUID]:
    book = CommandBook(site.settings.inbox_url)
    found = [one.command_id for one in book.due(site.now) if one.name == "live"]
    book.close()
    return found


def begin(client: TestClient, reason: str = "") -> Any:
    answer = client.post(f"/api/v1/cameras/{CAMERA}/live", json={"reason": reason})
    assert answer.status_code == 200, answer.text
    return answer.json()["watch"]


def look(client: TestClient, watch: str, seen: str | None = None) -> Any:
    answer = client.get(f"/api/v1/cameras/{CAMERA}/live", params={"watch": watch} | ({"seen": seen} if seen else {}))
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_still_is_shown_with_its_age_and_is_replaced(site: Site) -> None:
    site.alive()
    with site.client(host="127.0.0.1", open_wall=True) as client:
        assert client.get(f"/api/v1/cameras/{CAMERA}/still").status_code == 404
        send(site, STILL, old=120)
        camera = client.get("/api/v1/cameras").json()["shown"][0]
        assert camera["glimpse"]["fresh"] is True
        assert client.get(f"/api/v1/cameras/{CAMERA}/still").content == JPEG
        send(site, STILL, data=JPEG + b"newer")
        picture = client.get(f"/api/v1/cameras/{CAMERA}/still")
        assert (picture.content, picture.headers["content-type"]) == (JPEG + b"newer", "image/jpeg")
        assert "sandbox" in picture.headers["content-security-policy"]
        site.now += timedelta(minutes=16)
        site.alive()
        assert client.get("/api/v1/cameras").json()["shown"][0]["glimpse"]["fresh"] is False
        site.now += timedelta(hours=24)
        assert client.get("/api/v1/cameras").json()["shown"][0]["glimpse"] is None
        assert client.get(f"/api/v1/cameras/{CAMERA}/still").status_code == 404


def test_a_watch_asks_the_box_and_shows_its_pictures_with_their_age(site: Site) -> None:
    site.alive()
    with site.signed_in() as client:
        assert client.get("/api/v1/cameras").json()["shown"][0]["live"] is True
        watch = begin(client, "核对堆放")
        (command,) = ordered(site)
        assert (look(client, watch)["state"], look(client, watch)["words"]) == ("waiting", "正在接通")
        frame = send(site, "live", command)
        told = look(client, watch)
        assert (told["state"], told["age_s"], base64.b64decode(told["jpeg"])) == ("live", 0.0, JPEG)
        again = look(client, watch, told["frame"])
        assert (again["frame"], again["jpeg"]) == (str(frame.message_id), None)
        site.now += 4 * SECOND
        stale = look(client, watch, told["frame"])
        assert (stale["state"], stale["words"]) == ("stale", "画面已停 4 秒")
        deeds = client.get("/api/v1/register").json()["rows"]
        mine = [one for one in deeds if one["deed"] == "live_watched"]
        assert [(one["account"], one["reason"], CAMERA in str(one)) for one in mine] == [("admin", "核对堆放", True)]


def test_a_picture_that_nobody_here_asked_for_or_that_lay_somewhere_is_never_live(site: Site) -> None:
    site.alive()
    with site.signed_in() as client:
        watch = begin(client)
        (command,) = ordered(site)
        send(site, "live", uuid4())
        assert look(client, watch)["state"] == "waiting"
        send(site, "live", command, old=30)
        told = look(client, watch)
        assert (told["state"], told["words"]) == ("stale", "画面已停 30 秒")


def test_the_box_is_asked_again_while_somebody_watches_and_not_after(site: Site) -> None:
    site.alive()
    with site.signed_in() as client:
        watch = begin(client)
        assert len(ordered(site)) == 1
        for _ in range(10):
            site.now += 5 * SECOND
            site.alive()
            look(client, watch)
        book = CommandBook(site.settings.inbox_url)
        assert len(book.due(site.now)) in {1, 2}  # those of the last half minute
        book.close()
        site.now += GONE + SECOND
        assert look(client, watch)["state"] == "over"
        site.now += timedelta(minutes=1)
        assert ordered(site) == []


def test_a_box_that_refuses_is_silent_or_away_is_told(site: Site) -> None:
    site.alive()
    with site.signed_in() as client:
        watch = begin(client)
        (command,) = ordered(site)
        for _ in range(4):
            site.now += 5 * SECOND
            site.alive()
            words = look(client, watch)["words"]
        assert "没有回应" in words
        watch = begin(client)
        book = CommandBook(site.settings.inbox_url)
        newest = client.wired.state.watches.commands(CAMERA)[0]
        assert newest != command
        book.answered(newest, BOX, Fate.DONE, "这台摄像机的画面已关闭，不传现场画面")
        site.now += 4 * SECOND
        assert "画面已关闭" in look(client, watch)["words"]
        book.close()
        site.now += timedelta(minutes=25)
        watch = begin(client)
        assert "离线" in look(client, watch)["words"]
        newest = client.wired.state.watches.commands(CAMERA)[0]
        book = CommandBook(site.settings.inbox_url)
        book.answered(newest, BOX, Fate.REFUSED, "this box does not do 'live'")
        book.close()
        assert "程序可能太旧" in look(client, watch)["words"]


def test_a_visitor_of_an_open_wall_sees_stills_and_watches_nothing(site: Site) -> None:
    send(site, STILL)
    with site.client(host="127.0.0.1", open_wall=True) as client:
        assert client.get(f"/api/v1/cameras/{CAMERA}/still").status_code == 200
        assert client.get(f"/api/v1/cameras/{CAMERA}").json()["live"] is False
        assert client.post(f"/api/v1/cameras/{CAMERA}/live", json={}).status_code == 401


def test_two_viewers_of_one_camera_share_it_and_one_viewer_has_one_camera() -> None:
    watches = Watches()
    first, second = watches.begin("a", "cam-1", T0), watches.begin("b", "cam-1", T0)
    assert watches.order("cam-1", T0) is not None
    assert watches.order("cam-1", T0 + SECOND) is None
    assert watches.go_on(first.id, "a", "cam-1", T0 + SECOND) is not None
    assert watches.go_on(second.id, "a", "cam-1", T0 + SECOND) is None
    watches.begin("a", "cam-2", T0 + SECOND)
    assert watches.go_on(first.id, "a", "cam-1", T0 + SECOND) is None
    assert watches.go_on(second.id, "b", "cam-1", T0 + SECOND) is not None


def test_no_more_cameras_than_the_limit_are_watched_and_who_leaves_makes_room() -> None:
    watches = Watches()
    for number in range(MOST):
        watches.begin(f"v{number}", f"cam-{number}", T0)
    with pytest.raises(TooMany, match="cam-0、cam-1"):
        watches.begin("late", "cam-9", T0)
    watches.begin("late", "cam-0", T0)
    watches.begin("v0", "cam-9", T0 + GONE + SECOND)


def test_a_watch_ends_after_ten_minutes_however_often_it_is_asked_for() -> None:
    watches = Watches()
    watch, now = watches.begin("a", "cam-1", T0), T0
    asked = 0
    while watches.go_on(watch.id, "a", "cam-1", now) is not None:
        now, asked = now + 5 * SECOND, asked + 1
    assert now - T0 > LONGEST
    assert asked == LONGEST / (5 * SECOND) + 1
    assert watches.commands("cam-1") == ()
