"""``jingcun device switch | relearn | confirm``: what the operator types becomes a command, and its answer is shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.downward import Command, Switch
from broker.messages import Kind
from ingest.commands import CommandBook, Fate
from jingcun.__main__ import app
from jingcun.commands.health import words
from tests.jingcun.test_commands import config

__all__ = ["config"]

run = CliRunner()
SPOT = "qx-cam-01.spot-1"
PATIENCE_S = 60.0


def book_of(config: Path) -> CommandBook:
    return CommandBook(f"sqlite:///{config.parent}/var/inbox.db")


def waiting(config: Path) -> list[Command]:
    with closing(book_of(config)) as book:
        return book.due(datetime.now(UTC))


@contextmanager
def a_box(config: Path, fate: Fate, reason: str) -> Iterator[None]:
    """A box that answers the first command for it."""

    def answer() -> None:
        deadline = time.monotonic() + PATIENCE_S
        with closing(book_of(config)) as book:
            while time.monotonic() < deadline:
                for one in book.due(datetime.now(UTC)):
                    book.answered(one.command_id, one.device, fate, reason)
                    return
                time.sleep(0.05)

    thread = threading.Thread(target=answer)
    thread.start()
    yield
    thread.join()


@pytest.mark.parametrize(
    ("words", "name", "switch"),
    [
        (["switch", "--no-detection"], "switch", Switch(detection=False)),
        (["switch", "--detection"], "switch", Switch(detection=True)),
        (["switch", "--off", "dumped", "--off", "overflow"], "switch", Switch(kinds_off=(Kind.DUMPED, Kind.OVERFLOW))),
        (["switch", "--all-kinds", "--no-pictures"], "switch", Switch(kinds_off=(), pictures=False)),
        (["switch", "--min-score", "0.5"], "switch", Switch(min_score=0.5)),
        (["relearn"], "relearn", None),
        (["confirm"], "confirm", None),
    ],
)
def test_what_is_typed_becomes_a_command_for_the_box_of_the_camera(
    config: Path, words: list[str], name: str, switch: Switch | None
) -> None:
    shown = run.invoke(app, ["device", *words, SPOT, "--author", "张三", "--wait", "0", "-c", str(config)])
    assert shown.exit_code == 1, "nobody has answered yet"
    assert "qx-box-01 qx-cam-01.spot-1: waiting" in shown.output
    (command,) = waiting(config)
    assert (command.device, command.spot, command.name, command.switch) == ("qx-box-01", SPOT, name, switch)


@pytest.mark.parametrize(("fate", "code"), [(Fate.DONE, 0), (Fate.REFUSED, 1)])
def test_the_answer_of_the_box_is_shown(config: Path, fate: Fate, code: int) -> None:
    with a_box(config, fate, "检测已关闭"):
        order = ["device", "switch", "--no-detection", SPOT, "--author", "张三", "-c", str(config)]
        shown = run.invoke(app, [*order, "--wait", str(PATIENCE_S)])
    assert shown.exit_code == code, shown.output
    assert f"{fate.value} 检测已关闭" in shown.output


@pytest.mark.parametrize(
    "words",
    [["switch", "nowhere"], ["switch", SPOT, "--off", "noise"], ["switch", SPOT, "--min-score", "2"], ["relearn", ""]],
)
def test_a_wrong_order_is_refused_before_it_is_sent(config: Path, words: list[str]) -> None:
    shown = run.invoke(app, ["device", *words, "--author", "张三", "-c", str(config)])
    assert shown.exit_code == 2
    assert waiting(config) == []


def test_health_in_words_says_what_is_switched_and_nothing_when_all_is_as_usual() -> None:
    camera = {"name": "cam", "online": True, "frames": 1, "restarts": 0, "reason": ""}
    usual = {"detection": True, "kinds_off": [], "pictures": True, "min_score": 0.0}
    other = {"detection": False, "kinds_off": ["dumped"], "pictures": False, "min_score": 0.5}
    row = {
        "online": True, "device": "qx-box-01", "at": "2026-05-01T08:00:00", "outbox_waiting": 0, "outbox_dropped": 0,
        "refused_oversize": 0, "refused_by_server": 0, "clock_off_s": 0.4, "note": "",
        "cameras": [camera | usual, camera | other],
    }  # fmt: skip
    plain, switched = words(row)[1:]
    assert plain.endswith("1 frames, 0 restarts")
    assert switched.endswith(", detection off, off: dumped, no pictures, least score 0.5")
