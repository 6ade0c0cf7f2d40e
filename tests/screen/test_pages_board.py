"""The public board in Chromium, on LED boards of very different sizes: it cycles, fits, says when it stands still."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.screen.pages_browser import grave_faults, opened
from tests.screen.pages_standin import StandIn

pytestmark = pytest.mark.real
BOARDS = [(1920, 1080), (640, 160), (384, 192), (192, 96), (1024, 1536), (3840, 2160)]


def shape(width: int, height: int) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": height}}


def ready(page: Page, server: StandIn) -> Page:
    page.clock.install()
    page.goto(f"{server.url}/public/board")
    expect(page.locator("main h1")).to_be_visible()
    return page


def turned(page: Page) -> None:
    """The next leaf; the lists that are asked for with it have come."""
    with page.expect_response("**/api/v1/public/lists"):
        page.clock.run_for(12_000)


LEAF = """() => [
  [...document.querySelectorAll('main h1, main li, main .figures p')].map((part) => {
    const { right, bottom } = part.getBoundingClientRect()
    return { words: part.innerText, right, bottom }
  }),
  [...document.querySelectorAll('main li > span')].map((name) => name.innerText),
]"""


@pytest.mark.parametrize(("width", "height"), BOARDS)
def test_every_leaf_fits_a_board_of_this_size(browser: Browser, server: StandIn, width: int, height: int) -> None:
    red = [{"place": n, "name": f"红村{n}", "points": 100 - n, "picture": None} for n in range(1, 6)]
    black = [{"place": 1, "name": "黑村1", "points": 40.5, "picture": None}]
    server.lists = [{"area": "柳林镇", "month": "2026-10", "red": red, "black": black}]
    with opened(browser, shape(width, height)) as (page, troubles):
        ready(page, server)
        expect(page.locator("main")).to_have_attribute("data-lists", "1")
        leaves = int(page.locator("main").get_attribute("data-leaves") or 0)
        names: list[str] = []
        for n in range(leaves):
            expect(page.locator("main")).to_have_attribute("data-leaf", str(n))
            parts, shown = page.evaluate(LEAF)  # at one moment: a slow machine's board turns meanwhile
            assert [one for one in parts if one["right"] > width + 1 or one["bottom"] > height + 1] == [], n
            names += shown
            turned(page)
        expect(page.locator("main")).to_have_attribute("data-leaf", "0")  # and again from the first
        named = (*server.wall["ranking"], *red, *black, *server.wall["categories"])
        wanted = [one["name"] for one in named]
        assert names == wanted, "every township and every kind has had its turn"
        assert troubles == []


def test_a_board_that_cannot_be_renewed_says_of_when_it_is(browser: Browser, server: StandIn) -> None:
    with opened(browser, shape(1920, 1080)) as (page, _):
        ready(page, server)
        expect(page.locator("h1")).to_contain_text("2026年11月21日")
        assert grave_faults(page) == []
        before = page.locator("main").get_attribute("data-leaves")
        server.lists = [{"area": "柳林镇", "month": "2026-10", "black": [],
                         "red": [{"place": 1, "name": "石门村", "points": 98.5, "picture": None}]}]  # fmt: skip
        turned(page)
        expect(page.locator("main")).not_to_have_attribute("data-leaves", str(before))
        server.lists = []  # withdrawn
        turned(page)
        expect(page.locator("main")).to_have_attribute("data-leaves", str(before))
        server.away = True
        page.clock.run_for(6 * 60_000)
        expect(page.locator("h1")).to_contain_text("截至 11-21 14:32:")


def test_a_board_that_is_shut_says_who_opens_it(browser: Browser, server: StandIn) -> None:
    words = {"detail": "公示屏没有开通：请管理员打开"}
    with opened(browser, shape(640, 160)) as (page, _):
        page.route("**/api/v1/public/board", lambda route: route.fulfill(status=404, json=words))
        page.goto(f"{server.url}/public/board")
        expect(page.locator("main")).to_contain_text("公示屏没有开通")
