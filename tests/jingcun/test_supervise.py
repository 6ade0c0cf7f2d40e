"""Children: started, revived within a budget, ended by their own id, and gone when their parent is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from jingcun.crash import WORDS, crash_at, never
from jingcun.supervise import RESTARTS_PER_MINUTE, Child, Family, python

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


def until(true: Callable[[], bool], patience_s: float = 20) -> None:
    deadline = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.05)


def test_a_family_ends_its_children_last_in_first_out(tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    say = "import signal,sys,time\ndef bye(*_):\n open(sys.argv[1],'a').write(sys.argv[2]); sys.exit()\n"
    say += "signal.signal(15,bye); open(sys.argv[1]+sys.argv[2],'w'); time.sleep(60)"
    with Family() as family:
        for name in ("a", "b"):
            family.add(Child(name, [sys.executable, "-c", say, str(ended), name]))
            until(lambda name=name: (tmp_path / f"ended{name}").exists())  # type: ignore[misc]
    assert ended.read_text() == "ba"


def test_a_folder_with_the_name_of_a_room_does_not_stand_in_for_it(tmp_path: Path) -> None:
    (tmp_path / "jingcun").mkdir()
    (tmp_path / "jingcun" / "__init__.py").write_text("raise SystemExit('the wrong jingcun')")
    asked = subprocess.run(python("version"), cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert (asked.returncode, asked.stdout.split()[0]) == (0, "jingcun"), asked.stderr


def test_a_dead_child_is_revived_until_its_budget_is_spent() -> None:
    child = Child("quick", [sys.executable, "-c", "pass"])
    child.start()
    revived = 0
    while revived < 20:
        until(lambda: not child.alive)
        if not child.revive():
            break
        revived += 1
    child.stop()
    assert revived == RESTARTS_PER_MINUTE


def test_a_child_that_ignores_the_request_is_killed() -> None:
    ignore = "import signal,time; signal.signal(15, signal.SIG_IGN); print('x', flush=True); time.sleep(60)"
    child = Child("deaf", [sys.executable, "-c", ignore])
    child.start()
    time.sleep(0.5)
    child.stop(patience_s=0.5)
    assert child.process is not None
    assert child.process.returncode in {-signal.SIGKILL, -signal.SIGTERM}


def test_a_child_ends_when_its_parent_is_killed(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    grandchild = (
        "import sys,time; from jingcun.supervise import end_with_parent; end_with_parent();"
        f"open({str(note)!r},'w').write(str(__import__('os').getpid())); time.sleep(60)"
    )
    parent = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sys,time; from jingcun.supervise import Child;"
            f"Child('c',[sys.executable,'-c',{grandchild!r}]).start(); time.sleep(60)",
        ]
    )
    try:
        until(lambda: note.exists() and note.read_text().isdigit())
        pid = int(note.read_text())
        parent.kill()
        parent.wait()
        until(lambda: not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    finally:
        if parent.poll() is None:
            parent.kill()
            parent.wait()


def test_a_crash_happens_only_at_its_named_point() -> None:
    never("anywhere")
    crash_at("ingest.after_commit")("ingest.before_commit")
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.dup2(writing, 2)
        crash_at("ingest.after_commit")("ingest.after_commit")
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as last_words:
        assert last_words.read() == f"{WORDS} ingest.after_commit\n"
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL


@pytest.mark.parametrize("chance", ["0", "1.5", "often"])
def test_a_wrong_probability_is_refused(chance: str) -> None:
    with pytest.raises(ValueError, match=r"probability|convert"):
        crash_at(f"x:{chance}")
