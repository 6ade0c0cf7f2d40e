"""The curl lines of docs/api.md, run as they stand against the app; and where a list with a cursor goes on."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any

import pytest
from fastapi import Request, Response

from broker.messages import Kind
from screen.next_page import tell_next
from tests.alerts.makes import event
from tests.screen.browser import TestClient
from tests.screen.staff import Staffed
from tests.screen.test_api_office import two_townships

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
LINES = re.findall(r"^# (\d{3}): .*\n(curl .*)$", PAGE, re.MULTILINE)
HOST = "http://127.0.0.1"


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Staffed]:
    made = Staffed(tmp_path, two_townships())
    made.happen(event(0))
    made.happen(event(1, what=Kind.BIN_TILTED, spot="bin-1"))
    yield made
    made.close()


def run(client: TestClient, line: str, known: dict[str, str]) -> Any:
    """Do what curl would with this line: its method follows from -d, its cookies are the client's."""
    words = iter(shlex.split(Template(line).safe_substitute(known))[1:])
    address, body, heads = "", None, {}
    for word in words:
        if word == "-H":
            name, _, value = next(words).partition(": ")
            heads[name] = value
        elif word == "-d":
            body = next(words)
        elif word in ("-b", "-c"):
            next(words)
        elif word not in ("-s", "-i"):
            address = word
    return client.request("POST" if body else "GET", address, content=body, headers=heads)


def test_every_curl_line_of_the_page_does_what_the_page_says(staffed: Staffed) -> None:
    with staffed.signed_in("v1") as clients:
        client = clients["v1"]
        known = {"JINGCUN": HOST, "NAME": "v1", "PASSWORD": staffed.accounts.named.reset("v1", staffed.now())}
        client.cookies.clear()
        answers = []
        for status, line in LINES:
            answer = run(client, line, known)
            assert answer.status_code == int(status), f"{line}\n{answer.text}"
            answers.append(answer)
            if "tickets" in answer.json():
                known |= {"AFTER": answer.json()["after"], "TICKET": answer.json()["tickets"][0]["ticket"]}
        assert len(answers) == PAGE.count("\ncurl ") == 5
        first, further = answers[1], answers[2]
        assert first.json()["tickets"] != further.json()["tickets"], "the cursor goes on"
        assert (answers[3].json()["state"], answers[4].json()["type"]) == ("accepted", "/problems/not-found")


@pytest.mark.parametrize(
    ("path", "rows"),
    [("queue?words=村", "tickets"), ("notices?state=", "messages"), ("register?subject=", "rows")],
)
def test_a_list_names_its_next_page_with_the_same_filters_until_the_last(
    staffed: Staffed, path: str, rows: str
) -> None:
    with staffed.signed_in("admin", "v1") as clients:
        whole = clients["admin"].get(f"/api/v1/{path}")
        assert "link" not in whole.headers, "all is on one page"
        first = clients["admin"].get(f"/api/v1/{path}&limit=1")
        assert len(whole.json()[rows]) > 1
        further = clients["admin"].get(first.links["next"]["url"])
        assert further.json()[rows] == whole.json()[rows][1:2]
        assert "limit=1" in first.links["next"]["url"]
        assert first.headers["link"].isascii(), "what was searched for is escaped"


def test_nothing_that_was_asked_breaks_out_of_the_next_page_s_address() -> None:
    asked = b'words=%3E;%20rel="x"%0D%0AA:b&after=1'
    server = {"type": "http", "scheme": "http", "server": ("county.example", 80), "path": "/api/v1/queue"}
    response = Response()
    tell_next(Request({**server, "query_string": asked, "headers": []}), response, after="2")
    words = "%3E%3B+rel%3D%22x%22%0D%0AA%3Ab"
    assert response.headers["link"] == f'</api/v1/queue?words={words}&after=2>; rel="next"'
