"""The whole box, as a process, over a real broker: it sees, tells, obeys, and outlives kill -9."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest

from broker.downward import Config, Switch
from broker.embedded import EmbeddedBroker
from broker.messages import ConfigState, Coverage, Health, Status
from broker.parse import dump
from detect.frames import read_picture
from edge.outbox import Lane, Outbox
from tests.edge.county import BoxProcess, FakeCounty, gone, recheck
from tests.edge.letters import BOX, NOW, event

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True)
class Place:
    """A broker, a county, and a settings file of a box."""

    folder: Path
    port: int
    county: FakeCounty

    @property
    def world(self) -> Path:
        return self.folder / "world.json"

    def say(self, state: str) -> None:
        half = self.folder / "world.half"
        half.write_text(json.dumps({"state": state}), encoding="utf-8")
        half.rename(self.world)

    def settings(self, *parts: str) -> Path:
        path = self.folder / "box.toml"
        head = f"""
device = "qx-box-01"
village = "640999101201"
folder = "var"
health_s = 1.0
coverage_s = 2.0
config_version = 7
[broker]
host = "127.0.0.1"
port = {self.port}
tls = false
retry_min_s = 0.1
retry_max_s = 0.5
"""
        path.write_text(head + "\n".join(parts), encoding="utf-8")
        return path

    def outbox(self) -> Outbox:
        return Outbox(self.folder / "var" / "outbox.db")


CAMERA = """
[[cameras]]
name = "qx-cam-01"
source = { type = "rendered", scene = "lane", world = "world.json", fps = 2.0 }
spots = [{ name = "corner", polygon = [[0.05, 0.25], [0.61, 0.25], [0.61, 1.0], [0.05, 1.0]] }]
"""
BIN = """
[[bins]]
name = "qx-bin-01"
source = { type = "simulated", every_s = 0.5, percent_per_hour = 3600 }
"""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    broker = EmbeddedBroker(tmp_path / "broker")
    _host, port = broker.start()
    try:
        with FakeCounty(port) as county:
            yield Place(tmp_path, port, county)
    finally:
        broker.stop()


def test_a_pile_is_seen_told_with_its_picture_and_a_recheck_closes_it(place: Place) -> None:
    county = place.county
    with BoxProcess(place.settings(CAMERA)):
        county.wait(lambda: _state(county, "corner") == "clean", "the clean spot in the coverage")
        place.say("fullpile")
        county.wait(lambda: bool(county.events()), "the event of the pile")
        new = county.events()[0]
        assert (new.spot, new.phase, new.state, new.revision) == ("corner", "new", "dirty", 0)
        assert new.rendered
        assert new.boxes
        assert new.reason
        assert new.picture is None
        county.wait(lambda: bool(county.pictured()), "the event once more, with its picture")
        again = county.pictured()[0]
        assert (again.event_id, again.revision, again.at, again.state) == (new.event_id, 1, new.at, "dirty")
        sha256 = again.picture or ""
        county.wait(lambda: county.picture(sha256) is not None, "every chunk of the picture")
        jpeg = county.picture(sha256)
        assert jpeg is not None
        assert read_picture(jpeg).shape == (360, 640, 3)

        still = recheck("corner", what=new.what)
        county.recheck(still)
        county.recheck(still)
        county.wait(lambda: len(county.answers()) == 1, "the answer to the re-check of the pile")
        county.wait(lambda: any(one.command_id == still.command_id for one in county.events()), "its event")
        (dirty,) = [one for one in county.events() if one.command_id == still.command_id]
        assert dirty.state == "dirty"

        place.say("clean")
        anew = recheck("corner", what=new.what)
        county.recheck(anew)
        county.wait(lambda: any(one.command_id == anew.command_id for one in county.events()), "the second look")
        county.wait(lambda: len(county.answers()) == 2, "the second answer")
        ends = [one for one in county.events() if one.what == new.what and one.phase == "end"]
        assert ends[0].event_id == new.event_id
        assert ends[0].revision > dirty.revision
        assert {one.outcome for one in county.answers()} == {"done"}
    assert county.faults == []


def test_detection_is_switched_off_over_the_wire_told_in_health_and_stays_off_after_a_restart(place: Place) -> None:
    county = place.county

    def detection(on: bool) -> bool:
        health = county.latest.get("health")
        return isinstance(health, Health) and [one.detection for one in health.cameras] == [on]

    with BoxProcess(place.settings(CAMERA)):
        county.wait(lambda: _state(county, "corner") == "clean" and detection(True), "the clean spot, all on")
        county.recheck(recheck("corner", name="switch", switch=Switch(detection=False)))
        county.wait(lambda: len(county.answers()) == 1, "the answer to the switch")
        assert [(one.outcome, one.reason) for one in county.answers()] == [("done", "检测已关闭")]
        county.wait(lambda: detection(False) and _state(county, "corner") == "unknown", "off in health and coverage")
    county.latest.clear()
    with BoxProcess(place.settings(CAMERA)):
        county.wait(lambda: detection(False) and _state(county, "corner") == "unknown", "still off")
    assert county.events() == []


def test_kill_9_of_box_or_eyes_neither_loses_nor_doubles_an_event(place: Place) -> None:
    county = place.county
    county.deaf = True
    with BoxProcess(place.settings(CAMERA)) as box:
        county.wait(lambda: _state(county, "corner") == "clean", "the clean spot")
        place.say("fullpile")
        county.wait(lambda: bool(county.events()), "the event")
        opened = {one.event_id: one.what for one in county.events() if one.phase == "new"}
        eyes = psutil.Process(box.pid).children()[0].pid
        os.kill(eyes, signal.SIGKILL)
        county.wait(lambda: "looking restarts 1" in _health(county).note, "the restart of the looking process")
        eyes = psutil.Process(box.pid).children()[0].pid
        box.kill()
        assert gone(eyes)
        county.deaf = False
        box.start()
        before = county.duplicates
        county.wait(lambda: county.duplicates > before, "the resend of what was never receipted")
        ask = recheck("corner")
        county.recheck(ask)
        county.wait(lambda: any(one.command_id == ask.command_id for one in county.events()), "the look after it")
        place.say("clean")
        county.wait(lambda: any(one.phase == "end" for one in county.events()), "the end of the event")
    news = [one for one in county.events() if one.phase == "new"]
    assert len(news) == len({one.what for one in news})
    assert set(opened) <= {one.event_id for one in news}
    ended = next(one for one in county.events() if one.phase == "end")
    assert ended.event_id in {one.event_id for one in news}


@pytest.mark.slow
def test_over_many_kills_every_minted_message_is_stored_or_still_waits(place: Place) -> None:
    county, chance = place.county, random.Random(11)
    with BoxProcess(place.settings(BIN.replace("0.5", "0.05"))) as box:
        for _ in range(8):
            county.deaf = chance.random() < 0.4
            least = len(county.readings()) + chance.randint(1, 20)
            county.wait(lambda least=least: len(county.readings()) >= least, "more readings")  # type: ignore[misc]
            box.kill()
            county.deaf = False
            box.start()
        before = county.duplicates
        county.wait(lambda: county.duplicates > before or len(county.readings()) > 200, "a last resend")
        box.kill()
    outbox = place.outbox()
    waiting = {one.message_id for one in outbox.next(Lane.MAIN, 100_000)}
    counts = outbox.counts()
    outbox.close()
    assert len(waiting | county.stored.keys()) == counts.minted
    assert (counts.dropped, counts.refused, counts.oversize) == (0, 0, 0)
    assert county.faults == []


def test_the_box_tells_how_it_is_and_its_last_will_says_that_it_is_gone(place: Place) -> None:
    county = place.county
    with BoxProcess(place.settings(BIN)) as box:
        county.wait(lambda: len(county.readings()) >= 3 and "health" in county.latest, "readings and health")
        assert _config(county) == (7, True, "")
        assert _status(county) == (True, "")
        county.link.publish(BOX.topic("config"), b"{")
        county.wait(lambda: "garbled" in _config(county)[2], "a word about it")
        assert all(one.simulated and one.spot == "qx-bin-01" for one in county.readings())
        box.kill()
        county.wait(lambda: _status(county) == (False, "connection lost"), "the last will")
        box.start()
        county.wait(lambda: _status(county) == (True, ""), "its return")
        assert box.stop() == 0
        county.wait(lambda: _status(county) == (False, "stopped"), "the goodbye")


def test_the_county_configures_a_box_and_what_is_wrong_or_kills_it_is_taken_back(place: Place) -> None:
    county = place.county
    moved = {"cameras": {"qx-cam-01": {"spots": [{"name": "far", "polygon": [[0.6, 0.2], [0.9, 0.2], [0.9, 0.6]]}]}}}
    settings = place.settings("config_settles_s = 1.0", CAMERA)
    text = settings.read_text(encoding="utf-8")
    settings.write_text("config_settles_s = 1.0\n" + text.replace("config_settles_s = 1.0\n", ""), encoding="utf-8")

    def wish(version: int, body: dict[str, object]) -> None:
        county.link.publish(BOX.topic("config"), dump(Config(version=version, issued_at=NOW, body=body)), retain=True)

    with BoxProcess(settings) as box:
        county.wait(lambda: _state(county, "corner") == "clean", "the spot of the file")
        wish(8, dict(moved))
        county.wait(lambda: _config(county) == (8, True, ""), "the new configuration, kept")
        county.wait(lambda: _state(county, "far") == "clean", "the spot that was wished for")
        wish(9, {"cameras": {"qx-cam-02": {"gate": False}}})
        county.wait(lambda: "no camera of that name" in _config(county)[2], "the refusal")
        assert _config(county)[:2] == (8, False)
        wish(10, {"coverage_s": 1.5})
        county.wait(lambda: _config(county) == (10, True, ""), "the next one, over the first: the file counts again")
        county.wait(lambda: _state(county, "corner") == "clean", "the spot of the file")
        box.stop()
    slow = settings.read_text(encoding="utf-8").replace("config_settles_s = 1.0", "config_settles_s = 900.0")
    settings.write_text(slow, encoding="utf-8")
    with BoxProcess(settings) as box:
        wish(11, {"coverage_s": 1.0})
        county.wait(lambda: _config(county) == (11, False, "on trial"), "the trial")
        for _ in range(2):
            box.kill()
            county.latest.pop("config-state")
            box.start()
            county.wait(lambda: "config-state" in county.latest, "its return")
        assert _config(county) == (10, False, "version 11: taken back: the box ended 2 times before it was well")


def test_a_shut_door_holds_messages_and_a_restart_keeps_them(place: Place) -> None:
    county = place.county
    county.door(False)
    with BoxProcess(place.settings(BIN)) as box:
        county.wait(lambda: "health" in county.latest and _health(county).outbox_waiting >= 3, "readings that wait")
        assert county.readings() == []
        box.kill()
        outbox = place.outbox()
        waiting = outbox.counts().waiting
        outbox.close()
        county.door(True)
        box.start()
        county.wait(lambda: len(county.readings()) > waiting, "all that waited, and more")


def test_commands_for_unknown_spots_expired_ones_and_bins_are_answered(place: Place) -> None:
    county = place.county
    past = recheck("qx-bin-01").issued_at
    with BoxProcess(place.settings(BIN)):
        county.wait(lambda: "status" in county.latest, "the box")
        unknown, late, read = recheck("nowhere"), recheck("qx-bin-01", expires_at=past), recheck("qx-bin-01")
        for command in (unknown, late, read, unknown, read):
            county.recheck(command)
        county.link.publish(BOX.topic("command"), b"{garbled")
        last = recheck("elsewhere")
        county.recheck(last)
        county.wait(lambda: any(one.command_id == last.command_id for one in county.answers()), "the last answer")
    outcomes = {one.command_id: one.outcome for one in county.answers()}
    assert outcomes[unknown.command_id] == "refused"
    assert outcomes[late.command_id] == "expired"
    assert outcomes[read.command_id] == "done"
    assert len(county.answers()) == 4


def test_what_the_county_refuses_leaves_and_shows_in_health(place: Place) -> None:
    county = place.county
    county.refuse["reading"] = "no such village"
    with BoxProcess(place.settings(BIN)):
        county.wait(
            lambda: "health" in county.latest and _health(county).refused_by_server >= 2, "refusals in the health"
        )
        assert "no such village" in _health(county).note
        county.refuse.clear()
        county.wait(lambda: bool(county.readings()), "the next good one")


def test_a_corrupt_outbox_is_set_aside_told_and_the_box_works_on(place: Place) -> None:
    county = place.county
    (place.folder / "var").mkdir()
    (place.folder / "var" / "outbox.db").write_bytes(b"rubbish" * 1_000)
    with BoxProcess(place.settings(BIN)):
        county.wait(lambda: "health" in county.latest and bool(county.readings()), "health and readings")
        assert "set aside as outbox.corrupt-" in _health(county).note


def test_an_oversized_message_is_set_aside_shown_in_health_and_the_next_one_goes(place: Place) -> None:
    county = place.county
    (place.folder / "var").mkdir()
    outbox = place.outbox()
    outbox.put([replace(event(), payload=b" " * 300_000)])
    outbox.close()
    with BoxProcess(place.settings(BIN)):
        county.wait(lambda: bool(county.readings()) and "health" in county.latest, "the readings behind it")
        county.wait(lambda: _health(county).refused_oversize == 1, "the refusal in the health")
        assert "refused by sender: packet of 300" in _health(county).note
    assert county.faults == []


def test_a_second_box_on_the_same_folder_is_refused_with_a_cure(place: Place) -> None:
    with BoxProcess(place.settings(BIN)):
        place.county.wait(lambda: "status" in place.county.latest, "the first box")
        second = subprocess.run(
            [sys.executable, "-m", "edge", str(place.folder / "box.toml")],
            cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False,
        )  # fmt: skip
    assert second.returncode == 2
    assert "another box runs on this folder. Cure: " in second.stderr


def _state(county: FakeCounty, spot: str) -> str | None:
    told = county.latest.get("coverage")
    return next((one.state for one in told.spots if one.spot == spot), None) if isinstance(told, Coverage) else None


def _health(county: FakeCounty) -> Health:
    told = county.latest.get("health")
    assert isinstance(told, Health)
    return told


def _config(county: FakeCounty) -> tuple[int, bool, str]:
    told = county.latest.get("config-state")
    assert isinstance(told, ConfigState)
    return told.version, told.ok, told.reason


def _status(county: FakeCounty) -> tuple[bool, str] | None:
    status = county.latest.get("status")
    return (status.online, status.reason) if isinstance(status, Status) else None
