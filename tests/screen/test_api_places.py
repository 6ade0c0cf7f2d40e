"""Places from county to camera, the camera wall, the health of devices: an old picture is never called a fresh one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from alerts.store.stills import Stills
from county.policy.equipment import Fault
from screen.wall.health import in_order
from screen.wall.place_shapes import DeviceLine
from screen.wall.places import FRESH
from tests.alerts.makes import T0
from tests.county.small import BIN, BOX, CAMERA, COUNTY, OTHER_VILLAGE, TOWNSHIP, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.site import Site

SHA = "a" * 64


def asked(client: TestClient, path: str, **params: Any) -> Any:
    answer = client.get(f"/api/v1/{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_county_opens_into_townships_into_villages_into_cameras(site: Site) -> None:
    ticket = site.ticket(picture=SHA)
    site.alive()
    site.fill(15, 30)
    with site.signed_in() as client:
        county, township, village = (asked(client, f"places/{code}") for code in (COUNTY, TOWNSHIP, VILLAGE))
        assert [one["name"] for one in village["path"]] == ["青峦县", "柳林镇", "石门村"]
        assert [
            (one["code"], one["open"], one["worst"], one["cameras"], one["bins"]) for one in county["children"]
        ] == [(TOWNSHIP, 1, "major", 1, 1)]
        assert [(one["code"], one["open"]) for one in township["children"]] == [(VILLAGE, 1), (OTHER_VILLAGE, 0)]
        assert (county["open"], township["open"], village["open"], village["children"]) == (1, 1, 1, [])
        assert [(one["id"], one["fill"]) for one in village["bins"]] == [(BIN, 30.0)]
        camera = village["cameras"][0]
        assert (camera["id"], camera["online"], camera["open"], camera["worst"]) == (CAMERA, True, 1, "major")
        assert (camera["still"]["ticket"], camera["still"]["sha256"]) == (str(ticket), SHA)
        assert camera["still"]["boxes"][0]["label"] == "garbage"
        assert asked(client, f"cameras/{CAMERA}") == camera
        assert asked(client, f"places/{OTHER_VILLAGE}")["cameras"] == []


def test_every_open_count_of_a_place_is_the_figure_of_its_list(site: Site) -> None:
    site.ticket(picture=SHA)
    with site.signed_in() as client:
        for code in (COUNTY, TOWNSHIP, VILLAGE, OTHER_VILLAGE):
            behind = asked(client, "figures/open", scope=code)["total"]
            assert asked(client, f"places/{code}")["open"] == behind
        children = asked(client, f"places/{COUNTY}")["children"]
        assert sum(one["open"] for one in children) == asked(client, f"places/{COUNTY}")["open"]


def test_a_picture_is_fresh_only_while_it_is_young_and_its_camera_online(site: Site) -> None:
    site.ticket(picture=SHA)
    for wait, online, fresh in ((timedelta(0), True, True), (FRESH, True, True), (FRESH * 1.1, True, False)):
        site.now = site.reader.recent(1)[0].at + wait
        site.alive()
        with site.client(host="127.0.0.1", open_wall=True) as client:
            camera = asked(client, "cameras")["shown"][0]
            assert (camera["online"], camera["still"]["fresh"]) == (online, fresh), wait


def test_the_picture_of_a_camera_that_went_silent_is_old_at_once(site: Site) -> None:
    site.alive()
    site.now += site.county.policy.equipment.limit(Fault.BOX_SILENT) + timedelta(seconds=61)
    site.ticket(picture=SHA)
    with site.signed_in() as client:
        told = asked(client, "cameras")
        camera = told["shown"][0]
        assert (told["online"], camera["online"], camera["still"]["fresh"]) == (0, False, False)
        assert camera["words"] != ""
        assert camera["heard_at"] is not None


def test_one_camera_is_told_as_in_the_list_and_only_its_own_still_is_read(site: Site) -> None:
    site.ticket(picture=SHA)
    site.now = site.reader.recent(1)[0].at
    site.alive()
    with site.client(host="127.0.0.1", open_wall=True) as client:
        listed = {one["id"]: one for one in asked(client, "cameras")["shown"]}
        assert asked(client, f"cameras/{CAMERA}") == listed[CAMERA]
    stills = Stills(site.book)
    assert (set(stills.newest(site.now - FRESH, CAMERA)), stills.newest(site.now - FRESH, BIN)) == ({CAMERA}, {})
    assert (set(stills.open_at(CAMERA)), stills.open_at(BIN)) == ({CAMERA}, {})


def test_a_camera_without_any_picture_says_so_by_having_none(site: Site) -> None:
    with site.signed_in() as client:
        camera = asked(client, "cameras", scope=TOWNSHIP)["shown"][0]
        assert (camera["still"], camera["heard_at"], camera["open"], camera["worst"]) == (None, None, 0, None)
        assert asked(client, "cameras", scope=OTHER_VILLAGE)["total"] == 0


def test_the_health_of_devices_tells_the_last_word_and_what_is_silent_since_when(site: Site) -> None:
    site.alive()
    site.fill(15, 30, 45, 60)
    with site.client(host="127.0.0.1", open_wall=True) as client:
        boxes, cameras, bins = (asked(client, "equipment", kind=kind) for kind in ("box", "camera", "bin"))
        assert [(one["id"], one["well"], one["words"]) for one in boxes["shown"]] == [(BOX, True, "")]
        assert (boxes["total"], boxes["faulty"], boxes["spots"], boxes["spots_judged"]) == (1, 0, 1, 0)
        camera = cameras["shown"][0]
        assert (camera["well"], camera["facts"][0]) == (False, "点位 0/1 可判断")
        assert "看不清" in camera["words"]
        assert bins["shown"][0]["facts"] == ["满 60%"]
        site.now += timedelta(days=3)
        for kind, words in (("box", "没有数据已 3.0 天"), ("bin", "没有读数已 3.0 天")):
            told = asked(client, "equipment", kind=kind, faulty=True)
            assert (told["faulty"], told["shown"][0]["words"]) == (1, words)
            assert told["shown"][0]["heard_at"] is not None


def test_what_never_spoke_says_so(site: Site) -> None:
    with site.signed_in() as client:
        assert asked(client, "equipment", kind="box")["shown"][0]["words"] == "登记以来从未上线"
        assert asked(client, "equipment", kind="bin")["shown"][0]["words"] == "登记以来没有读数"


def test_what_is_not_there_is_refused_in_plain_words(site: Site) -> None:
    with site.signed_in() as client:
        assert client.get("/api/v1/places/640998").json()["detail"] == "本县没有编码为 640998 的地方"
        assert client.get("/api/v1/cameras/nothing").json()["detail"] == "没有登记这台摄像机"
        assert client.get(f"/api/v1/cameras/{BIN}").status_code == 404
        for path in ("places/6409", "equipment?kind=truck", "cameras?limit=0", "cameras?scope=%25"):
            assert client.get(f"/api/v1/{path}").status_code == 422, path
    with site.client() as client:
        for path in (f"places/{COUNTY}", "cameras", f"cameras/{CAMERA}", "equipment"):
            assert client.get(f"/api/v1/{path}").status_code == 401, path


def test_faults_stand_first_by_their_silence_and_no_well_device_moves_when_it_speaks() -> None:
    def line(name: str, *, well: bool, minutes: int | None) -> DeviceLine:
        heard = None if minutes is None else T0 - timedelta(minutes=minutes)
        return DeviceLine(
            id=name, kind="box", name=name, place="", village=VILLAGE, well=well, words="", heard_at=heard, facts=[]
        )

    lines = [line("b", well=True, minutes=0), line("a", well=True, minutes=1), line("e", well=False, minutes=3)]
    lines += [line("d", well=False, minutes=9), line("z", well=False, minutes=None)]
    assert [one.id for one in in_order(lines)] == ["z", "d", "e", "a", "b"]
