"""What the staff does with reports: each in their own area, on their own level, and never with what they reported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from alerts.asks import fairness_book
from tests.alerts.side_cases import MORE_DUTIES, MORE_PEOPLE
from tests.county.small import POLICY_TOML, SPOT, small_county
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed, do
from tests.screen.test_api_reports import WANG, draft, newest, send, upload

REWARD = POLICY_TOML + '\n[reward]\namounts = { garbage = "10.50" }\n'


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path, small_county(people=MORE_PEOPLE, duties=MORE_DUTIES), policy=REWARD)
    yield made
    made.close()


def citizen(of: dict[str, TestClient]) -> TestClient:
    """A phone without a session, at the same server."""
    app = next(iter(of.values())).wired
    client = TestClient(app, base_url="http://127.0.0.1", client=("198.51.100.7", 40000))
    client.wired = app
    return client


def test_the_county_sees_who_reported_for_a_reason_and_forgets_it_on_request(staffed: Staffed) -> None:
    with staffed.signed_in("c1", "t1") as staff:
        code = send(citizen(staff), reporter=WANG).json()["code"]
        mine = newest(staff["c1"])
        assert (mine["named"], mine["verdict"], mine["source_name"]) == (True, None, "随手拍")
        path = f"/api/v1/reports/{mine['id']}"
        barred = staff["t1"].post(f"{path}/reporter", json={"reason": "想知道"})
        assert (barred.status_code, barred.json()["detail"]) == (403, "只有县级可以查看反映人")
        county = staff["c1"]
        assert county.post(f"{path}/reporter", json={}).json()["detail"] == "请写明原因"
        seen = county.post(f"{path}/reporter", json={"reason": "核对收款人"}).json()
        assert seen == {"known": True, **WANG}
        assert county.post(f"/api/v1/reports/{uuid4()}/reporter", json={"reason": "x"}).status_code == 404
        assert staff["t1"].post(f"{path}/forget", json={"reason": "x"}).status_code == 403
        assert county.post(f"{path}/forget", json={"reason": "本人要求"}).json() == {"reports": 1}
        gone = county.post(f"{path}/reporter", json={"reason": "核对"}).json()
        assert gone == {"known": False, "name": "", "phone": ""}
        assert citizen(staff).get(f"/api/v1/r/{code}").status_code == 200
    logged = [(line.entry.deed.value, line.entry.author.id) for line in fairness_book.lines(staffed.book)]
    assert logged == [("revealed", "c1"), ("erased", "c1"), ("revealed", "c1")]


def test_who_has_the_code_may_let_their_name_be_forgotten(staffed: Staffed) -> None:
    with staffed.signed_in("c1") as staff:
        phone = citizen(staff)
        code = send(phone, reporter=WANG).json()["code"]
        assert phone.post(f"/api/v1/r/{code}/forget").status_code == 204
        path = f"/api/v1/reports/{newest(staff['c1'])['id']}/reporter"
        assert staff["c1"].post(path, json={"reason": "核对"}).json()["known"] is False
        assert phone.post("/api/v1/r/aaaaaaaaaaaa/forget").status_code == 404


def test_a_verified_report_is_rewarded_once_from_the_ledger(staffed: Staffed) -> None:
    with staffed.signed_in("c1", "t1", "admin") as staff:
        phone, county = citizen(staff), staff["c1"]
        first = send(phone, reporter=WANG).json()["code"]
        mine = newest(county)
        path = f"/api/v1/rewards/{mine['ticket']}"
        early = county.post(f"{path}/approve", json={})
        assert (early.status_code, early.json()["detail"]) == (409, "不能奖励:还没有核实")
        verify = f"/api/v1/reports/{mine['id']}/verify"
        assert staff["t1"].post(verify, json={"verdict": "false"}).status_code == 409, "why is asked for"
        staffed.minutes = 1
        assert staff["t1"].post(verify, json={"verdict": "true"}).json()["verdict"] == "true"
        assert staff["t1"].get("/api/v1/rewards").status_code == 403
        assert staff["t1"].post(f"{path}/approve", json={}).status_code == 403
        (award,) = county.get("/api/v1/rewards").json()["awards"]
        assert (award["amount"], award["ticket"], award["month"]) == ("10.50", mine["ticket"], "2026-11")
        assert staff["admin"].get("/api/v1/rewards").json()["awards"] == [award]
        assert staff["admin"].post(f"{path}/approve", json={}).status_code == 403, "an act has a name and a face"
        assert county.post(f"{path}/approve", json={}).json()["deed_name"] == "已批准"
        again = county.post(f"{path}/approve", json={})
        assert (again.status_code, "一个问题只奖励一次" in again.json()["detail"]) == (409, True)
        assert county.post(f"{path}/pay", json={"words": "转账 1"}).json()["deed"] == "paid"
        ledger = county.get("/api/v1/rewards?month=2026-11").json()["ledger"]
        assert [(line["deed"], line["amount"], line["by"]) for line in ledger] == [
            ("approved", "10.50", "郝县官"), ("paid", "10.50", "郝县官")
        ]  # fmt: skip
        assert "王" not in json.dumps(ledger, ensure_ascii=False)
        assert phone.get(f"/api/v1/r/{first}").json()["reward_words"] == "奖励已发放"
        assert county.post(f"/api/v1/rewards/{uuid4()}/approve", json={}).status_code == 404
        assert county.get("/api/v1/rewards?month=1' OR 1").status_code == 422


def test_the_assignee_works_the_ticket_and_never_learns_who_reported(staffed: Staffed) -> None:
    """R21: list, detail, act and report as the assignee's own account reads them."""
    name = draft()
    with staffed.signed_in("v1", "v2") as staff:
        phone = citizen(staff)
        sha = upload(phone, name).json()["sha256"]
        send(phone, name, photos=[sha], reporter=WANG, words="我是王小明 13912345678", place="王小明家门口")
        mine, ticket = newest(staff["v1"]), staffed.reader.recent(1)[0].id
        texts = [staff["v1"].get(path).text for path in (
            "/api/v1/tickets", f"/api/v1/tickets/{ticket}", f"/api/v1/tickets/{ticket}/choices", "/api/v1/reports"
        )]  # fmt: skip
        texts.append(do(staff["v1"], ticket, "accept").text)
        assert staff["v1"].get(f"/api/v1/evidence/{sha}").status_code == 200
        for secret in ("王小明", "13912345678", "139 1234 5678", "12345678"):
            assert all(secret not in text for text in texts)
        assert staff["v1"].post(f"/api/v1/reports/{mine['id']}/reporter", json={"reason": "x"}).status_code == 403
        assert staff["v2"].get("/api/v1/reports").json() == [], "another village's reports are not there"
        verify = staff["v2"].post(f"/api/v1/reports/{mine['id']}/verify", json={"verdict": "true"})
        assert verify.status_code == 404


def test_an_inspector_reports_in_their_own_name_and_somebody_else_verifies(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "c1") as staff:
        assert send(staff["t1"]).status_code == 200
        mine = newest(staff["t1"])
        assert (mine["source"], mine["named"]) == ("patrol", True)
        path = f"/api/v1/reports/{mine['id']}"
        own = staff["t1"].post(f"{path}/verify", json={"verdict": "true"})
        assert (own.status_code, own.json()["detail"]) == (403, "不能核实自己的反映,请由别人核实")
        staffed.minutes = 1
        assert staff["c1"].post(f"{path}/verify", json={"verdict": "true"}).json()["verdict"] == "true"
        seen = staff["c1"].post(f"{path}/reporter", json={"reason": "了解情况"}).json()
        assert seen["name"] == "田乡官"
        staffed.minutes = 2
        order = send(staff["c1"], source="superior", origin="市环委办〔2026〕12号", spot=SPOT)
        assert (order.status_code, newest(staff["c1"])["source"]) == (200, "superior")


def test_who_answers_for_another_village_sends_no_work_back_by_a_patrol(staffed: Staffed) -> None:
    with staffed.signed_in("v2") as staff:
        for more in ({"source": "patrol"}, {"source": "superior", "origin": "市环委办"}, {"origin": "市环委办"}):
            refused = send(staff["v2"], spot=SPOT, **more)
            assert (refused.status_code, "不归您负责" in refused.json()["detail"]) == (403, True)
        assert staffed.reader.recent() == []
        assert send(staff["v2"], spot=SPOT).status_code == 200
        with staffed.signed_in("c1") as above:
            assert newest(above["c1"])["source"] == "report", "it is taken as what any citizen may report"


@pytest.mark.parametrize("named", [{}, WANG], ids=["nobody", "another"])
def test_the_staff_cannot_hide_that_a_report_is_their_own(staffed: Staffed, named: dict[str, str]) -> None:
    with staffed.signed_in("t1") as staff:
        assert send(staff["t1"], reporter=named).status_code == 200
        own = staff["t1"].post(f"/api/v1/reports/{newest(staff['t1'])['id']}/verify", json={"verdict": "true"})
        assert (own.status_code, own.json()["detail"]) == (403, "不能核实自己的反映,请由别人核实")


def test_a_helper_reports_and_confirms_and_neither_closes_nor_rewards(staffed: Staffed) -> None:
    """R22: 协管员 closing is 403."""
    with staffed.signed_in("h1", "v1") as staff:
        helper, phone = staff["h1"], citizen(staff)
        assert send(helper, words="村口有垃圾").json()["new"]
        own = newest(helper)
        assert (own["source"], own["named"]) == ("report", True)
        assert helper.post(f"/api/v1/reports/{own['id']}/verify", json={"verdict": "true"}).status_code == 403
        for more in ({"source": "patrol"}, {"source": "superior"}, {"origin": "市环委办"}):
            assert send(helper, **more).status_code == 403
        staffed.minutes = 1
        send(phone, lon=106.26, lat=36.15, crs="WGS-84")
        other = newest(helper)
        path = f"/api/v1/reports/{other['id']}/verify"
        assert helper.post(path, json={"verdict": "false", "words": "没看到"}).status_code == 403
        staffed.minutes = 2
        assert helper.post(path, json={"verdict": "true"}).json()["verdict"] == "true"
        assert helper.get("/api/v1/rewards").status_code == 403
        for act in ("accept", "done", "verify_ok", "confirm_false"):
            assert do(helper, other["ticket"], act, words="好了").status_code == 403
        code = staff["v1"]
        assert do(code, other["ticket"], "accept").status_code == 200
        assert do(helper, other["ticket"], "done", words="好了").status_code == 403
