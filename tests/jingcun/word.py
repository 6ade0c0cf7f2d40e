"""A whole server on real processes and a real Mosquitto, with a camera that reports, and stand-ins of the providers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from alerts.store.book import Book
from alerts.store.queries import Reader
from broker.messages import Kind
from county.book import CountyBook
from county.files import dump
from county.office import load_folder
from county.values import Device, DeviceKind, LegalBasis, Spot
from jingcun.demo.stage import to_toml
from tests.county.small import BOX, COUNTY, DEVICES, PEOPLE, SPOT, SPOTS, VILLAGE, limits, small_county
from tests.ingest.box import Box, box_on
from tests.ingest.makes import event
from tests.providers.wechat import OPENID
from tests.providers.wecom import MEMBER
from tests.servers import free_port, real_mosquitto, wait_until

STARTS_S = SOON_S = 90.0  # a full machine is no failure
BASE = "https://desk.qingluan.example"  # what letters name; the tests open the page at the screen's own port
OTHER_SPOT = "cam-2.spot-1"
POLICY: Mapping[str, Any] = {
    "limit": limits(),
    "remind": {"every_s": {"urgent": 2}, "also": [{"from_round": 2, "routes": ["call"], "severities": ["urgent"]}]},
}


@dataclass(frozen=True)
class Town:
    """What a test of letters needs: the camera's box, the HTTP door, the book that the programs write."""

    box: Box
    web: httpx.Client
    reader: Reader

    def sees(self, what: Kind, spot: str = SPOT) -> None:
        """The camera of a spot reports dirt."""
        self.box.put(event(spot=spot, what=what, at=datetime.now(UTC), event_id=uuid4()))

    def desk(self, code: str) -> dict[str, Any]:
        """What the phone shows that opens a code."""
        shown: dict[str, Any] = self.web.get(f"/api/v1/desk/{code}").raise_for_status().json()
        return shown

    def act(self, code: str, act: str) -> dict[str, Any]:
        """One act on the phone."""
        answer = self.web.post(f"/api/v1/desk/{code}/{act}", json={}, headers={"Idempotency-Key": f"word-{uuid4()}"})
        shown: dict[str, Any] = answer.raise_for_status().json()
        return shown

    def letters(self, number: str) -> dict[tuple[str, int], str]:
        """How each notice of a ticket stands, by channel and round."""
        ticket = next(one for one in self.reader.recent() if one.number == number)
        return {(one.channel, one.round): one.state for one in self.reader.notices(ticket.id)}


@contextmanager
def town(folder: Path, village: Sequence[str], channels: Sequence[Mapping[str, Any]]) -> Iterator[Town]:
    """The server, where the people of the village are told by these ways."""
    _loaded(folder, village)
    port = free_port()
    with ExitStack() as stack:
        broker = stack.enter_context(real_mosquitto(folder / "broker"))
        settings = folder / "server.toml"
        settings.write_text(to_toml({
            "county": COUNTY, "folder": "var", "broker": {"host": broker.host, "port": broker.port},
            "notices": {"base_url": BASE}, "screen": {"port": port}, "channel": [dict(one) for one in channels],
        }), encoding="utf-8")  # fmt: skip
        stack.enter_context(_running(settings, folder / "server.log"))
        web = stack.enter_context(httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30))
        wait_until(lambda: _answers(web), "the screen answers", STARTS_S)
        book = Book(f"sqlite:///{folder / 'var' / 'book.db'}", COUNTY)
        stack.callback(book.close)
        box = stack.enter_context(box_on(broker.port))
        wait_until(lambda: box.open, "the door is open", STARTS_S)
        yield Town(box, web, Reader(book))


def _loaded(folder: Path, village: Sequence[str]) -> None:
    """The small county with a second camera, whose village officer has bound WeChat and WeCom."""
    people = (replace(PEOPLE[0], wechat=OPENID, wecom=MEMBER), *PEOPLE[1:])
    camera = Device("cam-2", DeviceKind.CAMERA, "桥头摄像机", VILLAGE, BOX, 106.3, 36.2, "CGCS2000", LegalBasis.ART7)
    spot = Spot(OTHER_SPOT, "cam-2", "桥头垃圾点", VILLAGE, "street", SPOTS[0].polygon, SPOTS[0].kinds)
    parts: dict[str, Any] = {"people": people, "devices": (*DEVICES, camera), "spots": (*SPOTS, spot)}
    policy = to_toml({**POLICY, "channels": {"village": list(village), "township": ["file"]}})
    files = folder / "county"
    files.mkdir()
    for name, data in dump(small_county(**parts).content, policy.encode()).items():
        (files / name).write_bytes(data)
    (folder / "var").mkdir()
    with closing(CountyBook(f"sqlite:///{folder / 'var' / 'county.db'}")) as book:
        load_folder(book, files, "测试", "开始")


@contextmanager
def _running(settings: Path, output: Path) -> Iterator[None]:
    with output.open("wb") as sink:
        child = subprocess.Popen(
            [sys.executable, "-m", "jingcun", "server", "--config", str(settings)], stdout=sink, stderr=sink,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            yield
        finally:
            child.send_signal(signal.SIGTERM)
            child.wait(60)
    assert "Traceback" not in output.read_text("utf-8")


def _answers(web: httpx.Client) -> bool:
    try:
        return web.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def code_of(link: str) -> str:
    """The code at the end of a desk link."""
    assert link.startswith(f"{BASE}/t/")
    return link.rpartition("/")[2]
