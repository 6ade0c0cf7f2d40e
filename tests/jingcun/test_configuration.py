"""``jingcun device configure | configuration``: a wish is numbered, goes back, and its answer is shown."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner, Result

from broker.identity import new_id
from broker.messages import ConfigState
from broker.parse import dump
from ingest.latest import Latest, LatestValue
from ingest.wishes import WishBook
from jingcun.__main__ import app
from tests.jingcun.test_commands import config

__all__ = ["config"]

run = CliRunner()
BOX = "qx-box-01"
NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)


def asked(config: Path, command: str, *words: str) -> Result:
    who = ["--author", "王工", "--reason", "调整"] if command == "configure" else []
    return run.invoke(app, ["device", command, BOX, *words, *who, "-c", str(config)])


def toml(config: Path, text: str) -> str:
    path = config.parent / "wish.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def answer(config: Path, version: int, ok: bool, reason: str = "") -> None:
    said = ConfigState(message_id=new_id(), device=BOX, at=NOW, version=version, ok=ok, reason=reason)
    value = LatestValue("640999", "640999101201", BOX, "config-state", NOW, NOW, dump(said))
    with closing(Latest(f"sqlite:///{config.parent}/var/inbox.db")) as latest:
        latest.put([value])


def test_a_wish_is_numbered_above_what_the_box_runs_and_its_answer_is_shown(config: Path) -> None:
    answer(config, 7, ok=True)
    made = asked(config, "configure", toml(config, "health_s = 5\n[cameras.qx-cam-01]\ngate = false\n"))
    assert (made.exit_code, made.output) == (0, f"{BOX}: version 8\n")
    shown = asked(config, "configuration")
    assert shown.exit_code == 1
    assert "runs version 7: as it says" in shown.output
    answer(config, 8, ok=True)
    shown = asked(config, "configuration", "--json")
    assert shown.exit_code == 0
    told = json.loads(shown.output)
    assert told["wishes"][0]["body"] == {"health_s": 5, "cameras": {"qx-cam-01": {"gate": False}}}
    assert told["wishes"][0]["author"] == "王工"
    answer(config, 7, ok=False, reason="version 8: taken back: camera qx-cam-01 did not come back")
    assert "did not come back" in asked(config, "configuration").output


def test_going_back_wishes_the_one_before(config: Path) -> None:
    assert asked(config, "configure", "--back").exit_code == 2
    for seconds in (5, 6):
        assert asked(config, "configure", toml(config, f"health_s = {seconds}\n")).exit_code == 0
    assert asked(config, "configure", "--back").output == f"{BOX}: version 3\n"
    with closing(WishBook(f"sqlite:///{config.parent}/var/inbox.db")) as book:
        assert book.history(BOX)[0].body == {"health_s": 5}


def test_nobody_wishes_something_of_what_is_no_box_or_in_no_toml(config: Path) -> None:
    file = toml(config, "health_s = 5\n")
    who = ["--author", "a", "--reason", "b", "-c", str(config)]
    assert run.invoke(app, ["device", "configure", "nobody", file, *who]).exit_code == 2
    assert run.invoke(app, ["device", "configure", "qx-cam-01", file, *who]).exit_code == 2
    bad = asked(config, "configure", toml(config, "health_s = "))
    assert bad.exit_code == 2
    assert "not TOML" in bad.output
    assert asked(config, "configure").exit_code == 2
    assert asked(config, "configure", file, "--back").exit_code == 2
