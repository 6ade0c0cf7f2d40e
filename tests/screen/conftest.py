"""The fixtures of this room: stores on disk in a temporary folder, a browser, and a server that stands in for ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.screen.pages_browser import chromium
from tests.screen.pages_standin import StandIn, standing_in
from tests.screen.site import Site


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as one:
        yield one


@pytest.fixture
def server() -> Iterator[StandIn]:
    with standing_in() as one:
        yield one
