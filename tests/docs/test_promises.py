"""docs/promises.md: each fault says what it costs and names tests that pytest really collects."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
TEST = re.compile(r"`(tests/[\w/]+\.py::\w+)`")
HEAD = ["fault", "lost", "doubled", "late", "shown by"]
NOT_SHOWN = "not shown"


def tables() -> list[list[list[str]]]:
    """Each table as rows of cells, without the ruler under its head."""
    found: list[list[list[str]]] = []
    inside = False
    for line in PAGE.splitlines():
        is_row = line.startswith("|")
        if is_row and not inside:
            found.append([])
        inside = is_row
        if is_row and not line.startswith("|---"):
            found[-1].append([cell.strip() for cell in line.strip("|").split("|")])
    return found


def faults() -> list[list[str]]:
    return [row for table in tables() for row in table[1:]]


def collected() -> frozenset[str]:
    """The tests that pytest finds in the cited files, without their parameters."""
    files = sorted({cited.partition("::")[0] for cited in TEST.findall(PAGE)})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    told = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=300,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": ""},
    )  # fmt: skip
    assert told.returncode == 0, told.stdout[-2000:] + told.stderr[-2000:]
    return frozenset(line.partition("[")[0] for line in told.stdout.splitlines() if "::" in line)


def test_every_table_says_what_is_lost_doubled_and_late() -> None:
    assert len(tables()) >= 5
    for table in tables():
        assert table[0] == HEAD
    assert len(faults()) >= 90
    for row in faults():
        assert len(row) == len(HEAD), row
        assert all(row), f"an empty cell; write – or nothing: {row[0]}"


def test_every_fault_names_its_tests_or_says_that_it_is_not_shown() -> None:
    for row in faults():
        assert TEST.search(row[-1]) or row[-1].startswith(NOT_SHOWN), row[0]


def test_no_fault_stands_twice() -> None:
    names = [row[0] for row in faults()]
    assert sorted(set(names)) == sorted(names)


def test_every_test_that_is_named_is_one_that_pytest_runs(request: pytest.FixtureRequest) -> None:
    cited = set(TEST.findall(PAGE))
    assert len(cited) >= 130
    others = cited - {item.nodeid.partition("[")[0] for item in request.session.items}  # none in a run of the suite
    assert not others or sorted(others - collected()) == []


@pytest.mark.parametrize("who", ["box", "broker", "ingest", "alerts", "InfluxDB", "VictoriaMetrics", "S3", "database",
                                 "disk", "clock", "outbox", "notice", "relay", "sweep", "screen"])  # fmt: skip
def test_every_part_that_can_fail_has_its_fault(who: str) -> None:
    assert any(re.search(rf"\b{who}\b", row[0]) for row in faults()), f"no fault speaks of {who}"


def test_what_nothing_shows_is_said_and_not_promised() -> None:
    _, _, rest = PAGE.partition("Not promised, because nothing shows it:")
    assert len(re.findall(r"^- ", rest, re.MULTILINE)) >= 5
    assert "EMQX" in rest
