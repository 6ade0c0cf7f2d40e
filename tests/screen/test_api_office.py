"""Named accounts: each sees its own part of the county and nothing else, and does there what its person may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest

from county.snapshot import County
from county.staff import Leave
from county.values import Duty, Level, Person, Region
from detect.blur import encode
from ingest.series import Point
from ingest.series.sqlite import SqliteSeries
from screen.office.acts import TRIES
from tests.alerts.makes import at, event
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE
from tests.county.small import COUNTY, DEVICES, LANE, REGIONS, SPOT, SPOTS, VILLAGE, WAYS, small_county
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed, do

SHA = "a" * 64
PHOTO = encode(np.full((120, 160, 3), 127, np.uint8), 85)
EAST, EAST_VILLAGE = "640999102", "640999102200"


def two_townships(**more: Any) -> County:
    """The small county with a second township, whose officer is t2 and whose village has v9; c9 is over everything."""
    people = (*MORE_PEOPLE, Person("t2", "东乡官", "19900000020"), Person("v9", "岭村官", "19900000021"),
              Person("c9", "全县官", "19900000022"))  # fmt: skip
    duties = (
        *MORE_DUTIES, Duty("t2", EAST, Level.TOWNSHIP, "包村干部"), Duty("v9", EAST_VILLAGE, Level.VILLAGE, "村支书"),
        Duty("c9", COUNTY, Level.COUNTY, "值班长", rank=3), Duty("c1", EAST, Level.COUNTY, "包乡领导"),
    )  # fmt: skip
    regions = (*REGIONS, Region(EAST, "东岭乡", COUNTY), Region(EAST_VILLAGE, "岭上村", EAST))
    return small_county(**{"regions": regions, "people": people, "duties": duties, **more})


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path, two_townships())
    yield made
    made.close()


def evidence(staffed: Staffed, sha256: str) -> None:
    path = staffed.folder / "evidence" / sha256[:2] / sha256
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff\xd8\xff" + b"0" * 100)


def sees(client: TestClient, ticket: UUID) -> dict[str, bool]:
    """By which road an account gets at a ticket."""
    listed = client.get("/api/v1/tickets").json()
    roads = {
        "detail": f"/api/v1/tickets/{ticket}", "choices": f"/api/v1/tickets/{ticket}/choices",
        "papers": f"/api/v1/tickets/{ticket}/rectification", "picture": f"/api/v1/evidence/{SHA}",
    }  # fmt: skip
    return {
        "list": [one["ticket"] for one in listed] == [str(ticket)],
        **{name: client.get(road).status_code == 200 for name, road in roads.items()},
    }


def test_who_was_given_a_ticket_from_outside_its_place_sees_it_and_nobody_else_there_does(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    staffed.minutes = 1
    with staffed.signed_in("c1", "v9", "t2") as clients:
        assert not any(sees(clients["v9"], ticket).values())
        given = do(clients["c1"], ticket, "transfer", to="v9", words="由岭村官办理")
        assert given.status_code == 200, given.text
        assert sees(clients["v9"], ticket) | {"picture": True} == dict.fromkeys(sees(clients["v9"], ticket), True)
        assert not any(sees(clients["t2"], ticket).values())


def jinqiao() -> County:
    """平罗县 640221 with 渠口乡 and its village 金桥, where the camera stands; 高庄乡 lies beside it."""
    camera = [replace(one, village="640221202204") for one in DEVICES]
    return small_county(
        regions=(
            Region("640221", "平罗县"), Region("640221202", "渠口乡", "640221"),
            Region("640221202204", "金桥村委会", "640221202"), Region("640221201", "通伏乡", "640221"),
            Region("640221201200", "通伏村委会", "640221201"),
        ),
        people=tuple(Person(one, name, f"1990000010{n}") for n, (one, name) in enumerate(
            {"v": "金桥村官", "t": "渠口乡官", "c": "平罗县官", "u": "通伏乡官", "w": "通伏村官"}.items()
        )),
        duties=(
            Duty("v", "640221202204", Level.VILLAGE, "村支书"), Duty("t", "640221202", Level.TOWNSHIP, "包村干部"),
            Duty("c", "640221", Level.COUNTY, "县农业农村局"), Duty("u", "640221201", Level.TOWNSHIP, "包村干部"),
            Duty("w", "640221201200", Level.VILLAGE, "村支书"),
        ),
        devices=tuple(camera), spots=(replace(SPOTS[0], region="640221202204"),),
    )  # fmt: skip


def jiqiang() -> County:
    """西吉县 640422 with 吉强镇 640422100, a county of its own in the same database."""
    return small_county(
        regions=(Region("640422", "西吉县"), Region("640422100", "吉强镇", "640422"),
                 Region("640422100002", "中街社区居民委员会", "640422100")),
        people=tuple(Person(one, name, f"1990000020{n}") for n, (one, name) in enumerate(
            {"x": "吉强镇官", "y": "中街官", "z": "西吉县官"}.items()
        )),
        duties=(Duty("x", "640422100", Level.TOWNSHIP, "包村干部"), Duty("y", "640422100002", Level.VILLAGE, "书记"),
                Duty("z", "640422", Level.COUNTY, "县农业农村局")),
        devices=(), spots=(),
    )  # fmt: skip


def test_an_alarm_at_jinqiao_climbs_its_own_tree_and_an_account_of_640422100_sees_nothing(tmp_path: Path) -> None:
    server = Staffed(tmp_path / "640221", jinqiao())
    ticket = server.happen(event(0, picture=SHA))
    evidence(server, SHA)
    other = Staffed(tmp_path / "640422", jiqiang(), server.settings.book_url)
    with server.signed_in("v", "t", "c", "u") as clients:
        for minute, person, level in (
            (0, "金桥村官", "village"),
            (30, "渠口乡官", "township"),
            (60, "平罗县官", "county"),
        ):
            server.minutes = minute
            server.sweep.step()
            for name in ("v", "t", "c"):
                assert all(sees(clients[name], ticket).values()), name
            shown = clients["c"].get(f"/api/v1/tickets/{ticket}").json()
            assert (shown["person"]["name"], shown["level"]) == (person, level)
        assert not any(sees(clients["u"], ticket).values()), "another township of the same county"
        assert do(clients["u"], ticket, "accept").status_code == 404
    with other.signed_in("x") as clients:
        assert clients["x"].get("/api/v1/me").json()["areas"] == ["640422100"]
        assert not any(sees(clients["x"], ticket).values())
        assert clients["x"].get("/api/v1/asks", params={"mine": "false"}).json() == []
        assert clients["x"].get("/api/v1/fairness").json() == []
        assert do(clients["x"], ticket, "accept").status_code == 404
    with server.signed_in("admin") as clients:
        guess = {"name": "x", "password": "whatever"}
        assert clients["admin"].post("/api/v1/login", json=guess).status_code == 401, "no account on this server"
    server.close()
    other.close()


def test_a_case_says_that_it_was_once_overdue_although_its_new_limit_still_runs(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("t1") as staff:
        assert staff["t1"].get(f"/api/v1/tickets/{ticket}").json()["overdue"] is False
        staffed.minutes = 31
        staffed.sweep.step()
        case = staff["t1"].get(f"/api/v1/tickets/{ticket}").json()
        assert (case["overdue"], case["due_at"] > case["now"]) == (True, True)


def test_a_list_holds_the_tickets_of_ones_own_area_only(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "v2", "t1", "t2", "c9", "admin") as clients:
        found = {
            name: [one["ticket"] for one in client.get("/api/v1/tickets").json()] for name, client in clients.items()
        }
        assert found == {"v1": [str(ticket)], "t1": [str(ticket)], "c9": [str(ticket)], "admin": [str(ticket)],
                         "v2": [], "t2": []}  # fmt: skip
        wider = clients["t2"].get("/api/v1/tickets", params={"scope": COUNTY}).json()
        assert wider == [], "asking for more shows no more"
        assert clients["t1"].get("/api/v1/tickets", params={"state": "closed", "open_only": "false"}).json() == []
        assert clients["t1"].get("/api/v1/tickets", params={"state": "nonsense"}).status_code == 422


def test_who_sees_a_ticket_sees_who_was_told_of_it_and_nobody_else(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "v2", "admin") as clients:
        path = f"/api/v1/tickets/{ticket}/notices"
        (told,) = clients["v1"].get(path).json()
        assert (told["person"], told["purpose"], told["state"], told["tries"]) == ("马村官", "dispatch", "waiting", [])
        assert clients["admin"].get(path).json() == [told]
        assert clients["v2"].get(path).status_code == 404
        assert "19900000001" not in clients["v1"].get(path).text


def test_figures_of_the_whole_county_are_for_who_is_over_it(staffed: Staffed) -> None:
    staffed.happen(event(0))
    with staffed.signed_in("v1", "t1", "c9", "admin") as clients:
        walls = {name: client.get("/api/v1/wall").status_code for name, client in clients.items()}
        assert walls == {"v1": 403, "t1": 403, "c9": 200, "admin": 200}
        assert clients["t1"].get("/api/v1/events").status_code == 403
        assert clients["t1"].get("/api/v1/geo").status_code == 200, "the map is no secret"
        for road in ("/api/v1/dead-letters", "/api/v1/dead-letters/1"):
            assert clients["t1"].get(road).status_code == 403, "it is of the whole county"
            assert clients["c9"].get(road).status_code in (200, 404)
            assert clients["admin"].get(road).status_code in (200, 404)


def test_an_account_says_who_it_is_today(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "h1", "admin") as clients:
        assert clients["t1"].get("/api/v1/me").json() == {
            "account": "t1", "name": "田乡官", "role": "乡镇", "sees_all": False, "levels": ["township"],
            "areas": ["640999101"],
            "helper": False, "rights": [
                "self", "wall", "tickets", "act", "evidence", "export", "people", "devices", "fairness", "lists",
                "lists_edit",
            ],
        }  # fmt: skip
        assert clients["h1"].get("/api/v1/me").json()["helper"] is True
        assert clients["admin"].get("/api/v1/me").json()["sees_all"] is True
        assert clients["t1"].get("/api/v1/session").json() == {"name": "t1", "open_wall": False}


def test_who_is_away_or_has_left_sees_nothing_from_that_day_on(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("t1", "v1") as clients:
        assert clients["t1"].get(f"/api/v1/tickets/{ticket}").status_code == 200
        left = tuple(duty for duty in two_townships().content.duties if duty.person != "v1")
        day = at(0).date()
        staffed.load(two_townships(duties=left, leaves=(Leave("t1", day, None),)))
        for client in clients.values():
            answer = client.get(f"/api/v1/tickets/{ticket}")
            assert (answer.status_code, "没有登记职责" in answer.json()["detail"]) == (403, True)
            assert do(client, ticket, "accept").status_code == 403


def test_from_accepting_to_an_extension_and_a_forced_end_over_http(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "t1", "c1", "c9") as clients:
        v1, t1, c1 = clients["v1"], clients["t1"], clients["c1"]
        assert do(v1, ticket, "accept").json()["state"] == "accepted"
        told = v1.get(f"/api/v1/tickets/{ticket}/choices").json()
        assert {"extend", "return", "hold"} <= set(told["moves"])
        dateless = do(v1, ticket, "hold", reason="等铲车")
        assert (dateless.status_code, dateless.json()["detail"]) == (422, "请写明挂账到什么时候")
        asked = do(v1, ticket, "extend", reason="等铲车", until=at(600).isoformat()).json()
        (ask,) = asked["asks"]
        assert (ask["what"], ask["state_name"], ask["decider"]) == ("延期到11月21日 20:00", "待批", "田乡官")
        assert v1.get("/api/v1/asks").json() == []
        (waiting,) = t1.get("/api/v1/asks").json()
        assert (waiting["number"], waiting["ask"]["reason"]) == ("GD-1121-0001", "等铲车")
        assert v1.post(f"/api/v1/asks/{ask['id']}/grant", json={}).status_code == 403
        granted = t1.post(f"/api/v1/asks/{ask['id']}/grant", json={"words": "行"}).json()
        assert granted["ask"]["state_name"] == "同意"
        assert v1.get(f"/api/v1/tickets/{ticket}").json()["due_at"] == at(600).isoformat().replace("+00:00", "Z")
        again = t1.post(f"/api/v1/asks/{ask['id']}/refuse", json={"words": "不"})
        assert (again.status_code, "不能再批" in again.json()["detail"]) == (409, True)
        force = do(t1, ticket, "force_close", reason="道路已拓宽,原址不在了").json()["asks"][-1]
        assert c1.post(f"/api/v1/asks/{force['id']}/grant", json={"words": "属实"}).status_code == 200
        ended = c1.get(f"/api/v1/tickets/{ticket}").json()
        assert (ended["state_name"], ended["stages"][-1]["name"]) == ("强制结案", "综合评价")
        late = do(v1, ticket, "hold", reason="等等")
        assert (late.status_code, late.json()["detail"]) == (409, "工单强制结案,不能再挂账")


def test_a_supervision_is_ordered_and_replied_to_over_http(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "c1") as clients:
        v1, c1 = clients["v1"], clients["c1"]
        do(v1, ticket, "accept")
        ask = do(c1, ticket, "supervise", reason="三天了").json()["asks"][0]
        assert (ask["move_name"], ask["decider"]) == ("督办", "马村官")
        assert v1.post(f"/api/v1/asks/{ask['id']}/reply", json={}).status_code == 409, "without words"
        done = v1.post(f"/api/v1/asks/{ask['id']}/reply", json={"words": "今晚清完"}).json()
        assert (done["ask"]["state_name"], done["ask"]["words"]) == ("已回复", "今晚清完")
        again = do(c1, ticket, "supervise", reason="再看").json()["asks"][1]["id"]
        assert v1.post(f"/api/v1/asks/{again}/withdraw", json={"words": "x"}).status_code == 403
        assert c1.post(f"/api/v1/asks/{again}/withdraw", json={"words": "清完了"}).json()["ask"]["state"] == "lapsed"


@pytest.mark.parametrize("act", ["done", "verify_ok", "confirm_false", "void", "force_close", "accept"])
def test_a_helper_that_closes_gets_403(staffed: Staffed, act: str) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "h1") as clients:
        do(clients["v1"], ticket, "accept")
        answer = do(clients["h1"], ticket, act, reason="清了")
        assert (answer.status_code, "协管员" in answer.json()["detail"]) == (403, True)
        assert clients["h1"].get(f"/api/v1/tickets/{ticket}").json()["state"] == "accepted"


def test_a_helper_reports_and_confirms(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "h1") as clients:
        do(clients["v1"], ticket, "not_true", reason="没有")
        confirmed = do(clients["h1"], ticket, "confirm_true", words="我就在旁边")
        assert (confirmed.status_code, confirmed.json()["state"]) == (200, "dispatched")
        body = {"what": "garbage", "region": VILLAGE, "place": "村东头", "words": "又有人倒"}
        told = clients["h1"].post("/api/v1/reports", json=body, headers={"Idempotency-Key": uuid4().hex})
        assert told.status_code == 200, told.text
        patrol = {**body, "source": "patrol"}
        refused = clients["h1"].post("/api/v1/reports", json=patrol, headers={"Idempotency-Key": uuid4().hex})
        assert refused.status_code == 403


def test_the_admin_sees_everything_and_does_nothing(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("admin") as clients:
        admin = clients["admin"]
        answer = do(admin, ticket, "accept")
        assert (answer.status_code, "没有这一项的权限" in answer.json()["detail"]) == (403, True)
        assert admin.get(f"/api/v1/tickets/{ticket}/choices").json() == {
            "acts": [], "moves": [], "asks": [], "alarms": ["cam-1/cam-1.spot-1/garbage"],
        }  # fmt: skip
        assert admin.post(f"/api/v1/asks/{uuid4()}/grant", json={}).status_code == 403


def test_the_level_above_reads_the_fairness_log_of_its_own_area(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "t1", "t2", "c1", "admin", "h1") as clients:
        do(clients["v1"], ticket, "accept")
        ask = do(clients["v1"], ticket, "extend", reason="=1+1").json()["asks"][0]
        clients["t1"].post(f"/api/v1/asks/{ask['id']}/grant", json={"words": "行"})
        for name in ("v1", "h1"):
            assert clients[name].get("/api/v1/fairness").status_code == 403, "below them is nobody"
        read = {name: len(clients[name].get("/api/v1/fairness").json()) for name in ("t1", "t2", "c1", "admin")}
        assert read == {"t1": 0, "t2": 0, "c1": 1, "admin": 1}
        (line,) = clients["c1"].get("/api/v1/fairness", params={"level": "township", "deed": "extended"}).json()
        assert (line["deed_name"], line["author"], line["level"]) == ("延期", "田乡官", "township")
        assert clients["c1"].get("/api/v1/fairness", params={"area": EAST}).json() == []
        assert clients["c1"].get("/api/v1/fairness", params={"deed": "x"}).status_code == 422
        table = clients["c1"].get("/api/v1/fairness.csv", params={"reason": "月度例会"})
        assert table.headers["content-type"].startswith("text/csv")
        assert "延期,田乡官" in table.content.decode("utf-8-sig")
        assert "\n=" not in table.text


def test_done_needs_a_photo_that_this_account_uploaded_for_this_ticket(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "t1") as clients:
        v1 = clients["v1"]
        do(v1, ticket, "accept")
        headers = {"Idempotency-Key": f"key-{uuid4()}"}
        files = {"file": ("p.jpg", PHOTO, "image/jpeg")}
        sha = v1.post(f"/api/v1/tickets/{ticket}/photo", files=files, headers=headers).json()["sha256"]
        assert do(clients["t1"], ticket, "hold", reason="x", photos=[sha]).status_code == 422
        assert do(v1, ticket, "done", photos=["b" * 64]).status_code == 422
        assert do(v1, ticket, "done", photos=[sha]).json()["state"] == "to_check"
        assert v1.get(f"/api/v1/evidence/{sha}").status_code == 200


def test_the_same_key_acts_once(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1") as clients:
        first, again = (do(clients["v1"], ticket, "accept", key="the-same-key") for _ in range(2))
        assert (first.status_code, again.status_code) == (200, 200)
        assert do(clients["v1"], ticket, "accept").status_code == 409


def test_who_is_refused_again_and_again_must_wait(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("h1", "v1") as clients:
        codes = [do(clients["h1"], ticket, "done").status_code for _ in range(TRIES + 1)]
        assert codes == [403] * TRIES + [429]
        assert do(clients["v1"], ticket, "accept").status_code == 200, "others do not wait"


@pytest.mark.parametrize(
    "body",
    [
        {"until": "tomorrow"}, {"until": "2026-11-22T10:00:00"}, {"finding": "x"}, {"to": "x" * 65}, {"to": "\x00"},
        {"reason": "x" * 301}, {"photos": ["../x"]}, {"until": "99999-01-01T00:00:00Z"}, {"lon": 999},
    ],
)  # fmt: skip
def test_a_garbled_wish_is_a_problem_document(staffed: Staffed, body: dict[str, Any]) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1") as clients:
        answer = do(clients["v1"], ticket, "extend", **{"reason": "x", **body})
        assert answer.status_code == 422, answer.text
        assert answer.headers["content-type"] == "application/problem+json"


def test_foreign_pages_and_missing_keys_change_nothing(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1") as clients:
        road = f"/api/v1/tickets/{ticket}/acts/accept"
        assert clients["v1"].post(road, json={}).status_code == 422
        headers = {"Idempotency-Key": "k" * 10, "Origin": "https://evil.example"}
        assert clients["v1"].post(road, json={}, headers=headers).status_code == 403
        assert clients["v1"].get(f"/api/v1/tickets/{ticket}").json()["state"] == "dispatched"
        assert do(clients["v1"], ticket, "../../login").status_code in (404, 405)
        assert do(clients["v1"], ticket, "fly").json()["detail"] == "没有“fly”这个操作"


def test_a_notice_is_signed_in_ones_own_name(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("t1", "t2") as clients:
        road = f"/api/v1/tickets/{ticket}/rectification"
        assert clients["t1"].post(road, json={"by": "c1"}).status_code == 403
        assert clients["t1"].post(road, json={"by": "t1"}).status_code == 200
        assert clients["t2"].post(road, json={"by": "t2"}).status_code == 404


def test_an_alarm_is_cleared_by_a_superior_with_a_reason_and_stands_in_the_log(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "t1", "c1", "t2") as clients:
        (alarm,) = clients["t1"].get(f"/api/v1/tickets/{ticket}/choices").json()["alarms"]
        road, body = f"/api/v1/tickets/{ticket}/clear", {"alarm": alarm, "reason": "是玉米堆"}
        assert clients["v1"].post(road, json=body).status_code == 403
        assert clients["t2"].post(road, json=body).status_code == 404
        assert clients["t1"].post(road, json={"alarm": alarm}).status_code == 409
        assert clients["t1"].post(road, json=body).json()["state"] == "closed_unaided"
        assert clients["t1"].post(road, json=body).status_code == 409
        (line,) = clients["c1"].get("/api/v1/fairness").json()
        assert (line["deed_name"], line["reason"]) == ("人工清除", "是玉米堆")


def keepers() -> County:
    """The same, with keepers: k1 of the spot, k2 of the village's lane, k3 of the village for overflow only."""
    people = tuple(Person(f"k{n}", f"管护{n}", f"1990000030{n}") for n in (1, 2, 3))
    duties = (
        Duty("k1", SPOT, Level.VILLAGE, "点位管护人"), Duty("k2", LANE, Level.VILLAGE, "巷长"),
        Duty("k3", VILLAGE, Level.VILLAGE, "保洁员", rank=7, categories=("overflow",)),
    )  # fmt: skip
    base = two_townships().content
    lane = replace(SPOTS[0], ways=(LANE,))
    return two_townships(people=(*base.people, *people), duties=(*base.duties, *duties), ways=WAYS, spots=(lane,))


def test_a_keeper_sees_the_own_spot_or_lane_and_the_own_categories(tmp_path: Path) -> None:
    server = Staffed(tmp_path, keepers())
    garbage = server.happen(event(0, picture=SHA))
    evidence(server, SHA)
    with server.signed_in("k1", "k2", "k3") as clients:
        for keeper in ("k1", "k2"):
            assert all(sees(clients[keeper], garbage).values()), keeper
        assert not any(sees(clients["k3"], garbage).values())
        assert clients["k1"].get("/api/v1/fairness").status_code == 403
    server.close()


def test_curves_are_those_of_ones_own_area(staffed: Staffed) -> None:
    with closing(SqliteSeries(staffed.folder / "series.db")) as series:
        tags = {"device": "bin-1", "spot": "bin-1"}
        series.write([
            Point("reading", {**tags, "village": village}, {"fill_percent": 40.0}, at(-60))
            for village in (VILLAGE, EAST_VILLAGE)
        ])  # fmt: skip
    with staffed.signed_in("t1", "t2", "c9", "admin") as clients:
        road, query = "/api/v1/curves", {"by": "raw"}
        found = {name: [one["village"] for one in client.get(road, params=query).json()["curves"]]
                 for name, client in clients.items()}  # fmt: skip
        both = [VILLAGE, EAST_VILLAGE]
        assert {name: sorted(villages) for name, villages in found.items()} == {
            "t1": [VILLAGE], "t2": [EAST_VILLAGE], "c9": both, "admin": both,
        }  # fmt: skip


def test_an_ask_of_another_area_is_not_there(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "t2", "t1") as clients:
        do(clients["v1"], ticket, "accept")
        ask = do(clients["v1"], ticket, "extend", reason="等铲车").json()["asks"][0]["id"]
        for client in (clients["t2"], clients["t1"]):
            assert client.post(f"/api/v1/asks/{uuid4()}/grant", json={}).status_code == 404
        assert clients["t2"].post(f"/api/v1/asks/{ask}/grant", json={}).status_code == 404
        assert clients["t2"].get("/api/v1/asks", params={"mine": "false"}).json() == []
        assert len(clients["t1"].get("/api/v1/asks", params={"mine": "false"}).json()) == 1


def test_the_wall_is_shut_for_who_was_over_the_county_and_is_no_more(staffed: Staffed) -> None:
    with staffed.signed_in("c9") as clients:
        assert clients["c9"].get("/api/v1/wall").status_code == 200
        left = tuple(duty for duty in two_townships().content.duties if duty.person != "c9")
        staffed.load(two_townships(duties=left))
        assert clients["c9"].get("/api/v1/wall").status_code == 403
