"""The devices page's routes: who sees what, secrets shown once, records, spots and masks, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from broker.acl import hash_matches
from broker.messages import CameraHealth, ConfigState, Health
from county.book import CountyBook
from county.invitations import Asked, claim, invite
from county.values import Device, DeviceKind, Region
from edge.desired import applied
from edge.settings import check
from ingest.latest import LatestValue
from ingest.store import StoreAway
from ingest.wishes import WishBook
from tests.county.small import BIN, BOX, CAMERA, COUNTY, DEVICES, REGIONS, SPOT, SPOTS, VILLAGE, small_county
from tests.screen.browser import TestClient
from tests.screen.site import JPEG, Site
from tests.screen.staff import Staffed

SHA = "a" * 64
JSON = {"content-type": "application/json"}
CORNERS = [[0.6, 0.05], [0.9, 0.05], [0.9, 0.25]]
FAR = "640999102200"


def get(client: TestClient, path: str = "", **params: Any) -> Any:
    answer = client.get(f"/api/v1/devices{path}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def said(site: Site, kind: str, message: Any) -> None:
    payload = message.model_dump_json(by_alias=True).encode()
    site.latest.put([LatestValue(COUNTY, VILLAGE, BOX, kind, message.at, site.now, payload)])


def drawn(client: TestClient, **changed: Any) -> dict[str, Any]:
    """The drawing as the page sends it back."""
    shown = get(client, f"/{CAMERA}/drawing")
    body = {"after": shown["revision"], "reason": "桶挪了", "spots": shown["spots"], "masks": shown["masks"]}
    return body | changed


def draw(client: TestClient, body: dict[str, Any], camera: str = CAMERA) -> Any:
    return client.post(f"/api/v1/devices/{camera}/drawing", json=body)


@pytest.fixture
def admin(site: Site) -> Iterator[TestClient]:
    with site.signed_in() as client:
        yield client


def test_the_list_says_what_is_wrong_with_each_and_is_sifted(site: Site, admin: TestClient) -> None:
    site.alive()
    head = {"message_id": uuid4(), "device": BOX}
    late = Health(**head, at=site.now + timedelta(minutes=9), version="0.1", outbox_waiting=7,
                  cameras=(CameraHealth(name=CAMERA, online=False, reason="no route"),))  # fmt: skip
    said(site, "health", late)
    shown = get(admin)
    rows = {one["id"]: one for one in shown["shown"]}
    assert set(rows) == {BOX, CAMERA, BIN}
    assert (rows[BOX]["version"], rows[BOX]["waiting"], rows[BOX]["clock_off_s"]) == ("0.1", 7, 540.0)
    assert not rows[CAMERA]["well"]
    assert rows[CAMERA]["lacking"] == ["没有登记用途", "没有登记提示标识的设置日期"]
    assert shown["counts"]["camera"] == {"total": 1, "faulty": 1}
    assert [(one["id"], one["lon"]) for one in shown["points"]] == [(CAMERA, 106.2), (BIN, 106.21)]
    for asked, found in (
        ({"kind": "box"}, [BOX]), ({"state": "lacking"}, [CAMERA]), ({"words": "村口"}, [CAMERA]),
        ({"scope": FAR}, []), ({"kind": "camera", "state": "well"}, []), ({"words": "<script>"}, []),
    ):  # fmt: skip
        assert [one["id"] for one in get(admin, **asked)["shown"]] == found, asked
    for wrong in ({"kind": "ufo"}, {"limit": "-1"}, {"scope": "x"}, {"words": "a\x00b"}, {"more": "1"}):
        assert admin.get("/api/v1/devices", params=wrong).status_code == 422


def test_a_device_opens_into_everything_that_is_known_of_it(site: Site, admin: TestClient) -> None:
    ticket = site.ticket(picture=SHA)
    site.alive()
    camera, box = get(admin, f"/{CAMERA}"), get(admin, f"/{BOX}")
    assert [one["id"] for one in camera["tickets"]] == [str(ticket)]
    assert (camera["legal"]["basis_words"], camera["credential"]["state"]) == ("799 号令第七条", "box")
    assert camera["spots"][0] == {
        "id": SPOT, "name": "村口垃圾点", "zone_name": camera["spots"][0]["zone_name"], "whole": False,
        "kind_names": camera["spots"][0]["kind_names"],
    }  # fmt: skip
    assert camera["still"]["sha256"] == SHA
    assert [one["id"] for one in box["behind"]] == [CAMERA, BIN]
    assert (box["credential"]["state"], box["invitation"], box["legal"]) == ("none", None, None)
    assert box["config"]["state"] == "none"
    assert admin.get("/api/v1/devices/nobody").status_code == 404


def test_the_still_to_draw_on_is_the_newest_and_says_how_old_it_is(site: Site, admin: TestClient) -> None:
    assert admin.get(f"/api/v1/devices/{CAMERA}/still").status_code == 404
    assert get(admin, f"/{CAMERA}/drawing")["still"] is None
    site.ticket(picture=SHA)
    assert admin.get(f"/api/v1/devices/{CAMERA}/still").status_code == 404, "named, but not yet arrived"
    site.evidence(SHA)
    site.alive()
    answer = admin.get(f"/api/v1/devices/{CAMERA}/still")
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, JPEG, "image/jpeg")
    assert get(admin, f"/{CAMERA}/drawing")["still"]["fresh"]
    site.later(60)
    assert not get(admin, f"/{CAMERA}/drawing")["still"]["fresh"], "an old picture is called one"
    assert admin.get(f"/api/v1/devices/{BOX}/still").status_code == 404


def test_a_code_is_shown_once_with_what_to_type_and_opens_the_box(site: Site, admin: TestClient) -> None:
    made = admin.post(f"/api/v1/devices/{BOX}/invite").json()
    assert made["command"] == f"jingcun claim --server http://127.0.0.1:8080 --code {made['code']}"
    assert made["qr"].startswith("data:image/svg+xml")
    shown = get(admin, f"/{BOX}")
    assert (shown["invitation"]["state"], shown["invitation"]["made_by"]) == ("open", "admin")
    assert made["code"] not in json.dumps(shown)
    with CountyBook(site.settings.county_url) as book:
        claim(book, book.current(COUNTY), Asked(BOX, made["code"], "s" * 43), site.now)
    again = get(admin, f"/{BOX}")
    assert (again["invitation"]["state"], again["credential"]["state"]) == ("used", "valid")
    with CountyBook(site.settings.county_url) as book:
        invite(book, BOX, "installer", site.now - timedelta(hours=49))
    late = get(admin, f"/{BOX}")["invitation"]
    assert (late["state"], late["made_by"]) == ("over", "installer")


def test_a_new_secret_ends_the_old_one_and_revoking_twice_is_said(site: Site, admin: TestClient) -> None:
    secrets = [admin.post(f"/api/v1/devices/{BOX}/secret").json()["secret"] for _ in range(2)]
    with CountyBook(site.settings.county_url) as book:
        valid = [one for one in book.credentials(COUNTY) if one.valid]
    assert len(valid) == 1
    assert hash_matches(secrets[1], valid[0].hash)
    revoke = f"/api/v1/devices/{BOX}/revoke"
    assert admin.post(revoke, json={"reason": " "}).status_code == 422
    assert admin.post(revoke, json={"reason": "盒子被盗"}).status_code == 200
    shown = get(admin, f"/{BOX}")["credential"]
    assert (shown["state"], shown["revoked_why"]) == ("revoked", "admin：盒子被盗")
    twice = admin.post(revoke, json={"reason": "再来"})
    assert (twice.status_code, twice.json()["detail"]) == (409, "石门村盒子现在没有有效的密钥，不用吊销")
    for act in ("invite", "secret"):
        refused = admin.post(f"/api/v1/devices/{CAMERA}/{act}")
        assert (refused.status_code, BOX in refused.json()["detail"]) == (409, True)
        assert admin.post(f"/api/v1/devices/nobody/{act}").status_code == 404


def test_what_speaks_unregistered_is_found_and_entered_as_a_new_revision(site: Site, admin: TestClient) -> None:
    site.alive()
    head: dict[str, Any] = {"message_id": uuid4(), "device": BOX, "at": site.now}
    said(site, "health", Health(**head, cameras=(CameraHealth(name="cam-9", online=True),)))
    finds = get(admin, "/found")
    assert [(one["kind"], one["id"], one["by"], one["village"]) for one in finds] == [("camera", "cam-9", BOX, VILLAGE)]
    body = {
        "after": 1, "id": "cam-9", "kind": "camera", "name": "=HYPERLINK(<b>)", "village": VILLAGE, "box": BOX,
        "legal_basis": "art7", "longitude": 106.3, "latitude": 36.2, "purpose": "公共环境卫生",
        "sign_date": "2026-03-01",
    }  # fmt: skip
    dry = admin.post("/api/v1/devices", json=body | {"dry": True}).json()
    assert dry == {"revision": 1, "changes": ["新增设备：cam-9 =HYPERLINK(<b>)"]}
    unexplained = admin.post("/api/v1/devices", json=body)
    assert (unexplained.status_code, unexplained.json()["detail"]) == (409, "请写明原因")
    assert admin.post("/api/v1/devices", json=body | {"reason": "新装"}).json()["revision"] == 2
    assert get(admin, "/found") == []
    with CountyBook(site.settings.county_url) as book:
        newest = book.history(COUNTY)[0]
        assert (newest.author, newest.reason) == ("admin", "=HYPERLINK(<b>)：新装")
        assert b"'=HYPERLINK" in book.folder(COUNTY)["devices.csv"], "a spreadsheet takes it for text"
        assert book.current(COUNTY).devices["cam-9"].name == "=HYPERLINK(<b>)"
    fixed = body | {"after": 2, "known": True, "name": "桥头摄像机", "reason": "改名", "sign_date": "2026-04-01"}
    looked = admin.post("/api/v1/devices", json=fixed | {"dry": True}).json()["changes"]
    assert looked == ["修改设备：cam-9 名称：=HYPERLINK(<b>) → 桥头摄像机；提示标识日期：2026-03-01 → 2026-04-01"]
    assert admin.post("/api/v1/devices", json=fixed).json()["revision"] == 3
    assert get(admin, "/cam-9")["legal"]["lacking"] == []


@pytest.mark.parametrize(
    ("changed", "status", "words"),
    [
        ({"id": CAMERA}, 409, "已经有了"), ({"known": True}, 409, "没有登记"),
        ({"village": "640999101299"}, 409, "没有这个村"),
        ({"box": "box-9"}, 409, "盒子"), ({"box": ""}, 409, "盒子"), ({"legal_basis": ""}, 409, "安装依据"),
        ({"longitude": 106.0}, 409, "经度、纬度"), ({"longitude": 10.0, "latitude": 10.0}, 409, "检查没有通过"),
        ({"id": "../x"}, 422, ""), ({"name": "a\x00"}, 422, ""), ({"name": ""}, 422, ""), ({"kind": "truck"}, 422, ""),
        ({"longitude": "NaN", "latitude": 1}, 422, ""), ({"longitude": 1e999, "latitude": 1}, 422, ""),
        ({"name": "长" * 101}, 422, ""), ({"sign_date": "2026-13-01"}, 422, ""),
        ({"id": CAMERA, "known": True, "kind": "bin", "legal_basis": ""}, 409, "不能改种类"),
    ],
)  # fmt: skip
def test_a_record_that_cannot_be_is_refused_and_saves_nothing(
    site: Site, admin: TestClient, changed: dict[str, Any], status: int, words: str
) -> None:
    body: dict[str, Any] = {
        "after": 1, "reason": "新装", "id": "cam-9", "kind": "camera", "name": "新", "village": VILLAGE, "box": BOX,
        "legal_basis": "art7",
    }  # fmt: skip
    answer = admin.post("/api/v1/devices", content=json.dumps(body | changed), headers=JSON)
    assert (answer.status_code, words in answer.json()["detail"]) == (status, True), answer.text
    with CountyBook(site.settings.county_url) as book:
        assert book.revision_number(COUNTY) == 1


def test_a_drawing_is_a_revision_and_the_box_hears_it_and_what_it_answers_is_shown(
    site: Site, admin: TestClient, tmp_path: Path
) -> None:
    body = drawn(admin)
    body["spots"].append({"name": "桥头", "kinds": ["garbage"], "zone": "street", "polygon": CORNERS})
    body["masks"] = [{"name": "邻家<b>窗户", "polygon": [[0, 0], [0.2, 0], [0.2, 0.2]]}]
    dry = draw(admin, body | {"dry": True}).json()
    assert dry["changes"] == ["新增点位“桥头”", "新增遮挡“邻家<b>窗户”"]
    assert (dry["revision"], dry["told"]) == (1, False)
    saved = draw(admin, body).json()
    assert (saved["revision"], saved["told"], saved["config"]["state"]) == (2, True, "sent")
    with CountyBook(site.settings.county_url) as book:
        newest = book.history(COUNTY)[0]
        assert (newest.author, newest.reason) == ("admin", "村口摄像机：桶挪了")
        assert set(book.folder(COUNTY)) - set(book.folder(COUNTY, 1)) == {"masks.geojson"}
    wishes = WishBook(site.settings.inbox_url)
    wish = wishes.history(BOX)[0]
    wishes.close()
    assert (wish.version, wish.author) == (1, "admin")
    file = check(
        {"device": BOX, "village": VILLAGE, "folder": "var", "broker": {"host": "127.0.0.1", "tls": False},
         "cameras": [{"name": CAMERA, "source": {"type": "rendered", "scene": "lane"}}]},
        tmp_path / "box.toml",
    )  # fmt: skip
    runs = applied(file, wish.version, wish.body).cameras[0]
    assert [spot.name for spot in runs.watched] == [SPOT, "cam-1.spot-2"]
    assert runs.masks == (((0.0, 0.0), (0.2, 0.0), (0.2, 0.2)),)

    head: dict[str, Any] = {"message_id": uuid4(), "device": BOX, "at": site.now}
    for answer, state, words in (
        (ConfigState(**head, version=0, ok=True), "sent", "还在运行第0版"),
        (ConfigState(**head, version=1, ok=False, reason="on trial"), "trying", "正在试用"),
        (ConfigState(**head, version=0, ok=False, reason="version 1: no such kind"), "refused", "no such kind"),
        (ConfigState(**head, version=1, ok=True), "running", "盒子已确认"),
    ):
        said(site, "config-state", answer)
        config = get(admin, f"/{CAMERA}/drawing")["config"]
        assert (config["state"], words in config["words"]) == (state, True)
    assert draw(admin, drawn(admin)).json()["revision"] == 2, "nothing new makes no revision"
    assert get(admin, f"/{BOX}")["config"]["wanted"] == 1


def test_two_who_draw_at_once_do_not_overwrite_each_other(site: Site, admin: TestClient) -> None:
    mine, theirs = drawn(admin), drawn(admin)
    theirs["masks"] = [{"name": "窗", "polygon": CORNERS}]
    assert draw(admin, theirs).status_code == 200
    mine["spots"][0]["name"] = "我的"
    answer = draw(admin, mine)
    assert (answer.status_code, answer.json()["detail"]) == (
        409, "admin刚保存了第 2 版（村口摄像机：桶挪了），请重新打开，看过再改",
    )  # fmt: skip
    assert get(admin, f"/{CAMERA}/drawing")["masks"][0]["name"] == "窗"


NAN, INF = "NaN", "Infinity"


@pytest.mark.parametrize(
    ("polygon", "status"),
    [
        ([[0, 0], [NAN, 0], [1, 1]], 422), ([[0, 0], [INF, 0], [1, 1]], 422), ([[0, 0], [2, 0], [1, 1]], 422),
        ([[0, 0], [-0.1, 0], [1, 1]], 422), ([[0, 0, 0], [1, 0], [1, 1]], 422), ([[0, 0], [1, 0]], 409),
        ([[0, 0], [1, 1], [1, 0], [0, 1]], 409), ([[0, 0], [0.001, 0], [0, 0.001]], 409),
        ([[n / 10_000, n % 2] for n in range(10_000)], 413),
        ([[n / 500, n % 2] for n in range(500)], 422), ("everything", 422), ([[True, {}], [1, 0], [1, 1]], 422),
    ],
)  # fmt: skip
def test_a_hostile_polygon_is_refused_and_saves_nothing(
    site: Site, admin: TestClient, polygon: Any, status: int
) -> None:
    text = json.dumps(drawn(admin, masks=[{"name": "m", "polygon": polygon}]))
    raw = text.replace(f'"{NAN}"', NAN).replace(f'"{INF}"', "1e999" if INF in text else INF)
    answer = admin.post(f"/api/v1/devices/{CAMERA}/drawing", content=raw, headers=JSON)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    with CountyBook(site.settings.county_url) as book:
        assert book.revision_number(COUNTY) == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"spots": [{"name": "a\x00", "polygon": CORNERS}]}, {"spots": [{"name": "", "polygon": CORNERS}]},
        {"spots": [{"name": "x", "polygon": CORNERS}] * 51}, {"masks": [{"name": "x"}]}, {"after": -1},
        {"masks": [{"id": "../../etc", "name": "x", "polygon": CORNERS}]}, {"spots": None},
    ],
)  # fmt: skip
def test_names_and_lists_that_cannot_be_are_refused(admin: TestClient, changed: dict[str, Any]) -> None:
    assert draw(admin, drawn(admin, **changed)).status_code == 422


def test_a_drawing_needs_a_reason_and_no_spot_goes_while_a_ticket_is_open_there(site: Site, admin: TestClient) -> None:
    masks = [{"name": "窗", "polygon": CORNERS}]
    unexplained = draw(admin, drawn(admin, masks=masks, reason=""))
    assert (unexplained.status_code, unexplained.json()["detail"]) == (409, "请写明原因")
    site.ticket()
    swapped = drawn(admin)
    swapped["spots"] = [{"name": "桥头", "polygon": CORNERS}]
    assert "还有没结的工单" in draw(admin, swapped).json()["detail"]
    assert draw(admin, drawn(admin, masks=masks), BOX).status_code == 404


def test_what_could_not_be_told_to_the_box_is_said_and_told_by_saving_again(
    site: Site, admin: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*_: Any) -> None:
        raise StoreAway("the disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(WishBook, "put", away)
        assert draw(admin, drawn(admin, masks=[{"name": "窗", "polygon": CORNERS}])).status_code == 503
    assert get(admin, f"/{CAMERA}/drawing")["config"]["state"] == "unsent"
    again = draw(admin, drawn(admin, reason="")).json()
    assert (again["revision"], again["told"], again["config"]["state"]) == (2, True, "sent")


def test_a_townships_officer_sees_the_own_devices_and_changes_none(tmp_path: Path) -> None:
    far = Device("far-box", DeviceKind.BOX, "外乡盒子", FAR)
    regions = (*REGIONS, Region("640999102", "外乡", COUNTY), Region(FAR, "外村", "640999102"))
    staffed = Staffed(tmp_path / "far", small_county(devices=(*DEVICES, far), regions=regions, spots=SPOTS))
    with staffed.signed_in("t1", "v1", "admin") as clients:
        officer = clients["t1"]
        assert [one["id"] for one in get(officer, kind="box")["shown"]] == [BOX]
        assert officer.get("/api/v1/devices/far-box").status_code == 404
        assert get(clients["admin"], kind="box")["total"] == 2
        assert officer.post(f"/api/v1/devices/{BOX}/invite").status_code == 403
        assert draw(officer, drawn(officer)).status_code == 403
        assert clients["v1"].get("/api/v1/devices").status_code == 403
    staffed.close()


def test_who_alone_sees_a_camera_is_shown_set_and_kept(admin: TestClient) -> None:
    body: dict[str, Any] = {
        "after": 1, "reason": "对着民宅", "known": True, "id": CAMERA, "kind": "camera", "name": "村口摄像机",
        "village": VILLAGE, "box": BOX, "legal_basis": "art7", "viewers": ["county", "v1", "county"],
    }  # fmt: skip
    assert admin.post("/api/v1/devices", json=body).json()["revision"] == 2
    named = [{"code": "county", "name": "县"}, {"code": "v1", "name": "马村官"}]
    assert get(admin, f"/{CAMERA}")["legal"]["viewers"] == named
    del body["viewers"]
    assert admin.post("/api/v1/devices", json=body | {"after": 2, "name": "桥头摄像机"}).json()["revision"] == 3
    assert get(admin, f"/{CAMERA}")["legal"]["viewers"] == named, "what is not said stays as it was"
    for wrong, words in (
        ({"viewers": ["nobody"]}, "没有 nobody 这个人或层级"),
        ({"viewers": ["county"], "kind": "box", "id": BOX, "box": ""}, "只有摄像机的画面"),
    ):
        answer = admin.post("/api/v1/devices", json=body | {"after": 3} | wrong)
        assert (answer.status_code, words in answer.json()["detail"]) == (409, True), answer.text
    for hostile in (["../x"], ["a"] * 51, "county", [""]):
        assert admin.post("/api/v1/devices", json=body | {"after": 3, "viewers": hostile}).status_code == 422
    assert admin.post("/api/v1/devices", json=body | {"after": 3, "viewers": []}).json()["revision"] == 4
    assert get(admin, f"/{CAMERA}")["legal"]["viewers"] == []
