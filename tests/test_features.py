"""docs/features.csv has a line for every F and R row, and each `yes` names a test that exists."""

from __future__ import annotations

import ast
import csv
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
WANTED = {
    *(f"R{number:02d}" for number in range(1, 77)),
    *(
        f"F{group}.{number}"
        for group, rows in {1: 15, 2: 8, 3: 9, 4: 5, 5: 12, 6: 18, 7: 8, 8: 7, 9: 5, 10: 10, 11: 9, 12: 9}.items()
        for number in range(1, rows + 1)
    ),
}


def rows() -> list[dict[str, str]]:
    with (ROOT / "docs/features.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def names_in(path: Path) -> frozenset[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_every_feature_and_requirement_has_exactly_one_line() -> None:
    ids = [row["id"] for row in rows()]
    assert len(WANTED) == 115 + 76
    assert sorted(ids) == sorted(WANTED)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row["id"])
def test_a_claimed_feature_names_a_place_and_a_test_that_exist(row: dict[str, str]) -> None:
    assert row["status"] in {"yes", "partly", "no"}
    if row["status"] == "no":
        assert not row["test"], "a row that is not there has no test"
        return
    for place in row["where"].split():
        assert (ROOT / place).exists(), f"{row['id']}: {place} does not exist"
    assert row["where"]
    if row["status"] == "yes":
        assert row["test"], f"{row['id']} is claimed without a test"
    for test in row["test"].split():
        file, _, name = test.partition("::")
        assert name in names_in(ROOT / file), f"{row['id']}: {test} does not exist"
