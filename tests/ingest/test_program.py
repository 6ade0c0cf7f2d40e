"""The ingest program on real brokers: killed at every named point, replaced, cut off; nothing lost, nothing doubled."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest

from broker.downward import Command, Outcome
from broker.embedded import EmbeddedBroker
from broker.identity import new_id
from broker.messages import CHUNK_BYTES, Answer, Message, Picture, Status
from county.book import CountyBook
from ingest.commands import CommandBook, Fate
from ingest.dead_letters import DeadLetters
from ingest.door import DoorHealth
from ingest.inbox import Inbox
from ingest.latest import Latest
from ingest.store import Store
from ingest.wishes import WishBook
from tests.county.small import BOX, SPOT, small_folder
from tests.ingest.box import Box, box_on
from tests.ingest.makes import NOON, event, reading
from tests.ingest.test_evidence import jpeg
from tests.servers import real_mosquitto, wait_until
from tests.servers_postgres import Cluster

MOST_KILLS = 3
ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass
class Site:
    """A broker, a data folder with a county in it, and ingest children by holder."""

    folder: Path
    port: int
    inbox_url: str
    children: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    kills: int = 0

    def start(self, holder: str = "a", crash: str = "") -> None:
        said = {"folder": str(self.folder), "port": self.port, "inbox_url": self.inbox_url, "holder": holder}
        file = self.folder / f"{holder}.json"
        file.write_text(json.dumps(said), encoding="utf-8")
        with (self.folder / f"{holder}.log").open("ab") as log:
            self.children[holder] = subprocess.Popen(
                [sys.executable, "-m", "tests.ingest.program", str(file), *([crash] if crash else [])],
                cwd=ROOT, stdout=log, stderr=log,
            )  # fmt: skip

    def kill(self, holder: str = "a") -> None:
        child = self.children.pop(holder)
        child.kill()
        child.wait()

    def stop(self, holder: str = "a") -> int:
        child = self.children.pop(holder)
        child.terminate()
        return child.wait(30)

    def revive(self, holder: str, crash: str) -> None:
        """Start a child again that has killed itself."""
        child = self.children[holder]
        if child.poll() is not None:
            assert child.returncode == -9, (self.folder / f"{holder}.log").read_text()[-2000:]
            self.kills += 1
            self.start(holder, crash)


@contextmanager
def site_on(folder: Path, port: int, inbox_url: str = "") -> Iterator[Site]:
    with CountyBook(f"sqlite:///{folder / 'county.db'}") as book:
        book.save(small_folder(), "test", "first load")
    site = Site(folder, port, inbox_url or f"sqlite:///{folder / 'inbox.db'}")
    try:
        yield site
    finally:
        for holder in list(site.children):
            site.kill(holder)


@pytest.fixture(params=["embedded", pytest.param("mosquitto", marks=pytest.mark.real)])
def port(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[int]:
    if request.param == "mosquitto":
        with real_mosquitto(tmp_path / "broker") as server:
            yield server.port
        return
    broker = EmbeddedBroker(tmp_path / "broker")
    _, number = broker.start()
    yield number
    broker.stop()


@pytest.fixture
def site(port: int, tmp_path: Path) -> Iterator[Site]:
    with site_on(tmp_path, port) as found:
        yield found


@contextmanager
def books(site: Site) -> Iterator[Store]:
    store = Store(site.inbox_url)
    yield store
    store.close()


def stored(site: Site) -> list[UUID]:
    with books(site) as store:
        return [row.message_id for row in Inbox(store).read(0, 100_000)]


def messages(number: int) -> list[Message]:
    return [event() if index % 3 else reading() for index in range(number)]


def deliver_all(site: Site, box: Box, crash: str = "") -> None:
    """Wait until the outbox is empty, starting a child again whenever it has killed itself.

    Each life ends at its third batch, perhaps before its receipts are out, and takes ten seconds to start on a busy
    machine; so the kills are bounded, and the last life is left alone.
    """

    def done() -> bool:
        if crash:
            site.revive("a", crash if site.kills + 1 < MOST_KILLS else "")
        return not box.outbox

    wait_until(done, "an empty outbox", 180)


KILLED = [
    pytest.param("mosquitto", "ingest.before_commit", marks=pytest.mark.real),
    pytest.param("mosquitto", "ingest.after_commit", marks=pytest.mark.real),
    pytest.param("mosquitto", "ingest.after_puback", marks=pytest.mark.real),
    ("embedded", "ingest.after_commit"),
]


@pytest.mark.parametrize(("port", "point"), KILLED, indirect=["port"])
def test_killed_at_a_named_point_again_and_again_nothing_is_lost_or_doubled(site: Site, point: str) -> None:
    sent = messages(150)
    site.start("a", point)
    with box_on(site.port) as box:
        box.put(*sent)
        deliver_all(site, box, point)
    assert site.kills > 0
    found = stored(site)
    assert sorted(found) == sorted(message.message_id for message in sent)
    assert all(outcomes[0] is not Outcome.REFUSED for outcomes in box.outcomes.values())


def test_the_door_says_open_then_shut_and_the_broker_says_so_after_a_kill(site: Site) -> None:
    site.start()
    with box_on(site.port) as box:
        wait_until(lambda: box.open, "the open door")
        assert site.stop() == 0
        wait_until(lambda: not box.open, "the shut door after a clean end")
        assert "restarted" in box.doors[-1].reason
        site.start()
        wait_until(lambda: box.open, "the open door again")
        site.kill()
        wait_until(lambda: not box.open, "the last will")
        assert "vanished" in box.doors[-1].reason
        site.start()
        wait_until(lambda: box.open, "the door that a restart opens")
        with books(site) as store:
            latest = Latest(store)

            def connected() -> bool:
                value = latest.get("ingest", "door")
                return value is not None and DoorHealth.model_validate_json(value.payload).connected

            wait_until(connected, "the door's health")


def test_a_command_reaches_its_box_and_ends_with_the_answer(site: Site) -> None:
    now = datetime.now(UTC)
    command = Command(
        command_id=uuid4(), device=BOX, name="recheck", spot=SPOT, issued_at=now, expires_at=now + timedelta(minutes=5)
    )
    lost = command.model_copy(update={"command_id": uuid4(), "device": "stranger"})
    site.start()
    with box_on(site.port) as box, books(site) as store:
        wait_until(lambda: box.open, "the open door")
        book = CommandBook(store)
        book.put(command)
        book.put(lost)
        wait_until(lambda: command in box.commands, "the command at the box")
        answer = Answer(message_id=new_id(), device=BOX, at=now, command_id=command.command_id, outcome="done")
        box.put(answer)

        def fate(command_id: UUID) -> Fate | None:
            state = book.state(command_id)
            return state.fate if state is not None else None

        wait_until(lambda: fate(command.command_id) is Fate.DONE, "the answered command")
        wait_until(lambda: fate(lost.command_id) is Fate.FAILED, "the command for nobody")


def test_a_desired_configuration_reaches_its_box_and_one_that_comes_later_too(site: Site) -> None:
    site.start()
    with books(site) as store:
        with box_on(site.port) as box:
            wait_until(lambda: box.open, "the open door")
            WishBook(store).put(BOX, {"health_s": 5}, ("a", "b", datetime.now(UTC)))
            wait_until(lambda: [one.version for one in box.configs] == [1], "the configuration")
        with box_on(site.port) as box:
            wait_until(lambda: [one.body for one in box.configs] == [{"health_s": 5}], "what the broker kept")


def test_a_picture_arrives_whole_and_status_is_the_latest_value(site: Site) -> None:
    data = jpeg()
    parts = [data[start : start + CHUNK_BYTES] for start in range(0, len(data), CHUNK_BYTES)]
    digest = hashlib.sha256(data).hexdigest()
    chunks = [
        Picture(
            message_id=new_id(), device=BOX, at=NOON, sha256=digest, size=len(data), index=index, chunks=len(parts),
            data=part,
        )
        for index, part in enumerate(parts)
    ]  # fmt: skip
    fake = Picture(message_id=new_id(), device=BOX, at=NOON, sha256="0" * 64, size=3, index=0, chunks=1, data=b"abc")
    site.start()
    with box_on(site.port) as box:
        wait_until(lambda: box.open, "the open door")
        box.put(*reversed(chunks), fake, Status(message_id=new_id(), device=BOX, at=NOON, online=True))
        wait_until(lambda: len(box.outcomes) == len(chunks) + 1, "a receipt for each chunk", 60)
        with books(site) as store:
            wait_until(lambda: Latest(store).get(BOX, "status"), "the status")
            assert "SHA-256" in DeadLetters(store).list()[0].reason
    assert set(box.outcomes[fake.message_id]) == {Outcome.REFUSED}
    assert (site.folder / "evidence" / digest[:2] / digest).read_bytes() == data


@pytest.mark.real
def test_a_standby_takes_over_and_the_old_holder_is_fenced(tmp_path: Path) -> None:
    with real_mosquitto(tmp_path / "broker") as server, site_on(tmp_path, server.port) as site:
        site.start("a")
        with box_on(server.port) as box:
            wait_until(lambda: box.open, "the open door")
            site.start("b")
            box.put(*messages(50))
            deliver_all(site, box)
            assert "token 2" not in (tmp_path / "b.log").read_text()
            site.kill("a")
            box.put(*messages(50))
            deliver_all(site, box)
            assert "token 2" in (tmp_path / "b.log").read_text()
            site.start("a")
            box.put(*messages(50))
            deliver_all(site, box)
            wait_until(lambda: (tmp_path / "a.log").read_text().count("standby") == 1, "the former holder waits")
        assert len(stored(site)) == 150


@pytest.mark.real
def test_a_database_that_goes_away_shuts_the_door_and_nothing_is_lost(
    tmp_path: Path, postgres_cluster: Cluster, real_postgres: str
) -> None:
    name = real_postgres.rsplit("/", 1)[-1]
    sent = messages(300)
    with real_mosquitto(tmp_path / "broker") as server, site_on(tmp_path, server.port, real_postgres) as site:
        site.start()
        with box_on(server.port) as box:
            wait_until(lambda: box.open, "the open door")
            box.put(*sent[:100])
            deliver_all(site, box)
            postgres_cluster.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            postgres_cluster.sql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            box.put(*sent[100:])
            wait_until(lambda: not box.open, "the shut door", 30)
            assert "database refused" in box.doors[-1].reason
            postgres_cluster.sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
            deliver_all(site, box)
        assert sorted(stored(site)) == sorted(message.message_id for message in sent)
        assert site.stop() == 0


@pytest.mark.parametrize("port", ["embedded"], indirect=True)
def test_of_two_programs_under_one_name_the_newer_writes_and_the_older_waits(site: Site) -> None:
    site.start()
    log = site.folder / "a.log"
    with box_on(site.port) as box:
        wait_until(lambda: box.open, "the open door")
        site.children["first"] = site.children.pop("a")
        box.put(*messages(30))
        site.start()
        wait_until(lambda: "token 2" in log.read_text(), "the newer program's lease")
        wait_until(lambda: "waiting as standby" in log.read_text(), "the older program's retreat")
        box.put(*messages(30))
        deliver_all(site, box)
    assert len(stored(site)) == 60
    assert all(child.poll() is None for child in site.children.values())
