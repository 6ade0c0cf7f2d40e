"""``jingcun verdicts`` on the real stores of a server: from what the phones said to a folder to train with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import pytest
from typer.testing import CliRunner, Result

from alerts.desk import Desk
from alerts.engine import Engine
from alerts.store.book import Book
from alerts.store.tables import TICKETS
from alerts.tickets.acts import Data
from alerts.world import World
from broker.messages import Event, State
from detect.train.dataset import read_folder, read_manifest
from detect.train.recipe import CLASSES
from ingest.inbox import Inbox, Incoming
from ingest.lease import Lease
from ingest.store import Store
from jingcun.__main__ import app
from jingcun.demo.stage import to_toml
from tests.alerts.makes import T0, at, event
from tests.county.small import COUNTY, VILLAGE, small_county
from tests.detect.conftest import a_place

run = CliRunner()


@dataclass
class Server:
    """A server's stores; ``minutes`` is its clock."""

    config: Path
    folder: Path
    book: Book
    inbox: Inbox
    fence: int
    minutes: float = 0.0

    def __post_init__(self) -> None:
        county = small_county()
        world = World(lambda: county, lambda: at(self.minutes))
        self.engine = Engine(self.book, self.inbox, world)
        self.desk = Desk(self.book, world)

    def picture(self, seed: int) -> str:
        _, coded = cv2.imencode(".jpg", a_place(seed, 96, 64))
        data = coded.tobytes()
        sha256 = hashlib.sha256(data).hexdigest()
        path = self.folder / "evidence" / sha256[:2] / sha256
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return sha256

    def happen(self, *events: Event) -> None:
        rows = [
            Incoming(one.message_id, COUNTY, VILLAGE, one.device, one.kind, one.at, one.at,
                     one.model_dump_json(by_alias=True).encode())
            for one in events
        ]  # fmt: skip
        self.inbox.append(rows, self.fence)
        while self.engine.step():
            pass

    def seen(self, minutes: float, **more: Any) -> Event:
        told = event(minutes, picture=self.picture(int(minutes)), **more)
        return told.model_copy(update={"model": "0123456789ab", "config": "7-aa"})

    def say(self, act: str, words: str = "看了") -> None:
        """Let whoever must act now do this."""
        self.minutes += 1
        with self.book.store.read() as conn:
            ticket = conn.execute(TICKETS.select().order_by(TICKETS.c.seen_us.desc())).first()
        assert ticket is not None
        self.desk.act(self.desk.mint(ticket.id), act, Data(words, ("ab" * 32,) if act == "done" else ()))

    def verdicts(self, *arguments: str) -> Result:
        return run.invoke(app, ["verdicts", *arguments, "-c", str(self.config)])


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.real)])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    config, folder = tmp_path / "server.toml", tmp_path / "var"
    told: dict[str, Any] = {"county": COUNTY, "folder": "var"}
    urls = {name: f"sqlite:///{folder / name}.db" for name in ("book", "inbox")}
    if request.param == "postgresql":
        told["database"] = request.getfixturevalue("real_postgres")
        urls = dict.fromkeys(urls, str(told["database"]))
    config.write_text(to_toml(told), encoding="utf-8")
    with ExitStack() as opened:
        book = Book(urls["book"], COUNTY)
        opened.callback(book.close)
        store = Store(urls["inbox"])
        opened.callback(store.close)
        inbox, fence = Inbox(store, COUNTY), Lease(store, COUNTY).take("test", T0)
        assert fence is not None
        yield Server(config, folder, book, inbox, fence)


def a_day(server: Server) -> None:
    """A denied alarm, an hour later one that was dealt with and seen clean, then one that nobody has touched."""
    server.happen(server.seen(0))
    server.say("not_true")
    server.say("confirm_false", "现场干净，没有垃圾")
    server.minutes = 60
    server.happen(server.seen(60))
    server.say("accept")
    server.say("done")
    server.happen(event(70, State.CLEAN))
    server.minutes = 120
    server.happen(server.seen(120))


def test_a_day_of_verdicts_becomes_a_folder_to_train_with(server: Server, tmp_path: Path) -> None:
    a_day(server)
    out = tmp_path / "out"
    done = server.verdicts("export", "--out", str(out), "--json")
    assert (done.exit_code, done.output.count("\n")) == (0, 1), done.output
    assert json.loads(done.output) == {
        "pictures": 2, "boxes": 1, "empty": 1, "true": 1, "false": 1, "unclear": 0, "left_out": 0, "skipped": 0,
    }  # fmt: skip
    samples = read_folder(out, CLASSES)
    assert [[CLASSES[box.kind] for box in one.boxes] for one in samples] == [[], ["garbage"]]
    assert {one.place for one in samples} == {"box-1/cam-1"}
    lines = read_manifest(out)
    assert [(line["verdict"], line["who"], line["model"], line["config"]) for line in lines] == [
        ("false", "township", "0123456789ab", "7-aa"), ("true", "village", "0123456789ab", "7-aa"),
    ]  # fmt: skip
    text = (out / "manifest.jsonl").read_text(encoding="utf-8")
    assert not any(name in text for name in ("马村官", "田乡官", "1990000")), "no name, no number of anybody"
    again = server.verdicts("export", "--out", str(out))
    assert (again.exit_code, "is there already" in again.output) == (2, True)


def test_since_takes_what_was_judged_then_and_later(server: Server, tmp_path: Path) -> None:
    a_day(server)
    # The clock of the test county: 02:00 UTC is ten in the morning there.
    late = server.verdicts("export", "--out", str(tmp_path / "late"), "--since", "2026-11-21T10:30:00", "--json")
    assert (json.loads(late.output)["true"], json.loads(late.output)["false"]) == (1, 0)
    none = server.verdicts("export", "--out", str(tmp_path / "none"), "--since", "2026-12-01")
    assert (none.exit_code, "nothing to export" in none.output) == (2, True)
    assert not (tmp_path / "none").exists()


def test_a_lost_picture_costs_one_line_and_the_exit_code_says_so(server: Server, tmp_path: Path) -> None:
    a_day(server)
    lost = server.picture(0)
    (server.folder / "evidence" / lost[:2] / lost).unlink()
    done = server.verdicts("export", "--out", str(tmp_path / "out"))
    assert done.exit_code == 1
    assert f"skipped: picture {lost[:12]}" in done.output
    assert "1 pictures (0 of them show nothing), 1 boxes" in done.output
    assert "属实 1, 不属实 1, 看不清 0" in done.output


def test_counting_says_how_far_a_model_can_be_believed_at_a_camera(server: Server) -> None:
    a_day(server)
    done = server.verdicts("count", "--json")
    assert json.loads(done.output) == {
        "camera": "cam-1", "kind": "garbage", "model": "0123456789ab", "true": 1, "false": 1, "unclear": 0,
        "undecided": 1,
    }  # fmt: skip
    assert server.verdicts("count").output == "cam-1  garbage  0123456789ab  属实 1  不属实 1  看不清 0  未判 1\n"


def test_a_server_without_any_alarm_has_nothing_to_export(server: Server, tmp_path: Path) -> None:
    done = server.verdicts("export", "--out", str(tmp_path / "out"))
    assert (done.exit_code, "nothing to export" in done.output) == (2, True)
    assert server.verdicts("count").output == ""
