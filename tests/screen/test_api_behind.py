"""``/api/v1/figures``: each figure of the wall's own JSON has a list as long as it says; refusals are plain."""

from __future__ import annotations

from typing import Any

from tests.county.small import COUNTY, TOWNSHIP
from tests.screen.browser import TestClient
from tests.screen.site import Site

SHA = "a" * 64
CARDS = {
    "today": "today", "waiting": "waiting", "handling": "handling", "checking": "checking",
    "closed_today": "closed_today", "overdue": "overdue",
}  # fmt: skip
STEPS = ("events", "alarms", "dispatched", "accepted", "handled", "closed")


def figure(client: TestClient, name: str, **params: Any) -> Any:
    answer = client.get(f"/api/v1/figures/{name}", params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_what_the_wall_says_and_what_its_lists_hold_is_the_same(site: Site) -> None:
    site.ticket(picture=SHA)
    site.later(5)
    site.fill(15, 30, 45, 95)
    with site.signed_in() as client:
        wall = client.get("/api/v1/wall").json()
        for key, name in CARDS.items():
            assert figure(client, name)["total"] == wall["kpi"][key], name
        for name in STEPS:
            assert figure(client, name)["total"] == wall["funnel"][name], name
        for one in wall["categories"]:
            assert figure(client, "alarms", kind=one["what"])["total"] == one["count"], one
        for one in wall["map"]["townships"]:
            assert figure(client, "open", scope=one["code"])["total"] == one["open"], one
        for level, rung in wall["ladder"].items():
            assert figure(client, "rung", rung=level)["total"] == rung["open"], level
        last = wall["trend"]["hours"][-1]
        opened = sum(wall["trend"][severity][-1] for severity in ("urgent", "major", "minor"))
        assert figure(client, "hour_opened", hour=last)["total"] == opened == 2
        day = {"hour": wall["trend"]["hours"][0], "hours": 24}
        opened = sum(sum(wall["trend"][severity]) for severity in ("urgent", "major", "minor"))
        assert figure(client, "hour_opened", **day)["total"] == opened
        assert figure(client, "hour_closed", **day)["total"] == sum(wall["trend"]["closed"])
        assert figure(client, "upkeep")["total"] == wall["devices"]["tickets"]


def test_a_row_says_what_where_and_how_it_stands_and_names_nobody(site: Site) -> None:
    site.ticket(picture=SHA)
    with site.signed_in() as client:
        told = figure(client, "waiting", scope=TOWNSHIP)
        row = told["shown"][0]
        assert (row["what_name"], row["place"], row["state"]) == ("暴露垃圾", "柳林镇 石门村 村口垃圾点", "dispatched")
        assert (row["overdue"], row["in_time"], row["looks"]) == (False, None, None)
        assert "马村官" not in str(told)
        assert client.get(f"/api/v1/tickets/{row['ticket']}").status_code == 200
        assert figure(client, "events", scope=COUNTY)["shown"][0]["looks"] == 1


def test_a_figure_that_is_none_and_a_place_that_is_none_are_refused(site: Site) -> None:
    with site.signed_in() as client:
        nothing = client.get("/api/v1/figures/secrets")
        assert (nothing.status_code, nothing.json()["detail"]) == (404, "大屏上没有“secrets”这个数")
        for params in ({"scope": "6409%"}, {"limit": 500}, {"hour": "2026-11-21T02:00:00"}, {"kind": "\x00"}):
            assert client.get("/api/v1/figures/today", params=params).status_code == 422, params


def test_a_figure_is_shown_to_who_may_see_the_wall(site: Site) -> None:
    with site.client() as client:
        assert client.get("/api/v1/figures/today").status_code == 401
    with site.client(host="127.0.0.1", open_wall=True) as client:
        assert figure(client, "today")["total"] == 0
