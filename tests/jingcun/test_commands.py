"""The command as an operator types it: help, JSON, exit codes, and errors that name the cure."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.identity import new_id
from broker.messages import CameraHealth, Health
from broker.parse import dump
from county import qingluan
from county.files import to_path
from ingest.latest import Latest, LatestValue
from jingcun.__main__ import app
from jingcun.demo.stage import to_toml
from screen.access.account import Account

run = CliRunner()
PROGRAMS = [
    "demo",
    "server",
    "edge",
    "ingest",
    "alerts",
    "screen",
    "detect",
    "train",
    "county",
    "device",
    "model",
    "dead-letters",
    "verdicts",
    "version",
]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Settings of a server whose county is loaded."""
    file = tmp_path / "server.toml"
    file.write_text(to_toml({"county": "640999", "folder": "var"}), encoding="utf-8")
    to_path(qingluan.folder(), tmp_path / "county")
    loaded = run.invoke(
        app, ["county", "load", str(tmp_path / "county"), "--author", "a", "--reason", "b", "-c", str(file)]
    )
    assert loaded.exit_code == 0, loaded.output
    assert "revision 1" in loaded.output
    return file


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_command_explains_itself(name: str) -> None:
    shown = run.invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert "Usage" in shown.output


def test_version_as_json_is_one_object() -> None:
    said = json.loads(run.invoke(app, ["version", "--json"]).output)
    assert set(said) == {"jingcun", "schema", "python"}


def test_check_ends_with_1_when_there_is_a_problem_and_names_it(tmp_path: Path) -> None:
    files = dict(qingluan.folder())
    files["duties.csv"] = files["duties.csv"].replace(b",township,", b",townhsip,", 1)
    to_path(files, tmp_path)
    found = run.invoke(app, ["county", "check", str(tmp_path)])
    assert found.exit_code == 1
    assert "duties.csv:" in found.output
    as_json = json.loads(run.invoke(app, ["county", "check", str(tmp_path), "--json"]).output)
    assert as_json["ok"] is False
    assert as_json["problems"][0]["cure"]


def test_a_county_goes_in_and_comes_out_byte_for_byte(config: Path, tmp_path: Path) -> None:
    assert run.invoke(app, ["county", "diff", str(tmp_path / "county"), "-c", str(config)]).exit_code == 0
    assert run.invoke(app, ["county", "export", str(tmp_path / "out"), "-c", str(config)]).exit_code == 0
    for name, data in qingluan.folder().items():
        assert (tmp_path / "out" / name).read_bytes() == data, name
    assert "a  b" in run.invoke(app, ["county", "history", "-c", str(config)]).output


def test_a_changed_deadline_shows_as_a_difference_and_becomes_a_revision(config: Path, tmp_path: Path) -> None:
    policy = tmp_path / "county" / "policy.toml"
    policy.write_text(policy.read_text(encoding="utf-8").replace("reminder_s = 1800", "reminder_s = 900"), "utf-8")
    differs = run.invoke(app, ["county", "diff", str(tmp_path / "county"), "-c", str(config)])
    assert differs.exit_code == 1
    assert "reminder_s" in differs.output
    again = [
        "county",
        "load",
        str(tmp_path / "county"),
        "--author",
        "乡长",
        "--reason",
        "试行",
        "-c",
        str(config),
        "--json",
    ]
    assert json.loads(run.invoke(app, again).output)["revision"] == 2


def test_a_device_secret_is_shown_once_and_only_its_hash_reaches_the_broker(config: Path, tmp_path: Path) -> None:
    made = run.invoke(app, ["device", "add", "qx-box-01", "--author", "a", "-c", str(config), "--json"])
    secret = json.loads(made.output)["secret"]
    (tmp_path / "ingest.password").write_text("server secret\n", encoding="utf-8")
    wrote = [
        "device",
        "broker",
        str(tmp_path / "m"),
        "--server-secret",
        str(tmp_path / "ingest.password"),
        "-c",
        str(config),
    ]
    assert run.invoke(app, wrote).exit_code == 0
    passwords = (tmp_path / "m" / "passwords").read_text(encoding="utf-8")
    assert [line.split(":")[0] for line in passwords.splitlines()] == ["ingest", "qx-box-01"]
    assert secret not in passwords + (tmp_path / "m" / "acl").read_text(encoding="utf-8")
    assert (tmp_path / "m" / "passwords").stat().st_mode & 0o077 == 0
    assert run.invoke(app, ["device", "revoke", "qx-box-01", "--reason", "lost", "-c", str(config)]).exit_code == 0
    assert run.invoke(app, wrote).exit_code == 0
    assert "qx-box-01" not in (tmp_path / "m" / "passwords").read_text(encoding="utf-8")


def test_the_authority_comes_before_the_county_is_loaded_and_stays_when_the_server_gets_a_new_certificate(
    config: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "authority"
    make = ("device", "authority", str(folder), "--name", "county.example", "-c", str(config))
    first = run.invoke(app, make)
    assert first.exit_code == 0, first.output
    before = {name: (folder / name).read_bytes() for name in ("ca.crt", "ca.key", "server.crt", "server.key")}
    assert {path.name: path.stat().st_mode & 0o777 for path in folder.glob("*.key")} == {
        "ca.key": 0o600, "server.key": 0o600,
    }  # fmt: skip
    assert run.invoke(app, make).exit_code == 0
    after = {name: (folder / name).read_bytes() for name in before}
    assert [name for name in before if before[name] == after[name]] == ["ca.crt", "ca.key"]

    (folder / "ca.key").write_text("nonsense")
    broken = run.invoke(app, make)
    assert broken.exit_code == 2
    assert "Traceback" not in broken.output


def test_a_camera_behind_a_box_gets_no_secret_of_its_own(config: Path) -> None:
    refused = run.invoke(app, ["device", "add", "qx-cam-01", "--author", "a", "-c", str(config)])
    assert refused.exit_code == 2
    assert "qx-box-01" in refused.output


def test_a_message_that_was_too_large_is_read_in_the_health_of_its_box(config: Path) -> None:
    now = datetime.now(UTC)
    said = Health(
        message_id=new_id(), device="qx-box-01", at=now, outbox_waiting=3, refused_oversize=1,
        note="picture refused by sender: packet of 300000 bytes, limit 262144",
        cameras=(CameraHealth(name="qx-cam-01", online=False, reason="no frame for 20 s"),),
    )  # fmt: skip
    with closing(Latest(f"sqlite:///{config.parent}/var/inbox.db")) as latest:
        latest.put([LatestValue("640999", "640999101200", "qx-box-01", "health", now, now, dump(said))])
    shown = run.invoke(app, ["device", "health", "-c", str(config)]).output
    for part in ("qx-box-01", "waiting 3", "too large 1", "limit 262144", "blind: no frame for 20 s"):
        assert part in shown
    as_json = json.loads(run.invoke(app, ["device", "health", "--json", "-c", str(config)]).output)
    assert as_json["refused_oversize"] == 1
    assert as_json["online"] is None


def test_dead_letters_of_a_fresh_server_are_none_and_an_unknown_number_is_named(config: Path) -> None:
    assert run.invoke(app, ["dead-letters", "list", "-c", str(config)]).output == ""
    missing = run.invoke(app, ["dead-letters", "show", "7", "-c", str(config)])
    assert missing.exit_code == 2
    assert "7" in missing.output


def test_a_new_password_ends_the_old_one(config: Path) -> None:
    running = Account(config.parent / "var" / "secrets")
    first, now = running.first_password, datetime.now(UTC)
    assert first is not None
    token = running.open_session(now)
    assert running.holds(token, now)
    said = run.invoke(app, ["screen", "--new-password", "-c", str(config)]).output.strip()
    assert running.right("admin", said), "the running screen takes it over"
    assert not running.right("admin", first)
    assert not running.holds(token, now), "whoever was signed in is not any more"


def test_what_cannot_be_read_gets_one_line_and_exit_code_1(tmp_path: Path) -> None:
    broken = tmp_path / "x.jpg"
    broken.write_bytes(b"no picture")
    seen = run.invoke(app, ["detect", str(broken), "--json"])
    assert seen.exit_code == 1
    assert json.loads(seen.output)["path"] == str(broken)


def test_a_wrong_model_is_a_wrong_call(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no model")
    assert run.invoke(app, ["detect", "x.jpg", "--model", str(tmp_path / "m.onnx")]).exit_code == 2
