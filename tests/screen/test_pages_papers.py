"""The rectification notice in a real Chromium: on the screen under its own policy, and printed on A4."""

from __future__ import annotations

import hashlib
import socket
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect
from pypdf import PdfReader

from alerts.papers import html
from alerts.papers.rectification import Found, Ground, Named, Standing
from alerts.papers.sheet import sheet_of
from screen.access.account import Account
from screen.app import serve
from tests.alerts.makes import event
from tests.alerts.paper_cases import HOSTILE, T0, notice, photo
from tests.screen.pages_browser import PHONE, opened
from tests.screen.site import CHEAP, Site
from tests.servers import wait_until

pytestmark = pytest.mark.real
DESKTOP = {"viewport": {"width": 900, "height": 1200}}
PICTURE = photo(1280, 720)
SHA = hashlib.sha256(PICTURE).hexdigest()


@pytest.fixture
def served(site: Site) -> Iterator[tuple[str, str]]:
    """The address of the real server, and its first password."""
    site.now = datetime.now(UTC)
    site.evidence(SHA, PICTURE)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    said: list[str] = []
    stop = threading.Event()
    settings = replace(site.settings, port=port, secure_cookies=False)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    wait_until(lambda: len(said) == 2, "the screen listens")
    yield said[1].rstrip("/"), Account(site.folder / "secrets", CHEAP).named.add("t1", site.now)
    stop.set()
    thread.join(30)
    assert not thread.is_alive()


def test_the_notice_opens_from_the_server_with_its_style_and_photo(
    site: Site, served: tuple[str, str], browser: Browser
) -> None:
    address, password = served
    site.happen(event(0, picture=SHA).model_copy(update={"at": site.now}))
    where = f"{address}/api/v1/tickets/{site.reader.recent(1)[0].id}/rectification"
    with opened(browser, DESKTOP) as (page, troubles):
        login = page.request.post(f"{address}/api/v1/login", data={"name": "t1", "password": password})
        assert login.ok
        assert page.request.post(where, data={"by": "t1"}).ok
        page.goto(f"{where}.html")
        expect(page.get_by_text("办理状态：整改期限内")).to_be_visible()
        expect(page.get_by_role("heading", name="整改通知书")).to_be_visible()
        assert page.evaluate("document.querySelector('img').naturalWidth") == 1280
        assert page.evaluate("getComputedStyle(document.querySelector('h1')).textAlign") == "center"
        assert troubles == [], "the policy refuses nothing of the page"


def test_the_page_prints_on_a4_with_the_official_margins_and_shows_no_foreign_word_as_code(
    browser: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "notice.html"
    file.write_text(html.page(sheet_of(notice()), Standing.LATE, PICTURE), encoding="utf-8")
    with opened(browser, DESKTOP) as (page, troubles):
        page.goto(file.as_uri())
        printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
        assert len(printed.pages) == 3, "notice, photo, receipt"
        for number, sheet in enumerate(printed.pages, 1):
            assert (round(float(sheet.mediabox.width)), round(float(sheet.mediabox.height))) == (595, 842)
            assert f"— {number} —" in sheet.extract_text()
        text = unicodedata.normalize("NFKC", "".join(printed.pages[0].extract_text().split()))
        assert "村官。" in text  # Chromium writes some characters as their radicals
        assert "2026年11月28日10时30分" in text
        assert "办理状态" not in text, "how it stands is for the screen"
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.querySelector('aside')).display") == "none"
        assert troubles == []


@pytest.mark.parametrize("shape", [DESKTOP, PHONE])
def test_hostile_words_run_nothing_and_stay_within_the_page(
    browser: Browser, tmp_path: Path, shape: dict[str, object]
) -> None:
    file = tmp_path / "notice.html"
    with opened(browser, dict(shape)) as (page, troubles):
        page.on("dialog", lambda dialog: troubles.append(dialog.message))
        for words in HOSTILE:
            paper = notice(
                person=Named("甲" + words, words), ground=Ground("乙" + words, words), issuer="丙" + words,
                found=Found("丁" + words, words, words, T0, words), demands=(words, "戊"),
            )  # fmt: skip
            file.write_text(html.page(sheet_of(paper), Standing.RUNNING, PICTURE), encoding="utf-8")
            page.goto(file.as_uri())
            assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), words
        assert troubles == []
