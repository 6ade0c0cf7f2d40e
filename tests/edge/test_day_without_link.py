"""A day without a link, power cuts, a full card, a dying page: what is not named as dropped arrives once."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from broker.embedded import EmbeddedBroker
from broker.messages import Health
from county.book import CountyBook
from county.files import dump
from county.values import Device, DeviceKind
from ingest.inbox import Inbox
from ingest.latest import Latest
from tests.county.small import BIN, BOX, COUNTY, DEVICES, POLICY_TOML, VILLAGE, small_county
from tests.edge.card import ROOT, Card, card
from tests.edge.offline import BINS, LIMIT, Item, day
from tests.servers import wait_until

pytestmark = [pytest.mark.real, pytest.mark.slow, pytest.mark.timeout(400)]  # real: unshare, nsenter and mount

SETTINGS = f"""
device = "{BOX}"
village = "{VILLAGE}"
folder = "card/var"
outbox_mb = {LIMIT // 1_000_000}
health_s = 0.5
[broker]
host = "127.0.0.1"
port = PORT
tls = false
retry_min_s = 0.1
retry_max_s = 0.5
"""


@dataclass
class Day:
    """A box on its card through a day, and what its programs said before each power cut."""

    card: Card
    items: list[Item]
    start: datetime
    named: set[UUID] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)
    kills: int = 0
    refusals: int = 0

    @property
    def folder(self) -> Path:
        return self.card.folder / "var"

    def until(self, done: int | None = None, refused: int | None = None) -> int:
        """Store until so many items are stored, or the card has refused so often; then the power fails."""
        child = self.card.start("-m", "tests.edge.offline", str(self.folder), self.start.isoformat())
        assert child.stdout is not None
        assert child.stderr is not None
        stored, said = 0, ""
        for said in child.stdout:
            word, _, rest = said.strip().partition(" ")
            if word == "note":
                self.notes.append(rest)
            elif word == "full":
                self.refusals += 1
                if refused is not None and self.refusals >= refused:
                    break
            else:
                stored = int(rest)
                if done is not None and stored >= done:
                    break
        child.send_signal(signal.SIGKILL)
        child.wait()
        self.kills += child.returncode == -signal.SIGKILL
        for line in child.stderr.read().splitlines():
            told = json.loads(line)
            if told["logger"] == "edge.salvage":
                self.named.add(UUID(told["message_id"]))
        child.stdout.close()
        child.stderr.close()
        return stored

    def do(self, *words: str) -> str:
        return self.card.run("-m", "tests.edge.offline", *words)


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    broker = EmbeddedBroker(tmp_path / "broker")
    _, number = broker.start()
    yield number
    broker.stop()


@contextmanager
def ingest_on(folder: Path, port: int) -> Iterator[Path]:
    """A real ingest for a village with twenty bins; gives the file of its inbox."""
    bins = tuple(
        Device(name, DeviceKind.BIN, name, VILLAGE, BOX, 106.2, 36.1, "CGCS2000") for name in BINS if name != BIN
    )
    files = dict(dump(small_county(devices=(*DEVICES, *bins)).content, POLICY_TOML.encode()))
    with CountyBook(f"sqlite:///{folder / 'county.db'}") as book:
        book.save(files, "test", "first")
    said = {"folder": str(folder), "port": port, "inbox_url": f"sqlite:///{folder / 'inbox.db'}", "holder": "a"}
    (folder / "ingest.json").write_text(json.dumps(said), encoding="utf-8")
    with (folder / "ingest.log").open("wb") as log:
        words = [sys.executable, "-m", "tests.ingest.program", str(folder / "ingest.json")]
        child = subprocess.Popen(words, cwd=ROOT, stdout=log, stderr=log)
    try:
        yield folder / "inbox.db"
    finally:
        child.kill()
        child.wait()


def health(folder: Path) -> Health | None:
    with closing(Latest(f"sqlite:///{folder / 'inbox.db'}")) as latest:
        value = latest.get(BOX, "health")
    message = value.message() if value else None
    return message if isinstance(message, Health) else None


def link_comes_back(tmp_path: Path, here: Card, port: int) -> tuple[dict[UUID, str], Health]:
    """The real box carries its outbox to a real ingest; what arrived, and the box's last health."""
    settings = tmp_path / "box.toml"
    settings.write_text(SETTINGS.replace("PORT", str(port)), encoding="utf-8")
    with ingest_on(tmp_path, port), here.start("-m", "edge", str(settings)) as box:
        try:
            wait_until(
                lambda: (now := health(tmp_path)) is not None and now.outbox_waiting == 0, "an empty outbox", 200
            )
        finally:
            box.terminate()
            _, wrong = box.communicate()
        assert box.returncode == 0, wrong
    last = health(tmp_path)
    assert last is not None
    with closing(Inbox(f"sqlite:///{tmp_path / 'inbox.db'}", COUNTY)) as inbox:
        rows = inbox.read(0, 100_000)
    arrived = {one.message_id: one.kind for one in rows}
    assert len(arrived) == len(rows)
    return arrived, last


def test_a_day_without_a_link_loses_only_what_is_named_and_the_rest_arrives_once(tmp_path: Path, port: int) -> None:
    start = datetime.now(UTC) - timedelta(hours=24)
    items, dice = day(start), random.Random(3)
    with card(tmp_path / "card", "16m") as here:
        box = Day(here, items, start)
        ballast, outbox = str(here.folder / "ballast"), str(box.folder / "outbox.db")
        for hour in (3, 6, 8):  # power cuts
            box.until(done=len(items) * hour // 24 + dice.randint(-20, 20))
        box.do("fill", ballast)  # the card is full, the power fails on it, and comes back
        before = box.until(refused=3)
        box.until(refused=6)
        box.do("free", ballast)
        assert box.refusals >= 6
        assert before < len(items) // 2
        stored = box.until(done=len(items) * 15 // 24)
        dying = next(one for one in reversed(items[: stored - 60]) if one.rows[0].kind == "reading").rows[0].message_id
        box.do("spoil", outbox, str(dying))  # a page of the card dies
        box.until(done=len(items) * 20 // 24)
        assert len(box.notes) == 1
        assert dying in box.named
        assert len(box.named) < 30  # what lay on one page, not what lay behind it
        assert box.until() == len(items)
        dropped = box.do("dropped", outbox)
        arrived, told = link_comes_back(tmp_path, here, port)
    minted = {one.message_id: one for item in items for one in item.rows}
    missing = minted.keys() - arrived.keys()
    gone = Counter(minted[one].kind for one in missing - box.named)
    assert box.kills == 7
    assert arrived.keys() <= minted.keys()
    assert gone.keys() == {"picture"}  # events and readings never gave way to pictures
    assert f"'picture': {gone['picture']}" in dropped
    assert told.outbox_dropped == len(missing)
    assert f"gave way unsent: {gone['picture']} picture, {len(box.named)} unreadable" in told.note
    whole = Counter(one.bundle for one in minted.values() if one.bundle)
    left = Counter(minted[one].bundle for one in arrived if minted[one].bundle)
    assert all(whole[name] == count for name, count in left.items() if name), "a picture gives way whole"


def test_a_box_that_starts_on_a_full_card_names_the_cure_and_starts_when_there_is_room(tmp_path: Path) -> None:
    settings = tmp_path / "box.toml"
    settings.write_text(SETTINGS.replace("PORT", "9"), encoding="utf-8")
    with card(tmp_path / "card", "2m") as here:
        ballast = str(here.folder / "ballast")
        here.run("-m", "tests.edge.offline", "fill", ballast)
        with here.start("-m", "edge", str(settings)) as box:
            _, wrong = box.communicate()
        assert box.returncode == 2, wrong
        assert "outbox.db: cannot be opened: " in wrong
        assert "Cure: free space there" in wrong
        here.run("-m", "tests.edge.offline", "free", ballast)
        with here.start("-m", "edge", str(settings)) as box:
            assert box.stderr is not None
            assert "connection down" in next(line for line in box.stderr if "connection" in line)
            box.terminate()
            box.communicate()
        assert box.returncode == 0
