"""Every refusal says of which kind it is, in the language that was asked for, and the kind is explained."""

from __future__ import annotations

import re

import pytest

from screen.problem_kinds import BY_NAME, BY_STATUS, OTHER, of, wants_english
from tests.screen.site import Site


@pytest.mark.parametrize(
    ("accepted", "english"),
    [
        ("", False), ("zh-CN,zh;q=0.9,en;q=0.8", False), ("en", True), ("en-GB,zh;q=0.5", True),
        ("fr, de;q=0.2", False),
        ("zh;q=0.2, en;q=0.9", True), ("en;q=0", False), ("en;q=nan", False), ("en;q=9e9", False), ("*", False),
        (";q=,,;;=" * 5000, False), ("en;q=١", False), ("en;q=1,zh;q=1", False),
    ],
)  # fmt: skip
def test_the_title_is_english_for_who_prefers_it_and_chinese_otherwise(accepted: str, *, english: bool) -> None:
    assert wants_english(accepted) is english


def test_a_refusal_names_its_kind_and_the_kind_is_explained_in_both_languages(site: Site) -> None:
    with site.client() as client:
        chinese = client.get("/api/v1/nothing-here")
        english = client.get("/api/v1/nothing-here", headers={"Accept-Language": "en"})
        assert (chinese.json()["title"], english.json()["title"]) == ("没有找到", "Not found")
        assert chinese.json()["type"] == english.json()["type"] == "/problems/not-found"
        assert "Accept-Language" in english.headers["vary"]
        told = client.get(chinese.json()["type"])
        assert (told.status_code, told.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "没有找到" in told.text
        assert "Not found" in told.text
        for name in ("nothing", "<script>", "..%2f..%2fetc%2fpasswd", "%00"):
            assert client.get(f"/problems/{name}").status_code == 404


def test_who_opens_a_wrong_address_in_a_browser_reads_a_page_with_the_ways_on(site: Site) -> None:
    reads = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    with site.client() as client:
        told = client.get("/<script>nothing", headers=reads)
        assert (told.status_code, told.headers["content-type"]) == (404, "text/html; charset=utf-8")
        assert "没有这个页面" in told.text
        assert "nothing" not in told.text
        assert 'href="/t"' in told.text
        programs = client.get("/api/v1/nothing-here", headers=reads)
        assert programs.json()["type"] == "/problems/not-found"


def test_refusals_before_the_routes_name_their_kind_too(site: Site) -> None:
    with site.client() as client:
        foreign = client.post(
            "/api/v1/login", json={}, headers={"Origin": "https://evil.example", "Accept-Language": "en"}
        )
        assert (foreign.json()["type"], foreign.json()["title"]) == ("/problems/not-allowed", "Not allowed")
        large = client.post("/api/v1/login", content=b"x" * 70_000)
        assert (large.status_code, large.json()["type"]) == (413, "/problems/too-large")


def test_every_kind_has_a_name_of_its_own_and_words_in_both_languages() -> None:
    assert len(BY_NAME) == len(BY_STATUS) + 2  # OTHER, and REASON beside the usual 403
    assert of(418) is OTHER
    for name, kind in BY_NAME.items():
        assert re.fullmatch(r"[a-z-]+", name)
        for english in (kind.title_en, kind.cure_en):
            assert english.isascii()
        assert not kind.title.isascii()
        assert not kind.cure.isascii()
