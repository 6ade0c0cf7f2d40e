"""Whether the numbers let a model in: the rule as a table, hostile reports, and the log of changes."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detect.promotion import LOG, SLACK, judge, note, notes, read_report

OLD, NEW = "aaaaaaaaaaaa", "bbbbbbbbbbbb"
NAMES = ["garbage", "overflow"]
ALL_FALSE = {"true": 4, "true_kept": 4, "false": 90, "false_removed": 90}


def figures(pictures: int = 40, boxes: int = 60, value: float = 0.8) -> dict[str, Any]:
    classes = dict.fromkeys(NAMES, value)
    return {
        "pictures": pictures,
        "boxes": boxes,
        "map50": value,
        "precision": value,
        "recall": value,
        "classes": classes,
    }


def verdicts(kept: int = 15, removed: int = 5) -> dict[str, int]:
    return {"true": 15, "true_kept": kept, "false": 10, "false_removed": removed}


def report(**more: Any) -> dict[str, Any]:
    plain = {
        "what": "comparison",
        "old": {"model": OLD, "classes": NAMES}, "new": {"model": NEW, "classes": [*NAMES, "plate"]},
        "figures": {"old": figures(), "new": figures()}, "verdicts": {"old": verdicts(), "new": verdicts()},
    }  # fmt: skip
    return copy.deepcopy(plain) | more


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({}, None),
        ({"verdicts": None}, None),
        ({"figures": None}, None),
        ({"figures": {"old": figures(), "new": figures(value=0.9)}}, None),
        ({"figures": {"old": figures(), "new": figures(value=0.8 - SLACK / 2)}}, None),
        ({"figures": {"old": figures(), "new": figures(value=0.78)}}, "map50 0.800 → 0.780"),
        ({"figures": {"old": figures(), "new": figures() | {"recall": 0.7}}}, "recall 0.800 → 0.700"),
        ({"figures": {"old": figures(), "new": figures() | {"recall": None}}}, "recall 0.800 → 0.000"),
        ({"figures": {"old": figures(), "new": figures() | {"map50": float("nan")}}}, "map50"),
        ({"figures": {"old": figures(), "new": figures() | {"classes": {"garbage": 0.9}}}}, "AP50 of overflow"),
        ({"figures": {"old": figures() | {"precision": None}, "new": figures()}}, None),
        ({"verdicts": {"old": verdicts(), "new": verdicts(kept=14)}}, "true alarms kept 15 → 14 of 15"),
        ({"verdicts": {"old": verdicts(), "new": verdicts(removed=4)}}, "false ones gone 5 → 4 of 10"),
        ({"verdicts": {"old": verdicts(), "new": verdicts(removed=10)}}, None),
        ({"figures": None, "verdicts": None}, "needed are 20 labelled pictures"),
        ({"figures": {"old": figures(19), "new": figures(19)}, "verdicts": None}, "too little was compared"),
        ({"figures": {"old": figures(value=0.0), "new": figures(value=0.0)}, "verdicts": None}, "something is found"),
        ({"figures": None, "verdicts": {"old": ALL_FALSE, "new": ALL_FALSE}}, "with 5 true ones"),
        ({"new": {"model": NEW, "classes": ["garbage"]}}, "does not know overflow"),
        ({"new": {"model": "cccccccccccc", "classes": NAMES}}, "compares aaaaaaaaaaaa with cccccccccccc"),
        ({"old": {"model": NEW, "classes": NAMES}, "new": {"model": OLD, "classes": NAMES}}, "needed is"),
    ],
)  # fmt: skip
def test_a_model_is_let_in_when_nothing_is_lost(change: dict[str, Any], why: str | None) -> None:
    ruling = judge(report(**change), OLD, NEW)
    assert ruling.allowed == (why is None)
    assert (ruling.losses == ()) == ruling.allowed
    assert why is None or any(why in line for line in ruling.losses)


def test_what_speaks_for_it_is_named_too() -> None:
    assert "map50 0.800 → 0.800" in judge(report(), OLD, NEW).gains
    assert "false ones gone 5 → 5 of 10" in judge(report(), OLD, NEW).gains


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_any_other_value_is_refused_and_never_a_fault(value: Any) -> None:
    ruling = judge(value, OLD, NEW)
    assert not ruling.allowed
    assert "not a report of `jingcun detect compare" in ruling.losses[0]


@given(st.sampled_from(["what", "old", "new", "figures", "verdicts"]), JSON)
def test_a_report_with_one_wrong_part_is_never_a_fault(part: str, value: Any) -> None:
    ruling = judge(report(**{part: value}), OLD, NEW)
    assert ruling.allowed == (not ruling.losses)
    assert not ruling.allowed or part in {"figures", "verdicts"}


@given(st.floats(0, 1), st.floats(0, 1))
def test_a_figure_that_falls_is_a_loss_and_only_then(before: float, after: float) -> None:
    told = report(figures={"old": figures(value=before), "new": figures(value=after)})
    assert judge(told, OLD, NEW).allowed == (after >= before - SLACK)
    assert not judge(
        told | {"verdicts": None, "figures": told["figures"] | {"new": figures(value=0.0)}}, OLD, NEW
    ).allowed


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000])
def test_a_file_that_is_no_json_is_named(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "r.json").write_bytes(data)
    with pytest.raises(ValueError, match=r"r\.json: cannot be read"):
        read_report(tmp_path / "r.json")
    with pytest.raises(ValueError, match=r"none\.json: cannot be read"):
        read_report(tmp_path / "none.json")


def test_a_report_survives_its_file(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text(json.dumps(report()), encoding="utf-8")
    assert judge(read_report(tmp_path / "r.json"), OLD, NEW).allowed


def test_the_log_keeps_who_when_and_why_and_survives_a_torn_line(tmp_path: Path) -> None:
    assert list(notes(tmp_path)) == []
    now = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)
    note(tmp_path / "models", now, "张三", "use", model=NEW, before=OLD, reason="误报少了")
    with (tmp_path / "models" / LOG).open("ab") as file:
        file.write(b'{"at": "20\xff\n[1]\n')
    note(tmp_path / "models", now, "李四", "back")
    assert list(notes(tmp_path / "models")) == [
        {
            "at": "2026-11-21T02:00:00+00:00",
            "who": "张三",
            "act": "use",
            "model": NEW,
            "before": OLD,
            "reason": "误报少了",
        },
        {"at": "2026-11-21T02:00:00+00:00", "who": "李四", "act": "back"},
    ]
