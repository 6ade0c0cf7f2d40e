"""Every sentence that the check of the county's files can say, read from its source, with a sample in each gap."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2] / "county"
NOT_CHECKED = {
    "amend.py", "book.py", "coordinates.py", "divisions.py", "generate.py", "invitations.py", "office.py",
    "credentials.py", "local.py", "responsibility.py", "snapshot.py", "terrain.py", "problem_words.py",
}  # fmt: skip  # not of the check, or Chinese already
_PLACE = {"Problem": 2, "BadCell": 0, "ValueError": 0, "report": 1, "Difference": -1}


def sentences() -> Iterator[tuple[str, str]]:
    """Where a sentence stands, and the sentence."""
    for path in sorted((*ROOT.glob("*.py"), *ROOT.glob("policy/*.py"))):
        if path.name not in NOT_CHECKED:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                for said in _said(node):
                    text = _sample(said)
                    if text is not None and " " in text:
                        yield f"{path.name}:{node.lineno}", text  # type: ignore[attr-defined]


def _said(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call):
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        place = _PLACE.get(name, -1)
        return [node.args[place]] if 0 <= place < len(node.args) else []
    if isinstance(node, ast.Yield) and isinstance(node.value, ast.Tuple) and len(node.value.elts) == 2:
        return [node.value.elts[0]]
    if isinstance(node, ast.FunctionDef) and re.search(r"fault|wrong", node.name):
        found = (one.value for one in ast.walk(node) if isinstance(one, ast.Return) and one.value is not None)
        return [said for value in found for said in _returned(value)]
    return []


def _returned(value: ast.expr) -> list[ast.expr]:
    """What a function of a fault returns: a sentence, or one of two."""
    return [*_returned(value.body), *_returned(value.orelse)] if isinstance(value, ast.IfExp) else [value]


def _sample(said: ast.expr) -> str | None:
    """The sentence of an expression; None for what is no sentence by itself, as a name is."""
    if isinstance(said, ast.Constant):
        return said.value if isinstance(said.value, str) else None
    if not isinstance(said, ast.JoinedStr):
        return None
    return "".join(_gap(part) for part in said.values)


def _gap(part: ast.expr) -> str:
    if isinstance(part, ast.FormattedValue):
        return "'x1'" if part.conversion == ord("r") else "7"
    return str(part.value) if isinstance(part, ast.Constant) else ""
