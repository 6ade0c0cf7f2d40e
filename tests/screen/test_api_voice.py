"""Voice notes: in by the link of a ticket, heard by whoever sees the ticket, never anything but sound."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from alerts.desk import Desk
from alerts.world import World
from ingest.voice import MOST_BYTES
from tests.alerts.makes import event
from tests.county.small import small_county
from tests.ingest.recorded import recorded, with_video
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.screen.staff import Staffed
from tests.screen.test_api_desk import PHOTO, do, upload

SOUND = recorded("audio/webm")
PAGE = b"<!doctype html><script>alert(1)</script>"
ALIEN = "a" * 64


def hand_in(client: TestClient, code: str, data: bytes = SOUND, key: str = "", name: str = "v.webm") -> Any:
    headers = {"Idempotency-Key": key or f"key-{uuid4()}"}
    return client.post(f"/api/v1/desk/{code}/voice", files={"file": (name, data, "text/html")}, headers=headers)


def stored(site: Site) -> list[Path]:
    return [path for path in (site.folder / "evidence").rglob("*") if path.is_file()]


@pytest.mark.parametrize("kind", ["audio/webm", "audio/ogg", "audio/mp4"])
def test_what_is_spoken_comes_back_as_sound_of_its_own_type(site: Site, kind: str) -> None:
    code = site.code()
    with site.client() as client:
        sha = hand_in(client, code, recorded(kind)).json()["sha256"]
        before = client.get(f"/api/v1/desk/{code}/voice/{sha}")
        assert (before.status_code, before.headers["content-type"]) == (200, kind), "played back before it is sent"
        shown = do(client, code, "not_true", voices=[sha]).json()
        assert "(附语音说明)" in shown["history"][-1]["words"]
        (told,) = shown["voices"]
        assert (told["person"], told["act_name"], told["kind"]) == ("马村官", "情况不属实", kind)
        assert told["seconds"] == pytest.approx(2, abs=0.2)
        other = client.get(f"/api/v1/desk/{site.desk.mint(site.reader.recent(1)[0].id)}/voice/{sha}")
    assert other.content == recorded(kind)
    assert other.headers["content-security-policy"].startswith("sandbox; default-src 'none'")
    assert other.headers["content-disposition"] == "attachment"
    assert other.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", PAGE, PAGE + SOUND, SOUND + PAGE, SOUND[:40] + PAGE + SOUND[40:], SOUND[: len(SOUND) // 2 - 3],
     b"\x1a\x45\xdf\xa3" + PAGE, b"OggS" + PAGE, PHOTO, with_video(), recorded("audio/ogg", 70.0)],
    ids=["empty", "text", "page", "page first", "page behind", "page within", "half", "webm head", "ogg head", "photo",
         "clip", "too long"],
)  # fmt: skip
def test_a_hostile_file_is_refused_in_plain_words_and_nothing_is_kept(site: Site, data: bytes) -> None:
    code = site.code()
    with site.client() as client:
        refused = hand_in(client, code, data, name="../../x.html")
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert "语音不能用" in refused.json()["detail"]
    assert stored(site) == []


def test_a_huge_file_is_refused_before_it_is_read(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        assert hand_in(client, code, SOUND + bytes(MOST_BYTES + 100_000)).status_code == 413
        assert hand_in(client, code, SOUND + bytes(MOST_BYTES)).status_code == 422


def test_a_repeated_upload_is_one_voice_and_a_repeated_act_one_row(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        first, again = (hand_in(client, code, key="key-00000001") for _ in range(2))
        assert first.json() == again.json()
        assert len(stored(site)) == 1
        sha = first.json()["sha256"]
        for _ in range(2):
            shown = do(client, code, "not_true", key="key-00000002", voices=[sha, sha]).json()
        assert len(shown["voices"]) == 1
        assert hand_in(client, "wrong").status_code == 404


def test_a_voice_is_no_photo_a_photo_no_voice_and_a_foreign_one_neither(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        sha = hand_in(client, code).json()["sha256"]
        photo = upload(client, code, PHOTO).json()["sha256"]
        assert client.get(f"/api/v1/evidence/{sha}?code={code}").status_code == 404
        assert do(client, code, "done", photos=[sha]).status_code == 422
        for name in (photo, ALIEN):
            assert do(client, code, "not_true", voices=[name]).status_code == 422
            assert client.get(f"/api/v1/desk/{code}/voice/{name}").status_code == 404
        assert do(client, code, "not_true", voices=["../x"]).status_code == 422
        assert do(client, code, "not_true", voices=[sha] * 4).status_code == 422
        site.happen(event(1, spot="cam-2.spot-1"))
        foreign = site.desk.mint(site.reader.recent(1)[0].id)
        assert client.get(f"/api/v1/desk/{foreign}/voice/{sha}").status_code == 404
        assert do(client, foreign, "not_true", voices=[sha]).status_code == 422


def test_a_link_takes_so_many_voices_and_no_more(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        many = [recorded("audio/ogg", 0.5 + number / 20) for number in range(21)]
        assert {hand_in(client, code, one).status_code for one in many[:20]} == {200}
        assert hand_in(client, code, many[20]).json()["detail"] == "这张工单已经有 20 段语音，不能再传"


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path / "server", small_county())
    yield made
    made.close()


def test_whoever_sees_the_ticket_hears_it_and_nobody_else(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    code = Desk(staffed.book, World(lambda: staffed.county, staffed.now)).mint(ticket)
    with staffed.signed_in("t1", "v2") as clients:
        sha = hand_in(clients["t1"], code).json()["sha256"]
        url = f"/api/v1/tickets/{ticket}/voices/{sha}"
        assert clients["t1"].get(url).status_code == 404, "not sent with an act yet"
        assert do(clients["t1"], code, "not_true", voices=[sha]).status_code == 200
        told = clients["t1"].get(f"/api/v1/tickets/{ticket}").json()["voices"]
        assert [one["sha256"] for one in told] == [sha]
        held = staffed.reader.ticket(ticket)
        assert held is not None
        assert held.is_open, "in open work nobody is asked why"
        assert clients["t1"].get(url).headers["content-type"] == "audio/webm"
        assert clients["t1"].get(url, headers={"Range": "bytes=0-9"}).status_code == 206
        assert clients["t1"].get(f"/api/v1/tickets/{ticket}/voices/{ALIEN}").status_code == 404
        assert clients["t1"].get(f"/api/v1/tickets/{uuid4()}/voices/{sha}").status_code == 404
        assert clients["v2"].get(url).status_code in (403, 404), "another village"


def test_the_phone_is_told_the_way_and_the_phrases(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        shown = client.get(f"/api/v1/desk/{code}").json()
        assert (shown["lon"], shown["crs"], shown["near_m"], shown["arrived"]) == (106.2, "CGCS2000", 200, None)
        assert (shown["map_lon"], shown["map_lat"]) == pytest.approx((106.2050, 36.0993), abs=1e-3)
        assert shown["map_lon"] != shown["lon"]
        assert shown["phrases"]["done"][0] == "已清理干净"
        do(client, code, "accept")
        there = do(client, code, "arrive", lon=106.2, lat=36.1, crs="WGS-84", accuracy_m=9).json()
        assert there["arrived"]["words"].startswith("马村官到场(离点位约1米,定位误差约9米;")
        assert do(client, code, "done", accuracy_m=-1).status_code == 422


def test_the_route_of_pictures_gives_nobody_a_voice_nor_a_file_that_no_ticket_shows(site: Site) -> None:
    code = site.code(picture=ALIEN)
    site.evidence(ALIEN, PAGE)  # what a box may have got in of another kind
    with site.client() as client:
        sha = hand_in(client, code).json()["sha256"]
        assert do(client, code, "not_true", voices=[sha]).status_code == 200
        unsent = upload(client, code, PHOTO).json()["sha256"]
    with site.signed_in("v1") as official:
        assert [official.get(f"/api/v1/evidence/{one}").status_code for one in (sha, unsent, ALIEN)] == [404] * 3
    with site.client(host="127.0.0.1", open_wall=True) as visitor:
        asked = {one: visitor.get(f"/api/v1/evidence/{one}", params={"on": "wall"}) for one in (sha, unsent, ALIEN)}
        assert [one.status_code for one in asked.values()] == [404] * 3
        site.evidence(ALIEN)
        assert visitor.get(f"/api/v1/evidence/{ALIEN}", params={"on": "wall"}).status_code == 200
        assert visitor.get(f"/api/v1/evidence/{ALIEN}").status_code == 403, "beside the wall a reason is asked for"
