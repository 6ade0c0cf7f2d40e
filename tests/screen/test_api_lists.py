"""Red and black lists over HTTP: drawn up, objected to, approved by another, on the board, gone when withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from alerts.register.register import Register, Which
from alerts.register.sentences import sentence
from alerts.store.tables import TICKETS
from broker.identity import new_id
from broker.messages import Picture
from ingest.evidence import Evidence, Shelf
from ingest.evidence.ledger import Ledger
from tests.alerts.list_cases import MONTH, listing_county
from tests.alerts.makes import T0, event
from tests.alerts.test_outcomes import ended, put
from tests.county.small import BOX, COUNTY, OTHER_VILLAGE, PEOPLE, POLICY_TOML, TOWNSHIP, VILLAGE
from tests.ingest.test_evidence import Trusting
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed

URL, PUBLIC = "/api/v1/lists", "/api/v1/public/lists"
WISH = {"area": TOWNSHIP, "month": MONTH}
DAY = 24 * 60.0
PROPOSED, OVER = 16 * DAY, 20 * DAY  # the 7th of December, a Monday, and the Friday after
DATA = b"\xff\xd8\xff a picture of a village"
SHA = sha256(DATA).hexdigest()
ON = f"{POLICY_TOML}\n[lists]\non = true\n"


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    """石门村 has closed six in time, 上河村 five too late; the board is open, the evidence has its ledger."""
    made = Staffed(tmp_path, listing_county(), policy=ON)
    made.settings = replace(made.settings, public_board=True, evidence=lambda: cellar(made))
    put(made.book, *(ended(n, in_time=True) for n in range(6)))
    put(made.book, *(ended(n, village=OTHER_VILLAGE, in_time=False, overdue=True) for n in range(10, 15)))
    made.minutes = PROPOSED
    yield made
    made.close()


def cellar(staffed: Staffed) -> Evidence:
    ledger = Ledger(f"sqlite:///{staffed.folder}/inbox.db", COUNTY)
    return Evidence(staffed.folder / "evidence", Trusting(), shelf=Shelf(ledger=ledger, now=staffed.now))


def act(client: TestClient, deed: str, revision: int, words: str = "") -> Any:
    return client.post(f"{URL}/1/{deed}", json={"revision": revision, "words": words})


def public(client: TestClient) -> list[tuple[str, list[str], list[str]]]:
    told = client.get(PUBLIC)
    assert (told.status_code, told.headers["cache-control"]) == (200, "no-store")
    return [(one["month"], *([line["name"] for line in one[part]] for part in ("red", "black"))) for one in told.json()]


def test_a_list_is_public_after_its_window_and_the_approval_of_another_and_leaves_at_once(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "c1", "v2") as clients:
        made = clients["t1"].post(URL, json=WISH).json()
        assert (made["number"], made["state"], made["may"]) == (1, "draft", ["edit", "submit", "withdraw"])
        assert clients["v2"].get(URL).json()["lists"] == [], "a draft is nobody's outside of its office"
        until = act(clients["t1"], "submit", 1).json()["until"]
        assert until == "2026-12-10T16:00:00Z", "three whole working days: midnight after Thursday"
        shown = clients["v2"].get(URL).json()["lists"][0]
        assert [line["name"] for line in shown["lines"]] == ["上河村"], "a village sees its own line"
        told = clients["v2"].post(f"{URL}/1/objections", json={"village": OTHER_VILLAGE, "words": "三件是邻村的"})
        assert told.json()["objections"][0]["own"]
        early = act(clients["c1"], "approve", 3)
        assert (early.status_code, early.json()["detail"]) == (409, "异议期还没有过，不能批准")
        assert public(clients["t1"]) == []
    staffed.minutes = OVER
    with staffed.signed_in("t1", "c1") as clients:
        assert act(clients["c1"], "approve", 3).json()["detail"] == "还有异议没有答复，不能批准"
        answer = {"revision": 3, "objection": 1, "upheld": False, "words": "已逐件核对"}
        assert clients["t1"].post(f"{URL}/1/answer", json=answer).json()["objections"][0]["answered_by"] == "田乡官"
        own = act(clients["t1"], "approve", 4)
        assert (own.status_code, own.json()["detail"]) == (403, "自己拟的或改过的榜不能自己批")
        assert act(clients["c1"], "approve", 4).status_code == 200
        assert public(clients["t1"]) == [], "approved is not yet published"
        assert act(clients["t1"], "publish", 5).json()["state_name"] == "已发布"
        stranger = TestClient(clients["t1"].wired, base_url="http://127.0.0.1")
        assert public(stranger) == [(MONTH, ["石门村"], [])], "black stays inside unless the policy says so"
        text = stranger.get(PUBLIC).text
        assert [word for one in PEOPLE for word in (one.name, one.phone) if word in text] == []
        assert "邻村" not in text
        assert act(clients["t1"], "withdraw", 6, "石门村的数有误").status_code == 200
        assert public(stranger) == []


def test_the_trail_of_a_list_stands_in_the_register_as_sentences_refusals_too(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "c1") as clients:
        clients["t1"].post(URL, json=WISH)
        for wrong in ({}, {"remove": True, "points": 95}, {"points": 101}, {"points": "nan"}, {"ticket": "\x00"}):
            body = {"revision": 1, "reason": "", **wrong}
            assert clients["t1"].post(f"{URL}/1/lines/{VILLAGE}", json=body).status_code == 422
        edit = {"revision": 1, "reason": "一件记错了村", "points": 95}
        assert clients["t1"].post(f"{URL}/1/lines/{VILLAGE}", json=edit).json()["lines"][0]["points"] == 95
        act(clients["t1"], "submit", 2)
        act(clients["t1"], "approve", 3)
        act(clients["c1"], "refuse", 3, "再核一遍")
    rows = Register(staffed.book.store, COUNTY).rows(Which())
    told = [(sentence(row), row.said("reason")) for row in reversed(rows) if row.said("deed") != "logged_in"]
    told = [told[0], *told[11:]]  # the five changes that were none, each with why not, stand between
    assert told == [
        ("拟一张红黑榜", ""), ("改第 1 号红黑榜的一行", "一件记错了村"), ("对第 1 号红黑榜：提交", ""),
        ("对第 1 号红黑榜：批准", ""), ("第 16 条没有办成：自己拟的或改过的榜不能自己批", ""),
        ("对第 1 号红黑榜：不同意", "再核一遍"),
    ]  # fmt: skip


def test_by_role_and_area_who_draws_up_who_reads_and_who_does_not_see_it_at_all(staffed: Staffed) -> None:
    staffed.accounts.named.add("aud", staffed.now(), "auditor", "审计先生")
    with staffed.signed_in("t1", "v1", "v2", "aud") as clients:
        assert clients["v1"].post(URL, json=WISH).status_code == 403
        assert clients["aud"].post(URL, json=WISH).status_code == 403
        assert clients["t1"].post(URL, json=WISH | {"area": COUNTY}).status_code == 403
        assert clients["t1"].post(URL, json=WISH).status_code == 200
        read = clients["aud"].get(URL).json()
        assert (len(read["lists"]), read["areas"], read["lists"][0]["may"]) == (1, [], [])
        hidden = clients["v2"].post(f"{URL}/1/objections", json={"village": OTHER_VILLAGE, "words": "不服"})
        assert (hidden.status_code, hidden.json()["detail"]) == (404, "没有第1号红黑榜")
        stale = act(clients["t1"], "submit", 9)
        assert (stale.status_code, stale.json()["detail"]) == (409, "这张榜刚刚有改动，请看过新的再办")


def test_a_picture_is_public_only_if_its_sender_said_that_a_blurring_pass_ran(staffed: Staffed) -> None:
    staffed.minutes = 0
    staffed.happen(event(0, picture=SHA))
    with staffed.book.writing() as pen:
        pen.conn.execute(TICKETS.update().values(status="closed", is_open=False, in_time=True))
    number = next(one.number for one in staffed.reader.showing(SHA))
    staffed.minutes = PROPOSED
    kept = cellar(staffed)
    with staffed.signed_in("t1") as clients:
        clients["t1"].post(URL, json=WISH)
        edit = {"revision": 1, "reason": "配图", "ticket": number}

        def put_up() -> Any:
            return clients["t1"].post(f"{URL}/1/lines/{VILLAGE}", json=edit)

        told = put_up()
        assert (told.status_code, told.json()["detail"]) == (409, "这张图没有人脸和车牌打码的记录，不能上榜")
        assert clients["t1"].post(f"{URL}/1/lines/{VILLAGE}", json=edit | {"ticket": "GD-0"}).status_code == 409
        kept.chunk(chunk(blurred=0))
        assert put_up().json()["lines"][0]["picture"] == SHA
        inside = clients["t1"].get(f"{URL}/1/pictures/{SHA}")
        assert (inside.status_code, inside.content) == (200, DATA)
        assert clients["t1"].get(f"{PUBLIC}/pictures/{SHA}").status_code == 404, "a draft shows nothing to the public"
        act(clients["t1"], "submit", 2)
    staffed.minutes = OVER
    with staffed.signed_in("t1", "c1") as clients:
        act(clients["c1"], "approve", 3)
        act(clients["c1"], "publish", 4)
        stranger = TestClient(clients["t1"].wired, base_url="http://127.0.0.1")
        assert stranger.get(PUBLIC).json()[0]["red"][0]["picture"] == SHA
        assert stranger.get(f"{PUBLIC}/pictures/{SHA}").content == DATA
        assert stranger.get(f"{PUBLIC}/pictures/{'b' * 64}").status_code == 404
        act(clients["t1"], "withdraw", 5, "撤")
        assert stranger.get(f"{PUBLIC}/pictures/{SHA}").status_code == 404


def chunk(**more: Any) -> Picture:
    head = {"message_id": new_id(), "device": BOX, "at": T0, "sha256": SHA, "size": len(DATA), "index": 0, "chunks": 1}
    return Picture.model_validate(head | {"data": DATA} | more)


def test_a_county_without_the_block_has_no_lists_and_a_shut_board_tells_none(tmp_path: Path) -> None:
    plain = Staffed(tmp_path / "plain", listing_county())
    plain.minutes = PROPOSED
    with plain.signed_in("t1") as clients:
        assert clients["t1"].get(URL).json()["on"] is False
        told = clients["t1"].post(URL, json=WISH)
        assert (told.status_code, "没有启用红黑榜" in told.json()["detail"]) == (409, True)
        assert clients["t1"].get(PUBLIC).status_code == 404
    plain.close()
