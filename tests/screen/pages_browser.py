"""Chromium for the page tests: a context that fails a test for any error on the page's console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, expect, sync_playwright

from tests.screen.pages_standin import StandIn

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--use-fake-device-for-media-stream"]  # a drawn picture and a beep
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
WALL: dict[str, Any] = {"viewport": {"width": 1920, "height": 1080}}
GRAVE = ("serious", "critical")
PATIENCE = 20_000  # ms: pages ask again every 5 s, and the machine may be busy

expect.set_options(timeout=PATIENCE)


class Troubles(list[str]):
    """What a page complained about: errors, warnings, and refusals by the security policy."""

    def watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", self._failed)

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.append(f"{message.type}: {message.text}")

    def _failed(self, error: Error) -> None:
        self.append(f"thrown: {error}")


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def opened(browser: Browser, shape: dict[str, Any], **more: Any) -> Iterator[tuple[Page, Troubles]]:
    """A fresh page (own cookies, own storage) of a shape, and what it complains about.

    It asks for little motion: without a graphics card each second of a pulsing map costs a third of one of processor.
    """
    context = browser.new_context(**({"locale": "zh-CN", "reduced_motion": "reduce"} | shape | more))
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    troubles = Troubles()
    troubles.watch(page)
    try:
        yield page, troubles
    finally:
        context.close()


def grave_faults(page: Page) -> list[str]:
    """Serious and critical accessibility faults: rule, and the first element that breaks it."""
    violations = Axe().run(page).response["violations"]
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in violations if v["impact"] in GRAVE]


def ready(page: Page, server: StandIn) -> Page:
    """The wall, once its map is drawn."""
    page.goto(server.url)
    page.wait_for_selector("[data-ready=true] canvas")
    return page
