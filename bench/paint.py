"""How soon the wall shows the county: from the navigation to the first frame with live figures in it, in Chromium."""

from __future__ import annotations

import shutil
from contextlib import closing

from playwright.sync_api import sync_playwright

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
# Asked once a frame: the figure of today's events counts up from 0 as soon as the data are there.
_SHOWN = """() => {
  const shown = document.querySelector('[data-kpi=today] .v');
  if (!(shown && parseInt(shown.textContent) > 0)) return 0;
  return performance.now();
}"""


def wall_paint() -> Result:
    """Time from the start of the navigation until today's figure stands on the wall; a fresh profile each run."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        raise RuntimeError("no Chromium found; on Debian: apt-get install chromium")
    with ground(qingluan_files(demo=True)) as here, our_door(here):
        config = ("--config", str(here.stage.server_toml))
        here.start("alerts", python("-v", "alerts", *config), b"alerts: ready")
        here.start("screen", python("screen", *config), here.stage.url.encode())
        publish(here.stage, every_s=0.0)
        _await_tickets(here)
        times = _times(program, here.stage.url)
    return Result("wall_paint", median(times), "ms", len(times))


def _times(program: str, url: str) -> list[float]:
    times = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
        for _ in range(RUNS):
            page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]})
            page.goto(f"{url}/", wait_until="commit")
            shown = page.wait_for_function(_SHOWN, polling="raf", timeout=PATIENCE_MS)
            times.append(float(shown.json_value()))
            page.close()
        browser.close()
    return times


def _await_tickets(here: Ground) -> None:
    """The wall has something to show once every event has its ticket."""
    stage = here.stage
    with closing(Book(stage.server.store("book"), stage.county.code, stage.county.calendar.zone)) as book:
        wait_until(lambda: loop_figures(book).tickets >= EVENTS, f"{EVENTS} tickets")
