"""How soon the wall shows the county, and how busy it keeps its browser afterwards, both in a real Chromium."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import closing

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from alerts.store.book import Book
from alerts.store.proof import loop_figures
from bench.door import our_door
from bench.ground import Ground, ground, wait_until
from bench.notice import EVENTS, publish
from bench.result import Result, median
from county.qingluan import folder as qingluan_files
from jingcun.supervise import python

RUNS = 5
SIZE = (1920, 1080)
PATIENCE_MS = 60_000
SETTLE_MS, REST_MS = 60_000, 12_000  # a wall comes at least every 10 s
# Asked once a frame: the figure of today's events counts up from 0 as soon as the data are there.
_SHOWN = """() => {
  const shown = document.querySelector('[data-kpi=today] .v');
  if (!(shown && parseInt(shown.textContent) > 0)) return 0;
  return performance.now();
}"""


def wall_paint() -> Result:
    """Time from the start of the navigation until today's figure stands on the wall; a fresh profile each run."""
    times = _shown(lambda browser, url: [_paint(browser, url) for _ in range(RUNS)])
    return Result("wall_paint", median(times), "ms", len(times))


def wall_rest() -> Result:
    """The share of the page's main thread that is busy while nothing happens, after a minute in which it settled."""
    shares = _shown(_rest)
    return Result("wall_rest", median(shares), "%", len(shares))


def _shown(measure: Callable[[Browser, str], list[float]]) -> list[float]:
    """Measure on a live server that has ``EVENTS`` tickets."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("no Chromium found; on Debian: apt-get install chromium")
    with ground(qingluan_files(demo=True)) as here, our_door(here):
        config = ("--config", str(here.stage.server_toml))
        here.start("alerts", python("-v", "alerts", *config), b"alerts: ready")
        here.start("screen", python("screen", *config), here.stage.url.encode())
        publish(here.stage, every_s=0.0)
        _await_tickets(here)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            found = measure(browser, here.stage.url)
            browser.close()
    return found


def _paint(browser: Browser, url: str) -> float:
    page, shown = _opened(browser, url)
    page.close()
    return shown


def _opened(browser: Browser, url: str) -> tuple[Page, float]:
    page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
    page.goto(f"{url}/", wait_until="commit")
    shown = page.wait_for_function(_SHOWN, polling="raf", timeout=PATIENCE_MS)
    return page, float(shown.json_value())


def _rest(browser: Browser, url: str) -> list[float]:
    page, _ = _opened(browser, url)
    told = page.context.new_cdp_session(page)
    told.send("Performance.enable")
    page.wait_for_timeout(SETTLE_MS)
    before, shares = _tasks(told), []
    for _ in range(RUNS):
        page.wait_for_timeout(REST_MS)
        now = _tasks(told)
        shares.append((now[1] - before[1]) / (now[0] - before[0]) * 100)
        before = now
    page.close()
    return shares


def _tasks(told: CDPSession) -> tuple[float, float]:
    """The browser's clock, and how long its main thread has been at work, both in seconds."""
    metrics = {one["name"]: float(one["value"]) for one in told.send("Performance.getMetrics")["metrics"]}
    return metrics["Timestamp"], metrics["TaskDuration"]


def _await_tickets(here: Ground) -> None:
    """The wall has something to show once every event has its ticket."""
    stage = here.stage
    with closing(Book(stage.server.store("book"), stage.county.code, stage.county.calendar.zone)) as book:
        wait_until(lambda: loop_figures(book).tickets >= EVENTS, f"{EVENTS} tickets")
