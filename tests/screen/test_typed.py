"""The page where a code is typed: for letters that may hold no address, and for phones that show none."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from screen.desk.typed import cleaned
from tests.alerts.makes import event
from tests.screen.site import Site
from tests.screen.test_todo import TEXT_PLAIN

OWN = {"Origin": "http://127.0.0.1"}


def typed(client: TestClient, code: str) -> tuple[int, str, str]:
    answer = client.post("/t", data={"code": code}, headers=OWN, follow_redirects=False)
    return answer.status_code, answer.headers.get("location", ""), answer.text


def test_a_code_opens_its_desk_however_it_was_typed(site: Site) -> None:
    site.happen(event(0))
    code = site.code()
    with site.client() as client:
        page = client.get("/t")
        assert (page.status_code, page.headers["content-type"]) == (200, TEXT_PLAIN)
        assert "<script" not in page.text
        spaced = f" {code[:4].upper()} {code[4:8]}-{code[8:]} "
        for one in (code, spaced, code.translate({ord("2"): "２", ord("a"): "ａ"})):
            assert typed(client, one)[:2] == (303, f"/t/{code}")


def test_a_wrong_code_is_said_and_stays_in_the_field_as_text(site: Site) -> None:
    with site.client() as client:
        status, where, text = typed(client, '"><script>alert(1)</script>')
        assert (status, where) == (404, "")
        assert "&lt;script&gt;alert(1)" in text
        assert "<script" not in text
        assert "<h1>输入短码</h1>" in text
        assert typed(client, "  -  ")[0] == 422
        assert typed(client, "")[0] == 422
        assert client.post("/t", headers=OWN).status_code == 422


def test_who_guesses_has_to_wait(site: Site) -> None:
    with site.client() as client:
        tries = [typed(client, f"guess{n}") for n in range(11)]
    assert [status for status, _, _ in tries] == [404] * 10 + [429]
    assert "秒后再试" in tries[-1][2]


def test_another_page_cannot_type_for_somebody(site: Site) -> None:
    with site.client() as client:
        assert client.post("/t", data={"code": "x"}, headers={"Origin": "https://evil.example"}).status_code == 403


@pytest.mark.parametrize("text", ["x" * 1_000_000, "\u200b\u202e../../etc", "a/../b", "\x00%2e%2e"])
def test_nothing_but_letters_and_digits_is_left(text: str) -> None:
    assert len(cleaned(text)) <= 60
    assert cleaned(text).isalnum()
