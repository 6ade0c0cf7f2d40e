"""Mutes over HTTP: who asks, who grants, who sees; and what is refused in plain words."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.mutes.mute_office import MuteSweep
from alerts.world import World
from tests.alerts.makes import at, event
from tests.county.small import CAMERA, SPOT, VILLAGE
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed
from tests.screen.test_api_office import two_townships

URL = "/api/v1/silences"


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path, two_townships())
    yield made
    made.close()


def asked(hours: float = 8, **more: Any) -> dict[str, Any]:
    return {"camera": CAMERA, "categories": ["garbage"], "reason": "修路", "until": at(hours * 60).isoformat(), **more}


def numbers(client: TestClient) -> list[int]:
    return [one["number"] for one in client.get(URL).json()]


def test_a_township_mutes_its_camera_and_its_own_part_of_the_county_sees_it(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "t2", "v1", "c1", "admin") as clients:
        answer = clients["t1"].post(URL, json=asked())
        assert answer.status_code == 200, answer.text
        told = answer.json()
        assert (told["number"], told["hold"], told["place"], told["author"]) == (
            1, "held", "柳林镇 石门村 村口摄像机", "田乡官",
        )  # fmt: skip
        assert {one: numbers(client) for one, client in clients.items()} == {
            "t1": [1], "t2": [], "v1": [1], "c1": [1], "admin": [1],
        }  # fmt: skip
        staffed.minutes = 5
        staffed.inbox.add(event(5))
        staffed.engine.step()
        assert staffed.reader.recent(1) == []
        assert clients["t1"].get(URL).json()[0]["looks"] == 1
        ended = clients["t1"].post(f"{URL}/1/end", json={"words": "完工"})
        assert ended.json()["hold_name"] == "已结束"
        assert numbers(clients["t1"]) == []
        assert clients["t1"].get(URL, params={"every": True}).json()[0]["finds"] == 1
    MuteSweep(staffed.book, World(lambda: staffed.county, staffed.now)).step()
    assert len(staffed.reader.recent(5)) == 1


def test_works_wait_for_the_county_and_the_fairness_log_tells_of_both(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "c1", "c9") as clients:
        told = (
            clients["t1"]
            .post(
                URL, json=asked(hours=60, camera="", area=VILLAGE, works=True, daily=["08:00", "18:00"], categories=[])
            )
            .json()
        )
        assert (told["hold"], told["daily"]) == ("asked", ["08:00", "18:00"])
        mine = clients["t1"].post(f"{URL}/1/grant", json={})
        assert (mine.status_code, mine.json()["detail"]) == (403, "自己申请的静默不能自己批")
        assert clients["c1"].post(f"{URL}/1/refuse", json={}).status_code == 409
        assert clients["c1"].post(f"{URL}/1/grant", json={}).json()["granted_by"] == "郝县官"
        deeds = [(one["deed"], one["author"], one["reason"]) for one in clients["c9"].get("/api/v1/fairness").json()]
        assert ("silenced", "田乡官", "修路") in deeds


@pytest.mark.parametrize(
    ("who", "body", "status", "words"),
    [
        ("t1", asked(reason=" "), 409, "为什么"),
        ("t1", {**asked(), "until": None}, 409, "到什么时候为止"),
        ("t1", asked(hours=200), 409, "最长 168 小时"),
        ("t1", asked(camera="", spot="nowhere"), 409, "没有登记"),
        ("t1", asked(spot=SPOT, area=VILLAGE), 409, "只能选一样"),
        ("v1", asked(), 403, "乡镇、县级"),
        ("t2", asked(), 403, "不负责"),
        ("admin", asked(), 403, "没有这一项的权限"),
        ("t1", asked(daily=["08:00"]), 422, ""),
        ("t1", asked(until="tomorrow"), 422, ""),
        ("t1", asked(begin="9999-12-31T00:00:00+00:00", until="9999-12-31T08:00:00+00:00"), 409, "提前一年"),
        ("t1", asked(area="abc"), 422, ""),
    ],
)
def test_what_is_not_possible_is_said_in_plain_words(
    staffed: Staffed, who: str, body: dict[str, Any], status: int, words: str
) -> None:
    with staffed.signed_in(who) as clients:
        answer = clients[who].post(URL, json=body)
    assert answer.status_code == status, answer.text
    assert words in answer.json()["detail"]


def test_what_lies_elsewhere_is_not_there_and_a_stranger_sees_nothing(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "t2") as clients:
        clients["t1"].post(URL, json=asked())
        for number in (1, 99):
            assert clients["t2"].post(f"{URL}/{number}/end", json={"words": "完"}).status_code == 404
        assert clients["t1"].post(f"{URL}/1/forget", json={}).status_code == 422
        stranger = TestClient(clients["t1"].wired, base_url="http://127.0.0.1")
        assert stranger.get(URL).status_code == 401


def test_who_is_refused_again_and_again_must_wait(staffed: Staffed) -> None:
    with staffed.signed_in("t2") as clients:
        seen = {clients["t2"].post(f"{URL}/7/end", json={"words": "完"}).status_code for _ in range(80)}
    assert seen == {404, 429}


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"begin": "0001-01-01T00:00:00+00:00"}, "过去"), ({"begin": "0001-01-01T00:00:00+14:00"}, "过去"),
        ({"until": "9999-12-31T23:59:59-12:00"}, "最长"), ({"daily": ["22:00:00+08:00", "06:00"]}, "不带时区"),
    ],
)  # fmt: skip
def test_times_that_no_mute_can_have_are_refused_in_plain_words(
    staffed: Staffed, more: dict[str, Any], words: str
) -> None:
    with staffed.signed_in("t1") as clients:
        answer = clients["t1"].post(URL, json=asked(**more))
        assert (answer.status_code, words in answer.text) == (409, True), answer.text
        assert numbers(clients["t1"]) == []
