"""A closed case's picture on the real server in Chromium: the township is asked why, says it, and sees the picture."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from alerts.register.register import Register
from alerts.tickets.doing import Data
from tests.screen.pages_browser import grave_faults
from tests.screen.test_pages_office import Town, press, town

__all__ = ["town"]
pytestmark = pytest.mark.real
WORDS = "=1+1 村里申诉 <img src=x onerror=alert(1)>"


def test_a_closed_case_shows_its_picture_once_the_reason_is_said(town: Town, browser: Browser, tmp_path: Path) -> None:
    (ticket,) = town.happen(1)
    town.act(ticket, "accept", "v1")
    town.act(ticket, "force_close", "t1", "道路已拓宽，原址不在了")
    ask = town.office.waiting()[0].ask.id
    town.office.answer(ask, True, town.site.county.people["c1"], Data("属实"))
    with town.login(browser, "t1", at=f"#case/{ticket}") as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        case = page.get_by_role("article", name="案卷")
        press(page, "查看需登记事由")
        assert not any("/evidence/" in url for url in asked), "nothing is fetched before"
        dialog = page.get_by_role("dialog", name="调用登记")
        expect(dialog.get_by_label("单位")).to_have_value("柳林镇政府")
        expect(dialog.get_by_label("姓名")).to_have_value("田乡官")
        page.keyboard.press("Control+Enter")
        expect(dialog.get_by_role("alert")).to_have_text("请选事由")
        dialog.get_by_role("combobox").select_option("appeal")
        dialog.get_by_label("具体说明").fill(WORDS)
        assert grave_faults(page) == []
        page.screenshot(path=tmp_path / "why.png")
        page.keyboard.press("Control+Enter")
        expect(case.get_by_role("img", name="的画面")).to_be_visible()
        page.screenshot(path=tmp_path / "seen.png")
    granted = [row for row in Register(town.site.book.store, town.site.county.code).rows() if row.said("reason")]
    assert {(row.said("deed"), row.said("name"), row.said("reason")) for row in granted} == {
        ("evidence_granted", "田乡官", f"申诉核实：{WORDS}"), ("evidence_seen", "田乡官", f"申诉核实：{WORDS}"),
    }  # fmt: skip
