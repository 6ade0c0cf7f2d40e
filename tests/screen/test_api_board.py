"""The public board tells counts and ranking to everybody, only where the county opened it, and nothing personal."""

from __future__ import annotations

import json

import pytest

from screen.settings import ScreenSettings
from tests.county.small import PEOPLE
from tests.screen.site import Site

SHA = "a" * 64


def test_the_board_is_shut_unless_the_county_opens_it(site: Site) -> None:
    with site.client() as client:
        answer = client.get("/api/v1/public/board")
        assert answer.status_code == 404
        assert "public_board = true" in answer.json()["detail"]
    assert ScreenSettings("640999", "", "", "", site.folder).public_board is False


def test_an_open_board_agrees_with_the_wall_and_needs_no_login(site: Site) -> None:
    site.ticket(picture=SHA)
    with site.client(public_board=True) as client:
        answer = client.get("/api/v1/public/board")
        assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=10")
        board = answer.json()
        assert (board["county"], board["today"], board["working"], board["closed_today"]) == ("青峦县", 1, 1, 0)
        assert [(one["name"], one["open"], one["score"]) for one in board["ranking"]] == [("柳林镇", 1, None)]
        assert board["categories"] == [{"name": "暴露垃圾", "count": 1}]
        assert client.get("/api/v1/wall").status_code == 401, "the wall itself stays shut"


def test_nothing_on_the_board_names_a_person_a_place_a_ticket_or_a_picture(site: Site) -> None:
    ticket = site.ticket(picture=SHA)
    with site.client(public_board=True) as client:
        text = json.dumps(client.get("/api/v1/public/board").json(), ensure_ascii=False)
    people = [words for one in PEOPLE for words in (one.name, one.phone)]
    for secret in (SHA, str(ticket), "GD-", "石门村", "村口", *people):
        assert secret not in text, secret


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_the_board_takes_nothing(site: Site, method: str) -> None:
    with site.client(public_board=True) as client:
        assert client.request(method, "/api/v1/public/board").status_code in {403, 405}
