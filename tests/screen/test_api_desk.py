"""The desk by short code: from accept to done, and nothing but its own ticket."""

from __future__ import annotations

import threading
import zlib
from datetime import timedelta
from functools import cache
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from broker.messages import Event, Phase, State
from detect.blur import encode
from tests.alerts.makes import event
from tests.county.small import BOX, SPOT
from tests.screen.browser import TestClient
from tests.screen.site import JPEG, Site

PHOTO = encode(np.full((120, 160, 3), 127, np.uint8), 85)
SHA, OTHER_SHA = "a" * 64, "b" * 64


def do(client: TestClient, code: str, act: str, key: str = "", **body: Any) -> Any:
    return client.post(f"/api/v1/desk/{code}/{act}", json=body, headers={"Idempotency-Key": key or f"key-{uuid4()}"})


def upload(client: TestClient, code: str, data: bytes, key: str = "", name: str = "p.jpg") -> Any:
    headers = {"Idempotency-Key": key or f"key-{uuid4()}"}
    return client.post(f"/api/v1/desk/{code}/photo", files={"file": (name, data, "image/jpeg")}, headers=headers)


def test_a_code_walks_its_ticket_from_accept_to_closed(site: Site) -> None:
    code = site.code(picture=SHA)
    with site.client() as client:
        shown = client.get(f"/api/v1/desk/{code}").json()
        assert (shown["state"], shown["state_name"], shown["acts"][0]) == ("dispatched", "已派遣(待接单)", "accept")
        assert shown["person"] == {"name": "马村官", "phone_masked": "199****0001"}
        assert shown["township"] == {"name": "田乡官", "phone": "19900000004"}
        assert shown["picture"]["sha256"] == SHA
        assert [step["name"] for step in shown["steps"]] == ["派单", "接单", "处置", "核查"]
        assert do(client, code, "accept").json()["state"] == "accepted"
        arrived = do(client, code, "arrive", lon=106.2, lat=36.1, crs="GCJ-02").json()
        assert arrived["state"] == "on_site"
        assert do(client, code, "done", words="好了").json()["detail"] == "请先拍一张处理后的照片"
        sha = upload(client, code, PHOTO).json()["sha256"]
        done = do(client, code, "done", photos=[sha], words="已清理").json()
        assert (done["state_name"], done["acts"]) == ("待核查", [])
        assert done["photos"][0]["sha256"] == sha
        ticket = site.reader.recent(1)[0].id
        whole = site.reader.ticket(ticket)
        assert whole is not None
        look = Event(
            message_id=uuid4(), device=BOX, at=site.now + timedelta(minutes=1), event_id=uuid4(), revision=0,
            phase=Phase.END, spot=SPOT, what=whole.what, state=State.CLEAN, reason="复查干净", command_id=whole.command,
        )  # fmt: skip
        site.happen(look)
        closed = client.get(f"/api/v1/desk/{code}").json()
        assert (closed["state_name"], closed["steps"][3]["done"]) == ("已结案", True)
        stages = {one["name"]: one for one in closed["stages"]}
        assert list(stages)[2:4] == ["任务派遣", "任务处理"]
        assert (stages["任务派遣"]["times"], stages["任务派遣"]["late"], stages["任务派遣"]["limit"]) == (
            1,
            False,
            "30分钟",
        )


def test_who_cannot_tell_says_so_and_the_next_rung_is_asked(site: Site) -> None:
    with site.client() as client:
        ticket = site.ticket(picture=SHA)
        village = site.desk.mint(ticket)
        assert do(client, village, "not_true", reason="现场干净").json()["state_name"] == "待核实"
        assert do(client, village, "confirm_unclear").status_code == 409, "nobody judges his own word"
        shown = client.get(f"/api/v1/desk/{site.desk.mint(ticket)}").json()
        assert (shown["person"]["name"], shown["acts"]) == (
            "田乡官",
            ["confirm_true", "confirm_false", "confirm_unclear"],
        )
        passed = do(client, site.desk.mint(ticket), "confirm_unclear", reason="画面太暗").json()
        assert (passed["state_name"], passed["person"]["name"], passed["acts"]) == ("待核实", "郝县官", [])
        assert passed["history"][-1]["words"] == "田乡官看不清:画面太暗,请郝县官核实"
        top = do(client, site.desk.mint(ticket), "confirm_unclear")
        assert (top.status_code, "现场看清楚" in top.json()["detail"]) == (409, True)
        assert do(client, site.desk.mint(ticket), "confirm_true").json()["state"] == "dispatched"


def test_the_same_act_twice_with_one_key_happens_once(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        first, again = (do(client, code, "accept", key="key-00000001") for _ in range(2))
        assert first.status_code == again.status_code == 200
        assert first.json()["history"] == again.json()["history"]
        refused = do(client, code, "accept")
        assert (refused.status_code, refused.headers["content-type"]) == (409, "application/problem+json")
        assert "不用再接单" in refused.json()["detail"]
        assert client.post(f"/api/v1/desk/{code}/arrive", json={}).status_code == 422, "a key is needed"


def test_a_wrong_code_is_404_and_guessing_is_slowed_down(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        answers = [client.get(f"/api/v1/desk/guess{number}") for number in range(12)]
        assert [answer.status_code for answer in answers] == [404] * 10 + [429] * 2
        assert "链接无效" in answers[0].json()["detail"]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert client.get(f"/api/v1/evidence/{SHA}?code=guess99").status_code == 429
        assert client.get(f"/api/v1/desk/{code}").status_code == 200, "a neighbour at the same address still works"
    with site.client(host="192.0.2.9") as client:
        assert client.get("/api/v1/desk/guess99").status_code == 404


def test_an_expired_code_opens_nothing(site: Site) -> None:
    code = site.code()
    site.now += timedelta(days=15)
    with site.client() as client:
        assert client.get(f"/api/v1/desk/{code}").status_code == 404


def test_a_code_shows_its_ticket_and_nothing_else(site: Site) -> None:
    code = site.code(picture=SHA)
    site.evidence(SHA)
    site.evidence(OTHER_SHA)
    site.happen(event(1, spot="cam-2.spot-1", picture=OTHER_SHA))
    ticket = site.reader.recent(1)[0].id
    with site.client() as client:
        own = client.get(f"/api/v1/evidence/{SHA}?code={code}")
        assert (own.status_code, own.content, own.headers["content-type"]) == (200, JPEG, "image/jpeg")
        assert own.headers["content-security-policy"] == "sandbox"
        assert client.get(f"/api/v1/evidence/{OTHER_SHA}?code={code}").status_code == 404
        assert client.get(f"/api/v1/evidence/{SHA}").status_code == 401
        assert client.get(f"/api/v1/evidence/{SHA}?code=wrong").status_code == 404
        for path in ("wall", f"tickets/{ticket}", "dead-letters", "events", "geo"):
            assert client.get(f"/api/v1/{path}?code={code}").status_code == 401
        refused = do(client, code, "done", photos=[OTHER_SHA])
        assert (refused.status_code, "不是用这个链接上传" in refused.json()["detail"]) == (422, True)


def test_a_picture_that_is_still_on_its_way_is_waited_for(site: Site) -> None:
    code = site.code(picture=SHA)
    later = threading.Timer(0.5, site.evidence, [SHA])
    with site.client() as client:
        later.start()
        own = client.get(f"/api/v1/evidence/{SHA}?code={code}")
    later.join()
    assert (own.status_code, own.content) == (200, JPEG)


@pytest.mark.parametrize("sha", ["../../book.db", "A" * 64, "a" * 63, "..%2f..%2fbook.db"])
def test_no_path_leads_out_of_the_evidence(site: Site, sha: str) -> None:
    with site.signed_in() as client:
        assert client.get(f"/api/v1/evidence/{sha}").status_code in (404, 422)


@cache
def bomb() -> bytes:
    """A PNG of a few hundred kilobytes that says it is 30,000 by 30,000 pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    size = (30_000).to_bytes(4, "big")
    head = chunk(b"IHDR", size + size + bytes([8, 2, 0, 0, 0]))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes(100_000_000), 1)) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"hello", b"<svg onload=alert(1)>", PHOTO[: len(PHOTO) // 3], b"\xff\xd8\xff" + b"\x00" * 5000,
        b"GIF89a<script>alert(1)</script>", bomb(),
    ],
    ids=["empty", "text", "svg", "truncated", "head only", "polyglot", "bomb"],
)  # fmt: skip
def test_a_hostile_upload_is_refused_in_plain_words(site: Site, data: bytes) -> None:
    code = site.code()
    with site.client() as client:
        refused = upload(client, code, data, name="../../x.jpg")
        assert refused.status_code == 422
        assert refused.headers["content-type"] == "application/problem+json"
        assert "照片打不开" in refused.json()["detail"]
    assert [path for path in (site.folder / "evidence").rglob("*") if path.is_file()] == []


def test_a_huge_upload_is_refused_before_it_is_read(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        refused = upload(client, code, b"\xff\xd8\xff" + bytes(21_000_000))
        assert refused.status_code == 413
        assert "20 MB" in refused.json()["detail"]


def test_an_upload_repeated_after_a_lost_answer_is_one_photo(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        first, again = (upload(client, code, PHOTO, key="key-00000001") for _ in range(2))
        assert first.json() == again.json()
        stored = [path for path in (site.folder / "evidence").rglob("*") if path.is_file()]
        assert [path.name for path in stored] == [first.json()["sha256"]]
        own = client.get(f"/api/v1/evidence/{first.json()['sha256']}?code={code}")
        assert own.content[:3] == b"\xff\xd8\xff"
        assert upload(client, "wrong", PHOTO).status_code == 404


@pytest.mark.parametrize(
    "words",
    ["<script>alert(1)</script>", "\"'><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "'; DROP TABLE x;--"],
)
def test_hostile_words_come_back_as_data(site: Site, words: str) -> None:
    code = site.code()
    with site.client() as client:
        shown = do(client, code, "not_true", reason=words)
        assert shown.status_code == 200
        assert shown.headers["content-type"] == "application/json"
        assert any(words in line["words"] for line in shown.json()["history"])
        assert words in str(shown.json()["reason"])


def test_a_reason_is_asked_for_and_an_unknown_act_refused(site: Site) -> None:
    code = site.code()
    with site.client() as client:
        assert do(client, code, "not_mine").json()["detail"] == "请写明为什么不归您管"
        assert do(client, code, "explode").status_code == 409
        assert do(client, code, "not_true", reason="x" * 301).status_code == 422
        assert do(client, code, "not_true", reason="a\x00b").status_code == 422
        assert do(client, code, "arrive", lon=900).status_code == 422
