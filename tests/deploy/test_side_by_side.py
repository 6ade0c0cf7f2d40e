"""Two counties as the province lays them out: one broker, one PostgreSQL, the shipped settings, a standby each.

The ingest of one county is killed while both are at work, then its standby; the other one takes over each time, and the
other county notices nothing. Host names are given as compose gives them, for they name the holder of the lease.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from alerts.store.book import Book
from broker.downward import Receipt
from broker.identity import new_id
from broker.link import Delivery, Link, LinkError, LinkSettings
from broker.messages import Event, Kind, Message, Phase, Reading, State
from broker.parse import dump
from county.book import CountyBook
from ingest.run import utc_now
from ingest.store import Store
from tests.county.small import BIN, BOX, COUNTY, SPOT, VILLAGE, small_folder
from tests.deploy.composed import PROVINCE, PROVINCE_FILE, services
from tests.deploy.test_province import COUNTIES, as_county, province
from tests.servers import end, free_port, real_mosquitto, wait_until

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(300)]
__all__ = ["province"]  # fixtures
ROOT = Path(__file__).resolve().parents[2]
KILLS, MESSAGES, PATIENCE_S = 2, 60, 60.0  # a kill costs the fifteen seconds of the lease
WINDOW, RESEND_S = 32, 1.0


@dataclass
class Sender:
    """A box of one county: what it has to say is sent until a receipt names it."""

    code: str
    port: int
    waiting: dict[UUID, Message] = field(default_factory=dict)
    said: set[UUID] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.device, self.stop = f"{BOX}-{self.code}", threading.Event()
        self.village = VILLAGE.replace(COUNTY, self.code)
        settings = LinkSettings("127.0.0.1", self.port, self.device, retry_min_s=0.1, retry_max_s=0.5)
        self.link = Link(settings, self._hear, lambda *_: None, [(self._topic("receipt"), 1)])
        self.thread = threading.Thread(target=self._work)

    def __enter__(self) -> Sender:
        self.link.start()
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self.thread.join(20)
        self.link.stop()

    def say(self, count: int) -> None:
        """Half of it readings of an empty bin, half of it looks at one dirty spot: one ticket and no second one."""
        told: list[Message] = []
        for number in range(count // 2):
            same = {"message_id": new_id(), "device": self.device, "at": utc_now()}
            told.append(Reading.model_validate({**same, "spot": BIN, "fill_percent": 40 + number % 3}))
            told.append(
                Event.model_validate({
                    **same, "message_id": new_id(), "event_id": uuid4(), "revision": 0, "phase": Phase.NEW,
                    "spot": SPOT, "what": Kind.GARBAGE, "state": State.DIRTY, "reason": "three looks", "score": 0.9,
                })
            )  # fmt: skip
        self.said |= {one.message_id for one in told}
        self.waiting |= {one.message_id: one for one in told}

    def _topic(self, kind: str) -> str:
        return f"jc/v1/{self.code}/{self.village[:9]}/{self.village}/{self.device}/{kind}"

    def _work(self) -> None:
        while not self.stop.is_set():
            for message in list(self.waiting.values())[:WINDOW]:
                try:
                    self.link.publish(self._topic(message.kind), dump(message), correlation=message.message_id.bytes)
                except LinkError:
                    break
            self.stop.wait(RESEND_S)

    def _hear(self, delivery: Delivery) -> None:
        delivery.ack()
        for line in Receipt.model_validate_json(delivery.payload).lines:
            self.waiting.pop(line.message_id, None)


@dataclass
class Place:
    """One county: its settings from the shipped file, its programs by the host names of the compose file."""

    code: str
    folder: Path
    url: sa.URL
    port: int
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.folder.mkdir()
        (self.folder / "secrets").mkdir()
        (self.folder / "secrets" / "ingest.password").write_text("secret\n", encoding="utf-8")
        text = (PROVINCE / f"server-{self.code}.toml").read_text(encoding="utf-8")
        text = re.sub(r"(?ms)^\[evidence\.s3\].*?(?=^\[)|^\[metrics\].*|^ca_file.*?$", "", text)  # a stand-in shows S3
        for shipped, here in (
            ('folder = "/var/lib/jingcun"', f'folder = "{self.folder}"'),
            (f"postgresql+psycopg://county_{self.code}@postgres/jingcun", as_county(self.url, self.code)),
            ('host = "emqx"', 'host = "127.0.0.1"'), ("port = 8883", f"port = {self.port}"),
            (f"series-{self.code}:8428", f"127.0.0.1:{free_port()}"),  # away: the curves wait, nothing else does
        ):  # fmt: skip
            assert shipped in text, shipped
            text = text.replace(shipped, here)
        self.settings = self.folder / "server.toml"
        self.settings.write_text(text, encoding="utf-8")
        files = {
            name: data.replace(BOX.encode(), f"{BOX}-{self.code}".encode()).replace(COUNTY.encode(), self.code.encode())
            for name, data in small_folder().items()
        }
        with CountyBook(as_county(self.url, self.code)) as book:
            book.save(files, "test", "first")

    def start(self, host: str, program: str = "ingest") -> None:
        """Start a program under a host name of its own, as a container has one."""
        name = ["unshare", "--uts", "sh", "-c", 'hostname "$0" && exec "$@"', host]
        argv = [*name, sys.executable, "-P", "-m", "jingcun", program, "--config", str(self.settings)]
        with (self.folder / f"{host}-{program}.log").open("ab") as log:
            self.programs[f"{host}-{program}"] = subprocess.Popen(
                argv, cwd=self.folder, stdout=log, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT)}
            )

    def log(self, host: str) -> str:
        return (self.folder / f"{host}-ingest.log").read_text(encoding="utf-8")

    def holder(self) -> tuple[str, int]:
        """Who holds the lease, and the fencing token."""
        with closing(Store(as_county(self.url, self.code))) as store, store.read() as conn:
            row = conn.execute(sa.text("SELECT holder, fence FROM leases")).one_or_none()
        return (row.holder, row.fence) if row else ("", 0)

    def kill_holder(self) -> str:
        """Kill the ingest that holds the lease, start it anew as compose would, and wait for the other one."""
        host, token = self.holder()
        child = self.programs[f"{host}-ingest"]
        child.kill()
        child.wait()
        wait_until(lambda: self.holder()[1] > token, "the standby takes over", PATIENCE_S)
        self.start(host)
        return self.holder()[0]

    def stored(self) -> list[UUID]:
        with closing(Store(as_county(self.url, self.code))) as store, store.read() as conn:
            return list(
                conn.execute(sa.text("SELECT message_id FROM inbox WHERE county = :c"), {"c": self.code}).scalars()
            )

    def stop(self) -> None:
        for child in self.programs.values():
            end(child)


@pytest.fixture
def hosts() -> None:
    """Skip where a program cannot be given a host name of its own."""
    unshare = shutil.which("unshare")
    if unshare is None or subprocess.run([unshare, "--uts", "true"], capture_output=True, check=False).returncode:
        pytest.skip("no host names of one's own here: needs root, and a container that allows it")


@pytest.fixture
def places(tmp_path: Path, province: sa.URL, hosts: None) -> Iterator[dict[str, Place]]:
    with real_mosquitto(tmp_path / "broker") as server, ExitStack() as stack:
        found = {code: Place(code, tmp_path / code, province, server.port) for code in COUNTIES}
        for code, place in found.items():
            stack.callback(place.stop)
            for service in (f"server-{code}", f"standby-{code}"):
                place.start(services(PROVINCE_FILE)[service]["hostname"])
                wait_until(lambda at=place: at.holder()[1] == 1, "the server holds the lease", PATIENCE_S)
            place.start(f"server-{code}", "alerts")
        yield found


def test_the_ingest_of_one_county_and_then_its_standby_are_killed_and_neither_county_loses_or_doubles(
    places: dict[str, Place],
) -> None:
    killed, calm = (places[code] for code in COUNTIES)
    with Sender(killed.code, killed.port) as one, Sender(calm.code, calm.port) as other:
        heirs = []
        for _ in range(KILLS):
            one.say(MESSAGES)
            other.say(MESSAGES)
            heirs.append(killed.kill_holder())
        wait_until(lambda: not one.waiting and not other.waiting, "every message is receipted", PATIENCE_S)
    assert heirs == [f"standby-{killed.code}", f"server-{killed.code}"] * (KILLS // 2)
    assert calm.holder() == (f"server-{calm.code}", 1)
    assert all(child.poll() is None for child in calm.programs.values()), "its programs ran all the time"
    told = calm.log(f"server-{calm.code}") + calm.log(f"standby-{calm.code}")
    assert "door shut" not in told
    for place, sender in ((killed, one), (calm, other)):
        assert sorted(place.stored()) == sorted(sender.said)
        assert tickets(place) == 1
    assert not set(killed.stored()) & set(calm.stored())


def tickets(place: Place) -> int:
    """How many tickets a county has when its engine has decided everything."""
    with (
        closing(Book(as_county(place.url, place.code), place.code)) as book,
        closing(Store(as_county(place.url, place.code))) as store,
    ):
        with store.read() as conn:
            last = int(conn.scalar(sa.text("SELECT max(seq) FROM inbox")) or 0)
        wait_until(lambda: book.cursor() >= last, "the engine has decided everything", PATIENCE_S)
        with store.read() as conn:
            return int(conn.scalar(sa.text("SELECT count(*) FROM tickets")) or 0)
