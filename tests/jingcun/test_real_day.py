"""A real day on live processes, in a real browser: camera, wall, phone, office and public board tell one story.

With ``JINGCUN_PICTURES=docs/pictures`` the pages are photographed on the way.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from alerts.tickets.entitled import duties_today
from county.book import CountyBook
from county.snapshot import County
from county.values import Level
from detect.blur import encode
from edge.scenes.compose import View, compose
from edge.scenes.scene import HOME, load_scene
from jingcun.demo.stage import COUNTY
from tests.jingcun.demo_run import Running, demo
from tests.screen.pages_browser import PHONE, WALL, chromium, grave_faults, opened

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400), pytest.mark.xdist_group("demo")]
OFFICE: dict[str, Any] = {"viewport": {"width": 1440, "height": 900}}
BOARD: dict[str, Any] = {"viewport": {"width": 1080, "height": 1920}}
OWN = "第三棵老槐树 2kw"


@dataclass
class Day:
    """The pages of the day, and what left this machine."""

    running: Running
    folder: Path
    url: str
    pages: dict[str, Page]
    asked: list[str]

    def photograph(self, name: str, page: str) -> None:
        """Keep a picture of a page, where somebody wants pictures."""
        if folder := os.environ.get("JINGCUN_PICTURES"):
            self.pages[page].screenshot(path=Path(folder) / f"day-{name}.jpg", type="jpeg", quality=82)

    @property
    def county(self) -> County:
        with CountyBook(f"sqlite:///{self.folder / 'server' / 'county.db'}") as book:
            return book.current(COUNTY)


@contextmanager
def begun(folder: Path, browser: Browser) -> Iterator[Day]:
    with demo("--folder", str(folder)) as running, ExitStack() as stack:
        url = running.line(r"县级大屏\s+(http://[^/\s]+)")[1]
        pages, troubles, asked = {}, {}, list[str]()
        for name, shape in (("wall", WALL), ("phone", PHONE), ("office", OFFICE), ("board", BOARD)):
            pages[name], troubles[name] = stack.enter_context(opened(browser, shape))
            pages[name].set_default_timeout(30_000)
            pages[name].on("request", lambda request: asked.append(request.url))
        yield Day(running, folder, url, pages, asked)
        assert not any(troubles.values()), troubles
        own = (url, "data:", "blob:", "about:")
        assert [one for one in asked if not one.startswith(own)] == [], "nothing leaves the machine"


def test_camera_wall_phone_office_and_board_tell_one_story(tmp_path: Path) -> None:
    photo = tmp_path / "after.jpg"
    photo.write_bytes(encode(compose(load_scene(HOME / "square"), View(), 1), 85))
    with chromium() as browser, begun(tmp_path / "demo", browser) as day:
        number, link = the_camera_sees_a_pile(day)
        the_township_finds_it_in_its_queue(day, number)
        the_village_accepts_it(day, link, number)
        the_village_cleans(day, photo)
        expect(day.pages["phone"].get_by_role("heading", name="已办结，辛苦了")).to_be_visible(timeout=120_000)
        day.photograph("phone-closed", "phone")
        the_office_reads_how_it_ended(day, number)
        the_board_and_the_wall_count_it(day)
        faults = {name: grave_faults(page) for name, page in day.pages.items()}
    assert faults == {"wall": [], "phone": [], "office": [], "board": []}
    assert any("复核干净" in line for line in day.running.lines)


def the_camera_sees_a_pile(day: Day) -> tuple[str, str]:
    wall = day.pages["wall"]
    wall.goto(day.url)
    link = day.running.line(r"等您处理.*(http://\S+/t/\S+)")[1]
    number = day.running.line(r"等您处理\s+(GD-\S+)")[1]
    expect(wall.get_by_text("演示数据").first).to_be_visible()
    expect(wall.locator("[data-kpi=today] .v")).not_to_have_text("0")
    day.photograph("wall", "wall")
    wall.goto("about:blank")  # it is drawn without a graphics card here: that takes a core
    return number, link


def the_township_finds_it_in_its_queue(day: Day, number: str) -> None:
    """An account is made on the command line; its owner chooses a password and sees the ticket."""
    person = township_over(day, number)
    office = day.pages["office"]
    office.goto(f"{day.url}/login?next=/office")
    office.fill("#name", person)
    office.fill("#password", made(day, person))
    office.keyboard.press("Enter")
    office.wait_for_selector("#own-new, a[data-ticket]")
    if office.locator("#own-new").count():
        office.fill("#own-new", OWN)
        office.fill("#own-again", OWN)
        office.keyboard.press("Enter")
    expect(office.locator("a[data-ticket]").filter(has_text=number)).to_be_visible()
    expect(office.locator(".lamp").first).to_be_visible()
    day.photograph("office-queue", "office")


def the_village_accepts_it(day: Day, link: str, number: str) -> None:
    phone = day.pages["phone"]
    phone.goto(link)
    expect(phone.get_by_text(number).first).to_be_visible()
    day.photograph("phone-new", "phone")
    phone.get_by_role("button", name="接 单", exact=True).click()
    phone.get_by_role("button", name="我已到现场", exact=True).click()


def the_village_cleans(day: Day, photo: Path) -> None:
    phone = day.pages["phone"]
    phone.locator("input[type=file]").first.set_input_files(photo)
    expect(phone.get_by_text("已压缩")).to_be_visible()
    day.photograph("phone-photo", "phone")
    phone.get_by_role("button", name="提交办结", exact=True).click()


def the_office_reads_how_it_ended(day: Day, number: str) -> None:
    office = day.pages["office"]
    office.get_by_role("button", name="全部").first.click()
    office.locator("a[data-ticket]").filter(has_text=number).click()
    past = office.get_by_role("region", name="经过")
    for words in ("接单", "到", "复核干净"):
        expect(past.get_by_text(words).first).to_be_visible()
    day.photograph("office-case", "office")


def the_board_and_the_wall_count_it(day: Day) -> None:
    board, wall = day.pages["board"], day.pages["wall"]
    board.goto(f"{day.url}/public/board")
    expect(board.get_by_text("今日办结").first).to_be_visible()
    told = wall.request.get(f"{day.url}/api/v1/public/board").json()
    assert told["closed_today"] >= 1
    day.photograph("board", "board")
    wall.goto(day.url)
    expect(wall.locator("[data-kpi=today] .v")).not_to_have_text("0")


def township_over(day: Day, number: str) -> str:
    """Who answers for the ticket's village on the township's level today."""
    live = day.pages["wall"].request.get(f"{day.url}/api/v1/wall").json()["live"]
    row = next(one for one in live if one["code"] == number)
    county = day.county
    village = next(one for one in county.villages if row["place"].startswith(county.place_name(one.code)))
    return next(
        one.person for one in county.content.duties
        if one.level is Level.TOWNSHIP and one.area == village.code
        and duties_today(county, one.person, datetime.now(UTC))
    )  # fmt: skip


def made(day: Day, person: str) -> str:
    """Make an account; returns its first password."""
    where = ["--config", str(day.folder / "server.toml"), "--json"]
    said = subprocess.run(
        [sys.executable, "-m", "jingcun", "account", "add", person, *where], capture_output=True, text=True, check=True
    )
    return str(json.loads(said.stdout)["password"])
