"""May a new model take the place of an old one? Asked of a comparison of these two, which must show no loss. Pure.

``note`` keeps who changed the model when and why, in a small file of lines beside the models.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

LEAST = 20  # labelled pictures or verdicts: fewer say nothing
LEAST_TRUE = 5  # of these verdicts: where all alarms were false, a model that sees nothing would win
SLACK = 0.005  # a figure that falls by no more has not fallen
FIGURES = ("map50", "precision", "recall")
LOG = "changes.jsonl"


@dataclass(frozen=True, slots=True)
class Ruling:
    """Whether the new model may be used; ``losses`` is why not, ``gains`` what the numbers say for it."""

    allowed: bool
    losses: tuple[str, ...]
    gains: tuple[str, ...]


def judge(report: Any, old_id: str, new_id: str) -> Ruling:
    """Judge by a report of ``jingcun detect compare OLD NEW … --json``; any other value is refused with its reason.

    Allowed when the report is of exactly these two models, at least ``LEAST`` pictures were labelled or judged (so that
    a model that sees nothing would show it), no figure falls by more than ``SLACK``, every class stays, and no verdict
    is broken more often than before.
    """
    try:
        losses, gains = _weighed(report, old_id, new_id)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return Ruling(False, (f"not a report of `jingcun detect compare OLD NEW … --json` ({error!r})",), ())
    return Ruling(not losses, tuple(losses), tuple(gains))


def read_report(path: Path) -> Any:
    """The JSON of a file; ValueError when it is none. What it holds is ``judge``'s to say."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(
            f"{path}: cannot be read ({error}); give what `jingcun detect compare --json` wrote"
        ) from error


def note(folder: Path, now: datetime, who: str, act: str, **facts: Any) -> None:
    """Add a line to the log of a folder of models: who did what when, and ``facts`` (models, reason, numbers)."""
    folder.mkdir(parents=True, exist_ok=True)
    line = json.dumps({"at": now.isoformat(), "who": who, "act": act, **facts}, ensure_ascii=False) + "\n"
    with (folder / LOG).open("a", encoding="utf-8") as file:
        file.write(line)
        file.flush()
        os.fsync(file.fileno())


def notes(folder: Path) -> Iterator[dict[str, Any]]:
    """The lines of the log, oldest first; a line torn by a power cut is stepped over."""
    try:
        text = (folder / LOG).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return
    for line in text.splitlines():
        try:
            told = json.loads(line)
        except ValueError:
            continue
        if isinstance(told, dict):
            yield told


def _weighed(report: Mapping[str, Any], old_id: str, new_id: str) -> tuple[list[str], list[str]]:
    if report["what"] != "comparison":
        raise ValueError(report["what"])
    given = (report["old"]["model"], report["new"]["model"])
    if given != (old_id, new_id):
        return [f"the report compares {given[0]} with {given[1]}, needed is {old_id} with {new_id}"], []
    missing = [name for name in report["old"]["classes"] if name not in report["new"]["classes"]]
    losses = [f"the new model does not know {', '.join(missing)}"] if missing else []
    gains: list[str] = []
    enough = False
    for told, weigh in ((report["figures"], _figures), (report["verdicts"], _verdicts)):
        if told is not None:
            count, lost, won = weigh(told["old"], told["new"])
            enough = enough or count >= LEAST
            losses += lost
            gains += won
    if not enough:
        losses.append(
            f"too little was compared: needed are {LEAST} labelled pictures in which something is found, or {LEAST} "
            f"verdicts with {LEAST_TRUE} true ones; add folders"
        )
    return losses, gains


def _figures(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[int, list[str], list[str]]:
    rows = [(name, old[name], new[name]) for name in FIGURES]
    rows += [(f"AP50 of {name}", value, new["classes"].get(name, 0.0)) for name, value in old["classes"].items()]
    lost, won = list[str](), list[str]()
    for name, before, after in rows:
        if before is None:
            continue
        words = f"{name} {before:.3f} → {after or 0.0:.3f}"
        (won if (after or 0.0) >= before - SLACK else lost).append(words)  # NaN is lost
    return int(old["pictures"]) if new["map50"] else 0, lost, won


def _verdicts(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[int, list[str], list[str]]:
    lost, won = list[str](), list[str]()
    for name, total, words in (
        ("true_kept", "true", "true alarms kept"),
        ("false_removed", "false", "false ones gone"),
    ):
        row = f"{words} {old[name]} → {new[name]} of {old[total]}"
        (won if new[name] >= old[name] else lost).append(row)
    return int(old["true"] + old["false"]) if old["true"] >= LEAST_TRUE else 0, lost, won
