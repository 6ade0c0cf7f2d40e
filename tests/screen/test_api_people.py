"""People and duties over HTTP: who answers where, masked numbers, gaps, and changes looked at before they are saved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from alerts.tickets.handover_round import HandoverRound
from alerts.world import World
from county.book import CountyBook
from tests.alerts.makes import event
from tests.county.small import OTHER_VILLAGE, SPOT, TOWNSHIP, VILLAGE, small_folder
from tests.screen.browser import TestClient
from tests.screen.site import Site
from tests.screen.staff import Staffed
from tests.screen.test_api_office import two_townships

URL = "/api/v1/people"
TODAY, SOON, LATER = "2026-11-22", "2026-12-01", "2026-12-10"
XSS = "<img src=x onerror=alert(1)>"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path, two_townships())
    yield made
    made.close()


def sent(client: TestClient, *changes: dict[str, Any], path: str = "changes", **more: Any) -> Any:
    body = {"after": 1, "changes": list(changes), "reason": "调整", **more}
    return client.post(f"{URL}/{path}", json=body)


def handed(old: str = "v1", new: str = "v2", on: str = SOON) -> dict[str, Any]:
    return {"kind": "hand_over", "old": old, "new": new, "on": on}


def duty(**more: Any) -> dict[str, Any]:
    head = {"kind": "add_duty", "person": "v2", "area": VILLAGE, "level": "village", "role": "保洁员", "rank": 2}
    return {**head, "begins": SOON, **more}


def person(identity: str, *, new: bool = True, **more: Any) -> dict[str, Any]:
    said = {"id": identity, "name": "某人", "phone": "19900000009", **more}
    return {"kind": "put_person", "new": new, "person": said}


def duties(client: TestClient, person: str) -> list[tuple[Any, ...]]:
    shown = client.get(f"{URL}/one/{person}").json()["duties"]
    return [(one["area"], one["rank"], one["begins"], one["ends"], one["state"]) for one in shown]


def test_the_tree_walks_from_the_county_to_the_spot_with_the_whole_chain(site: Site) -> None:
    with site.signed_in() as client:
        top = client.get(f"{URL}/tree").json()
        assert (top["here"]["kind"], [one["name"] for one in top["inside"]]) == ("county", ["柳林镇"])
        assert top["here"]["missing"] == [], "people answer for townships: nobody has to stand on the county itself"
        town = client.get(f"{URL}/tree", params={"area": TOWNSHIP}).json()
        assert [(one["name"], one["chain"][0]["name"]) for one in town["inside"]] == [
            ("石门村", "马村官"),
            ("上河村", "何村官"),
        ]
        village = client.get(f"{URL}/tree", params={"area": VILLAGE}).json()
        assert [name for _, name in village["above"]] == ["青峦县", "柳林镇"]
        spot = next(one for one in village["inside"] if one["code"] == SPOT)
        assert [(one["level"], one["name"]) for one in spot["chain"]] == [
            ("village", "马村官"), ("township", "田乡官"), ("county", "郝县官"),
        ]  # fmt: skip
        assert spot["chain"][0]["deputies"] == ["马副手"]
        assert client.get(f"{URL}/tree", params={"area": "999999"}).status_code == 404


def test_numbers_are_whole_only_for_who_may_change_people(site: Site, tmp_path: Path) -> None:
    with site.signed_in() as client:
        assert client.get(f"{URL}/one/v1").json()["phone"] == "19900000001"
    other = Staffed(tmp_path / "other", two_townships())
    with other.signed_in("t1") as clients:
        shown = clients["t1"].get(f"{URL}/one/v1").json()
        assert (shown["phone"], shown["may_edit"]) == ("199****0001", False)
        assert "19900000001" not in clients["t1"].get(URL).text
        assert "19900000001" not in clients["t1"].get(f"{URL}/tree", params={"area": VILLAGE}).text
        assert sent(clients["t1"], handed()).status_code == 403
    other.close()


def test_a_township_sees_its_own_part_and_nothing_beside_it(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "t2") as clients:
        mine = {one["id"] for one in clients["t1"].get(URL).json()["people"]}
        theirs = {one["id"] for one in clients["t2"].get(URL).json()["people"]}
        assert ("v1" in mine, "v1" in theirs) == (True, False)
        assert clients["t2"].get(f"{URL}/one/v1").status_code == 404
        assert clients["t2"].get(f"{URL}/tree", params={"area": VILLAGE}).status_code == 404
        assert all(one["village"].startswith(TOWNSHIP) for one in clients["t1"].get(f"{URL}/gaps").json()["gaps"])


def test_a_hand_over_ends_one_duty_begins_another_and_past_days_stay(site: Site) -> None:
    site.ticket()
    with site.signed_in() as client:
        seen = sent(client, handed(), path="outlook").json()
        assert (seen["problems"], seen["base"]) == ([], 1)
        assert [one["what"] for one in seen["differences"]] == ["added", "changed"]
        assert seen["holding"] == [{"person": "v1", "name": "马村官", "tickets": 1}]
        saved = sent(client, handed(), reason="马村官调走")
        assert saved.json() == {"number": 2, "changed": True}
        assert duties(client, "v1") == [(VILLAGE, 0, None, SOON, "now")]
        assert (VILLAGE, 0, SOON, None, "coming") in duties(client, "v2")
        day = {"area": VILLAGE, "day": TODAY}
        assert client.get(f"{URL}/tree", params=day).json()["here"]["chain"][0]["name"] == "马村官"
        after = client.get(f"{URL}/tree", params={**day, "day": SOON}).json()["here"]["chain"][0]
        assert after["name"] == "何村官"
    with CountyBook(site.settings.county_url) as book:
        newest = book.history()[0]
        assert (newest.number, newest.author, newest.reason) == (2, "admin", "马村官调走")
        assert book.folder(number=2)["policy.toml"] == book.folder(number=1)["policy.toml"]


def test_leave_is_covered_by_a_deputy_of_those_days_only(site: Site) -> None:
    away = {"kind": "leave", "person": "v2", "start": SOON, "end": LATER, "reason": "住院"}
    with site.signed_in() as client:
        alone = sent(client, away, path="outlook").json()
        assert [one["place"] for one in alone["gaps_new"] if one["level"] == "village"] == ["柳林镇 上河村"]
        assert "责任人" in alone["gaps_new"][0]["cure"]
        covered = sent(client, {**away, "deputy": "v1b"}, path="outlook").json()
        assert not [one for one in covered["gaps_new"] if one["level"] == "village"]
        assert sent(client, {**away, "deputy": "v1b"}).status_code == 200
        assert (OTHER_VILLAGE, 1, SOON, LATER, "coming") in duties(client, "v1b")
        assert sent(client, {"kind": "back", "person": "v2", "on": "2026-12-05"}, after=2).json()["number"] == 3
        assert client.get(f"{URL}/one/v2").json()["leaves"][0]["end"] == "2026-12-05"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (duty(begins="2026-11-01"), "已经过去"),
        (duty(ends=SOON), "不在开始日"),
        (duty(person="nobody"), "没有编号"),
        (handed(new="v1"), "另一个人"),
        (handed(on="2020-01-01"), "已经过去"),
        ({"kind": "end_duty", "key": "v1/x", "on": SOON}, "已经不在了"),
        ({"kind": "leave", "person": "v1", "start": SOON, "end": SOON}, "不在请假第一天"),
        ({"kind": "leave", "person": "v1", "start": SOON, "deputy": "v1"}, "另一个人"),
        ({"kind": "back", "person": "v1", "on": SOON}, "没有请假"),
        (person("v1"), "已经有人用"),
        (person("zz", new=False), "没有编号"),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said_and_changes_nothing(site: Site, change: dict[str, Any], words: str) -> None:
    with site.signed_in() as client:
        answer = sent(client, change)
        assert (answer.status_code, words in answer.text) == (409, True), answer.text
        assert client.get(URL).json()["revision"] == 1


def test_what_the_check_finds_is_told_in_chinese_and_refused(site: Site) -> None:
    with site.signed_in() as client:
        twice = duty(rank=0)
        seen = sent(client, twice, path="outlook").json()
        (problem,) = seen["problems"]
        assert (problem["file"], problem["code"], problem["line"]) == ("duties.csv", "duty-overlap", 7)
        assert "两个村级、排位 0 的责任人" in problem["text"]
        assert "先结束" in problem["cure"]
        refused = sent(client, twice)
        assert (refused.status_code, "检查没有通过" in refused.text) == (409, True)
        assert sent(client, duty(), reason=" ").status_code == 409
        assert client.get(URL).json()["revision"] == 1


def test_somebody_who_saved_meanwhile_is_named_with_what_they_changed(site: Site) -> None:
    with site.signed_in() as client:
        assert sent(client, duty(), reason="先来").json()["number"] == 2
        refused = sent(client, handed(old="v2", new="v1b"))
        assert (refused.status_code, "先来" in refused.json()["detail"]) == (409, True)
        seen = sent(client, handed(old="v2", new="v1b"), path="outlook").json()
        assert [one["reason"] for one in seen["meanwhile"]["revisions"]] == ["先来"]
        assert [one["what"] for one in seen["meanwhile"]["differences"]] == ["added"]
        assert sent(client, handed(old="v2", new="v1b"), after=seen["base"]).json()["number"] == 3


def test_hostile_names_and_reasons_stay_text_and_formulas_stay_harmless(site: Site) -> None:
    with site.signed_in() as client:
        assert sent(client, person("n1", name=XSS, unit="=HYPERLINK(1)"), reason=XSS).status_code == 200
        shown = client.get(f"{URL}/one/n1").json()
        assert (shown["name"], shown["unit"]) == (XSS, "=HYPERLINK(1)")
        for bad in ("a\x00b", "x" * 500, "a\nb"):
            assert sent(client, person("n2", name=bad)).status_code == 422
        assert sent(client, duty(), reason="a\x00").status_code == 422
        assert sent(client, *[duty()] * 21).status_code == 422
    with CountyBook(site.settings.county_url) as book:
        assert b"'=HYPERLINK" in book.folder()["people.csv"]


def test_who_loses_a_duty_while_holding_a_ticket_hands_it_over_on_the_engine(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("admin") as clients:
        day = clients["admin"].get(URL).json()["day"]
        assert sent(clients["admin"], handed(new="v1b", on=day)).json()["number"] == 2
    with CountyBook(staffed.settings.county_url) as registry:
        staffed.county = registry.current()
    HandoverRound(staffed.book, World(lambda: staffed.county, staffed.now)).step()
    told = staffed.reader.ticket(ticket)
    assert told is not None
    assert (told.person.id, told.person.name) == ("v1b", "马副手")
    assert "马村官" in str(staffed.reader.history(ticket)[-1])


def test_the_county_book_that_a_page_saved_is_what_the_programs_read_next(site: Site) -> None:
    with site.signed_in() as client, CountyBook(site.settings.county_url) as engine:
        assert engine.current().revision == 1
        sent(client, duty())
        assert engine.current().revision == 2


def test_people_are_found_by_name_unit_role_and_place(site: Site) -> None:
    with site.signed_in() as client:

        def found(q: str) -> list[str]:
            return [one["id"] for one in client.get(URL, params={"q": q}).json()["people"]]

        assert (found("马村"), found("上河村"), found("包乡"), found("没有")) == (["v1"], ["v2"], ["c1"], [])
        page = client.get(URL, params={"limit": 2, "offset": 4}).json()
        assert (page["total"], len(page["people"])) == (5, 1)
        assert small_folder()["people.csv"].count(b"\n") == 6
