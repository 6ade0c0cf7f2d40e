"""The stage of a run: one run in a folder at a time, and a port that another program holds is said at once."""

from __future__ import annotations

import fcntl
import socket
from pathlib import Path

import pytest
from typer.testing import CliRunner

from broker.embedded import free_port
from jingcun.__main__ import app
from jingcun.demo.stage import alone, is_free

run = CliRunner()


def test_a_folder_plays_one_demo_at_a_time_and_is_free_again_afterwards(tmp_path: Path) -> None:
    busy = pytest.raises(ValueError, match="another demo plays in this folder")
    with alone(tmp_path / "kept"), busy, alone(tmp_path / "kept"):
        pass
    with alone(tmp_path / "kept"):
        pass


def test_a_port_that_is_listened_on_is_not_free() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        assert not is_free(other.getsockname()[1])
    assert is_free(free_port())


def test_a_demo_on_a_taken_port_or_in_a_busy_folder_starts_nothing_and_says_the_cure(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        taken = other.getsockname()[1]
        shown = run.invoke(app, ["demo", "--no-browser", "--folder", str(tmp_path / "a"), "--port", str(taken)])
    assert isinstance(shown.exception, ValueError)
    assert "choose another --port" in str(shown.exception)
    (tmp_path / "b").mkdir()
    with (tmp_path / "b" / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        shown = run.invoke(app, ["demo", "--no-browser", "--folder", str(tmp_path / "b")])
    assert "another --folder" in str(shown.exception)
    assert not (tmp_path / "a").exists()


def test_a_folder_that_cannot_be_made_ends_before_anything_is_started(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shown = run.invoke(app, ["demo", "--no-browser", "--folder", str(tmp_path / "file" / "x")])
    assert isinstance(shown.exception, OSError)
