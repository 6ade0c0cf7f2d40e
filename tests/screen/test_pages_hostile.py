"""Hostile words entered at every door, then every page that shows them in Chromium: words stay words, nothing runs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page

from county.book import CountyBook
from county.files import dump
from county.policy.categories import default_categories
from ingest.dead_letters import DeadLetters, Refusal
from tests.alerts.makes import event
from tests.county.small import POLICY_TOML
from tests.screen.pages_browser import PHONE, opened
from tests.screen.site import OUTLINE, Site
from tests.screen.test_api_reports import HERE, draft
from tests.screen.test_pages_office import SHA, Town, town, wide_county

__all__ = ["town"]
pytestmark = pytest.mark.real
WIDE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
RUN = "window.__ran=1"
WORDS = (
    f"<script>{RUN}</script>", f"<img src=x onerror={RUN}>", f"\"'><svg onload={RUN}>", f"javascript:{RUN}",
    "</textarea></title><iframe srcdoc='<script>parent.__ran=1</script>'>",
    "{{ constructor.constructor('window.__ran=1')() }} ${window.__ran=1}",
)  # fmt: skip
BENT = "\u202e\u2066翻过来\u2069 零\u200b宽\ufeff度"
WHOLE = (" ".join(WORDS) + BENT)[:300]
OFFICIAL = ("", "#asks", "#mutes", "#reports", "#log", "#people")
MANAGED = ("#people", "#policy", "#devices", "#accounts", "#notices", "#audit", "#letters")
LISTEN = "addEventListener('securitypolicyviolation', one => (window.__refused ??= []).push(one.blockedURI))"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.settings = replace(made.settings, public_board=True)
    yield made
    made.close()


def hostile(town: Town) -> None:
    """The county's own files call people, devices, spots, kinds of dirt and quick phrases by hostile names."""
    content = wide_county().content
    made = replace(
        content,
        people=tuple(replace(one, name=WORDS[n % 6][:60]) for n, one in enumerate(content.people)),
        devices=tuple(replace(one, name=WORDS[n % 6][:60]) for n, one in enumerate(content.devices)),
        spots=tuple(replace(one, name=WORDS[n % 6][:60]) for n, one in enumerate(content.spots)),
    )  # fmt: skip
    called = [
        f'[[category]]\ncode = "{one.code}"\nname = {json.dumps(WORDS[n % 6])}\nseverity = "major"\n'
        for n, one in enumerate(default_categories(), 1)
    ]
    policy = POLICY_TOML + "".join(called) + f'[[phrase]]\nact = "done"\nwords = [{json.dumps(WORDS[1])}]\n'
    with CountyBook(town.site.settings.county_url) as registry:
        registry.save({**dump(made, policy.encode()), "outline.geojson": OUTLINE.encode()}, WORDS[0], WORDS[2])
        town.site.county = registry.current(town.site.county.code)


def heard(town: Town) -> None:
    """What comes by MQTT: an event whose reason is hostile, and letters of a device that nobody knows."""
    now = datetime.now(UTC)
    town.site.happen(event(0, picture=SHA).model_copy(update={"at": now, "reason": WHOLE}))
    letters = DeadLetters(town.site.settings.inbox_url)
    letters.put([Refusal(one, one[:60], f"a/{one}", WHOLE.encode(), now) for one in WORDS])
    letters.close()


def quiet(page: Page, address: str) -> str:
    """Open a page, let it settle; nothing has run in it. Returns its words."""
    page.goto(address)
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    assert page.evaluate("window.__ran === undefined && frames.length === 0"), address
    assert page.evaluate("window.__refused ?? []") == [], f"{address}: what the policy refuses was tried"
    assert page.locator("img[src='x'], svg[onload], iframe").count() == 0, address
    return page.inner_text("body")


def told_by_citizens(town: Town) -> str:
    """A report whose words, place and reporter are hostile; returns its code."""
    body = {"what": "garbage", "words": WHOLE, **HERE, "reporter": {"name": WORDS[1][:40], "phone": "13912345678"}}
    answer = httpx.post(f"{town.address}/api/v1/reports", json=body, headers={"Idempotency-Key": draft()}, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


def test_hostile_words_stay_words_on_every_page(town: Town, browser: Browser) -> None:
    hostile(town)
    heard(town)
    ticket = town.site.reader.recent(1)[0].id
    town.mute("t1")
    code = told_by_citizens(town)
    link = town.site.desk.mint(ticket)
    town.accounts.named.add("v1", datetime.now(UTC))
    with opened(browser, PHONE) as (page, troubles):
        page.add_init_script(LISTEN)
        desk = f"{town.address}/api/v1/desk/{link}"
        answer = httpx.post(
            f"{desk}/not_true", json={"reason": WHOLE}, headers={"Idempotency-Key": "key-of-words"}, timeout=30
        )
        assert answer.status_code == 200, answer.text
        open_to_all = (f"/r/{code}", "/report", "/public/board", f"/login?next=javascript:{RUN}")
        told = [quiet(page, town.address + one) for one in (f"/t/{link}", f"/d/{link}", *open_to_all)]
        assert "onerror" in told[0], "the words are there, as words"
        assert [one for one in troubles if "404" not in one] == [], "the citizen's page asks once for a picture to come"
    with town.login(browser, "t1", WIDE) as page:
        page.add_init_script(LISTEN)
        shown = " ".join(quiet(page, f"{town.address}/office{view}") for view in OFFICIAL)
        case = quiet(page, f"{town.address}/office?ticket={ticket}") + quiet(page, f"{town.address}/office#{ticket}")
        paper = page.request.post(
            f"{town.address}/api/v1/tickets/{ticket}/rectification", data={"by": "t1"},
            headers={"Origin": town.address},
        )  # fmt: skip
        assert paper.status in (200, 409), paper.text()
        if paper.status == 200:
            quiet(page, f"{town.address}/api/v1/tickets/{ticket}/rectification.html")
    assert "onerror" in shown + case, "the words are there, as words"
    with opened(browser, WIDE) as (page, troubles):
        page.add_init_script(LISTEN)
        page.goto(f"{town.address}/login")
        page.fill("#name", "admin")
        page.fill("#password", town.accounts.reset())
        page.keyboard.press("Enter")
        page.wait_for_url(f"{town.address}/")
        quiet(page, f"{town.address}/")
        page.wait_for_selector("[data-ready=true] canvas")
        for view in MANAGED:
            words = quiet(page, f"{town.address}/office{view}")
            assert "__ran" in words or view == "#policy", f"the words are in {view}: {words}"
        assert [one for one in troubles if "403" not in one] == []
