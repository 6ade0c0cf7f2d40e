"""Killing and starting again: who died where is counted by what really happened to the process."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bench.troupe import CHANCE, LOOKING, POINTS, Actor, Troupe

WORK = "import sys,time; print('at work', sys.argv[1:], flush=True); time.sleep(60)"
DIE = "import os,signal,sys; '--crash-at' in sys.argv and os.kill(os.getpid(), 9); sys.exit(3)"


def until(true: Callable[[], bool], patience_s: float = 30) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


def tended(troupe: Troupe, true: Callable[[], bool]) -> Callable[[], bool]:
    def step() -> bool:
        troupe.tend(armed=True)
        return true()

    return step


def actor(folder: Path, code: str, *points: str, name: str = "ingest") -> Actor:
    return Actor(name, [sys.executable, "-c", code], folder / f"{name}.log", points, b"at work")


def test_a_program_at_work_is_killed_and_comes_back_armed(tmp_path: Path) -> None:
    with Troupe(random.Random(1)) as troupe:
        one = actor(tmp_path, WORK, "ingest.after_commit")
        troupe.add(one)
        until(lambda: one.ready)
        until(lambda: troupe.strike("ingest") == "ingest")
        assert troupe.deaths.at_random == {"ingest": 1}
        assert not one.child.alive
        until(tended(troupe, lambda: one.ready))
        assert one.armed == "ingest.after_commit"
        assert f"ingest.after_commit:{CHANCE['ingest.after_commit']}" in one.log.read_text()
        assert troupe.deaths.unasked == {}
        assert troupe.missed() == ["ingest.after_commit", LOOKING]


def test_a_death_at_a_point_and_an_end_that_nobody_asked_for_are_told_apart(tmp_path: Path) -> None:
    with Troupe(random.Random(1)) as troupe:
        one = actor(tmp_path, DIE, "ingest.before_commit")
        troupe.add(one)
        until(tended(troupe, lambda: troupe.deaths.at_point.total() == 1))
        assert troupe.deaths.unasked == {"ingest (3)": 1}
        assert troupe.deaths.at_point == {"ingest.before_commit": 1}
        assert troupe.deaths.kills == 1


def test_who_comes_back_is_armed_with_the_point_met_least_often(tmp_path: Path) -> None:
    with Troupe(random.Random(1)) as troupe:
        one = actor(tmp_path, DIE, "ingest.before_commit", "ingest.after_commit")
        troupe.add(one)
        until(tended(troupe, lambda: troupe.deaths.at_point.total() == 2))
        assert troupe.deaths.at_point == {"ingest.before_commit": 1, "ingest.after_commit": 1}


def test_a_calm_troupe_is_not_armed(tmp_path: Path) -> None:
    with Troupe(random.Random(1)) as troupe:
        one = actor(tmp_path, WORK, "ingest.after_commit")
        troupe.add(one)
        one.kill()
        one.start("ingest.after_commit")
        troupe.disarm()
        until(lambda: one.ready)
        assert one.armed == ""
        assert "--crash-at" not in one.log.read_text().splitlines()[-1]


@pytest.mark.parametrize("point", POINTS)
def test_every_point_has_a_chance_that_the_programs_take(point: str) -> None:
    from jingcun.crash import crash_at

    assert callable(crash_at(f"{point}:{CHANCE[point]}"))
