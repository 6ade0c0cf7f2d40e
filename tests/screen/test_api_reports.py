"""The door for reports: what a citizen, the staff and whoever means harm hand in; and what each of them may read."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import cv2
import numpy as np
import pytest

from detect.blur import encode
from screen.access.tap import Tap
from screen.app import create_app
from screen.office import report_office
from screen.reports import doors as reports
from screen.turns import Turns
from tests.county.small import OTHER_VILLAGE, SPOT, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.screen.test_api_desk import bomb, do
from tests.screen.test_api_desk import upload as hand_in
from tests.servers import wait_until


def picture(shade: int) -> bytes:
    """A plain photo; each shade is another file."""
    return encode(np.full((120, 160, 3), shade, np.uint8), 85)


PHOTO = picture(127)
HERE = {"lon": 106.25, "lat": 36.15, "crs": "WGS-84"}
WANG = {"name": "王小明", "phone": "139 1234 5678"}


def draft() -> str:
    return uuid4().hex


def send(client: TestClient, key: str = "", **body: Any) -> Any:
    whole = {
        "what": "garbage",
        "words": "路边一堆垃圾",
        **(HERE if not {"lon", "spot", "region"} & body.keys() else {}),
        **body,
    }
    return client.post("/api/v1/reports", json=whole, headers={"Idempotency-Key": key or draft()})


def upload(client: TestClient, name: str, data: bytes = PHOTO, key: str = "", file: str = "p.jpg") -> Any:
    headers = {"Idempotency-Key": key or f"key-{uuid4()}"}
    return client.post(f"/api/v1/reports/{name}/photo", files={"file": (file, data, "image/jpeg")}, headers=headers)


def newest(client: TestClient) -> Any:
    return client.get("/api/v1/reports").json()[0]


def test_a_citizen_reports_with_photo_and_place_and_asks_how_it_stands(site: Site) -> None:
    name = draft()
    with site.client() as client:
        form = client.get("/api/v1/reports/form").json()
        assert {"code": "garbage", "name": "暴露垃圾"} in form["categories"]
        assert {"code": VILLAGE, "name": "柳林镇 石门村"} in form["villages"]
        assert {"camera_silent", "bin_battery", "bin_full"}.isdisjoint(one["code"] for one in form["categories"])
        sha = upload(client, name).json()["sha256"]
        photo = {"sha256": sha, "view": "far", **HERE, "taken_at": "2026-11-21T01:59:00Z"}
        receipt = send(client, name, photos=[photo], reporter=WANG).json()
        assert (receipt["new"], receipt["number"]) == (True, "GD-1121-0001")
        assert receipt["words"] == "已收到您反映的暴露垃圾,谢谢!"
        told = client.get(f"/api/v1/r/{receipt['code']}").json()
        assert (told["state"], told["state_words"]) == ("dispatched", "已派人处理,等待接单")
        assert (told["what_name"], told["place"], told["closed_at"]) == ("暴露垃圾", "柳林镇 石门村", None)
    ticket = site.reader.recent(1)[0].id
    with site.client() as phone:
        shown = phone.get(f"/api/v1/desk/{site.desk.mint(ticket)}").json()
    assert (shown["sources"], shown["pair"]) == (["随手拍"], {"before": sha, "after": None})
    assert shown["picture"]["sha256"] == sha
    assert shown["photos"] == [{
        "sha256": sha, "at": "2026-11-21T02:00:00Z", "view": "far", "phase": "before", "lon": 106.25, "lat": 36.15,
        "taken_at": "2026-11-21T01:59:00Z", "doubts": [],
    }]  # fmt: skip


def test_nothing_that_an_assignee_or_a_list_shows_names_the_reporter(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    """R21: the assignee's API answer, the ticket of a signed-in person, the wall, the list of reports, the log."""
    caplog.set_level(logging.DEBUG)
    with site.signed_in() as official, site.client() as client:
        code = send(client, reporter=WANG, words="我是王小明,电话13912345678").json()["code"]
        progress = client.get(f"/api/v1/r/{code}").text
        ticket = site.reader.recent(1)[0].id
        shown = [official.get(f"/api/v1/{path}").text for path in (f"tickets/{ticket}", "wall", "reports", "rewards")]
        desk = official.get(f"/api/v1/desk/{site.desk.mint(ticket)}").text
    stored = [path.read_bytes() for path in site.folder.rglob("*") if path.is_file()]
    for secret in ("王小明", "13912345678", "139 1234 5678"):
        assert all(secret not in text for text in (progress, desk, *shown, caplog.text))
        assert all(secret.encode() not in data for data in stored), "not in any file of the server either"
    assert "我是***,电话***" in desk


def test_one_s_own_reports_are_listed_however_many_newer_ones_lie_elsewhere(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report_office, "LOOK", 1)
    with site.client() as client:
        for village in (VILLAGE, OTHER_VILLAGE, OTHER_VILLAGE):
            site.later(1)
            assert send(client, region=village, place="村口").status_code == 200
    with site.signed_in("v1") as client:
        assert [one["place"] for one in client.get("/api/v1/reports?limit=1").json()] == ["柳林镇 石门村"]


def test_without_a_login_nothing_of_the_staffs_is_open(site: Site) -> None:
    with site.client() as client:
        send(client)
        some = uuid4()
        assert client.get("/api/v1/reports").status_code == 401
        assert client.get("/api/v1/rewards").status_code == 401
        for path in (f"reports/{some}/verify", f"reports/{some}/reporter", f"reports/{some}/forget"):
            assert client.post(f"/api/v1/{path}", json={"verdict": "true", "reason": "x"}).status_code == 401
        assert client.post(f"/api/v1/rewards/{some}/approve", json={}).status_code == 401
        for more in ({"source": "patrol"}, {"source": "superior"}, {"origin": "市环委办"}):
            assert send(client, **more).status_code == 401, "nobody reports in the name of the staff"


def test_the_admin_is_nobody_and_enters_neither_a_patrol_nor_an_order(site: Site) -> None:
    with site.signed_in() as client:
        for more in ({"source": "patrol"}, {"source": "superior", "origin": "市环委办〔2026〕12号"}, {"origin": "市"}):
            refused = send(client, spot=SPOT, **more)
            assert (refused.status_code, "本人的账号" in refused.json()["detail"]) == (403, True)
        assert site.reader.recent() == []
        assert send(client).json()["new"], "who has called the county is a citizen"
        assert newest(client)["source"] == "report"


def test_the_same_key_again_is_one_report_also_with_another_body(site: Site) -> None:
    key = draft()
    with site.client() as client:
        first, again = (send(client, key, reporter=WANG) for _ in range(2))
        assert first.json() == again.json()
        other = send(client, key, words="别的话")
        assert (other.status_code, other.json()["code"]) == (200, first.json()["code"])
        assert "按那一次的内容办理" in other.json()["words"]
        assert len(site.reader.recent()) == 1
        assert send(client, "short").status_code == 422
        assert client.post("/api/v1/reports", json={"what": "garbage", **HERE}).status_code == 422, "a key is needed"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"what": "bin_full"}, "只由设备上报"),
        ({"what": "gold"}, "没有这个问题类别"), ({"what": "<script>alert(1)</script>"}, "没有这个问题类别"),
        ({"lon": 900, "lat": 36.1, "crs": "WGS-84"}, "经纬度不对"),
        ({"lon": 0, "lat": 0, "crs": "WGS-84"}, "经纬度不对"),
        ({"lon": 106.2, "crs": "WGS-84"}, "太远"), ({"lon": -106.2, "lat": -36.1, "crs": "WGS-84"}, "太远"),
        ({"lon": 106.2, "lat": 36.1, "crs": "BD-09"}, "不认识坐标系"), ({"lon": 106.2, "lat": 36.1}, "没有说明坐标系"),
        ({"lon": 1e300, "lat": 36.1, "crs": "GCJ-02"}, "经纬度不对"), ({"spot": "../../etc/passwd"}, "没有点位"),
        ({"spot": "nothing"}, "没有点位"), ({"region": "640999101299"}, "没有这个村"),
        ({"region": VILLAGE}, "什么地方"), ({"region": VILLAGE, "place": "\u200b\u2060"}, "什么地方"),
        ({"words": "a\x00b"}, "words"), ({"place": "a\x00b"}, "place"), ({"what": "a\x00b"}, "what"),
        ({"words": "长" * 301}, "words"), ({"photos": ["0" * 64]}, "不是随这条反映上传的"),
        ({"photos": ["../../book.db"]}, "不是随这条反映上传的"), ({"photos": ["0" * 64] * 10}, "photos"),
        ({"photos": [{"sha256": "../../x"}]}, "photos"), ({"reporter": {"phone": "not a phone"}}, "phone"),
        ({"reporter": {"name": "a\x00"}}, "name"), ({"region": "64'; DROP TABLE reports;--"}, "region"),
    ],
)  # fmt: skip
def test_what_makes_no_report_is_refused_in_plain_words_and_leaves_nothing(
    site: Site, more: dict[str, Any], words: str
) -> None:
    with site.client() as client:
        refused = send(client, **more)
    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert words in refused.json()["detail"]
    assert site.reader.recent() == []


@pytest.mark.parametrize("raw", [b'{"what":"garbage","lon":NaN,"lat":36.1,"crs":"WGS-84"}', b"{", b"[]", b'"' * 60_000])
def test_a_body_that_is_no_report_is_refused(site: Site, raw: bytes) -> None:
    headers = {"Idempotency-Key": draft(), "Content-Type": "application/json"}
    with site.client() as client:
        assert client.post("/api/v1/reports", content=raw, headers=headers).status_code == 422


def test_a_huge_body_is_refused_before_it_is_read(site: Site) -> None:
    with site.client() as client:
        assert send(client, words="x" * 70_000).status_code == 413
        huge = upload(client, draft(), b"\xff\xd8\xff" + bytes(21_000_000))
        assert (huge.status_code, "20 MB" in huge.json()["detail"]) == (413, True)


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg onload=alert(1)>", PHOTO[: len(PHOTO) // 3], b"GIF89a<script>alert(1)</script>", bomb()],
    ids=["empty", "text", "svg", "truncated", "polyglot", "bomb"],
)
def test_a_hostile_photo_is_refused_and_nothing_is_kept(site: Site, data: bytes) -> None:
    with site.client() as client:
        refused = upload(client, draft(), data, file="../../x.jpg")
    assert (refused.status_code, "照片打不开" in refused.json()["detail"]) == (422, True)
    assert [path for path in (site.folder / "evidence").rglob("*") if path.is_file()] == []


def test_what_a_photo_carries_beside_its_picture_is_gone(site: Site) -> None:
    exif = b"Exif\x00\x00MM\x00*GPS 106.25 36.15 by WANG XIAOMING"
    carrying = PHOTO[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + PHOTO[2:]
    polyglot = carrying + b"PK\x03\x04<script>alert(1)</script>"
    with site.client() as client:
        sha = upload(client, draft(), polyglot).json()["sha256"]
    kept = (site.folder / "evidence" / sha[:2] / sha).read_bytes()
    for secret in (b"Exif", b"WANG", b"script", b"PK\x03\x04"):
        assert secret not in kept
    assert cv2.imdecode(np.frombuffer(kept, np.uint8), cv2.IMREAD_COLOR) is not None


def test_photos_belong_to_the_draft_that_brought_them(site: Site) -> None:
    mine, other = draft(), draft()
    with site.client() as client:
        sha = upload(client, mine, key="key-00000001").json()["sha256"]
        assert upload(client, mine, key="key-00000001").json()["sha256"] == sha
        assert send(client, other, photos=[sha]).status_code == 422
        assert send(client, mine, photos=[sha]).status_code == 200
        assert upload(client, "../../x").status_code in (404, 422)
        for number in range(8):
            upload(client, mine, picture(10 * number))
        full = upload(client, mine, picture(99))
        assert (full.status_code, full.json()["detail"]) == (409, "一次最多交 9 张照片")


def test_a_flood_from_one_address_is_slowed_down_and_a_neighbour_is_not(site: Site) -> None:
    with site.signed_in() as official, site.client() as client:
        answers = [send(client) for _ in range(reports.EACH + 3)]
        assert [one.status_code for one in answers] == [200] * reports.EACH + [429] * 3
        assert int(answers[-1].headers["retry-after"]) > 0
        assert "提交太频繁" in answers[-1].json()["detail"]
        assert send(official).status_code == 200, "the staff is not counted"
        site.later(reports.WINDOW.total_seconds() / 60)
        assert send(client).status_code == 200
    with site.client(host="192.0.2.77") as neighbour:
        assert send(neighbour).status_code == 200
    assert len(site.reader.recent()) == 1, "and all of it is one ticket"


def test_photos_are_counted_too(site: Site) -> None:
    with site.client() as client:
        client.wired.state.pictures = Tap(lambda: site.now, 2, 100, reports.WINDOW)
        assert [upload(client, draft(), b"x").status_code for _ in range(3)] == [422, 422, 429]


def test_photos_that_wait_to_be_read_hold_up_nobody_else(site: Site) -> None:
    with site.client() as client, ThreadPoolExecutor(44) as pool:
        read, evidence = threading.Event(), client.wired.state.rooms.evidence
        evidence.put = lambda _: str(read.wait(20))
        client.wired.state.citizen_turns = Turns(most=42)
        said = [pool.submit(upload, client, draft()) for _ in range(44)]  # a server has forty threads
        assert client.get("/api/v1/reports/form").status_code == 200
        wait_until(lambda: sum(one.done() for one in said) == 2, "who finds too many waiting is told so at once")
        read.set()
        assert sorted(one.result().status_code for one in said) == [200] * 42 + [503] * 2


def test_a_wrong_code_is_404_guessing_is_slowed_down_and_a_right_one_still_opens(site: Site) -> None:
    with site.client() as client:
        code = send(client).json()["code"]
        answers = [client.get(f"/api/v1/r/guess{number}").status_code for number in range(12)]
        assert answers == [404] * 10 + [429] * 2
        assert client.get(f"/api/v1/r/{code}").status_code == 200


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "'; DROP TABLE x;--"]
)
def test_hostile_words_come_back_as_data(site: Site, words: str) -> None:
    with site.client() as client:
        assert send(client, words=words, place=words[:60]).status_code == 200
        shown = client.get(f"/api/v1/desk/{site.desk.mint(site.reader.recent(1)[0].id)}")
    assert shown.headers["content-type"] == "application/json"
    assert any(words in line["words"] for line in shown.json()["history"])


def test_a_foreign_page_cannot_report_in_a_visitors_name(site: Site) -> None:
    with site.client() as client:
        answer = client.post(
            "/api/v1/reports", json={"what": "garbage", **HERE},
            headers={"Idempotency-Key": draft(), "Origin": "https://evil.example"},
        )  # fmt: skip
    assert answer.status_code == 403


def test_the_desk_takes_photos_with_their_details_and_shows_before_and_after(site: Site) -> None:
    name = draft()
    with site.client() as client:
        before = upload(client, name).json()["sha256"]
        send(client, name, photos=[before])
        code = site.desk.mint(site.reader.recent(1)[0].id)
        do(client, code, "accept")
        after = hand_in(client, code, picture(9)).json()["sha256"]
        far = {"sha256": after, "view": "near", "lon": 106.26, "lat": 36.15, "crs": "WGS-84"}
        bad = do(client, code, "done", photos=[{**far, "crs": "BD-09"}])
        assert (bad.status_code, "照片的位置不能用" in bad.json()["detail"]) == (409, True)
        shown = do(client, code, "done", photos=[far]).json()
    assert shown["pair"] == {"before": before, "after": after}
    assert [one["doubts"] for one in shown["photos"] if one["sha256"] == after] == [["拍摄位置离点位898米"]]
    assert any("照片存疑:拍摄位置离点位898米" in line["words"] for line in shown["history"])


def test_a_lost_key_ends_the_start_while_names_are_sealed_with_it_and_no_new_one_is_made(site: Site) -> None:
    from alerts.reports.seal import FILE, BadSeal

    key: Path = site.folder / "secrets" / FILE
    with site.client() as client:
        assert send(client, reporter=WANG).status_code == 200
    kept = key.read_bytes()
    key.unlink()
    with pytest.raises(BadSeal, match="give-up-names"):
        create_app(site.settings, lambda: site.now)
    assert not key.exists()
    key.write_bytes(kept)
    with site.client() as client:
        assert send(client, reporter=WANG).status_code == 200


def test_a_server_with_a_key_of_its_own_takes_reports_without_a_name_only(site: Site) -> None:
    from alerts.reports.key_book import hold_to
    from alerts.reports.seal import Seal

    with site.client() as client:
        with site.book.writing() as pen:
            hold_to(pen, Seal(b"b" * 43 + b"="), site.now)  # another server was the first to seal somebody
        refused = send(client, reporter=WANG)
        assert (refused.status_code, "不留姓名电话" in refused.json()["detail"]) == (503, True)
        assert send(client).status_code == 200


def test_a_damaged_key_ends_the_start_and_names_the_cure(site: Site) -> None:
    from alerts.reports.seal import FILE, BadSeal

    key: Path = site.folder / "secrets" / FILE
    key.parent.mkdir(parents=True, exist_ok=True)
    key.write_bytes(b"damaged")
    with pytest.raises(BadSeal, match="from the backup"):
        create_app(site.settings, lambda: site.now)
