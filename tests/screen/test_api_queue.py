"""The queue over HTTP: everybody's own part, what waits for them, hostile values, and to whom a ticket may go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.makes import at, event
from tests.county.small import VILLAGE
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed, do
from tests.screen.test_api_office import EAST_VILLAGE, two_townships

URL = "/api/v1/queue"


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path, two_townships())
    yield made
    made.close()


def tabs(client: TestClient, **which: Any) -> dict[str, int]:
    answer = client.get(URL, params=which)
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["tabs"])


def test_everybody_sees_the_queue_of_their_own_part(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("v1", "v2", "t1", "t2", "admin") as clients:
        shown = {name: client.get(URL).json() for name, client in clients.items()}
        assert {name: len(page["tickets"]) for name, page in shown.items()} == {
            "v1": 1, "v2": 0, "t1": 1, "t2": 0, "admin": 1,
        }  # fmt: skip
        (line,) = shown["t1"]["tickets"]
        assert (line["ticket"], line["number"], line["person"]) == (str(ticket), "GD-1121-0001", "马村官")
        assert (shown["v1"]["tabs"]["mine"], shown["t1"]["tabs"]["mine"]) == (1, 0), "it waits for who has it"
        assert shown["t1"]["now"] == at(0).isoformat().replace("+00:00", "Z")
        assert clients["t2"].get(URL, params={"scope": VILLAGE}).json()["tickets"] == [], "asking shows no more"
        assert "19900000001" not in clients["t1"].get(URL).text, "no phone number is in a list"


def test_an_ask_and_a_mute_wait_for_who_may_answer_them(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    mute = {"area": VILLAGE, "reason": "修路", "until": at(60 * 60).isoformat(), "works": True}
    with staffed.signed_in("v1", "t1", "c1") as clients:
        do(clients["v1"], ticket, "accept")
        do(clients["v1"], ticket, "extend", reason="等铲车")
        assert clients["t1"].post("/api/v1/silences", json=mute).json()["hold"] == "asked"
        waits = {name: client.get(URL, params={"tab": "mine"}).json() for name, client in clients.items()}
        told = {name: (page["asks"], page["mutes"], len(page["tickets"])) for name, page in waits.items()}
        assert told == {"v1": (0, 0, 0), "t1": (1, 0, 1), "c1": (1, 1, 1)}
        grantable = {name: one.get("/api/v1/silences").json()[0]["grantable"] for name, one in clients.items()}
        assert grantable == {"v1": False, "t1": False, "c1": True}


def test_the_pages_of_a_queue_lead_to_its_end(staffed: Staffed) -> None:
    staffed.happen(event(0))
    with staffed.signed_in("t1") as clients:
        page = clients["t1"].get(URL, params={"limit": 1}).json()
        assert (len(page["tickets"]), page["after"]) == (1, "")
        beyond = clients["t1"].get(URL, params={"after": f"0.{10**15}.{'f' * 32}"})
        assert beyond.status_code == 200


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tab", "x"), ("severity", "red"), ("what", "x" * 65), ("what", "\x00"), ("person", "\x00"), ("scope", "64'"),
        ("scope", "６４"), ("words", "x" * 41), ("words", "\x00"), ("overdue", "maybe"), ("after", "1"),
        ("after", "1.5." + "g" * 32), ("after", "1." + "9" * 17 + "." + "0" * 32), ("limit", "0"), ("limit", "201"),
        ("limit", "9" * 30), ("offset", "1"),
    ],
)  # fmt: skip
def test_a_hostile_value_is_422_and_never_a_fault(staffed: Staffed, name: str, value: str) -> None:
    with staffed.signed_in("t1") as clients:
        answer = clients["t1"].get(URL, params={name: value})
        assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")


def test_without_a_session_there_is_no_queue(staffed: Staffed) -> None:
    with staffed.signed_in("t1") as clients:
        clients["t1"].cookies.clear()
        for road in (URL, f"{URL}/form"):
            assert clients["t1"].get(road).status_code == 401


def test_the_form_offers_ones_own_villages_and_people(staffed: Staffed) -> None:
    with staffed.signed_in("t1", "v1", "c9", "admin") as clients:
        forms = {name: client.get(f"{URL}/form").json() for name, client in clients.items()}
        assert [one["name"] for one in forms["t1"]["villages"]] == ["柳林镇 石门村", "柳林镇 上河村"]
        assert [one["code"] for one in forms["v1"]["villages"]] == [VILLAGE]
        assert EAST_VILLAGE in [one["code"] for one in forms["c9"]["villages"]]
        assert forms["admin"]["villages"] == forms["c9"]["villages"]
        assert {"v1", "v2", "t1", "c1"} <= {one["code"] for one in forms["t1"]["people"]}
        assert not {"t2", "v9"} & {one["code"] for one in forms["t1"]["people"]}, "another township's people"
        assert forms["t1"]["categories"][0].keys() == {"code", "name"}
        assert {name: form["county"] for name, form in forms.items()} == dict.fromkeys(forms, "青峦县")


def test_the_chooser_lists_exactly_those_to_whom_a_transfer_is_taken(staffed: Staffed) -> None:
    ticket = staffed.happen(event(0))
    with staffed.signed_in("t1", "c1", "v2", "h1", "admin") as clients:
        url = f"/api/v1/tickets/{ticket}/receivers"
        offered = {name: [one["person"] for one in clients[name].get(url).json()] for name in ("t1", "c1", "h1")}
        assert offered["t1"][0] == "v1b", "who answers for the place comes first"
        assert {"v2"} <= set(offered["t1"])
        assert not {"v1", "h1", "t2", "v9"} & set(offered["t1"]), "who has it, a helper, another township"
        assert {"t2", "v9"} <= set(offered["c1"]), "the county reaches further"
        assert offered["h1"] == []
        found = clients["c1"].get(url, params={"words": "岭村"}).json()
        assert [(one["person"], one["level_name"], one["near"]) for one in found] == [("v9", "村级", False)]
        assert clients["v2"].get(url).status_code == 404
        assert clients["admin"].get(url).status_code == 403
        assert clients["t1"].get(url, params={"words": "x" * 41}).status_code == 422
        for person in ("t2", "v9", "h1"):
            assert do(clients["t1"], ticket, "transfer", to=person, reason="换人").status_code == 409
        assert do(clients["t1"], ticket, "transfer", to=offered["t1"][-1], reason="换人").status_code == 200


def test_a_search_finds_by_number_place_and_person(staffed: Staffed) -> None:
    staffed.happen(event(0))
    with staffed.signed_in("c9") as clients:
        for words, found in (("0001", 1), ("石门", 1), ("村口", 1), (" 马村官 ", 1), ("岭上", 0)):
            page = clients["c9"].get(URL, params={"words": words}).json()
            assert (len(page["tickets"]), page["tabs"]["open"]) == (found, 1), words
        assert tabs(clients["c9"], scope=EAST_VILLAGE)["open"] == 0
