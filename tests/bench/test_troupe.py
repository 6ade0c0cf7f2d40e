"""Killing and starting again: who died where is counted by what really happened to the process."""

from __future__ import annotations

import random
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from bench.troupe import CHANCE, EAGER, POINTS, Actor, Limb, Troupe
from jingcun.crash import WORDS

ROOT = Path(__file__).resolve().parents[2]
WORK = "import sys,time; print('at work', sys.argv[1:], flush=True); time.sleep(60)"
FALL = f"point = sys.argv[-1].split(':')[0]; os.write(2, f'{WORDS} {{point}}\\n'.encode())"
DIE = f"""
import os, sys
if '--crash-at' in sys.argv:
    {FALL}
    os.kill(os.getpid(), 9)
sys.exit(3)
"""
CHILD_DIES = f"""
import os, sys, time
if '--crash-at' in sys.argv and os.fork() == 0:
    {FALL}
    os.kill(os.getpid(), 9)
print('at work', flush=True)
time.sleep(60)
"""
PARENT = """
import subprocess, sys, time
children = [subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)', name]) for name in ('eyes', 'ears')]
print('at work', flush=True)
time.sleep(60)
"""


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
        until(lambda: troupe.strike() == "ingest")
        assert troupe.deaths.at_random == {"ingest": 1}
        assert not one.child.alive
        until(tended(troupe, lambda: one.ready))
        assert one.armed == "ingest.after_commit"
        assert f"ingest.after_commit:{CHANCE['ingest.after_commit'] * EAGER:g}" in one.log.read_text()
        assert troupe.deaths.unasked == {}
        assert troupe.missed() == ["ingest.after_commit"]


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


def test_the_death_of_a_child_at_a_point_is_counted_though_its_program_lives(tmp_path: Path) -> None:
    with Troupe(random.Random(1)) as troupe:
        one = actor(tmp_path, CHILD_DIES, "series.after_write")
        troupe.add(one)
        one.kill()
        one.start("series.after_write")
        until(tended(troupe, lambda: troupe.deaths.at_point.total() == 1))
        assert one.child.alive
        assert troupe.deaths.at_point == {"series.after_write": 1}
        assert troupe.deaths.unasked == {}


def test_a_limb_is_killed_alone_and_one_of_an_absent_program_is_not_missed(tmp_path: Path) -> None:
    limbs = {"box.eyes": Limb("box", "eyes"), "postgresql.backend": Limb("postgresql", "postgres: ")}
    with Troupe(random.Random(1), limbs) as troupe:
        one = actor(tmp_path, PARENT, name="box")
        troupe.add(one)
        until(lambda: one.ready)
        assert troupe.missed() == ["box", "box.eyes"]
        assert one.child.process is not None
        children = {part.cmdline()[-1]: part for part in psutil.Process(one.child.process.pid).children()}
        until(lambda: troupe.strike() == "box.eyes" or not one.child.alive)
        if one.child.alive:
            until(lambda: children["eyes"].status() == psutil.STATUS_ZOMBIE)
            assert children["ears"].is_running()
            assert troupe.deaths.at_random == {"box.eyes": 1}
        for part in children.values():
            part.kill()


def test_what_an_older_run_has_logged_is_not_counted(tmp_path: Path) -> None:
    (tmp_path / "ingest.log").write_text(f"at work\n{WORDS} ingest.after_commit\n")
    with Troupe(random.Random(1)) as troupe:
        one = actor(tmp_path, "import time; time.sleep(60)", "ingest.after_commit")
        troupe.add(one)
        troupe.tend(armed=True)
        assert not one.ready
        assert troupe.deaths.at_point == {}


def test_every_named_point_of_the_code_has_its_place_in_the_cast() -> None:
    called = re.compile(r"crash\(\s*\"([a-z_.]+)\"")
    rooms = ("alerts", "broker", "county", "detect", "edge", "ingest", "jingcun", "screen")
    named = {
        name for room in rooms for file in (ROOT / room).rglob("*.py") for name in called.findall(file.read_text())
    }
    assert named == set(POINTS) == set(CHANCE)
    assert len(named) >= 14
    assert sorted(POINTS) == sorted(set(POINTS))


def test_a_point_where_somebody_died_is_met_at_its_own_chance(tmp_path: Path) -> None:
    one = actor(tmp_path, WORK, "alerts.after_send", "alerts.before_commit")
    one.start("alerts.after_send", EAGER)
    assert one.child.argv[-1] == "alerts.after_send:1"
    one.kill()
    one.start("alerts.before_commit")
    assert one.child.argv[-1] == "alerts.before_commit:0.03"
    one.kill()


@pytest.mark.parametrize("point", POINTS)
def test_every_point_has_a_chance_that_the_programs_take(point: str) -> None:
    from jingcun.crash import crash_at

    assert callable(crash_at(f"{point}:{CHANCE[point]}"))
