"""The whole way of a picture that tells of nothing: box, guarded Mosquitto, ingest, screen, the answer of its API."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from broker.messages import CHUNK_BYTES, Live
from broker.topics import Address
from detect.frames import read_picture
from ingest.glimpses import STILL
from ingest.latest import Latest
from screen.app import serve
from screen.wall import glimpses
from tests.county.small import BOX, CAMERA, SPOT, VILLAGE
from tests.edge.county import BoxProcess
from tests.edge.guarded import guarded_mosquitto
from tests.ingest.test_program import ROOT
from tests.screen.site import Site
from tests.servers import free_port, wait_until

pytestmark = [pytest.mark.real, pytest.mark.timeout(400)]
PATIENCE_S = 90.0
ASKED_FOR = timedelta(seconds=4)  # half a minute in earnest
SETTINGS = """
device = "{box}"
village = "{village}"
folder = "var"
health_s = 1.0
still_minutes = 0.02
side = 320
[broker]
host = "127.0.0.1"
port = {port}
tls = false
password_file = "secret"
[[cameras]]
name = "{camera}"
source = {{ type = "rendered", scene = "lane", fps = 2.0 }}
[[cameras.spots]]
name = "{spot}"
polygon = [[0.2, 0.4], [0.9, 0.4], [0.9, 0.95], [0.2, 0.95]]
"""


@contextmanager
def ingest_on(folder: Path, port: int) -> Iterator[None]:
    said = {
        "folder": str(folder), "port": port, "inbox_url": f"sqlite:///{folder}/inbox.db", "holder": "ingest",
        "username": "ingest", "password": "county-secret",
    }  # fmt: skip
    (folder / "ingest.json").write_text(json.dumps(said), encoding="utf-8")
    argv = [sys.executable, "-m", "tests.ingest.program", str(folder / "ingest.json")]
    with (folder / "ingest.log").open("ab") as log:
        child = subprocess.Popen(argv, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield
    finally:
        child.terminate()
        child.wait(30)


@contextmanager
def screen_on(site: Site) -> Iterator[httpx.Client]:
    """The real server on a real port, and somebody who is signed in there."""
    said, stop = list[str](), threading.Event()
    settings = replace(site.settings, port=free_port(), secure_cookies=False)
    thread = threading.Thread(target=serve, args=(settings, stop, said.append))
    thread.start()
    try:
        wait_until(lambda: len(said) == 2, "the screen says that it listens", PATIENCE_S)
        with httpx.Client(base_url=said[1], timeout=PATIENCE_S) as client:
            password = said[0].split("首次口令 ")[1].split("（")[0]
            client.post("/api/v1/login", json={"name": "admin", "password": password}).raise_for_status()
            yield client
    finally:
        stop.set()
        thread.join(20)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """Somebody at the screen of a county in ``tmp_path``, whose box and ingest run as processes of their own."""
    monkeypatch.setattr(glimpses, "LASTS", ASKED_FOR)
    folder = tmp_path
    with closing(Site(folder)) as site, ExitStack() as stack:
        server = stack.enter_context(guarded_mosquitto(folder, 32_768, Address.of_village(VILLAGE, BOX)))
        text = SETTINGS.format(box=BOX, village=VILLAGE, camera=CAMERA, spot=SPOT, port=server.port)
        (folder / "box.toml").write_text(text, encoding="utf-8")
        stack.enter_context(ingest_on(folder, server.port))
        stack.enter_context(BoxProcess(folder / "box.toml"))
        yield stack.enter_context(screen_on(site))


def asked(client: httpx.Client, path: str, **query: str) -> Any:
    answer = client.get(f"/api/v1/cameras{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_still_is_seen_and_then_live_pictures_while_somebody_watches(tmp_path: Path, client: httpx.Client) -> None:
    wait_until(lambda: asked(client, "")["shown"][0]["glimpse"] is not None, "the first still", PATIENCE_S)
    shown = asked(client, "")["shown"][0]
    assert (shown["id"], shown["live"]) == (CAMERA, True)
    still = client.get(f"/api/v1/cameras/{CAMERA}/still")
    assert (still.status_code, still.headers["content-type"]) == (200, "image/jpeg")
    assert len(still.content) <= CHUNK_BYTES
    assert read_picture(still.content).shape[1] == 640

    watch = client.post(f"/api/v1/cameras/{CAMERA}/live", json={"reason": "核对"}).json()["watch"]
    frames: dict[str, bytes] = {}

    def two() -> bool:
        told = asked(client, f"/{CAMERA}/live", watch=watch)
        if told["state"] == "live":
            assert told["rendered"]
            frames[told["frame"]] = base64.b64decode(told["jpeg"])
        time.sleep(0.1)
        return len(frames) >= 2

    wait_until(two, "two live pictures", PATIENCE_S)
    assert all(len(one) <= CHUNK_BYTES and read_picture(one).shape[1] == 640 for one in frames.values())
    the_box_falls_silent_and_gives_stills_again(tmp_path)


def the_box_falls_silent_and_gives_stills_again(folder: Path) -> None:
    """Nobody asks any more: the command runs out, the last live picture stays the last, and stills come as before."""
    with closing(Latest(f"sqlite:///{folder}/inbox.db")) as latest:

        def newest(kind: str) -> Live:
            found = latest.get(CAMERA, kind)
            message = found.message() if found is not None else None
            assert isinstance(message, Live)
            return message

        last = newest("live")
        assert last.asked is not None
        wait_until(lambda: newest(STILL).at > newest("live").at, "stills again, by themselves", PATIENCE_S)
        last = newest("live")
        later = newest(STILL)
        wait_until(lambda: newest(STILL).at > later.at, "and the next", PATIENCE_S)
        assert newest("live") == last
